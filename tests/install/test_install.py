# Part of payment_cn_wallets. License LGPL-3.
"""The addon comes and goes without a trace, in databases with demo data and without."""

import pytest
from conftest import install

# Everything that an addon can leave behind, one line each.
INVENTORY = """
    SELECT 'model', model FROM ir_model
    UNION ALL SELECT 'field', model || '.' || name FROM ir_model_fields
    UNION ALL SELECT 'selection', f.model || '.' || f.name || '=' || s.value
        FROM ir_model_fields_selection s JOIN ir_model_fields f ON f.id = s.field_id
    UNION ALL SELECT 'view', coalesce(key, name) FROM ir_ui_view
    UNION ALL SELECT 'menu', name->>'en_US' FROM ir_ui_menu
    UNION ALL SELECT 'cron', cron_name FROM ir_cron
    UNION ALL SELECT 'rule', name FROM ir_rule
    UNION ALL SELECT 'access', name FROM ir_model_access
    UNION ALL SELECT 'method', code FROM payment_method
    UNION ALL SELECT 'provider', code FROM payment_provider
    UNION ALL SELECT 'accounting method', code FROM account_payment_method
    UNION ALL SELECT 'method line', coalesce(name, '') FROM account_payment_method_line
    UNION ALL SELECT 'table', table_name FROM information_schema.tables
        WHERE table_schema = 'public'
    UNION ALL SELECT 'column', table_name || '.' || column_name FROM information_schema.columns
        WHERE table_schema = 'public'
    UNION ALL SELECT 'index', indexname FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT 'constraint', conname FROM pg_constraint WHERE contype = 'c'
    UNION ALL SELECT 'data', module || '.' || name FROM ir_model_data
        WHERE module = 'payment_cn_wallets'
"""

USE_IT = """
provider = env.ref('payment_cn_wallets.payment_provider_huishouyin')
provider.write({
    'huishouyin_app_id': 'a', 'huishouyin_mch_uid': 'm', 'huishouyin_key': 'not-a-secret',
    'cn_sandbox_url': 'http://127.0.0.1:9/huishouyin', 'state': 'test',
})
journal = provider.journal_id
assert journal
tx = env['payment.transaction'].create({
    'provider_id': provider.id,
    'payment_method_id': env.ref('payment.payment_method_wechat_pay').id,
    'amount': 1, 'currency_id': env.ref('base.CNY').id,
    'partner_id': env.ref('base.partner_admin').id, 'operation': 'online_redirect',
    'cn_scene': 'qr',
})
tx._cn_place_order('127.0.0.1')
tx._cn_incident('amount', 'x')
env.cr.commit()
"""

UNINSTALL = """
env['ir.module.module'].search([('name', '=', 'payment_cn_wallets')]).button_immediate_uninstall()
env.cr.commit()
"""


def inventory(stack):
    """Return what is in the database, as a sorted list of lines."""
    return sorted(' '.join(row) for row in stack.sql(INVENTORY))


@pytest.mark.parametrize('database', ['base', 'base_demo'], indirect=True)
def test_nothing_is_left_behind(database):
    """Test that a database is after uninstalling what it was before installing."""
    before = inventory(database)
    install(database)
    assert len(inventory(database)) > len(before) + 50
    database.shell(UNINSTALL)
    assert inventory(database) == before


def test_can_come_back(installed):
    """Test that installing again after uninstalling works."""
    after_first = inventory(installed)
    installed.shell(UNINSTALL)
    install(installed)
    assert inventory(installed) == after_first


def test_used_provider_stays_with_its_transactions(installed):
    """Test that uninstalling keeps the record of what was paid, and no secret."""
    installed.shell(USE_IT)
    installed.shell(UNINSTALL)
    kept = installed.sql(
        'SELECT count(*), min(p.code), min(p.state) FROM payment_transaction t '
        'JOIN payment_provider p ON p.id = t.provider_id'
    )
    assert kept == [['1', 'none', 'disabled']]
    left = [line for line in inventory(installed) if 'huishouyin' in line or '.cn_' in line]
    assert not left


NUMBERS = """
    SELECT t.id, t.cn_out_trade_no, p.id, p.code
      FROM payment_transaction t JOIN payment_provider p ON p.id = t.provider_id
"""


def test_finds_its_own_again(installed):
    """Test that an addon that comes back has its providers once, and knows its payments by their numbers."""
    installed.shell(USE_IT)
    before = installed.sql(NUMBERS)
    providers = "SELECT code, count(*) FROM payment_provider WHERE code = 'huishouyin' GROUP BY code"
    count = installed.sql(providers)
    assert before[0][1]
    installed.shell(UNINSTALL)
    install(installed)
    assert installed.sql(NUMBERS) == before
    assert installed.sql(providers) == count
    assert installed.sql("SELECT to_regclass('payment_cn_wallets_kept') IS NULL") == [['t']]


BUTTON = """
provider = env.ref('payment_cn_wallets.payment_provider_huishouyin')
env['pos.payment.method'].create({
    'name': 'Scan to pay', 'payment_method_type': 'terminal', 'use_payment_terminal': 'cn_wallets',
    'journal_id': env['account.journal'].search([('type', '=', 'bank')], limit=1).id,
    'cn_provider_ids': [(6, 0, provider.ids)],
})
env.cr.commit()
"""


def test_button_of_the_till_goes_too(installed):
    """Test that no button is left behind with which cashiers validate orders that nobody paid."""
    installed.shell(BUTTON)
    installed.shell(UNINSTALL)
    assert installed.sql("SELECT active FROM pos_payment_method WHERE name->>'en_US' = 'Scan to pay'") == [['f']]


def test_installing_says_nothing_alarming(first):
    """Test that the log of an installation has no warning and no error."""
    log = (first.home.logs / 'install.log').read_text()
    assert ' INFO ' in log
    alarming = [line for line in log.splitlines() if ' WARNING ' in line or ' ERROR ' in line]
    assert not alarming
