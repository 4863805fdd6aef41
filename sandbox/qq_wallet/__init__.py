# Part of payment_cn_wallets. License LGPL-3.
"""QQ 钱包 QQ Wallet: the direct merchant interface."""

from .server import QqWallet

SERVER = QqWallet
