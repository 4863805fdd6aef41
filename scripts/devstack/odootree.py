# Part of payment_cn_wallets. License LGPL-3.
"""Where Odoo 19 is: extracted from packages, or the source tree that the user names with ``ODOO_HOME``."""

import dataclasses
import os
import re
from pathlib import Path

from .console import Problem
from .debs import odoo_from_debs
from .paths import BUILD, cache, digest


@dataclasses.dataclass(frozen=True)
class OdooTree:
    """An Odoo source tree."""

    site: Path  # the folder that goes on the Python path
    addons: tuple  # the folders that go on the addons path
    version: str
    own: bool  # True when it is ours in the cache, False when it is the user's

    @property
    def key(self):
        """What stands for this tree in the names of what is made from it."""
        return digest(str(self.site), self.version)

    def environment(self):
        """Variables for every process that imports Odoo."""
        values = {**os.environ, "PYTHONPATH": str(self.site)}
        if not self.own:
            # The user's tree is theirs: compiled files go elsewhere.
            values["PYTHONPYCACHEPREFIX"] = str(cache() / "pycache")
        values.pop("PYTHONDONTWRITEBYTECODE", None)
        values.setdefault("LANG", "C.UTF-8")
        return values

    def addons_path(self):
        return ",".join(str(path) for path in (*self.addons, BUILD / "addons"))


def find_odoo(refresh=False):
    home = os.environ.get("ODOO_HOME")
    if home:
        return _look_at(Path(home).expanduser().resolve(), own=False)
    return _look_at(odoo_from_debs(refresh), own=True)


def _look_at(site, own):
    release = site / "odoo/release.py"
    if not release.exists():
        raise Problem(f"ODOO_HOME={site} is no Odoo source tree: there is no odoo/release.py in it.",
                      "It should be a checkout of Odoo 19 (with odoo-bin, odoo/ and addons/), or the folder that "
                      "holds the Python package odoo.")
    text = release.read_text()
    info = re.search(r"^version_info\s*=\s*\(\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)", text, re.M)
    if not info or int(info[1]) != 19:
        raise Problem(f"{site} is Odoo {info[1] if info else 'of an unknown version'}; this addon wants Odoo 19.")
    addons = [path for path in (site / "addons", site / "odoo/addons") if (path / "base").is_dir()
              or (path / "website_sale").is_dir()]
    missing = [name for name in ("base", "website_sale", "point_of_sale", "l10n_cn")
               if not any((path / name / "__manifest__.py").exists() for path in addons)]
    if missing:
        raise Problem(f"{site} does not have Odoo's own addons: {', '.join(missing)} not found.",
                      "A checkout of Odoo has them in addons/, a package in odoo/addons/.")
    return OdooTree(site, tuple(addons), ".".join(info.groups()), own)
