# Part of payment_cn_wallets. License LGPL-3.

from odoo.tests import new_test_user, tagged

from odoo.addons.payment_cn_wallets.gateways.base import Outcome, PaymentResult, RefundResult
from odoo.addons.payment_cn_wallets.tests import till_common


@tagged('post_install', '-at_install')
class TestIncident(till_common.TillSaleCommon):
    """Incidents whose cause is gone are closed, and say by what; one cause is one task."""

    gateway = 'huishouyin'

    def _code(self, wallet='wechat_pay', **values):
        """Override: this gateway carries several wallets."""
        return super()._code(wallet, **values)

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.accountant = new_test_user(
            cls.env, 'cn_settler', groups='account.group_account_manager', lang='en_US',
            company_id=cls.company.id,
        )
        cls.provider.cn_responsible_id = cls.accountant

    def _settled(self, incident, by):
        """Assert that an incident is off the list, with its task, and says why."""
        self.assertEqual(incident.state, 'done')
        self.assertIn(by, incident.resolution)
        self.assertFalse(incident.activity_ids)
        self.assertIn(by, ' '.join(incident.message_ids.mapped('body')))

    def _told(self, tx, kind):
        incident = tx.cn_incident_ids.filtered(lambda one: one.kind == kind)
        self.assertEqual((len(incident), incident.state), (1, 'open'))
        self.assertTrue(incident.activity_ids)
        return incident

    # === WHAT IS NOT TRUE ANY MORE === #

    def test_booked_after_all(self):
        """Test that "nothing was booked" goes when the money is booked."""
        for result, kind in (
            (PaymentResult(Outcome.PAID, amount=1), 'amount'),
            (PaymentResult(Outcome.PAID, amount=8880, refunded=True, refunded_amount=8880), 'gone'),
        ):
            with self.subTest(kind=kind):
                tx = self._ordered()
                tx._cn_apply(result)
                incident = self._told(tx, kind)
                tx._cn_apply(PaymentResult(Outcome.PAID, amount=8880))
                self.assertEqual(tx.state, 'done')
                self._settled(incident, "has been taken in")

    def test_outcome_is_known(self):
        """Test that what could not be found out goes with any certain answer, and with no other."""
        for result, by in (
            (PaymentResult(Outcome.PAID, amount=8880), "has been taken in"),
            (PaymentResult(Outcome.REFUSED, closed=True), "holds no money"),
            (PaymentResult(Outcome.WAITING), "answers again"),
        ):
            with self.subTest(outcome=result.outcome):
                tx = self._ordered()
                tx._cn_apply(PaymentResult(Outcome.UNKNOWN))
                tx._cn_incident('unknown', "Nobody knows.")
                incident = self._told(tx, 'unknown')
                tx._cn_apply(PaymentResult(Outcome.UNKNOWN))
                self.assertEqual(incident.state, 'open')
                tx._cn_apply(result)
                self._settled(incident, by)

    def test_gateway_agrees_with_itself_again(self):
        """Test that a contradiction goes when the gateway says again what the books say."""
        tx = self._paid()
        tx._cn_apply(PaymentResult(Outcome.REFUSED))
        incident = self._told(tx, 'contradiction')
        tx._cn_apply(PaymentResult(Outcome.PAID, amount=8880))
        self._settled(incident, "says again")

    def test_refund_went_through(self):
        """Test that a refused refund is no task any more once the money went back, under whichever number."""
        for spent in (False, True):
            with self.subTest(spent=spent):
                tx = self._paid()
                first = tx._refund(30)
                first._cn_apply_refund(RefundResult(Outcome.REFUSED, number_spent=spent))
                incident = self._told(first, 'refund')
                again = tx._refund(30)
                self.assertEqual(again == first, not spent)
                again._cn_apply_refund(RefundResult(Outcome.PAID, amount=3000))
                self._settled(incident, "went through")

    def test_other_refund_went_through(self):
        """Test that the task of one refund is not closed by another one."""
        tx = self._paid()
        first = tx._refund(30)
        first._cn_apply_refund(RefundResult(Outcome.REFUSED, number_spent=True))
        incident = self._told(first, 'refund')
        tx._refund(20)._cn_apply_refund(RefundResult(Outcome.PAID, amount=2000))
        self.assertEqual(incident.state, 'open')
        tx._refund(68.8)._cn_apply_refund(RefundResult(Outcome.PAID, amount=6880))
        self._settled(incident, "went through")  # nothing is left to be sent

    def test_unwanted_money_is_back(self):
        """Test that an accountant is told at once, and has nothing left to do when the money is back."""
        order = self._order()
        order.action_cancel()
        tx = self._ordered(order=order)
        tx._cn_apply(PaymentResult(Outcome.PAID, amount=8880))
        incident = self._told(tx, 'double')
        tx.child_transaction_ids._cn_apply_refund(RefundResult(Outcome.PAID, amount=8880))
        self._settled(incident, "went through")

    def test_notice_is_processed_after_all(self):
        """Test that the task of a notice that was refused goes when it is processed."""
        tx = self._paid()
        notice = self.env['payment.cn.notice'].sudo().create({
            'provider_id': self.provider.id, 'kind': 'payment', 'number': tx.cn_out_trade_no,
            'digest': 'x', 'tries': 1,
        })
        notice.env['payment.cn.incident']._cn_report(
            'notice', "Refused.", transaction=tx, notice=notice
        )
        incident = self._told(tx, 'notice')
        self.patch(self.env.registry['payment.cn.notice'], '_cn_apply', lambda _self: ('done', False))
        notice._cn_process()
        self._settled(incident, "has been processed")

    def test_mail_is_sent_at_last(self):
        """Test that a mail that could not be sent is no task once it has left."""
        order = self._order()
        tx = self._paid(order=order)
        tx._post_process()
        for _try in range(3):
            order._cn_mail_failed(ValueError("broken"))
        incident = self._told(tx, 'follow_up')
        order._cn_mail_sent()
        self._settled(incident, "has been sent")

    # === ONE CAUSE, ONE TASK === #

    def test_notice_and_question_tell_of_one_thing(self):
        """Test that a wrong amount is one task, by whichever ways it is heard of."""
        tx = self._ordered()
        tx.env['payment.cn.incident']._cn_report('notice', "1 instead of 8880.", transaction=tx)
        tx._cn_apply(PaymentResult(Outcome.PAID, amount=1))
        [incident] = tx.cn_incident_ids
        self.assertEqual((incident.count, len(incident.activity_ids)), (2, 1))
        self.assertIn("Nothing was booked", incident.message)
        self.assertIn("1 instead of 8880.", ' '.join(incident.message_ids.mapped('body')))

    def test_unclaimed_money_goes_back(self):
        """Test that whoever was to look for an order is told of the return in its place, not besides."""
        line = self._line()
        self._press('charge', line, self._code())
        tx = self._tx(line)
        self.session.action_pos_session_closing_control()
        waiting = self._told(tx, 'unclaimed')
        tx._cn_watch()
        self._settled(waiting, "is being sent back")
        back = self._told(tx, 'double')
        self._end(tx.child_transaction_ids)
        self._settled(back, "went through")

    def test_forced_without_an_attempt(self):
        """Test that a line that a manager took for paid is told of once, not again when its order comes."""
        line = self._line()
        manager = new_test_user(
            self.env, 'cn_forcer', groups='point_of_sale.group_pos_manager', company_id=self.company.id,
        )
        self.button.with_user(manager).cn_force(line, "The terminal was broken.")
        order = self._sync([line])
        self.assertEqual(len(self._incidents('unproven')), 1)
        self.assertEqual(order.payment_ids.cn_incident_id, self._incidents('unproven'))

    # === WHAT IS TAKEN FOR PAID IS NO MONEY === #

    def test_forced_lines_have_a_row_of_their_own(self):
        """Test that Close Register and the report count for a wallet what it paid, and nothing else."""
        self._sold()
        manager = new_test_user(
            self.env, 'cn_forcer', groups='point_of_sale.group_pos_manager', company_id=self.company.id,
        )
        doubtful, none = self._line('20.00'), self._line('30.00')
        self._press('charge', doubtful, self._code(confirm=True))
        for line in (doubtful, none):
            self.button.with_user(manager).cn_force(line, "I saw it on the phone.")
            self._sync([line], total=float(line['amount']))
        self._sync([self._line('11.20')], total=11.2)
        totals = self.session.get_closing_control_data()['cn_wallets']['totals']
        self.assertEqual(
            [(row['kind'], row['wallet'], row['gateway'], row['number'], row['amount']) for row in totals],
            [
                ('paid', self.wechat.name, self.provider.name, 1, 88.8),
                ('forced', '', '', 2, 50), ('unproven', '', '', 1, 11.2),
            ],
        )
        report = self.env['report.point_of_sale.report_saledetails'].with_context(lang='en_US')
        rows = report.get_sale_details(session_ids=self.session.ids)['cn_wallets']
        self.assertEqual([row['net'] for row in rows], [88.8, 50, 11.2])
        self.assertEqual(rows[1]['name'], "Taken for paid by a manager")
        # It comes after all: it is the wallet's then.
        self.sandbox.pay(self._tx(doubtful))
        self._ask(self._tx(doubtful))
        totals = self.session.get_closing_control_data()['cn_wallets']['totals']
        self.assertEqual([(row['kind'], row['amount']) for row in totals], [
            ('paid', 108.8), ('forced', 30), ('unproven', 11.2),
        ])

    def test_refused_refund_is_not_counted(self):
        """Test that what a gateway refused to give back is not counted as given back by the wallet."""
        order = self._sold()
        line = self._line('-88.80')
        self._press('refund', line, order.uuid)
        refund = self.env['payment.transaction'].sudo()._cn_till_refunds(line['uuid'])
        self._end(refund)
        self._sync([line], total=-88.8, refunds=order)
        refund.write({'state': 'error', 'cn_outcome': 'refused'})
        totals = self.session.get_closing_control_data()['cn_wallets']['totals']
        self.assertEqual([(row['kind'], row['refunded']) for row in totals], [
            ('paid', 0), ('unproven', 88.8),
        ])
