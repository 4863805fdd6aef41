# Part of payment_cn_wallets. License LGPL-3.
"""The running whole: PostgreSQL, the sandbox, a mail sink and Odoo, each to be stopped, killed and started again.

    stack = Stack.for_tests("browser")          # inside scripts/test: a fresh clone of the demo database
    stack.start()
    stack.url, stack.sandbox_url, stack.db
    stack.rpc("sale.order", "search_read", [[]], {"fields": ["name"]})
    stack.shell("print(env.user.name)")
    stack.odoo.kill(); stack.start_odoo()       # a worker that dies
    stack.stop()
"""

import json
import os
import subprocess
import time
from pathlib import Path

from .console import Problem
from .host import free_port
from .mailsink import MailSink
from .odoo import OdooHome
from .odootree import OdooTree
from .paths import ADDON, BUILD, LOGS, ROOT, SECRETS_USED
from .postgres import Postgres
from .process import JsonSession, Process, ServerError, get_json

TOOLCHAIN = BUILD / "toolchain.json"
ADMIN = ("admin", "admin")
GATEWAYS = ("huishouyin", "wechat_pay", "alipay", "qq_wallet", "jd_pay")


class Stack:
    """One database with everything around it."""

    def __init__(self, odoo_home, db, *, sandbox_data, logs, port=None, sandbox_port=None, workers=0):
        self.home = odoo_home
        self.postgres = odoo_home.postgres
        self.db = db
        self.logs = Path(logs)
        self.workers = workers
        self.port = port or free_port()
        self.gevent_port = None
        self.sandbox_port = sandbox_port or free_port()
        self.sandbox_data = Path(sandbox_data)
        self.odoo = Process("Odoo", self.logs / "odoo.log")
        self.sandbox = Process("The sandbox", self.logs / "sandbox.log")
        self.mail = MailSink(self.home.python, self.home.home / "mail" / db, self.logs / "mail.log")
        self.extra_options = {}
        self._sessions = {}

    @classmethod
    def for_tests(cls, db, template=None, **kwargs):
        """A stack on a fresh clone of the demo template, on the cluster that ``scripts/test`` has running.

        Tests that run beside others, in a worker of pytest-xdist, have stacks of their own.
        """
        db = "_".join(filter(None, (db, os.environ.get("PYTEST_XDIST_WORKER"))))
        known = json.loads(TOOLCHAIN.read_text())
        tree = OdooTree(Path(known["site"]), tuple(Path(path) for path in known["addons"]), known["version"],
                        known["own"])
        logs = LOGS / db
        postgres = Postgres(BUILD / "test", LOGS / "postgresql")
        postgres.port = known["port"]
        home = OdooHome(BUILD / "test" / db, logs, tree, known["python"], postgres)
        home.data = BUILD / "test" / "data"  # where the templates' attachments are, to link to them
        home.configure()
        home.clone(template or known.get("demo"), db)
        return cls(home, db, sandbox_data=BUILD / "test" / db / "sandbox", logs=logs, **kwargs)

    # -- addresses -------------------------------------------------------------------------------------------

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def sandbox_url(self):
        return f"http://127.0.0.1:{self.sandbox_port}"

    @property
    def gateway_url(self):
        """What the provider's sandbox address is set to."""
        return f"{self.sandbox_url}/huishouyin"

    # -- all together ----------------------------------------------------------------------------------------

    def start(self):
        """Start what is not running, and set the database to these addresses."""
        try:
            if not self.mail.running():
                self.mail.start()
            if not self.postgres.running():
                self.postgres.start()
            self.start_sandbox()
            self._set_addresses()
            self.start_odoo()
            self.set_up_providers()
        except BaseException:
            self.stop(postgres=False)
            raise
        return self

    def stop(self, postgres=False):
        """Stop Odoo, the sandbox and the mail sink; the cluster too when asked (tests share it)."""
        self.odoo.stop()
        self.sandbox.stop()
        self.mail.stop()
        if postgres:
            self.postgres.stop()

    # -- one by one ------------------------------------------------------------------------------------------

    def start_odoo(self):
        if self.odoo.running():
            return
        options = {
            "http_port": self.port,
            "smtp_port": self.mail.port if self.mail.running() else 9,
            "dbfilter": f"^{self.db}$",
            "db_name": self.db,
            "max_cron_threads": 2,
            "workers": self.workers,
            "log_level": "info",
            "limit_time_real": 300,
            "limit_time_cpu": 240,
            **self.extra_options,
        }
        if self.workers:
            self.gevent_port = self.gevent_port or free_port()
            options["gevent_port"] = self.gevent_port
        self.home.configure(**options)
        self.odoo.start(self.home.command("server", "-c", self.home.conf),
                        url=f"{self.url}/web/health", timeout=120, cwd=self.home.home,
                        env=self.home.environment())

    def restart_odoo(self):
        self.odoo.stop()
        self.start_odoo()

    def start_sandbox(self):
        if self.sandbox.running():
            return
        if not (ROOT / "sandbox" / "__main__.py").exists():
            raise Problem("There is no sandbox in this checkout (sandbox/__main__.py is missing).")
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        self.sandbox_data.mkdir(parents=True, exist_ok=True)
        self.sandbox.start([self.home.python, "-m", "sandbox", "--port", self.sandbox_port, "--host", "127.0.0.1",
                            "--data", self.sandbox_data],
                           url=f"{self.sandbox_url}/control/health", timeout=30, cwd=ROOT, env=env)
        remember_secrets(self.merchants())

    def restart_sandbox(self):
        self.sandbox.stop()
        self.start_sandbox()

    def start_postgres(self):
        """Start the cluster again after it was stopped or killed: on its old port, so that Odoo finds it."""
        self.postgres.start(port=self.postgres.port)

    # -- setting up ------------------------------------------------------------------------------------------

    def merchants(self):
        """The sandbox's merchants, by gateway."""
        return get_json(f"{self.sandbox_url}/control/merchants", timeout=60)  # their keys are made first

    def _set_addresses(self):
        self.postgres.sql("".join(
            f"""INSERT INTO ir_config_parameter (key, value, create_date, write_date)
                VALUES ('{key}', '{value}', now(), now())
                ON CONFLICT (key) DO UPDATE SET value = excluded.value;\n"""
            for key, value in (("web.base.url", self.url), ("report.url", self.url),
                               ("web.base.url.freeze", "True"))), db=self.db)

    def set_up_providers(self):
        """Enter the sandbox's merchants at the gateways' records, unless they are there already.

        Of several providers that carry a wallet, Odoo offers the first that is published: Huishouyin, which carries
        them all. The direct ones are ready beside it.
        """
        try:
            merchants = self.merchants()
            for gateway in GATEWAYS:
                self.set_up_provider(gateway, merchants[gateway], is_published=gateway == GATEWAYS[0])
        except ServerError as error:
            raise Problem(f"The providers could not be set up: {error.said}", *self.odoo.tail()[-1:]) from error

    def set_up_provider(self, gateway, merchant, **values):
        """Enter one merchant of the sandbox; give back the record's id."""
        wanted = {f"{gateway}_{name}": value for name, value in merchant.items()}
        wanted.update(cn_sandbox_url=f"{self.sandbox_url}/{gateway}", state="test")
        record = self.provider(gateway)
        [now] = self.rpc("payment.provider", "read", [[record], [*wanted]])
        if now["state"] != "test":
            wanted.update(values)
        if any(now.get(name) != value for name, value in wanted.items()):
            self.rpc("payment.provider", "write", [[record], wanted])
        return record

    def provider(self, gateway):
        """The id of a gateway's record."""
        found = self.rpc("ir.model.data", "search_read",
                         [[("module", "=", ADDON), ("name", "=", f"payment_provider_{gateway}")]],
                         {"fields": ["res_id"]})
        if not found:
            raise Problem(f"The record {ADDON}.payment_provider_{gateway} is not in the database.")
        return found[0]["res_id"]

    def till(self):
        """The id of the demo's till."""
        [till] = self.rpc("pos.config", "search", [[("name", "=", "Jasmine Lane till")]])
        return till

    def shop_code(self):
        """The address of the shop's printed code; it is made when there is none."""
        codes = self.rpc("payment.cn.shop.code", "search_read", [[]], {"fields": ["token"], "limit": 1})
        if not codes:
            made = self.rpc("payment.cn.shop.code", "create", [[{"name": "Counter", "shop_name": "茉莉里"}]])
            codes = self.rpc("payment.cn.shop.code", "read", [made, ["token"]])
        return f"{self.url}/cn/{codes[0]['token']}"

    # -- at hand for tests -----------------------------------------------------------------------------------

    def rpc(self, model, method, args=(), kwargs=None, login=ADMIN):
        """Call a method of a model as a user (the administrator unless told otherwise), as the web client does."""
        return self._session(login).call(f"/web/dataset/call_kw/{model}/{method}", model=model, method=method,
                                         args=list(args), kwargs=kwargs or {})

    def _session(self, login, lang=None):
        if (login, lang) not in self._sessions:
            session = JsonSession(self.url)
            session.log_in(self.db, *login)
            self._sessions[login, lang] = session
        return self._sessions[login, lang]

    def cookie(self, lang, login=ADMIN):
        """Have a user speak a language; give back the session cookie of a browser in which that user is logged in.

        A session remembers the language that its user spoke at the beginning, so each language has one. It is made
        once: Odoo spends a good part of a second on a password, and more on the page on which it is typed.
        """
        self.speak(lang, *login)
        return self._session(login, lang).cookie

    def shell(self, code, timeout=120):
        """Run Python in Odoo's shell (``env`` is there); give back what it printed. Commit in the code."""
        done = subprocess.run(
            self.home.command("shell", "-c", self.home.conf, "-d", self.db, "--no-http", "--log-level=warn",
                              "--shell-interface=python"),
            input=code, capture_output=True, text=True, timeout=timeout, env=self.home.environment(),
            cwd=self.home.home, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr[-4000:])
        return done.stdout

    def sql(self, statement):
        return self.postgres.sql(statement, db=self.db)

    def speak(self, lang, login=ADMIN[0], password=None):
        """Set a user's language.

        Odoo remembers it in a cache. A request that began before, of a page that was closed a moment ago, may put the
        old language back there, for good: then it is set once more.
        """
        [user] = self.rpc("res.users", "search", [[("login", "=", login)]])

        def spoken():
            self.rpc("res.users", "write", [[user], {"lang": lang}])
            return self.rpc("res.users", "context_get", login=(login, password or login))["lang"] == lang
        self.wait_for(spoken, what=f"the user {login} to speak {lang}")

    def wait_for(self, check, timeout=40, every=0.2, what="it"):
        """Call ``check`` until it gives something true, and return that."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            result = check()
            if result:
                return result
            time.sleep(every)
        raise AssertionError(f"Waited {timeout} s for {what}, in vain.")


def remember_secrets(merchants):
    """Note the secrets of the sandbox's merchants: at the end of the run no log may have one of them."""
    remember(*(value for merchant in merchants.values() for name, value in merchant.items()
               if value and is_secret(name)))


def is_secret(name):
    """Whether a merchant's value of this name is one: private, not the public key that goes with it or its number."""
    return any(word in name for word in ("key", "secret", "passw", "token")) and "public" not in name


def remember(*secrets):
    """Note secrets of this run, one a line; those of several lines as JSON."""
    SECRETS_USED.parent.mkdir(parents=True, exist_ok=True)
    with open(SECRETS_USED, "a") as handle:
        handle.writelines((json.dumps(text) if "\n" in text else text) + "\n" for text in map(str, secrets))
