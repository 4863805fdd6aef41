# Part of payment_cn_wallets. License LGPL-3.

from datetime import timedelta

from lxml import etree

from odoo import fields
from odoo.tests import Form, new_test_user, tagged
from odoo.tools.safe_eval import safe_eval

from odoo.addons.payment_cn_wallets.gateways.base import Outcome, PaymentResult, RefundResult
from odoo.addons.payment_cn_wallets.tests import till_common
from odoo.addons.payment_cn_wallets.tests.common import CnCommon


@tagged('post_install', '-at_install')
class TestListing(CnCommon):
    """What an accountant, an administrator and a sales user find, and how it is summed up."""

    def _enter(self, text):
        """Type a text into the search box and press Enter: the first field of the view is searched."""
        arch = self.env['payment.transaction'].get_view(
            self.env.ref('payment.payment_transaction_search').id, 'search'
        )['arch']
        field = etree.fromstring(arch).find('.//field')
        domain = safe_eval(field.get('filter_domain') or f"[('{field.get('name')}', 'ilike', self)]", {'self': text})
        return self.env['payment.transaction'].search(domain)

    # === SEARCH === #

    def test_one_field_finds_everything(self):
        """Test that a payment is found by whichever number or name somebody has, with its refunds."""
        order, other = self._order(), self._order(12)
        self._paid(order=other)
        tx = self._paid(order=order)
        tx.write({'cn_wallet_reference': '4200001234202611301234567890', 'cn_bill_bar_code': 'B123456'})
        order.action_confirm()
        order._create_invoices().action_post()
        tx.invoice_ids = order.invoice_ids
        refund = tx._refund(30)
        for text in (
            tx.reference, tx.cn_out_trade_no, tx.provider_reference, tx.cn_wallet_reference,
            tx.cn_bill_bar_code, order.name, order.invoice_ids.name,
        ):
            with self.subTest(text=text):
                self.assertEqual(self._enter(text), tx | refund)
        self.assertEqual(self._enter(refund.cn_out_refund_no), refund)
        self.assertGreaterEqual(self._enter("李雷"), tx | refund)
        self.assertFalse(self._enter("99999999999999"))
        # The same field finds what was told of it.
        incident = tx._cn_incident('amount', "x")
        found = self.env['payment.cn.incident'].search([('transaction_id.cn_search', 'ilike', order.name)])
        self.assertEqual(found, incident)

    # === LIST, FILTERS, SUMS === #

    def _filter(self, name):
        arch = etree.fromstring(self.env['payment.transaction'].get_view(
            self.env.ref('payment.payment_transaction_search').id, 'search'
        )['arch'])
        [found] = arch.xpath(f"//filter[@name='{name}']")
        mine = [('company_id', '=', self.company.id), ('id', 'in', self.all.ids)]
        return self.env['payment.transaction'].search(mine + safe_eval(found.get('domain')))

    def test_situations_and_filters(self):
        """Test that each payment is called what it is, and that every filter shows what it says."""
        paid, part, whole = (self._paid() for _number in range(3))
        part_refund, whole_refund = part._refund(30), whole._refund(88.8)
        whole_refund._cn_apply_refund(RefundResult(Outcome.PAID, amount=8880))
        shown, begun, gone, unknown, closed, refused = (self._ordered() for _number in range(6))
        begun.cn_ordered_at = begun.cn_expires_at = False
        gone.cn_expires_at = fields.Datetime.now() - timedelta(minutes=1)
        unknown._cn_apply(PaymentResult(Outcome.UNKNOWN))
        closed._cn_apply(PaymentResult(Outcome.REFUSED, closed=True))
        refused._cn_apply(PaymentResult(Outcome.REFUSED))
        expected = {
            paid: 'paid', part: 'part_refunded', whole: 'refunded', part_refund: 'refunding',
            whole_refund: 'refund', shown: 'waiting', begun: 'abandoned', gone: 'abandoned',
            unknown: 'unknown', closed: 'abandoned', refused: 'refused',
        }
        self.all = self.env['payment.transaction'].union(*expected)
        self.assertEqual({tx: tx.cn_situation for tx in self.all}, expected)
        self.assertEqual(self._filter('cn_paid'), paid | part | whole)
        self.assertEqual(self._filter('cn_refunded'), part | whole | part_refund | whole_refund)
        self.assertEqual(self._filter('cn_open'), part_refund | shown | unknown)
        self.assertEqual(self._filter('cn_abandoned'), begun | gone | closed | refused)
        self.assertEqual(self._filter('cn_not_abandoned'), self.all - begun - gone - closed - refused)
        self.assertEqual(self._filter('cn_today'), self.all)
        self.assertEqual(self._filter('cn_on_web'), self.all)
        self.assertFalse(self._filter('cn_at_till'))
        # Sums are of money: drafts, errors and what is not confirmed are nothing.
        [(total,)] = self.env['payment.transaction']._read_group(
            [('id', 'in', self.all.ids)], [], ['cn_settled_amount:sum']
        )
        self.assertAlmostEqual(total, 3 * 88.8 - 88.8)

    def test_customer_and_document(self):
        """Test that lists name the order, and no customer where none is known."""
        order = self._order()
        tx = self._ordered(order=order)
        self.assertEqual((tx.cn_document, tx.cn_customer), (order.name, "李雷"))
        tx.partner_id = self.env.ref('base.public_partner')
        self.assertFalse(tx.cn_customer)

    def test_views_open(self):
        """Test that the menu's list and the forms can be read by whom they are for."""
        tx = self._paid(order=self._order())
        accountant = new_test_user(
            self.env, 'cn_lister', groups='account.group_account_invoice', company_id=self.company.id,
        )
        action = self.env['ir.actions.act_window']._for_xml_id('payment_cn_wallets.action_cn_transactions')
        views = {kind: view for view, kind in action['views']}
        self.assertEqual(views['list'], self.env.ref('payment_cn_wallets.cn_transaction_list').id)
        names = [
            node.get('name') for node in etree.fromstring(self.env['payment.transaction'].with_user(
                accountant).get_view(views['list'], 'list')['arch']).iter('field')
        ]
        self.assertTrue({'cn_situation', 'cn_out_trade_no', 'cn_wallet_reference', 'cn_customer'} <= set(names))
        tx.with_user(accountant).read(names)

    def test_sales_user_sees_the_payment(self):
        """Test that whoever sells sees on the order whether it was paid, and may see no payments."""
        seller = new_test_user(
            self.env, 'cn_seller', groups='sales_team.group_sale_salesman', company_id=self.company.id,
            lang='en_US',
        )
        order = self._order()
        order.user_id = seller
        mine = order.with_user(seller).with_context(lang='en_US')
        self.assertFalse(mine.cn_payment_status)
        tx = self._ordered(order=order)
        name = tx.with_context(lang='en_US').payment_method_id.name
        mine.invalidate_recordset()
        self.assertEqual(mine.cn_payment_status, f"{name} {self.cny.format(88.8)}: Waiting for the payer")
        self.sandbox.pay(tx)
        self._ask(tx)
        mine.invalidate_recordset()
        self.assertEqual(mine.cn_payment_status, f"{name} {self.cny.format(88.8)}: Paid")
        self.assertIn(": Paid", Form(mine).cn_payment_status)

    # === JOURNAL ITEMS === #

    def test_journal_items_name_wallet_and_number(self):
        """Test that a line of the bank statement is found among the journal items, both ways."""
        order = self._order()
        tx = self._paid(order=order)
        tx._post_process()
        refund = tx._refund(30)
        refund._cn_apply_refund(RefundResult(Outcome.PAID, amount=3000))
        refund._post_process()
        for one, number in ((tx, tx.cn_out_trade_no), (refund, refund.cn_out_refund_no)):
            for item in one.payment_id.move_id.line_ids:
                self.assertIn(self.method.name, item.name)
                self.assertIn(number, item.name)
            self.assertEqual(one.payment_id.payment_reference, number)
        self.assertIn(order.name, tx.payment_id.move_id.ref)


