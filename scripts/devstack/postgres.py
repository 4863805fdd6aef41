# Part of payment_cn_wallets. License LGPL-3.
"""A PostgreSQL cluster of our own, in the build folder. The system's cluster is never touched.

The cluster listens on loopback only, on a free port chosen at each start, and wants a password made at random
when the cluster was made: others who are logged in to this machine cannot use it. Durability is off. A killed
server loses nothing; a power cut may lose the cluster, and then it is made anew.
"""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from .console import Problem, run
from .host import free_port, postgres_bin, server_user
from .paths import digest, remove, write

SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
min_wal_size = 32MB
max_wal_size = 1GB
checkpoint_timeout = 30min
max_connections = 120
shared_buffers = 256MB
jit = off
log_line_prefix = '%m [%p] %d '
log_statement = 'none'
log_min_error_statement = panic
"""  # the last line: statements can carry secrets, and logs must not


class Postgres:
    """One cluster: ``home`` has the password and the log; the data are in ``home/pg`` where the server may go."""

    user = "odoo"

    def __init__(self, home, logs):
        self.home = Path(home)
        self.logs = Path(logs)
        self.bin = postgres_bin()
        self.account = server_user()
        self.port = None
        self.password_file = self.home / "pg.password"

    # -- where and who ---------------------------------------------------------------------------------------

    @property
    def data(self):
        """The data folder. As root the server is another user, who may not be let into this checkout."""
        inside = self.home / "pg"
        if not self.account or self._may_enter(self.home):
            return inside
        return Path(f"/var/tmp/payment_cn_wallets-{digest(str(self.home))}/pg")

    def _may_enter(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        return self._as_server(["test", "-x", folder], capture_output=True).returncode == 0

    def _as_server(self, command, **kwargs):
        if self.account:
            command = ["setpriv", f"--reuid={self.account.pw_uid}", f"--regid={self.account.pw_gid}",
                       "--clear-groups", *command]
        env = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        kwargs.setdefault("cwd", "/")
        kwargs.setdefault("env", env)
        kwargs.setdefault("stdin", subprocess.DEVNULL)
        return subprocess.run([str(part) for part in command], check=False, **kwargs)

    @property
    def password(self):
        return self.password_file.read_text().strip()

    @property
    def version(self):
        done = subprocess.run([self.bin / "postgres", "--version"], capture_output=True, text=True, check=True)
        return done.stdout.split()[2]

    # -- life ------------------------------------------------------------------------------------------------

    def exists(self):
        return (self.data / "PG_VERSION").exists() and self.password_file.exists()

    def create(self):
        """Make an empty cluster (initdb)."""
        self.destroy()
        self.home.mkdir(parents=True, exist_ok=True)
        self.data.parent.mkdir(parents=True, exist_ok=True)
        password = secrets.token_urlsafe(24)
        work = self.data.with_name(".pg.part")
        remove(work)
        work.mkdir(mode=0o700)
        with tempfile.NamedTemporaryFile("w", dir="/var/tmp") as handle:
            handle.write(password)
            handle.flush()
            if self.account:
                os.chown(work, self.account.pw_uid, self.account.pw_gid)
                os.chown(handle.name, self.account.pw_uid, self.account.pw_gid)
            done = self._as_server(
                [self.bin / "initdb", "-D", work, "-U", self.user, "--auth=scram-sha-256", f"--pwfile={handle.name}",
                 "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"], capture_output=True, text=True)
        if done.returncode:
            remove(work)
            raise Problem("PostgreSQL could not make its cluster.", *done.stderr.splitlines()[-6:])
        with open(work / "postgresql.conf", "a") as handle:
            handle.write(SETTINGS)
        work.rename(self.data)
        write(self.password_file, password + "\n", 0o600)

    def start(self, port=None):
        """Start the server, on a free port unless told; take over from one that an interrupted run left behind."""
        if not self.exists():
            self.create()
        self.stop()
        self._check_version()
        self.logs.mkdir(parents=True, exist_ok=True)
        log = self.log = self._log_file()
        self.port = port or free_port()
        done = self._as_server([self.bin / "pg_ctl", "-D", self.data, "-l", log, "-w", "-t", "60",
                                "-o", f"-p {self.port}", "start"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if done.returncode:
            lines = log.read_text(errors="replace").splitlines()[-8:]
            raise Problem("PostgreSQL did not start.", *lines, f"The whole log: {log}")
        return self

    def _log_file(self):
        """A log that the server's user may write, in our folder where that user is let into it."""
        folder = self.data.parent if self.account and not self._may_enter(self.logs) else self.logs
        log = folder / "postgresql.log"
        log.touch()
        if self.account:
            os.chown(log, self.account.pw_uid, self.account.pw_gid)
        return log

    def usable(self):
        """True when there is a cluster and this machine's PostgreSQL can run it."""
        return self.exists() and (self.data / "PG_VERSION").read_text().strip() == self.version.split(".")[0]

    def _check_version(self):
        if not self.usable():
            raise Problem(f"The cluster in {self.data} was made by another version of PostgreSQL than the "
                          f"{self.version} of this machine.",
                          "Make a new one: scripts/demo --fresh (what was sold is lost).")

    def running(self):
        done = self._as_server([self.bin / "pg_ctl", "-D", self.data, "status"], capture_output=True)
        return done.returncode == 0

    def stop(self, mode="fast"):
        if (self.data / "postmaster.pid").exists() and self.running():
            self._as_server([self.bin / "pg_ctl", "-D", self.data, "-m", mode, "-w", "-t", "60", "stop"],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kill(self):
        """Kill the server as a crash would: no shutdown, no checkpoint."""
        with contextlib.suppress(OSError, ValueError, IndexError):
            pid = int((self.data / "postmaster.pid").read_text().splitlines()[0])
            os.kill(pid, signal.SIGQUIT)
            for _turn in range(100):
                os.kill(pid, 0)
                time.sleep(0.05)

    def destroy(self):
        if self.data.exists():
            self.stop("immediate")
            remove(self.data)

    # -- a snapshot in the cache -----------------------------------------------------------------------------

    def copy_to(self, folder):
        """Copy the stopped cluster into ``folder``."""
        _copy(self.data, Path(folder) / "pg")
        shutil.copy2(self.password_file, Path(folder) / "pg.password")

    def copy_from(self, folder):
        """Begin with a copy of the cluster in ``folder``."""
        self.destroy()
        self.home.mkdir(parents=True, exist_ok=True)
        self.data.parent.mkdir(parents=True, exist_ok=True)
        work = self.data.with_name(".pg.part")
        remove(work)
        _copy(Path(folder) / "pg", work)
        if self.account:
            for path in (work, *work.rglob("*")):
                os.chown(path, self.account.pw_uid, self.account.pw_gid, follow_symlinks=False)
        work.rename(self.data)
        write(self.password_file, (Path(folder) / "pg.password").read_text(), 0o600)

    # -- databases -------------------------------------------------------------------------------------------

    def environment(self):
        """What PostgreSQL's own programs have to know."""
        return {"PGHOST": "127.0.0.1", "PGPORT": str(self.port), "PGUSER": self.user, "PGPASSWORD": self.password,
                "PGCONNECT_TIMEOUT": "10"}

    def sql(self, statement, db="postgres"):
        """Run SQL and return its rows, as lists of text."""
        done = subprocess.run(
            [self.bin / "psql", "-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-d", db, "-f", "-"],
            input=statement, capture_output=True, text=True, check=False, env={**os.environ, **self.environment()})
        if done.returncode:
            raise Problem("The database refused a statement.", *done.stderr.splitlines()[-4:])
        return [line.split("\t") for line in done.stdout.splitlines()]

    def databases(self):
        return [row[0] for row in self.sql("SELECT datname FROM pg_database WHERE NOT datistemplate "
                                           "AND datname <> 'postgres' ORDER BY datname")]

    def drop(self, db):
        self.sql(f'DROP DATABASE IF EXISTS "{db}" WITH (FORCE)')


def _copy(source, target):
    """Copy a folder with its permissions, sharing blocks where the file system can."""
    run(["cp", "-a", "--reflink=auto", source, target], check=True)
