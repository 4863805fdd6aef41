# Part of payment_cn_wallets. License LGPL-3.
# Runs in Odoo's shell.
# ruff: noqa: F821  (env is given by the shell)
"""Build all bundles of scripts and styles once; else the first page of every new database takes a minute."""

env["ir.qweb"]._pregenerate_assets_bundles()
env.cr.commit()
