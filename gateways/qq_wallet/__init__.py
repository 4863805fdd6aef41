# Part of payment_cn_wallets. License LGPL-3.
"""QQ Wallet (QQ 钱包): see `gateway`."""

from .gateway import QqWallet

__all__ = ['QqWallet']
