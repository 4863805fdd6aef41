# Part of payment_cn_wallets. License LGPL-3.
"""What a payment line proves, and what it does not, whoever says so."""

from unittest.mock import patch
from uuid import uuid4

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from odoo.addons.payment_cn_wallets.models.pos import order as pos_order
from odoo.addons.payment_cn_wallets.tests import till_common


class ProofCommon(till_common.TillSaleCommon):
    """A till that takes another kind of payment as well."""

    gateway = 'wechat_pay'

    def setUp(self):
        super().setUp()
        self.session.action_pos_session_closing_control()
        self.card = self.env['pos.payment.method'].create({
            'name': "Card", 'journal_id': self.env['account.journal'].create({
                'name': "Cards", 'type': 'bank', 'code': 'CRD', 'company_id': self.company.id,
            }).id, 'company_id': self.company.id,
        })
        self.till.payment_method_ids += self.card
        self._open()
        # Who sells may also read what every employee may.
        self.cashier.group_ids += self.env.ref('base.group_user')

    def _open(self):
        self.till.open_ui()
        self.session = self.till.current_session_id
        self.session.set_opening_control(0, "")

    def _close(self):
        self.session.action_pos_session_closing_control()
        self.assertEqual(self.session.state, 'closed')

    def _booked(self):
        return self.env['account.payment'].search(
            [('journal_id', '=', self.button.journal_id.id)], order='id'
        ).mapped('amount_signed')

    def _paid_in_no_order(self, amount='88.80'):
        line = self._line(amount)
        self.assertEqual(self._press('charge', line, self._code())['phase'], 'paid')
        return self._tx(line)

    def _draft(self, payments=(), total=88.8, **values):
        """Send an unpaid order, as a cashier can from any program."""
        uuid = str(uuid4())
        self.env['pos.order'].with_user(self.cashier).sync_from_ui([{
            'uuid': uuid, 'session_id': self.session.id, 'company_id': self.company.id,
            'state': 'draft', 'amount_total': total, 'amount_paid': 0, 'amount_tax': 0,
            'amount_return': 0, 'access_token': str(uuid4()),
            'lines': [Command.create({
                'product_id': self.product.id, 'qty': 1, 'price_unit': total,
                'price_subtotal': total, 'price_subtotal_incl': total, 'uuid': str(uuid4()),
            })],
            'payment_ids': [Command.create(payment) for payment in payments], **values,
        }])
        return self.env['pos.order'].search([('uuid', '=', values.get('uuid', uuid))])

    def _by_card(self, line, total=88.8):
        """Pay an order by card at another till."""
        return self._draft(
            [{'payment_method_id': self.card.id, 'amount': total, 'uuid': str(uuid4())}],
            total=total, uuid=line['order'], state='paid',
        )


