# Part of payment_cn_wallets. License LGPL-3.
"""Huishouyin (汇收银, HeeMoney): see `gateway`."""

from .gateway import Huishouyin

__all__ = ['Huishouyin']