@tagged('post_install', '-at_install')
class TestSessionListing(till_common.TillSaleCommon):
    """What the session's form leads to."""

    gateway = 'wechat_pay'

    def test_session_shows_its_refunds(self):
        """Test that refunds of the back office are with their sale, so that the sum is what stayed."""
        order = self._sold()
        refund = order.payment_ids.cn_transaction_id._refund(30)
        self._end(refund)
        action = self.session.action_cn_transactions()
        shown = self.env['payment.transaction'].search(action['domain'])
        self.assertEqual(shown, order.payment_ids.cn_transaction_id | refund)
        self.assertEqual(self.session.cn_transaction_count, 2)
        self.assertAlmostEqual(sum(shown.mapped('cn_settled_amount')), 58.8)
        self.assertEqual(shown.mapped('cn_customer'), [False, False])

    def test_order_and_till_are_found(self):
        """Test that the till's order is found by its name, and is told from the web."""
        tx = self._sold().payment_ids.cn_transaction_id
        for text in (tx.cn_till_reference, tx.cn_pos_payment_ids.pos_order_id.name):
            self.assertIn(tx, self.env['payment.transaction'].search([('cn_search', 'ilike', text)]))

    def test_journal_items_of_a_session(self):
        """Test that they name wallet, number, order and session."""
        tx = self._sold().payment_ids.cn_transaction_id
        self.session.action_pos_session_closing_control()
        for item in tx.payment_id.move_id.line_ids:
            for text in (self.method.name, tx.cn_out_trade_no, self.session.name):
                self.assertIn(text, item.name)
