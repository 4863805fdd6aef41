# Part of payment_cn_wallets. License LGPL-3.
"""What shows where money went: the doors through which it is asked for, and the days that pass."""

from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.tests import HttpCase

from odoo.addons.payment import utils as payment_utils
from odoo.addons.payment_cn_wallets.tests.common import CnCommon
from odoo.addons.payment_cn_wallets.tools import throttle

POST_PROCESSING = 'payment.cron_post_process_payment_tx'
ROUNDS = 4


class MoneyCases(CnCommon, HttpCase):
    """A shop, its shoppers, its payers, and the server's crons; nothing else moves money."""

    def setUp(self):
        super().setUp()
        # Refunds end at once; time may be turned further than gateways' clocks may differ.
        self.sandbox.post('settings', refund_delay=0, clock_tolerance=10 ** 8)

    # === DOORS === #

    def _json(self, path, **params):
        """Call a route as a page does; return (result, error's sentence)."""
        answer = self.url_open(path, json={
            'jsonrpc': '2.0', 'id': 1, 'method': 'call', 'params': params,
        }).json()
        self.env.invalidate_all()
        error = answer.get('error')
        return answer.get('result'), error and (error['data']['message'] or error['message'])

    def _choice(self, **values):
        """Return what the payment form sends when the payer has chosen a wallet."""
        return {
            'provider_id': self.provider.id, 'payment_method_id': self.method.id, 'token_id': None,
            'flow': 'redirect', 'tokenization_requested': False, 'landing_route': '/my', **values,
        }

    def _newest(self):
        tx = self.env['payment.transaction'].search([
            ('company_id', '=', self.company.id), ('operation', '!=', 'refund'),
        ], order='id desc', limit=1)
        self.addCleanup(throttle.forget, self.env.cr.dbname, tx._cn_throttle_key())
        return tx

    def _on_the_screen(self, tx):
        """Have the page place the order, so that its code can be paid."""
        snapshot, refusal = self._json(
            '/payment/cn/checkout/start', tx_id=tx.id, token=tx._cn_token()
        )
        self.assertFalse(refusal)
        self.assertEqual(snapshot['phase'], 'waiting', snapshot['message'])
        throttle.forget(self.env.cr.dbname, tx._cn_throttle_key())  # the first wait is over
        return tx

    def _code_of_order(self, order, amount=None, **values):
        """Have a code made on the order's portal page, and return its attempt."""
        result, refusal = self._json(
            f'/my/orders/{order.id}/transaction', access_token=order._portal_ensure_token(),
            **self._choice(amount=amount or order.amount_total, **values),
        )
        self.assertTrue(result, refusal)
        return self._on_the_screen(self._newest())

    def _code_of_invoice(self, invoice, amount=None, **values):
        """Have a code made on the invoice's portal page, and return its attempt."""
        result, refusal = self._json(
            f'/invoice/transaction/{invoice.id}', access_token=invoice._portal_ensure_token(),
            **self._choice(amount=amount or invoice.amount_residual, **values),
        )
        self.assertTrue(result, refusal)
        return self._on_the_screen(self._newest())

    def _code_of_link(self, amount=88.8, partner=None, **values):
        """Have a code made on the page of a payment link that has no document."""
        partner = partner or self.partner
        result, refusal = self._json(
            '/payment/transaction', amount=amount, currency_id=self.cny.id, partner_id=partner.id,
            access_token=payment_utils.generate_access_token(
                partner.id, amount, self.cny.id, env=self.env
            ), **self._choice(**values),
        )
        self.assertTrue(result, refusal)
        return self._on_the_screen(self._newest())

    def _page(self, tx):
        """Return what the shopper's page is told."""
        snapshot, refusal = self._json(
            '/payment/cn/checkout/poll', tx_id=tx.id, token=tx._cn_token()
        )
        self.assertFalse(refusal)
        return snapshot

    # === WHAT HAPPENS === #

    def _comes(self, *txs):
        """Have attempts paid, and the shop learn of it before anything follows."""
        for tx in txs:
            self.sandbox.pay(tx)
        for tx in txs:
            self._learn(tx)

    def _learn(self, tx):
        """Have the server ask about an attempt, as when nobody waits for it."""
        self._let_pass(tx, minutes=1)
        throttle.forget(self.env.cr.dbname, tx._cn_throttle_key())
        self.env.flush_all()
        self._run_cron('cron_watch')

    def _cron(self, name):
        """Run one of the crons, if it is on: Odoo switches some off with the last provider."""
        cron = self.env.ref(name)
        if cron.active:
            cron.method_direct_trigger()
        self.env.invalidate_all()

    def _run_cron(self, name):
        """Override: what has a browser is in the registry's test mode already."""
        self._cron(f'payment_cn_wallets.{name}')

    def _goes_on(self):
        """Let the server do all that follows, refunds to their end."""
        for _round in range(ROUNDS):
            self._cron(POST_PROCESSING)
            refunds = self.env['payment.transaction'].search([
                ('provider_id', '=', self.provider.id), ('operation', '=', 'refund'),
                ('state', 'in', ('draft', 'pending')),
            ])
            for refund in refunds:
                self._let_pass(refund, hours=12)
            self.env.flush_all()
            self._run_cron('cron_watch')
        self._cron(POST_PROCESSING)

    def _paid_and_followed(self, *txs):
        self._comes(*txs)
        self._goes_on()

    def _days_pass(self, days, minutes=1):
        """Let the crons run some days from now."""
        with freeze_time(fields.Datetime.now() + timedelta(days=days, minutes=minutes)):
            self._goes_on()

    def _by_bank(self, invoice, amount=None):
        """Register a bank transfer."""
        values = {'amount': amount} if amount else {}
        return self.env['account.payment.register'].with_context(
            active_model='account.move', active_ids=invoice.ids
        ).create(values)._create_payments()

    def _change(self, order, price):
        """Do what a second tab does with a cart."""
        order.order_line.write({'price_unit': price})
        self.env.flush_all()

    # === WHAT IS SEEN === #

    def _told(self, tx):
        """Return the incidents about an attempt and its refunds."""
        return self.env['payment.cn.incident'].search([
            ('transaction_id', 'in', (tx | tx.child_transaction_ids).ids),
        ])

    def _told_once(self, tx):
        incidents = self._told(tx)
        self.assertEqual(len(incidents), 1, incidents.mapped('message'))
        self.assertEqual(incidents.count, 1)
        return incidents

    def _customer_lines(self, payments):
        """Return what payments have on the customer's account."""
        return payments.move_id.line_ids.filtered(
            lambda line: line.account_id.account_type == 'asset_receivable'
        )

    def _all_back(self, tx):
        """Assert that all of an attempt went back, once, under its number, and is cleared."""
        self.assertEqual(self._refunded(tx), tx._cn_fen())
        self._books_agree(tx)
        refund = tx.child_transaction_ids
        self.assertEqual((len(refund), refund.state), (1, 'done'))
        self.assertEqual(refund.cn_out_refund_no, f'L{tx.cn_out_trade_no}')

    def _part_back(self, tx, fen):
        """Assert that so much of an attempt went back, once, under a number of that kind."""
        self.assertEqual(self._refunded(tx), fen)
        self._books_agree(tx)
        refund = tx.child_transaction_ids
        self.assertEqual((len(refund), refund.state), (1, 'done'))
        self.assertTrue(refund.cn_out_refund_no.startswith('L'), refund.cn_out_refund_no)

    def _nothing_back(self, tx):
        self.assertFalse(tx.child_transaction_ids)
        self.assertEqual(self._refunded(tx), 0)
        self._books_agree(tx)

    def _books_agree(self, tx):
        """Assert that kept is booked is the gateway's ledger, to the fen."""
        self.assertEqual(tx.state, 'done')
        refunds = tx.child_transaction_ids.filtered(lambda one: one.state == 'done')
        self.assertTrue(tx.payment_id, "it came in, so it is booked")
        booked = sum((tx | refunds).payment_id.mapped('amount_signed'))
        self.assertEqual(
            round(booked * 100), tx._cn_fen() - self._refunded(tx), "booked, against the ledger",
        )

    def _not_confirmed(self, order):
        self.assertIn(order.state, ('draft', 'sent'))
        self.assertFalse(order.invoice_ids)

    def _invoice_paid(self, invoice):
        self.assertEqual(invoice.state, 'posted')
        self.assertIn(invoice.payment_state, ('paid', 'in_payment'))
        self.assertEqual(invoice.amount_residual, 0)

    def _invoice_open(self, invoice, amount):
        self.assertNotIn(invoice.payment_state, ('paid', 'in_payment'))
        self.assertAlmostEqual(invoice.amount_residual, amount)

    def _is_credit(self, tx):
        """Assert that an attempt's money is the customer's, and pays nothing."""
        self.assertIn(tx.payment_id.state, ('in_process', 'paid'))
        [line] = self._customer_lines(tx.payment_id)
        self.assertFalse(line.reconciled)
        self.assertAlmostEqual(line.amount_residual, -tx.amount)
