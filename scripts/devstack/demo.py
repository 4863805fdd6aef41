# Part of payment_cn_wallets. License LGPL-3.
"""The command ``scripts/demo``: from a bare machine to a shop with a wallet network to pay in."""

import argparse
import contextlib
import json
import secrets
import signal
import time

from .console import START, Problem, note, step
from .host import check_python, check_space, ensure_packages, free_port
from .odoo import OdooHome
from .odootree import find_odoo
from .paths import ADDON, BUILD, LOGS, ROOT, cache, digest_files, lock, remove, sources, write
from .postgres import Postgres
from .stack import ADMIN, Stack
from .templates import Templates
from .venv import DEMO, ensure_venv

HOME = BUILD / "demo"
STATE = HOME / "state.json"
DB = "shop"

HELP = """\
Start a Chinese web shop on Odoo 19 Community that takes WeChat Pay and Alipay through a wallet network in a box.

The first start gets Odoo and its Python packages from this machine's own package mirrors and takes some minutes;
later ones take seconds. Ctrl-C stops everything. What the shop sold is there again at the next start."""
MORE = f"""\
environment:
  ODOO_HOME        a source tree of Odoo 19 that you have, instead of Debian's package
  ODOO_DEB_MIRROR  a Debian mirror, on systems whose own mirrors are not Debian's (Ubuntu; wants the package
                   debian-archive-keyring)
  PYTHON           the Python to use, 3.10 to 3.13
  XDG_CACHE_HOME   where downloads are kept (now {cache()})"""


def arguments(argv):
    parser = argparse.ArgumentParser("scripts/demo", description=HELP, epilog=MORE,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=8069, help="the shop's port (8069)")
    parser.add_argument("--sandbox-port", type=int, help="the phone page's port (the shop's plus 1)")
    parser.add_argument("--workers", type=int, default=0, help="Odoo's worker processes (0: threads)")
    parser.add_argument("--fresh", action="store_true", help="begin with an empty shop: forget all orders")
    parser.add_argument("--refresh-odoo", action="store_true", help="look for a newer package of Odoo 19")
    parser.add_argument("--prepare", action="store_true", help="make everything ready, start nothing")
    chosen = parser.parse_args(argv)
    for port in (chosen.port, chosen.sandbox_port or chosen.port + 1):
        if not 1 <= port <= 65535:
            parser.error(f"there is no port {port}")
    return chosen


def main(argv):
    chosen = arguments(argv)
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(lock(HOME / "lock", wait=False))
        except BlockingIOError:
            number = (HOME / "lock").read_text().strip()
            raise Problem(f"The demo of this checkout is running already (process {number}).",
                          "Stop it with Ctrl-C in its terminal.") from None
        for name in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, _interrupt)
        stack = prepare(chosen, held)
        if chosen.prepare:
            note("Everything is ready: scripts/demo starts it.")
            return
        with step("Starting the shop"):
            stack.start()
        held.callback(_stop, stack)
        welcome(stack)
        watch(stack)


def _interrupt(_number, _frame):
    raise KeyboardInterrupt


def prepare(chosen, held):
    """Make everything there is to start, whatever of it is there already."""
    check_python()
    sandbox_port = chosen.sandbox_port or chosen.port + 1
    free_port(chosen.port, "the shop")
    free_port(sandbox_port, "the phone page", "--sandbox-port")
    check_space()
    ensure_packages()
    tree = find_odoo(chosen.refresh_odoo)
    python = ensure_venv(DEMO)
    logs = LOGS / "demo"
    postgres = Postgres(HOME, logs)
    odoo = OdooHome(HOME, logs, tree, python, postgres)
    templates = Templates(odoo)
    if chosen.fresh or not _state():
        _forget(postgres, templates)
    held.callback(postgres.stop)
    with step("Starting the database server"):
        templates.start()
    _bring_up_to_date(odoo, templates)
    return Stack(odoo, DB, sandbox_data=HOME / "sandbox", logs=logs, port=chosen.port, sandbox_port=sandbox_port,
                 workers=chosen.workers)


def _state():
    """What the shop's database was made from, or None where there is none that was finished."""
    try:
        return json.loads(STATE.read_text())
    except (OSError, ValueError):
        return None


