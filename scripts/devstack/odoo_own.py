# Part of payment_cn_wallets. License LGPL-3.
"""Odoo's own tests of the modules that this addon extends: what fails with the addon has to fail without it, too.

Many of them fail on a database that is not theirs: with a Chinese company, without Odoo's demo data. So they are run
twice, and compared. That takes about an hour and is not part of an ordinary run.
"""

import re
from concurrent.futures import ThreadPoolExecutor

from .runner import run_suite

MODULES = ("payment", "account_payment", "sale", "website_sale", "point_of_sale")
# Odoo writes "ERROR db odoo.addons.sale.tests.test_x: FAIL: TestX.test_y", and in the end how many there were.
FAILED = re.compile(rb"(?:FAIL|ERROR): (?:Subtest )?(setUpClass \([\w.]+\)|[\w.]+\.test_\w+)")
TOTAL = re.compile(rb"(\d+) failed, (\d+) error\(s\) of (\d+) tests")


def failures(log):
    """Return the names of the tests of which Odoo's log says that they failed, and how many tests it says were run."""
    number = sum(int(run) for _failed, _errors, run in TOTAL.findall(log))
    return {name.decode() for name in FAILED.findall(log)}, number


def run_odoo_own(out, homes):
    """Run them without and with the addon, side by side; give the Result.

    :param homes: two Odoos on databases of their own, without and with the addon
    """
    tags = ",".join(f"/{module}" for module in MODULES)

    def run(pair):
        part, home = pair
        return run_suite(part, home.command(
            "server", "-c", home.conf, "-d", home.home.name, "--stop-after-init", "--log-handler=:ERROR",
            "--log-handler=odoo.tests:INFO", f"--test-tags={tags}"), cwd=home.home, env=home.environment())

    parts = [out.part(name) for name in ("without", "with")]
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(run, zip(parts, homes, strict=True)))
    (before, _number), (after, number) = (failures(part.path.read_bytes()) for part in parts)
    new = sorted(after - before)
    for name in new:
        out.note(f"fails with the addon only: {name}")
    out.note(f"Odoo's own tests: {number} run; {len(before)} fail without the addon, {len(after)} with it, "
             f"{len(new)} of them only with it")
    result = max(results, key=lambda one: one.seconds)
    result.code = 1 if new or not number else 0
    result.counts = {"passed": number - len(after), "failed": len(new)}
    return result
