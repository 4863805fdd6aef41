# Part of payment_cn_wallets. License LGPL-3.

from . import checkout, kiosk, notice, scenes, shop_code
