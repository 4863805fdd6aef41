# Part of payment_cn_wallets. License LGPL-3.

from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from odoo.addons.payment_cn_wallets.tests import app_cases
from odoo.addons.payment_cn_wallets.tests.app_cases import IN_PROGRAM


@tagged('post_install', '-at_install')
class TestAppServer(app_cases.AppCases):
    """The merchant's own server, with its key."""

    # === THE WHOLE WAY === #

    def test_order_is_paid_in_the_app(self):
        """Test the way from the order to its confirmation, with the SDK's own look at what it is handed."""
        order = self._order()
        payment = self._created(order)
        self.assertEqual({name: payment[name] for name in (
            'status', 'amount', 'kept_amount', 'currency', 'wallet', 'gateway', 'scene', 'document', 'test',
        )}, {
            'status': 'waiting', 'amount': 8880, 'kept_amount': 0, 'currency': 'CNY',
            'wallet': 'wechat_pay', 'gateway': 'wechat_pay', 'scene': 'app', 'test': True,
            'document': {'kind': 'order', 'id': order.id, 'name': order.name},
        })
        self.assertTrue(payment['sdk']['appid'].startswith('wxapp'))
        self.assertEqual(self._sdk_opens('wechat_pay/app', payment['sdk']), 302)
        self.assertEqual(self._sdk_opens('wechat_pay/app', {**payment['sdk'], 'sign': 'x'}), 403)
        self.assertEqual(self._asks(payment)['status'], 'waiting')
        self.sandbox.pay(self._tx(payment))
        paid = self._asks(payment)
        self.assertEqual((paid['status'], paid['kept_amount'], paid['sdk']), ('paid', 8880, None))
        self.assertTrue(paid['paid_at'])
        self._goes_on()
        self.assertEqual(order.state, 'sale')
        self.assertEqual(self._tx(payment).cn_verdict, 'kept')

    def test_invoice_is_paid_in_the_mini_program(self):
        """Test an openid that the merchant's server names, and an invoice that is partly paid."""
        invoice = self._invoice()
        self._by_bank(invoice, 30)
        payment = self._created(invoice, 'mini', payer_id=IN_PROGRAM)
        self.assertEqual((payment['amount'], payment['document']['kind']), (5880, 'invoice'))
        self.assertNotIn('appId', payment['sdk'])
        self.assertEqual(self._sdk_opens('wechat_pay/mini', payment['sdk']), 302)
        self._paid_and_followed(self._tx(payment))
        self._invoice_paid(invoice)

    def test_mini_program_that_sends_its_login(self):
        """Test that the wallet says who pays, and a code that was used says nothing."""
        merchant = self.credentials['mini_appid']

        def login():
            return self.sandbox._http.get(
                f'{self.sandbox.url}/wechat_pay/login', params={'appid': merchant}, timeout=5
            ).text
        code = login()
        payment = self._created(self._order(), 'mini', login_code=code)
        self.assertEqual(self._tx(payment).cn_payer_id, IN_PROGRAM)
        self.assertEqual(self._sdk_opens('wechat_pay/mini', payment['sdk']), 302)
        problem = self._refused('payer', 'payments', self._asked(self._order(50), 'mini', login_code=code))
        self.assertEqual(problem['detail'], 'bad_code')
        self._refused('invalid', 'payments', self._asked(self._order(60), 'mini'))

    def test_cancelled_order_goes_its_way(self):
        """Test that late money of an app goes through the one decision."""
        order = self._order()
        payment = self._created(order)
        order._action_cancel()
        self._paid_and_followed(self._tx(payment))
        self.assertEqual(self._asks(payment)['status'], 'returned')
        self._all_back(self._tx(payment))

    # === WHAT IS ASKED FOR === #

    def test_amount_is_what_is_due(self):
        """Test that the deposit or all that is due is asked for, and that nobody can name an amount."""
        order = self._order()
        order.write({'require_payment': True, 'prepayment_percent': 0.5})
        self.assertEqual(self._created(order, pay='deposit')['amount'], 4440)
        payment = self._created(order)
        self.assertEqual(payment['amount'], 8880)
        self._refused('invalid', 'payments', {**self._asked(order), 'amount': 1})
        self._paid_and_followed(self._tx(payment))
        self._refused('nothing-due', 'payments', self._asked(order))
        self._refused('nothing-due', 'payments', self._asked(order, pay='due'))
        invoice = self._invoice()
        self._refused('invalid', 'payments', self._asked(invoice, pay='deposit'))

    def test_pressing_twice_is_one_payment(self):
        """Test that a second request shows the same, and that another amount takes the place of the first."""
        order = self._order()
        first, second = self._created(order), self._created(order)
        self.assertEqual((first['number'], first['sdk']), (second['number'], second['sdk']))
        self._change(order, 100)
        third = self._created(order)
        self.assertEqual(third['amount'], 10000)
        old = self._asks(first)
        self.assertEqual((old['status'], old['replaced_by'], old['sdk']), ('replaced', third['number'], None))

    def test_cancel(self):
        """Test that what can be closed is closed, what was paid is said to be, and the rest is given up."""
        payment = self._created(self._order())
        status, content, _headers = self._call(f"payments/{payment['number']}/cancel", method='POST')
        self.assertEqual((status, content['status']), (200, 'closing'))  # five minutes must pass first
        self.assertTrue(content['payable_until'])
        tx = self._tx(payment)
        self._let_pass(tx, minutes=6)
        self._learn(tx)
        self.assertEqual(self._asks(payment)['status'], 'cancelled')
        other = self._created(self._order(50))
        tx = self._tx(other)
        self._let_pass(tx, minutes=6)
        self.env.flush_all()
        self.sandbox.pay(tx)
        problem = self._refused('already-paid', f"payments/{other['number']}/cancel", method='POST')
        self.assertEqual(problem['payment']['status'], 'paid')

    def test_gateway_that_is_out_of_reach(self):
        """Test that a request that came to nothing is repeated under its key, with the same number."""
        order, url = self._order(), self.provider.cn_sandbox_url
        self.provider.cn_sandbox_url = 'http://127.0.0.1:1/wechat_pay'
        self._refused('unreachable', 'payments', self._asked(order), once='one')
        [tx] = order.transaction_ids
        self.provider.cn_sandbox_url = url
        payment = self._created(order, once='one')
        self.assertEqual(payment['number'], tx.cn_out_trade_no)

    def test_lost_answer_is_unknown(self):
        """Test that an order whose answer was lost is not called a failure, and that there is a way on."""
        order = self._order()
        self.sandbox.fault('http_5xx', operation='order', times=1)
        payment = self._created(order)
        self.assertEqual((payment['status'], payment['sdk']), ('unknown', None))
        again = self._created(order)
        self.assertNotEqual(again['number'], payment['number'])
        self.assertEqual(again['status'], 'waiting')

    def test_gateway_that_refuses(self):
        """Test that a refusal is told with a sentence for the payer."""
        self.sandbox.fault('not_enabled', operation='order')
        payment = self._created(self._order())
        self.assertEqual((payment['status'], payment['reason']['kind']), ('failed', 'not_enabled'))
        self.assertTrue(payment['reason']['text'])

    # === ONCE === #

    def test_idempotency_key(self):
        """Test that a repeated request is answered alike, and that its key is no other request's."""
        order, other = self._order(), self._order(50)
        status, first, headers = self._call('payments', self._asked(order), once='k1')
        self.assertEqual(status, 201)
        self.assertEqual(headers['Location'], f"/payment/cn/api/v1/payments/{first['number']}")
        self.sandbox.pay(self._tx(first))
        self._asks(first)
        status, again, headers = self._call('payments', self._asked(order), once='"k1"')
        self.assertEqual((status, again, headers['Idempotent-Replayed']), (201, first, 'true'))
        self.assertEqual(headers['Location'], f"/payment/cn/api/v1/payments/{first['number']}")
        self._refused('idempotency-key-reused', 'payments', self._asked(other), once='k1')
        self._refused('idempotency-key-missing', 'payments', self._asked(other), once='')
        self._refused('malformed', 'payments', self._asked(other), once='x' * 256)
        problem = self._refused('nothing-due', 'payments', self._asked(order), once='k2')
        status, again, headers = self._call('payments', self._asked(order), once='k2')
        self.assertEqual((status, again), (409, problem))
        self.assertEqual(len(order.transaction_ids), 1)

    def test_request_that_is_still_running(self):
        """Test that a copy waits, and that what a process left behind when it died is gone on with."""
        order = self._order()
        call = self.env['payment.cn.app.call'].sudo().create({
            'caller': f'key:{self.record.id}', 'idempotency_key': 'k1', 'state': 'running', 'runner': 'x',
            'begun_at': fields.Datetime.now(), 'fingerprint': 'x',
        })
        with patch.object(type(call), '_cn_begin', autospec=True, side_effect=type(call)._cn_begin) as begin:
            self._refused('idempotency-key-reused', 'payments', self._asked(order), once='k1')
            call.fingerprint = begin.call_args.args[3]
        self._refused('still-running', 'payments', self._asked(order), once='k1')
        call.begun_at -= timedelta(minutes=3)
        self._created(order, once='k1')
        self.assertEqual(call.state, 'done')

    def test_answers_are_kept_long_enough(self):
        """Test that they go after two days, and not after one."""
        self._created(self._order(), once='k1')
        call = self.env['payment.cn.app.call'].sudo().search([('idempotency_key', '=', 'k1')])
        call.begun_at -= timedelta(hours=25)
        call._gc_calls()
        self.assertTrue(call.exists())
        call.begun_at -= timedelta(hours=24)
        self.assertEqual(call._gc_calls(), (1, 0))
        self.assertFalse(call.exists())
