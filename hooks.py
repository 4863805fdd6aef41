# Part of payment_cn_wallets. License LGPL-3.

from odoo.addons.payment import reset_payment_provider, setup_provider

from . import gateways


def post_init_hook(env):
    """Give every company its providers, and accounting its payment methods."""
    for code in gateways.codes():
        setup_provider(env, code)


def uninstall_hook(env):
    """Switch the providers off, and take along what they leave where nothing needs it any more.

    Odoo's own providers stay behind without a code, to be installed again. Ours were made by this
    module, so those without transactions go; transactions, if any, keep theirs.
    """
    providers = env['payment.provider'].with_context(active_test=False).search(
        [('code', 'in', list(gateways.codes()))]
    )
    for code in gateways.codes():
        reset_payment_provider(env, code)
    used = env['payment.transaction'].search([('provider_id', 'in', providers.ids)]).provider_id
    env['account.payment.method.line'].search(
        [('payment_provider_id', 'in', (providers - used).ids)]
    ).unlink()
    env['ir.model.data'].search([
        ('module', '=', 'payment_cn_wallets'),
        ('model', '=', 'payment.provider'),
        ('res_id', 'in', providers.ids),
    ]).unlink()
    (providers - used).unlink()
