# Part of payment_cn_wallets. License LGPL-3.

from uuid import uuid4

from odoo import fields
from odoo.fields import Command
from odoo.tests import new_test_user

from odoo.addons.payment_cn_wallets.tests.common import CnCommon
from odoo.addons.payment_cn_wallets.tools import throttle

CODES = {
    'wechat_pay': 'payment.payment_method_wechat_pay',
    'alipay': 'payment.payment_method_alipay',
    'qq_wallet': 'payment_cn_wallets.payment_method_qq_wallet',
    'jd_pay': 'payment_cn_wallets.payment_method_jd_pay',
}


class TillCommon(CnCommon):
    """A till with one button for all wallets, and an open session."""

    has_order = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.user.group_ids += cls.env.ref('point_of_sale.group_pos_manager')
        journal = cls.env['account.journal'].create({
            'name': "Wallets", 'type': 'bank', 'code': 'WLT', 'company_id': cls.company.id,
        })
        cls.method = cls.env.ref(cls.method_ref)
        cls.button = cls.env['pos.payment.method'].create({
            'name': "Scan to pay",
            'payment_method_type': 'terminal',
            'use_payment_terminal': 'cn_wallets',
            'journal_id': journal.id,
            'company_id': cls.company.id,
            'cn_provider_ids': [Command.set(cls.provider.ids)],
        })
        cls.till = cls.env['pos.config'].create({
            'name': "Counter 1", 'company_id': cls.company.id,
            'payment_method_ids': [Command.set(cls.button.ids)],
        })
        cls.till.open_ui()
        cls.session = cls.till.current_session_id
        cls.session.set_opening_control(0, "")
        cls.cashier = new_test_user(
            cls.env, 'cn_cashier', groups='point_of_sale.group_pos_user',
            company_id=cls.company.id, lang='en_US',
        )

    def _line(self, amount='88.80', **values):
        return {
            'uuid': str(uuid4()), 'order': str(uuid4()), 'reference': '2600-001-0001',
            'amount': amount, 'session': self.session.id, 'cashier': '7', **values,
        }

    def _press(self, action, line, *arguments):
        """Do what the till's browser does when the cashier presses something."""
        button = self.button.with_user(self.cashier).with_context(lang='en_US')
        if action == 'refund':
            self._keep_refund_order(line, *arguments)
        return getattr(button, f'cn_{action}')(line, *arguments)

    def _keep_refund_order(self, line, refunded):
        """Store the refund order, as the till does before it gives money back."""
        orders = self.env['pos.order'].sudo()
        sold = orders.search([('uuid', '=', refunded)])
        if sold and not orders.search_count([('uuid', '=', line['order'])]):
            orders.create({
                'uuid': line['order'], 'name': '/', 'session_id': line['session'], 'company_id': self.company.id,
                'state': 'draft', 'is_refund': True, 'amount_total': float(line['amount']), 'amount_tax': 0,
                'amount_paid': 0, 'amount_return': 0,
                'lines': [Command.create({
                    'product_id': self.product.id, 'qty': -1, 'price_unit': -float(line['amount']),
                    'price_subtotal': float(line['amount']), 'price_subtotal_incl': float(line['amount']),
                    'tax_ids': [], 'uuid': str(uuid4()), 'refunded_orderline_id': sold.lines[0].id,
                })],
            })

    def _lose_refund_order(self, line):
        """Lose the stored refund order without a trace, as a restored copy of the database does."""
        order = self.env['pos.order'].sudo().search([('uuid', '=', line['order'])])
        self.env.flush_all()
        self.env.cr.execute("DELETE FROM pos_order WHERE id = %s", (order.id,))
        self.env.invalidate_all()

    def _code(self, wallet=None, **values):
        """Return a payment code, as the customer's phone shows it."""
        return self.sandbox.post('payment-codes', wallet=wallet or self.gateway, **values)['code']

    def _tx(self, line):
        """Return the newest attempt of a line."""
        return self.env['payment.transaction'].sudo()._cn_till_attempts(line['uuid'])[:1]

    def _status(self, line):
        """Have the gateway asked at once, as if nobody had asked before."""
        throttle.forget(self.env.cr.dbname, self._tx(line)._cn_throttle_key())
        return self._press('status', line, True)


class TillSaleCommon(TillCommon):
    """The same, with orders that come from the till's browser."""

    def _sync(self, lines, total=88.8, refunds=None, state='paid', partner=None):
        """Send an order as the till's browser does when it is validated."""
        order = lines[0]['order']
        known = self.env['pos.order'].search([('uuid', '=', order)]).lines
        self.env['pos.order'].sync_from_ui([{
            'uuid': order, 'name': order[:8], 'session_id': self.session.id, 'access_token': '',
            'company_id': self.company.id, 'user_id': self.env.uid, 'partner_id': bool(partner) and partner.id,
            'date_order': fields.Datetime.to_string(fields.Datetime.now()), 'state': state,
            'amount_total': total, 'amount_paid': total, 'amount_tax': 0, 'amount_return': 0,
            'is_refund': total < 0, 'pricelist_id': False, 'fiscal_position_id': False, 'to_invoice': False,
            'lines': [Command.update(known.id, {
                'price_unit': abs(total), 'price_subtotal': total, 'price_subtotal_incl': total,
            })] if known else [Command.create({
                'product_id': self.product.id, 'qty': 1 if total > 0 else -1,
                'price_unit': abs(total), 'price_subtotal': total, 'price_subtotal_incl': total,
                'discount': 0, 'tax_ids': [], 'uuid': str(uuid4()),
                **({'refunded_orderline_id': refunds.lines[0].id} if refunds else {}),
            })],
            'payment_ids': [Command.create({
                'uuid': line['uuid'], 'amount': float(line['amount']),
                'payment_method_id': self.button.id, 'payment_status': line.get('status', 'done'),
                'payment_date': fields.Datetime.to_string(fields.Datetime.now()),
            }) for line in lines],
        }])
        return self.env['pos.order'].search([('uuid', '=', order)])

    def _sold(self, partner=None):
        line = self._line()
        self.assertEqual(self._press('charge', line, self._code())['phase'], 'paid')
        return self._sync([line], partner=partner)

    def _incidents(self, kind):
        return self.env['payment.cn.incident'].search([
            ('provider_id', '=', self.provider.id), ('kind', '=', kind),
        ])

    def _end(self, refunds):
        for refund in refunds.sudo():
            for _question in range(3):
                if refund.state == 'pending':
                    refund.cn_next_query_at = False
                    refund._cn_advance_refund()
            for known in self.sandbox.order(refund.source_transaction_id)['refunds']:
                self.sandbox.post('refunds', out_refund_no=known['out_refund_no'])
            if refund.state == 'pending':
                refund.cn_next_query_at = False
                refund._cn_advance_refund()
