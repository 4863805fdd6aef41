# Part of payment_cn_wallets. License LGPL-3.

from uuid import uuid4

from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.payment_cn_wallets.tests import till_closing_common, till_common


@tagged('post_install', '-at_install')
class TestTillClosing(till_closing_common.TillClosingCommon):
    """The session's end: what is open, whose money it is, and the books."""

    # === BOOKS === #

    def test_each_transaction_has_its_entry(self):
        """Test that payments and refunds are booked one by one, once, and clear the session."""
        orders = self._sold() + self._sold()
        back = self._refunded_order(orders[0], 30)
        transactions = self.session.cn_transaction_ids
        self.assertEqual(len(transactions), 3)
        transactions.sudo()._post_process()
        self.assertFalse(transactions.payment_id)  # the session books them
        self._close()
        transactions.sudo()._post_process()
        payments = self._booked()
        self.assertEqual(payments.payment_transaction_id, transactions)
        self.assertEqual(
            [tx.payment_id.amount_signed for tx in transactions.sorted('id')], [88.8, 88.8, -30]
        )
        for tx in transactions:
            self.assertEqual(
                tx.payment_id.payment_reference, tx.cn_out_refund_no or tx.cn_out_trade_no
            )
            [outstanding] = tx.payment_id.move_id.line_ids.filtered(
                lambda line: line.account_id == line.payment_id.outstanding_account_id
            )
            self.assertEqual(outstanding.balance, tx.amount)
        self.assertEqual(len(payments.outstanding_account_id), 1)
        receivable = (self.session.move_id | payments.move_id).line_ids.filtered(
            lambda line: line.account_id == self.session._get_receivable_account(self.button)
        )
        self.assertEqual(len(receivable), 4)
        self.assertTrue(all(receivable.mapped('reconciled')))
        refund = back.payment_ids.cn_transaction_id
        self.assertEqual(refund.payment_id.source_payment_id, orders[0].payment_ids.cn_transaction_id.payment_id)
        related = self.session._get_related_account_moves()
        self.assertEqual(related & payments.move_id, payments.move_id)

    def test_one_line_refunds_two_payments(self):
        """Test that a refund of two payments is two entries, and one line in the totals each."""
        uuid = str(uuid4())
        lines = [self._line('50.00', order=uuid), self._line('38.80', order=uuid)]
        for line in lines:
            self._press('charge', line, self._code())
        self._refunded_order(self._sync(lines), 60)
        self._close()
        self.assertEqual(
            sorted(payment.amount_signed for payment in self._booked()), [-38.8, -21.2, 38.8, 50]
        )

    def test_line_without_a_proof_is_booked_apart(self):
        """Test that the session's total is booked also for lines that no gateway confirmed."""
        self._sold()
        self._sync([self._line('11.20')], total=11.2)
        totals = self.session.get_closing_control_data()['cn_wallets']['totals']
        self.assertEqual([(row['gateway'], row['amount']) for row in totals], [
            (self.provider.name, 88.8), ('', 11.2),
        ])
        self._close()
        proven, rest = self._booked()
        self.assertEqual((proven.amount, rest.amount), (88.8, 11.2))
        self.assertFalse(rest.payment_transaction_id)

    def test_button_that_asks_for_the_customer(self):
        """Test that payments of a customer are tied to their transactions as well, and back."""
        self._close()
        self.button.split_transactions = True
        self._open()
        customer = self.env['res.partner'].create({'name': "李雷"})
        order = self._sold(customer)
        self._refunded_order(order, 30)
        self._sync([self._line('11.20')], total=11.2, partner=customer)  # no gateway confirmed it
        transactions = self.session.cn_transaction_ids
        self._close()
        payments = self._booked()
        self.assertEqual(payments.partner_id, customer)
        self.assertEqual(payments.mapped('amount_signed'), [88.8, -30, 11.2])
        self.assertEqual(payments.payment_transaction_id, transactions)
        self.assertEqual([tx.payment_id.amount_signed for tx in transactions.sorted('id')], [88.8, -30])
        receivable = (self.session.move_id | payments.move_id).line_ids.filtered(
            lambda line: line.account_id == customer.property_account_receivable_id
        )
        self.assertEqual(len(receivable), 6)
        self.assertTrue(all(receivable.mapped('reconciled')))

    def test_invoiced_orders(self):
        """Test that an invoice is paid by the wallet, whenever it is asked for, and booked once."""
        customer = self.env['res.partner'].create({'name': "李雷"})
        orders = [self._sold(customer) for _number in range(3)]
        orders[0].action_pos_order_invoice()
        transactions = self.session.cn_transaction_ids
        self._close()
        orders[1].action_pos_order_invoice()
        for order in orders[:2]:
            self.assertEqual(order.account_move.payment_state, 'paid')
            self.assertEqual(order.account_move.amount_residual, 0)
        payments = self._booked()
        self.assertEqual(payments.mapped('amount_signed'), [88.8, 88.8, 88.8])
        self.assertEqual(payments.payment_transaction_id, transactions)
        receivable = (self.session.move_id | payments.move_id).line_ids.filtered(
            lambda line: line.account_id == self.session._get_receivable_account(self.button)
        )
        self.assertTrue(all(receivable.mapped('reconciled')))

    def test_difference_at_closing(self):
        """Test that a difference somebody entered has an entry of its own."""
        self._close()
        account = self.env['account.account'].search([('account_type', '=', 'expense')], limit=1)
        self.button.journal_id.loss_account_id = account
        self.button.outstanding_account_id = self.env['account.account'].create({
            'code': 'CNW1', 'name': "Wallets", 'account_type': 'asset_current', 'reconcile': True,
        })
        self._open()
        self._sold()
        self.session.action_pos_session_closing_control(
            bank_payment_method_diffs={self.button.id: -1.0}
        )
        self.assertEqual(self._booked().amount, 88.8)
        lines = self.session._get_related_account_moves().line_ids.filtered(
            lambda line: line.account_id == account
        )
        self.assertEqual(lines.balance, 1.0)

    def test_refund_of_a_closed_session(self):
        """Test that money given back days later is booked by the session that gave it back."""
        order = self._sold()
        self._close()
        self._open()
        self._refunded_order(order, 88.8)
        self._close()
        self.assertEqual(self._booked().mapped('amount_signed'), [88.8, -88.8])

    def test_totals_in_the_report(self):
        """Test that Odoo's report of the session has a line for each wallet and gateway."""
        orders = self._sold() + self._sold()
        self._refunded_order(orders[0], 30)
        report = self.env['report.point_of_sale.report_saledetails']
        [row] = report.get_sale_details(session_ids=self.session.ids)['cn_wallets']
        self.assertEqual((row['number'], row['amount'], row['refunds'], row['refunded'], row['net']),
                         (2, 177.6, 1, 30, 147.6))
        html = self.env['ir.actions.report']._render_qweb_html(
            'point_of_sale.sale_details_report', self.session.ids,
            data={'session_ids': self.session.ids},
        )[0].decode()
        self.assertIn('147.60', html)
        self.assertIn(self.provider.name, html)

    # === WHAT IS OPEN === #

    def test_open_payments_are_settled(self):
        """Test that a session that closes asks, and lists what nobody can tell."""
        self.provider.cn_responsible_id = new_test_user(
            self.env, 'cn_closing_reader', groups='account.group_account_manager', lang='en_US',
            company_id=self.company.id,
        )
        lost, dark = self._line(), self._line()
        self.sandbox.fault('reset', operation='charge', times=2)
        self._press('charge', lost, self._code())
        self._press('charge', dark, self._code())
        for line in (lost, dark):
            till_common.throttle.forget(self.env.cr.dbname, self._tx(line)._cn_throttle_key())
        self.sandbox.fault('http_5xx', operation='query', scope=self._tx(dark).cn_out_trade_no)
        listed = self.session.get_closing_control_data()['cn_wallets']['open']
        self.assertEqual([row['amount'] for row in listed], [88.8, 88.8])
        self.assertEqual(
            {row['reason'] for row in listed}, {"The gateway has not told whether it was paid."}
        )
        self._close()
        # Unknown: listed, and undone further. Paid, but in no order: that may still come.
        self.assertEqual(self._tx(dark).state, 'pending')
        self.assertTrue(self._tx(dark).cn_reversing)
        self.assertEqual(self._incidents('unknown').transaction_id, self._tx(dark))
        self.assertIn("has not told whether it was paid", self._incidents('unknown').message)
        self.assertEqual(self._tx(lost).state, 'done')
        self.assertEqual(self._incidents('unclaimed').transaction_id, self._tx(lost))
        self.assertIn("no order has it", self._incidents('unclaimed').message)

    def test_each_row_has_its_reason(self):
        """Test that whoever closes reads why each payment is listed."""
        order = self._sold()
        lines = {}
        for name, values in (
            ('waiting', {'confirm': True}), ('cancelled', {'confirm': True}), ('paid', {}),
        ):
            lines[name] = self._line(reference=name)
            self._press('charge', lines[name], self._code(**values))
        self._press('cancel', lines['cancelled'])
        self._press('show', self._line(reference='shown'), self.method.code)
        self.sandbox.fault('reset_before', operation='refund')
        doubtful = self._line('-10.00', reference='doubtful')
        self._press('refund', doubtful, order.uuid)
        back = self.env['payment.transaction'].sudo()._cn_till_refunds(doubtful['uuid'])
        back.cn_next_query_at = False
        back._cn_advance_refund()
        self.sandbox._http.delete(f'{self.sandbox.url}/control/faults', timeout=5)
        taken = self._line('-20.00', reference='taken')
        self._press('refund', taken, order.uuid)
        self._end(self.env['payment.transaction'].sudo()._cn_till_refunds(taken['uuid']))
        data = self.session.get_closing_control_data()['cn_wallets']
        self.assertEqual(
            {row['reference']: row['reason'] for row in data['open'] + data['unclaimed']}, {
                'waiting': "The customer has not entered the password.",
                'cancelled': "It is being undone, and the gateway has not confirmed that.",
                'shown': "Its code was shown, and may still be paid.",
                'paid': "It was paid, but no order has it.",
                'doubtful': "The gateway has not told whether it was refunded, and no order has"
                            " the refund.",
                'taken': "It was refunded, but no order has the refund.",
            },
        )

    def test_closing_does_not_wait_for_ever(self):
        """Test that only so many questions are asked as there is time for; the rest is listed."""
        for _number in range(3):
            self._press('charge', self._line(), self._code(confirm=True))
        for tx in self.session._cn_open():
            till_common.throttle.forget(self.env.cr.dbname, tx._cn_throttle_key())
        moments = iter((0, 5, 15, 25))
        self.session._cn_settle(clock=lambda: next(moments))
        asked = [call for call in self.sandbox.get('ledger')['calls'] if call['operation'] == 'query']
        self.assertEqual(len(asked), 2)
        self.assertEqual(next(moments, None), None)

    @mute_logger('odoo.addons.payment_cn_wallets.models.pos.session')
    def test_gateway_that_can_not_be_asked(self):
        """Test that no open payment keeps a session from being closed: it is listed instead."""
        line, other = self._line(), self._line()
        for one in (line, other):
            self._press('charge', one, self._code(confirm=True))
            till_common.throttle.forget(self.env.cr.dbname, self._tx(one)._cn_throttle_key())
        self.provider.write({'wechat_pay_private_key': False, 'state': 'disabled'})
        self._close()
        self.assertEqual(self._incidents('unknown').transaction_id, self._tx(line) | self._tx(other))

    # === FINDING ORDERS === #

    def test_order_is_found_by_its_numbers(self):
        """Test that receipt, gateway's number and wallet's number lead to the order."""
        order = self._sold()
        tx = order.payment_ids.cn_transaction_id.sudo()
        orders = self.env['pos.order'].with_user(self.cashier)
        tx.cn_wallet_reference = '9' * 28  # what an aggregator says of the wallet's own number
        tx.cn_bill_bar_code = '8' * 28
        for number in (tx.cn_out_trade_no, tx.provider_reference, '9' * 28, '8' * 28):
            found = orders.cn_find(self.till.id, number)
            self.assertEqual(found, {'order': order.id, 'message': ''})
        back = self._refunded_order(order, 30)
        refund = back.payment_ids.cn_transaction_id
        self.assertEqual(orders.cn_find(self.till.id, refund.cn_out_refund_no)['order'], order.id)
        self.assertEqual(orders.cn_find(self.till.id, '4200001234567890123456789012'),
                         {'order': False, 'message': ''})
        self.assertEqual(orders.cn_find(self.till.id, ''), {'order': False, 'message': ''})

    def test_payment_of_another_place(self):
        """Test that a payment of the web shop is named, not refunded as if it were the till's."""
        tx = self._paid(order=self._order())
        orders = self.env['pos.order'].with_user(self.cashier).with_context(lang='en_US')
        found = orders.cn_find(self.till.id, tx.cn_out_trade_no)
        self.assertFalse(found['order'])
        self.assertIn(tx.sale_order_ids.name, found['message'])
        self.assertIn("not sold at this till", found['message'])