def _forget(postgres, templates):
    """Forget what was sold. A template that is still good stays; else the snapshot in the cache is the better start."""
    then = _state() or {}
    remove(STATE)
    remove(HOME / "sandbox")
    remove(HOME / "mail")
    if then.get("template") != templates.demo_key or not postgres.usable():
        postgres.destroy()
        remove(HOME / "data")


def _bring_up_to_date(odoo, templates):
    """Make the shop's database, or update the addon in it where its sources changed."""
    now = {"sources": digest_files(sources()), "odoo": odoo.tree.key}
    then = _state()
    if then and DB in templates.names and now.items() <= then.items():
        return
    if not then or DB not in templates.names:
        demo = templates.ensure("demo")
        odoo.clone(demo, DB)
        templates.drop_all_but(demo)
        now["template"] = templates.demo_key
    else:
        with step(f"Updating {ADDON} in the shop, whose sources changed") as at:
            what = ADDON if then["odoo"] == now["odoo"] else "all"
            odoo.update(DB, "-u", what, log="update.log", at=at,
                        sentence="The shop could not be updated. Begin with a new one: scripts/demo --fresh")
        now["template"] = then.get("template")
    write(STATE, json.dumps(now) + "\n")


def welcome(stack):
    name, password = ADMIN
    note(f"""
Ready after {time.monotonic() - START:.0f} s.

  Shop         {stack.url}/shop          (buy as a guest, or log in as shopper / shopper)
  Back office  {stack.url}/odoo          (log in as {name} / {password})
  Till         {stack.url}/pos/ui/{stack.till()}     (the same user; press Payment, then Scan to pay)
  Counter      {stack.shop_code()}   (what the printed code says: open it as a phone's browser)
  Phone page   {stack.sandbox_url}/              (a shopper's phone: approve payments here)

  Mails        {stack.mail.folder.relative_to(ROOT)}/new/   (kept here, none is sent)
  Logs         {stack.logs.relative_to(ROOT)}/

Put something into the cart, check out, choose a wallet, and pay on the phone page. Ctrl-C stops all of it.

The server of the shop's own app creates the payment of an order so; the app hands "sdk" to the wallet (docs/app.md).

{app_call(stack)}
""")
    if stack.workers:
        note(f"With workers, Odoo wants a reverse proxy before it that sends /websocket to port {stack.gevent_port} and"
             f" the rest to {stack.port}. Without one nothing is pushed: tills and pages ask every second instead.\n")


def app_call(stack):
    """A call of the app's interface that works when it is pasted: with a key that is new, for an order that is open."""
    keys = stack.rpc("payment.cn.app.key", "search", [[("name", "=", "Demo")]])
    if not keys:
        keys = [stack.rpc("payment.cn.app.key", "create", [{"name": "Demo", "expires_on": False}])]
    key = stack.rpc("payment.cn.app.key", "action_cn_make", [keys[:1]])["context"]["default_key"]
    open_ = [("client_order_ref", "=", "App"), ("state", "=", "draft")]
    orders = stack.rpc("sale.order", "search_read", [open_], {"fields": ["name"], "limit": 1})
    if not orders:
        [product] = stack.rpc("product.product", "search", [[("default_code", "=", "JL002")]])
        [shopper] = stack.rpc("res.users", "search_read", [[("login", "=", "shopper")]], {"fields": ["partner_id"]})
        order = stack.rpc("sale.order", "create", [{
            "partner_id": shopper["partner_id"][0], "client_order_ref": "App",
            "order_line": [(0, 0, {"product_id": product})],
        }])
        orders = stack.rpc("sale.order", "read", [[order], ["name"]])
    asked = {
        "document": {"kind": "order", "name": orders[0]["name"]}, "wallet": "unionpay", "scene": "app",
    }
    return f"""\
  curl -s {stack.url}/payment/cn/api/v1/payments -H 'Content-Type: application/json' \\
    -H 'Authorization: Bearer {key}' -H 'Idempotency-Key: {secrets.token_hex(8)}' \\
    -d '{json.dumps(asked)}'"""


def watch(stack):
    """Wait for Ctrl-C; say so when one of the servers ends by itself."""
    while True:
        time.sleep(1)
        for server in (stack.odoo, stack.sandbox):
            if not server.running():
                raise Problem(f"{server.name} stopped by itself.", *server.tail())


def _stop(stack):
    with step("Stopping the shop"):
        stack.stop()
