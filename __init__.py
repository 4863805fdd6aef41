# Part of payment_cn_wallets. License LGPL-3.

from . import controllers, models, wizards
from .hooks import post_init_hook, pre_init_hook, uninstall_hook
