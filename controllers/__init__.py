# Part of payment_cn_wallets. License LGPL-3.

from . import api, checkout, customer_display, kiosk, notice, scenes, shop_code
