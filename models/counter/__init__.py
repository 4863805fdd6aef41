# Part of payment_cn_wallets. License LGPL-3.

from . import at_till, claim, counter_payment, poster, res_company, shop_code, shop_code_page, shop_code_parts
