# Part of payment_cn_wallets. License LGPL-3.
# Runs in Odoo's shell on a database with the addon.
# ruff: noqa: F821  (env is given by the shell)
"""The company of Odoo's tests, made by the tests' own code."""

import json
import os
import runpy

runpy.run_path(json.loads(os.environ["DEVSTACK"])["file"])["company"](env)
env.cr.commit()
