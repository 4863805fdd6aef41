# Part of payment_cn_wallets. License LGPL-3.

from . import api, checkout, kiosk, notice, scenes