@tagged('post_install', '-at_install')
class TestTillProof(ProofCommon):

    # === FORGERIES === #

    def test_nobody_else_ties_a_line(self):
        """Test that neither values nor a context make a line the one of somebody else's money."""
        tx = self._paid_in_no_order()
        self._sync([self._line()])
        told = self._incidents('unproven')
        forged = {'payment_method_id': self.button.id, 'amount': 88.8, 'cn_transaction_id': tx.id,
                  'cn_incident_id': told.id, 'uuid': str(uuid4())}
        order = self._draft([forged])
        payment = order.payment_ids
        self.assertFalse(payment.cn_transaction_id)
        theirs = payment.with_user(self.cashier)
        theirs.write({'cn_transaction_id': tx.id, 'cn_incident_id': told.id})
        theirs.sudo().cn_transaction_id = tx
        self.assertFalse(payment.cn_transaction_id)
        tx.write({'cn_pos_payment_ids': [Command.link(payment.id)]})
        self.assertFalse(payment.cn_transaction_id)
        again = theirs.with_context(
            default_cn_transaction_id=tx.id, default_cn_incident_id=told.id,
        ).create({'pos_order_id': order.id, 'payment_method_id': self.button.id, 'amount': 1})
        self.assertFalse(again.cn_transaction_id)
        self.assertFalse((payment | again).filtered('cn_incident_id'))
        self.assertTrue(tx._cn_is_unclaimed())

    def test_forged_line_at_a_kiosk(self):
        """Test that neither a line that names a payment nor somebody's own one lowers what is due."""
        tx = self._paid_in_no_order()
        for payments in (
            [{'payment_method_id': self.button.id, 'amount': 88.79, 'cn_transaction_id': tx.id}],
            [{'payment_method_id': self.card.id, 'amount': 88.79}],
        ):
            order = self._draft(payments).sudo()
            with self.assertRaises(UserError):
                order._cn_check_kiosk_order(order._cn_kiosk_line(self.button)['uuid'])

    def test_line_that_lies_in_the_database(self):
        """Test that two lines at one payment keep no session open: it is booked once, the rest apart."""
        sold, forged = self._sold(), self._sync([self._line()])
        tx = sold.payment_ids.cn_transaction_id
        self.env.cr.execute(
            "UPDATE pos_payment SET cn_transaction_id = %s WHERE id = %s",
            (tx.id, forged.payment_ids.id),
        )
        forged.payment_ids.invalidate_recordset()
        self.assertFalse(forged.payment_ids._cn_proof())
        self._close()
        self.assertEqual(self._booked(), [88.8, 88.8])
        self.assertEqual(tx.payment_id.amount, 88.8)

    def test_amount_that_lies_in_the_database(self):
        """Test that a payment is booked as what came in, and what its line says beyond that apart."""
        line = self._line()
        self._press('charge', line, self._code())
        order = self._sync([line])
        self.env.cr.execute("UPDATE pos_payment SET amount = 100 WHERE id = %s", order.payment_ids.ids)
        self.env.cr.execute(
            "UPDATE pos_order SET amount_total = 100, amount_paid = 100 WHERE id = %s", order.ids
        )
        self.env.invalidate_all()
        order.lines.write({'price_unit': 100, 'price_subtotal': 100, 'price_subtotal_incl': 100})
        self._close()
        self.assertEqual(self._booked(), [88.8, 11.2])
        self.assertEqual(self._tx(line).payment_id.amount, 88.8)

    def test_what_a_guest_sends(self):
        """Test that an order from a public browser has no payments, however they are named."""
        other = self._draft([{'payment_method_id': self.card.id, 'amount': 88.8}])
        mine = {
            'uuid': str(uuid4()), 'source': 'pos', 'session_id': self.session.id, 'state': 'draft',
            'amount_total': 88.8, 'amount_paid': 88.8, 'amount_tax': 0, 'amount_return': 0,
            'lines': [],
            'payment_ids': [
                Command.link(other.payment_ids.id),
                Command.create({'payment_method_id': self.card.id, 'amount': 88.8}),
            ],
        }
        mine['relations_uuid_mapping'] = {
            'pos.order': {mine['uuid']: {'payment_ids': other.payment_ids.mapped('uuid')}},
            'pos.payment': {other.payment_ids.uuid: {'pos_order_id': mine['uuid']}},
        }
        with patch.object(pos_order, 'GUESTS', ('pos',)):
            self.env['pos.order'].sudo().sync_from_ui([mine])
        order = self.env['pos.order'].search([('amount_total', '=', 88.8)], order='id desc', limit=1)
        self.assertNotEqual(order, other)
        self.assertFalse(order.payment_ids)
        self.assertFalse(order.amount_paid)
        self.assertEqual(len(other.payment_ids), 1)

    def test_money_of_another_order(self):
        """Test that the number of a line does not bring its money to somebody else's order."""
        tx = self._paid_in_no_order()
        stolen = {'uuid': tx.cn_till_line, 'amount': '88.80', 'order': str(uuid4())}
        order = self._sync([stolen])
        self.assertFalse(order.payment_ids.cn_transaction_id)
        self.assertTrue(tx._cn_is_unclaimed())
        self.assertEqual(len(self._incidents('unproven')), 1)

    def test_hint_names_no_payment(self):
        """Test that those who listen at the till learn nothing of whose payment it is."""
        line = self._line()
        self._press('show', line, self.method.code)
        bus = self.env['bus.bus'].sudo()
        bus.search([]).unlink()
        self.sandbox.pay(self._tx(line))
        self._ask(self._tx(line))
        self.env.cr.precommit.run()
        said = bus.search([]).mapped('message')
        self.assertTrue([one for one in said if 'CN_WALLETS' in one])
        self.assertNotIn(line['uuid'], str(said))

    # === WHAT WAS PAID STAYS WHAT IT IS === #

    def test_line_with_money_is_frozen(self):
        """Test that amount, method, order and number stay, while the same said again is fine."""
        order, other = self._sold(), self._draft()
        payment = order.payment_ids
        for vals in (
            {'amount': 100}, {'payment_method_id': self.card.id}, {'pos_order_id': other.id},
            {'uuid': str(uuid4())},
        ):
            with self.subTest(vals=vals), self.assertRaisesRegex(UserError, "WeChat Pay"):
                payment.with_context(lang='en_US').write(vals)
        with self.assertRaises(UserError):
            other.write({'payment_ids': [Command.link(payment.id)]})
        with self.assertRaises(UserError):
            payment.unlink()
        with self.assertRaises(UserError):
            order.write({'payment_ids': [
                Command.update(payment.id, {'payment_method_id': self.card.id}),
            ]})
        payment.write({
            'amount': 88.8, 'payment_method_id': self.button.id, 'pos_order_id': order.id,
            'uuid': payment.uuid, 'payment_status': 'done',
        })
        self.assertEqual(payment.cn_transaction_id.amount, payment.amount)

    def test_paid_order_gets_no_wallet_line(self):
        """Test that the back office can't turn other money into a wallet's, or add some."""
        order = self._by_card(self._line()).with_context(lang='en_US')
        self.assertEqual(order.state, 'paid')
        for command in (
            Command.update(order.payment_ids.id, {'payment_method_id': self.button.id}),
            Command.create({'payment_method_id': self.button.id, 'amount': 5}),
        ):
            with self.assertRaisesRegex(UserError, "Nothing would reach the wallet"), \
                    self.env.cr.savepoint():
                order.write({'payment_ids': [command]})
            order.invalidate_recordset()
        self.assertEqual(order.payment_ids.payment_method_id, self.card)
        self.assertFalse(self._incidents('unproven'))

    # === WHAT NOBODY CONFIRMED === #

    def test_status_makes_no_difference(self):
        """Test that a paid order's line is reported whatever the browser called it, and once."""
        line = self._line()
        order = self._sync([{**line, 'status': False}])
        self.assertEqual(order.state, 'paid')
        incident = self._incidents('unproven')
        self.assertIn(order.name, incident.message)
        self.assertEqual(order.payment_ids.cn_incident_id, incident)
        order.payment_ids.payment_status = 'done'
        self._close()
        self.assertEqual(self._incidents('unproven'), incident)
        self.assertEqual(incident.count, 1)

    def test_kept_order_is_reported_when_it_is_paid(self):
        """Test that a line of an order that is still open is nobody's business yet."""
        order = self._draft([{
            'payment_method_id': self.button.id, 'amount': 88.8, 'payment_status': 'pending',
        }])
        self.assertFalse(self._incidents('unproven'))
        order._process_saved_order(False)
        self.assertEqual(len(self._incidents('unproven')), 1)

    def test_each_order_is_reported(self):
        """Test that the accountant can tell which orders they were."""
        orders = self._sync([self._line()]) + self._sync([self._line()])
        messages = ' '.join(self._incidents('unproven').mapped('message'))
        for order in orders:
            self.assertIn(order.name, messages)

    def test_closing_finds_the_rest(self):
        """Test that what came in past the till is reported when its session is closed."""
        order = self._sync([self._line()])
        self._incidents('unproven').sudo().unlink()
        self.assertFalse(order.payment_ids.cn_incident_id)
        self._close()
        self.assertEqual(len(self._incidents('unproven')), 1)

    def test_reported_in_the_accountants_language(self):
        """Test that the report is written for its reader, not for the cashier."""
        self.env['res.lang']._activate_lang('zh_CN')
        self.provider.cn_responsible_id = new_test_user(
            self.env, 'cn_reader', groups='account.group_account_manager', lang='zh_CN',
            company_id=self.company.id,
        )
        self._sync([self._line()])
        self.assertIn("没有任何网关确认", self._incidents('unproven').message)

    def test_gateway_says_so_afterwards(self):
        """Test that money for the line of a closed order is that line's, and does not go back."""
        line = self._line()
        self._press('charge', line, self._code(confirm=True))
        tx = self._tx(line)
        order = self._sync([line])
        self.assertFalse(order.payment_ids.cn_transaction_id)
        self.assertEqual(self._incidents('unproven').state, 'open')
        self.sandbox.pay(tx)
        self._ask(tx)
        self.assertEqual(order.payment_ids.cn_transaction_id, tx)
        self.assertEqual(self._incidents('unproven').state, 'done')
        self.assertFalse(tx.child_transaction_ids)
        self._close()
        self.assertEqual(tx.payment_id.amount, 88.8)

    def test_no_gateway_is_left(self):
        """Test that an order is stored, and its lines are reported, with all gateways off or gone."""
        self.provider.state = 'disabled'
        self._sync([self._line()])
        self.assertEqual(len(self._incidents('unproven')), 1)
        status = self.button.cn_force(self._line(), "seen on the phone")
        self.assertEqual(status['phase'], 'forced')
        self.env.cr.execute("DELETE FROM pos_payment_method_cn_provider_rel")
        self.env.invalidate_all()
        self.assertEqual(self._sync([self._line()]).state, 'paid')

    # === ORDERS THAT HAVE ENDED === #

    def test_order_was_paid_elsewhere(self):
        """Test that nothing is charged for what another till or an online payment has closed."""
        line = self._line()
        self.assertEqual(self._press('show', line, self.method.code)['phase'], 'qr')
        shown = self._tx(line)
        self._by_card(line)
        for action, argument in (('show', self.method.code), ('charge', self._code())):
            with self.assertRaisesRegex(UserError, "paid already"):
                self._press(action, line, argument)
        self.assertEqual(len(self.env['payment.transaction']._cn_till_attempts(line['uuid'])), 1)
        # It may still be paid with the code on the screen: that money is not kept for days.
        self.sandbox.pay(shown)
        self._ask(shown)
        self.assertEqual((shown.state, shown.cn_given_up), ('done', True))
        self.assertEqual(shown.child_transaction_ids.operation, 'refund')
        self.assertEqual(self._press('status', line)['phase'], 'returned')

    def test_order_was_paid_with_this_line(self):
        """Test that a till that asks once more learns that it was paid."""
        line = self._line()
        self._press('charge', line, self._code())
        self._sync([line])
        for action, argument in (('show', self.method.code), ('charge', self._code())):
            self.assertEqual(self._press(action, line, argument)['phase'], 'paid')

    def test_order_was_cancelled(self):
        """Test that nothing is charged for an order that was cancelled, part of it or not."""
        line = self._line()
        order = self._draft([{
            'payment_method_id': self.button.id, 'amount': 88.8, 'uuid': line['uuid'],
        }], uuid=line['order'])
        order.action_pos_order_cancel()
        for action, argument in (('show', self.method.code), ('charge', self._code())):
            with self.assertRaisesRegex(UserError, "cancelled"):
                self._press(action, line, argument)

    def test_open_attempt_of_a_cancelled_order(self):
        """Test that a code on the screen is given up with its order, stored line or not."""
        for end in ('action_pos_order_cancel', 'unlink'):
            line = self._line()
            order = self._draft(uuid=line['order'])
            self._press('show', line, self.method.code)
            getattr(order, end)()
            self.assertTrue(self._tx(line).cn_given_up, end)

    def test_order_is_removed_by_a_browser(self):
        """Test that what was paid for an order that is removed goes back at once."""
        uuid = str(uuid4())
        line = self._line('50.00', order=uuid)
        self._press('charge', line, self._code())
        order = self._sync([line], state='draft')
        tx = order.payment_ids.cn_transaction_id.sudo()
        self.env['pos.order'].remove_from_ui(order.ids)
        self.assertEqual(tx.child_transaction_ids.operation, 'refund')
        self.assertFalse(tx._cn_is_unclaimed())

    # === WHO MAY SET UP === #

    def test_gateway_of_another_company(self):
        """Test that a button pays into its own company's contract."""
        stranger = self.provider.copy({'company_id': self.env['res.company'].create({'name': "X"}).id})
        with self.assertRaises(ValidationError):
            self.button.cn_provider_ids = [Command.link(stranger.id)]

    def test_form_for_a_manager_of_tills(self):
        """Test that who sets up tills, and no gateways, opens the form and learns no secrets."""
        manager = new_test_user(
            self.env, 'cn_till_manager', groups='base.group_user,point_of_sale.group_pos_manager',
            company_id=self.company.id,
        )
        button = self.button.with_user(manager)
        view = button.get_views([(False, 'form')])
        names = view['models']['pos.payment.method']['fields']
        arch = view['views']['form']['arch']
        self.assertIn('cn_provider_names', arch)
        self.assertNotIn('cn_provider_ids', arch)
        # That of `pos_online_payment`, whose own field is closed to them, is left out.
        spec = {
            name: {} for name in names
            if f'name="{name}"' in arch and name != 'online_payment_provider_ids'
        }
        [seen] = button.web_read(spec)
        self.assertEqual(seen['cn_provider_names'], self.provider.name)
        self._close()
        button.write({
            'name': "Wallets here", 'cn_announce': True, 'use_payment_terminal': 'cn_wallets',
        })
