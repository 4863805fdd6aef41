# Part of payment_cn_wallets. License LGPL-3.
"""The company in China that the tests have, and its accountant.

``scripts/test`` makes them once, in the database of which all tests get a copy. In any other database each class of
tests makes them for itself, and Odoo puts the database back after it.
"""

from odoo.fields import Command

# No module has this name: an update of modules leaves the records alone.
MODULE, COMPANY, USER = 'payment_cn_wallets_tests', 'company', 'user'

GROUPS = (
    'account.group_account_manager', 'account.group_account_user', 'base.group_system',
    'base.group_user', 'product.group_product_manager', 'sales_team.group_sale_manager',
    'stock.group_stock_manager',
)

# What Odoo's own tests have: no mails and no messages but where they are tested.
NO_MAILS = {
    'tracking_disable': True, 'mail_create_nolog': True, 'mail_create_nosubscribe': True,
    'mail_notrack': True, 'no_reset_password': True,
}


def company(env):
    """Return the company with its chart of accounts, made where there is none."""
    found = env.ref(f'{MODULE}.{COMPANY}', raise_if_not_found=False)
    if found:
        return found
    env = env(user=user(env), context=NO_MAILS)
    made = env['res.company'].create({'name': 'company_1_data'})
    env.user.write({'company_ids': [Command.set(made.ids)], 'company_id': made.id})
    env['account.chart.template'].try_loading('cn', company=made, install_demo=False)
    if 'stock.warehouse' in env and not env['stock.warehouse'].search([('company_id', '=', made.id)]):
        env['stock.warehouse'].sudo().create({'company_id': made.id})  # outside of a test Odoo leaves it to the user
    _remember(made, COMPANY)
    return made


def user(env):
    """Return the accountant, made where there is none."""
    found = env.ref(f'{MODULE}.{USER}', raise_if_not_found=False)
    if found:
        return found
    groups = filter(None, (env.ref(name, raise_if_not_found=False) for name in GROUPS))
    made = env['res.users'].with_context(**NO_MAILS).create({
        'name': 'Because I am accountman!', 'login': 'accountman', 'password': 'accountman',
        'email': 'accountman@test.com', 'group_ids': [Command.set([group.id for group in groups])],
    })
    _remember(made, USER)
    return made


def _remember(record, name):
    record.env['ir.model.data'].sudo().create({
        'module': MODULE, 'name': name, 'model': record._name, 'res_id': record.id, 'noupdate': True,
    })
