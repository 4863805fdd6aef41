# Part of payment_cn_wallets. License LGPL-3.
"""Running Odoo's programs on one cluster: configuration, command line, shell, databases and their files."""

import json
import os
import re
import secrets
import tempfile
from pathlib import Path

from .console import run
from .paths import ADDON, BUILD, ROOT, SCRIPTS, link, remove, write

SHELL = Path(__file__).parent / "shell"


class OdooHome:
    """One cluster with its Odoo: a configuration file and a folder of attachments beside it."""

    def __init__(self, home, logs, tree, python, postgres):
        self.home = Path(home)
        self.logs = Path(logs)
        self.tree = tree
        self.python = Path(python)
        self.postgres = postgres
        self.data = self.home / "data"
        self.conf = self.home / "odoo.conf"
        self.master = secrets.token_urlsafe(24)

    def configure(self, **options):
        """Write the configuration file; ``options`` are added to it."""
        link(BUILD / "addons" / ADDON, ROOT)
        values = {
            "addons_path": self.tree.addons_path(),
            "data_dir": self.data,
            "db_host": "127.0.0.1",
            "db_port": self.postgres.port,
            "db_user": self.postgres.user,
            "db_password": self.postgres.password,
            "admin_passwd": self.master,
            "list_db": False,
            "http_interface": "127.0.0.1",
            # No mail server of the internet: without the mail sink mails fail at once instead of hanging.
            "smtp_server": "127.0.0.1",
            "smtp_port": 9,
            "email_from": "shop@example.com",
            **options,
        }
        text = "[options]\n" + "".join(f"{name} = {value}\n" for name, value in values.items())
        write(self.conf, text, 0o600)
        return self.conf

    def environment(self, **more):
        values = {**self.tree.environment(), **{name: str(value) for name, value in more.items()}}
        # At the end of the search path: a stand-in for wkhtmltopdf, for systems that have none.
        values["PATH"] = os.pathsep.join([values.get("PATH", os.defpath), str(SCRIPTS / "standins")])
        values["DEVSTACK_PYTHON"] = str(self.python)
        return values

    def command(self, *arguments):
        return [str(self.python), str(SCRIPTS / "bin" / "odoo-bin"), *[str(part) for part in arguments]]

    def update(self, db, *arguments, log, at=None, sentence):
        """Run ``odoo … --stop-after-init``, with the number of modules loaded as progress."""
        run(self.command("server", "-c", self.conf, "-d", db, "--no-http", "--stop-after-init",
                         "--max-cron-threads=0", *arguments),
            log=self.logs / log, env=self.environment(), cwd=self.home, on_step=at, progress=modules_loaded,
            sentence=sentence)

    def shell(self, db, *scripts, log, at=None, sentence, **values):
        """Run files of ``shell/``, one after the other, in one shell. They find ``values`` in the variable DEVSTACK."""
        with tempfile.TemporaryFile() as code:
            code.write(b"\n".join((SHELL / script).read_bytes() for script in scripts))
            code.seek(0)
            run(self.command("shell", "-c", self.conf, "-d", db, "--no-http", "--shell-interface=python"),
                log=self.logs / log, env=self.environment(DEVSTACK=json.dumps(values)), cwd=self.home, stdin=code,
                on_step=at, progress=lambda path: "", sentence=sentence)

    # -- databases with their attachments --------------------------------------------------------------------

    def filestore(self, db):
        return self.data / "filestore" / db

    def clone(self, source, target):
        """Copy a database, with hard links to its attachments: Odoo never changes one in place."""
        self.drop(target)
        self.postgres.sql(f'CREATE DATABASE "{target}" TEMPLATE "{source}"')
        top = self.filestore(source)
        for folder, _folders, names in os.walk(top):
            there = self.filestore(target) / Path(folder).relative_to(top)
            there.mkdir(parents=True, exist_ok=True)
            for name in names:
                os.link(Path(folder) / name, there / name)
        # Two databases with one identity would share web sessions and bus channels.
        self.postgres.sql("UPDATE ir_config_parameter SET value = gen_random_uuid()::text "
                          "WHERE key = 'database.uuid'", db=target)

    def rename(self, source, target):
        self.drop(target)
        self.postgres.sql(f'ALTER DATABASE "{source}" RENAME TO "{target}"')
        if self.filestore(source).exists():
            self.filestore(source).rename(self.filestore(target))

    def drop(self, db):
        self.postgres.drop(db)
        remove(self.filestore(db))


def modules_loaded(log):
    """How far an installation is, out of the log."""
    with open(log, "rb") as handle:
        handle.seek(max(0, log.stat().st_size - 20000))
        found = re.findall(rb"Loading module (\w+) \((\d+)/(\d+)\)", handle.read())
    if not found:
        return "starting"
    name, number, count = found[-1]
    return f"module {int(number)} of {int(count)}, {name.decode()}"
