# Part of payment_cn_wallets. License LGPL-3.

import json

from odoo.addons.payment import reset_payment_provider, setup_provider

from . import gateways
from .const import MODULE, TERMINAL
from .tools import kept_columns

# System parameter: the providers that stayed behind when the addon went, for it to find them again.
KEPT_PROVIDERS = 'payment_cn_wallets.kept_providers'


def pre_init_hook(env):
    """Have the data files find the providers that stayed behind, instead of making second ones."""
    for kept in _kept_providers(env):
        if kept['name']:
            env['ir.model.data'].create({
                'module': MODULE, 'name': kept['name'], 'model': 'payment.provider',
                'res_id': kept['id'], 'noupdate': True,
            })


def post_init_hook(env):
    """Give every company its providers, and accounting its payment methods; take back what was left."""
    for kept in _kept_providers(env):
        env['payment.provider'].browse(kept['id']).write({'code': kept['code'], 'name': kept['title']})
    env['ir.config_parameter'].search([('key', '=', KEPT_PROVIDERS)]).unlink()
    kept_columns.restore(env)
    for code in gateways.codes():
        setup_provider(env, code)


def uninstall_hook(env):
    """Switch the providers off, and take along what they leave where nothing needs it any more.

    Odoo's own providers stay behind without a code, to be installed again. Ours were made by this
    module, so those without transactions go; transactions, if any, keep theirs. What can't be done
    without the addon is prevented before: see `ir.module.module`.
    """
    # A button without its terminal would let cashiers validate orders that nobody has paid.
    env['pos.payment.method'].search([('use_payment_terminal', '=', TERMINAL)]).active = False
    env['payment.cn.app.key'].search([]).apikey_id.unlink()  # they are Odoo's, and would stay behind
    providers = env['payment.provider'].with_context(active_test=False).search(
        [('code', 'in', list(gateways.codes()))]
    )
    used = env['payment.transaction'].search([('provider_id', 'in', providers.ids)]).provider_id
    names = env['ir.model.data'].search([
        ('module', '=', MODULE), ('model', '=', 'payment.provider'), ('res_id', 'in', providers.ids),
    ])
    if used:
        by_id = {data.res_id: data.name for data in names}
        env['ir.config_parameter'].set_param(KEPT_PROVIDERS, json.dumps([
            {'id': one.id, 'code': one.code, 'title': one.name, 'name': by_id.get(one.id, '')}
            for one in used
        ]))
        kept_columns.keep(env)
    for code in gateways.codes():
        reset_payment_provider(env, code)
    env['account.payment.method.line'].search(
        [('payment_provider_id', 'in', (providers - used).ids)]
    ).unlink()
    names.unlink()
    (providers - used).unlink()


def _kept_providers(env):
    """Return what `uninstall_hook` wrote down of the providers that are still there."""
    kept = json.loads(env['ir.config_parameter'].sudo().get_param(KEPT_PROVIDERS) or '[]')
    there = env['payment.provider'].browse(one['id'] for one in kept).exists().ids
    return [one for one in kept if one['id'] in there]
