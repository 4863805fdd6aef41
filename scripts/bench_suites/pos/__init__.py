# Part of payment_cn_wallets. License LGPL-3.
"""The till: how fast "paid" is on the screen, and whether the screen stays alive meanwhile.

``shop``      the running whole: Odoo on a clone of the demo, the sandbox, Chromium with an open till
``stopwatch`` what is noted in the page (``stopwatch.js``) and read from the sandbox's ledger
``scenarios`` scans, codes on the screen, and waiting: what is measured, and the limits
``report``    table, JSON and the block in docs/benchmarks.md

Nothing is simulated but the gateways: real key events in real Chromium, Odoo with its database, the sandbox behind
HTTP.
"""
