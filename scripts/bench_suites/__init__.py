# Part of payment_cn_wallets. License LGPL-3.
"""What ``scripts/bench`` measures with our code and other packages, a folder a suite.

It runs in the test environment; ``scripts/devstack/bench`` starts it.
"""
