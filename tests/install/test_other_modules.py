# Part of payment_cn_wallets. License LGPL-3.
"""pos_self_order beside this addon, whichever of the two is installed first: the kiosk has the wallets."""

import json

from conftest import ADDON

KIOSK = 'pos_self_order'

INSTALL = """
env['ir.module.module'].search([('name', '=', '{module}')]).button_immediate_install()
"""

# In the process that installed the second module: its models stand in the order of installation.
LOOK = """
import json
from odoo import api
env = api.Environment(env.cr, env.uid, {})  # with the registry of now
modules = [getattr(one, '_module', None) for one in type(env['pos.payment.method']).__mro__]
provider = env.ref('payment_cn_wallets.payment_provider_huishouyin')
provider.write({
    'huishouyin_app_id': 'a', 'huishouyin_mch_uid': 'm', 'huishouyin_key': 'not-a-secret',
    'cn_sandbox_url': 'http://127.0.0.1:9/huishouyin', 'state': 'test',
})
journal = env['account.journal'].create({'name': "Wallets", 'type': 'bank', 'code': 'WLT'})
method = env['pos.payment.method'].create({
    'name': "Scan to pay", 'payment_method_type': 'terminal', 'use_payment_terminal': 'cn_wallets',
    'journal_id': journal.id, 'cn_provider_ids': [(6, 0, provider.ids)],
})
till = env['pos.config'].create({
    'name': "Kiosk", 'payment_method_ids': [(6, 0, method.ids)],
    'self_ordering_mode': 'kiosk', 'self_ordering_default_user_id': env.ref('base.user_admin').id,
})
env.ref('base.user_admin').group_ids += env.ref('point_of_sale.group_pos_manager')
offered = till.load_self_data()['pos.payment.method']
till.self_ordering_mode = 'mobile'
print('LOOK' + json.dumps({
    'ours_is_above': modules.index('payment_cn_wallets') < modules.index('pos_self_order'),
    'offered': [[one['name'], bool(one['cn_till_setup']['wallets'])] for one in offered],
    'terminals': env['pos.config']._supported_kiosk_payment_terminal().count('cn_wallets'),
    'on_phones': len(till.load_self_data()['pos.payment.method']),
}))
"""


def look(stack, *codes):
    """Run code in one process, and return what the kiosk then has."""
    said = stack.shell(''.join(codes))
    line = next(line for line in said.splitlines() if line.startswith('LOOK'))
    return json.loads(line.removeprefix('LOOK'))


EXPECTED = {'offered': [['Scan to pay', True]], 'terminals': 1, 'on_phones': 0}


def test_kiosk_is_installed_second(installed):
    """Test the wallets at a kiosk whose module came later: in the process that installed it, and in the next one."""
    found = look(installed, INSTALL.format(module=KIOSK), LOOK)
    assert found == {**EXPECTED, 'ours_is_above': False}  # an ordinary override would be lost here
    assert look(installed, LOOK) == {**EXPECTED, 'ours_is_above': True}


def test_kiosk_was_there_first(database):
    """Test the wallets at a kiosk that was there first; they go with the addon."""
    database.home.update(database.db, '-i', KIOSK, log='install.log', sentence="not installed")
    assert look(database, INSTALL.format(module=ADDON), LOOK) == {**EXPECTED, 'ours_is_above': True}
    said = database.shell(
        f"env['ir.module.module'].search([('name', '=', '{ADDON}')]).button_immediate_uninstall()\n"
        "from odoo import api\n"
        "env = api.Environment(env.cr, env.uid, {})\n"
        "print('LEFT', 'cn_wallets' in env['pos.config']._supported_kiosk_payment_terminal())\n"
    )
    assert 'LEFT False' in said
