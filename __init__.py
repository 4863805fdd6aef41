# Part of payment_cn_wallets. License LGPL-3.

from . import controllers, models, wizards

from odoo.addons.payment import reset_payment_provider, setup_provider


def post_init_hook(env):
    """Attach the redirect form and the module to the shipped providers."""
    setup_provider(env, 'huishouyin')


def uninstall_hook(env):
    """Switch the providers off and free their records of this module."""
    reset_payment_provider(env, 'huishouyin')
