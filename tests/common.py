# Part of payment_cn_wallets. License LGPL-3.

from datetime import timedelta
from unittest.mock import patch
from urllib.parse import urlencode, urlsplit

from odoo import fields
from odoo.fields import Command
from odoo.tests import common, tagged

from odoo.addons.base.tests.common import BaseCommon
from odoo.addons.payment_cn_wallets.gateways import times
from odoo.addons.payment_cn_wallets.gateways.huishouyin import signing
from odoo.addons.payment_cn_wallets.tests import prepared
from odoo.addons.payment_cn_wallets.tests.sandbox import shared_sandbox
from odoo.addons.payment_cn_wallets.tools import throttle

PRICE = 88.8


@tagged('post_install', '-at_install')
class CnCommon(BaseCommon):
    """A company in China with a gateway set up against a real sandbox process."""

    gateway = 'huishouyin'
    method_ref = 'payment.payment_method_wechat_pay'
    # An order takes Odoo as long as the rest of many a test: whether most tests of the class need one.
    has_order = True
    _class_order = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.sandbox = shared_sandbox()
        cls.cny = cls.env.ref('base.CNY')
        cls.cny.active = True
        if cls.company.currency_id != cls.cny:
            raise ValueError("these tests need a company in China")
        cls.credentials = cls.sandbox.credentials(cls.gateway)
        cls.provider = cls.env['payment.provider'].search([
            ('code', '=', cls.gateway), ('company_id', '=', cls.company.id),
        ]) or cls.env.ref(f'payment_cn_wallets.payment_provider_{cls.gateway}').copy(
            {'company_id': cls.company.id}
        )
        cls.provider.write({
            **cls._fields_of(cls.credentials),
            'cn_sandbox_url': f'{cls.sandbox.url}/{cls.gateway}',
            'state': 'test',
            'is_published': True,
        })
        cls.method = cls.env.ref(cls.method_ref)
        cls.wechat = cls.env.ref('payment.payment_method_wechat_pay')
        cls.partner = cls.env['res.partner'].create({
            'name': "李雷", 'email': 'lilei@example.com', 'lang': 'en_US',
            'country_id': cls.env.ref('base.cn').id,
        })
        cls.product = cls.env['product.product'].create({
            'name': "Tea", 'list_price': 88.8, 'taxes_id': False, 'invoice_policy': 'order',
            'type': 'consu',
        })
        cls.env['ir.config_parameter'].sudo().set_param('sale.automatic_invoice', 'True')
        if cls.has_order:
            cls._class_order = cls._new_order(PRICE)

    @classmethod
    def setup_independent_user(cls):
        """Override of Odoo's tests to be the accountant of the prepared company."""
        return prepared.user(cls.env)

    @classmethod
    def setup_independent_company(cls, **kwargs):
        """Override of Odoo's tests to be in the prepared company."""
        return prepared.company(cls.env)

    def setUp(self):
        super().setUp()
        self.sandbox.reset()
        # What the tests themselves do stands for gateways, crons and doors, which are the superuser.
        model, accountant = self.env.registry['payment.transaction'], self.env.uid
        check = model._cn_check_door
        self.startPatcher(patch.object(
            model, '_cn_check_door', lambda tx: tx.env.uid == accountant or check(tx)
        ))

    @classmethod
    def _fields_of(cls, credentials):
        """Return the provider's values for credentials of the sandbox."""
        return {f'{cls.gateway}_{name}': value for name, value in credentials.items()}

    @classmethod
    def _request_handler(cls, s, r, /, **kw):
        """Override of Odoo's guard, which can't read a pair of time limits."""
        if urlsplit(r.url).hostname == common.HOST:
            return common._super_send(s, r, **kw)
        return super()._request_handler(s, r, **kw)

    # === FIXTURES === #

    @classmethod
    def _new_order(cls, price):
        return cls.env['sale.order'].create({
            'partner_id': cls.partner.id,
            'company_id': cls.company.id,
            'currency_id': cls.cny.id,
            'order_line': [Command.create({
                'product_id': cls.product.id, 'product_uom_qty': 1, 'price_unit': price,
                'tax_ids': [Command.clear()],
            })],
        })

    def _order(self, price=PRICE):
        """Return an order; the first one of a test is its class's, which Odoo puts back after the test."""
        order = self._class_order if price == PRICE else None
        if order:
            self._class_order = None
        else:
            order = self._new_order(price)
        self.assertEqual(order.currency_id, self.cny)
        return order

    def _invoice(self, price=88.8):
        invoice = self.env['account.move'].create({
            'move_type': 'out_invoice',
            'partner_id': self.partner.id,
            'company_id': self.company.id,
            'currency_id': self.cny.id,
            'invoice_date': fields.Date.today(),
            'invoice_line_ids': [Command.create({
                'product_id': self.product.id, 'price_unit': price, 'tax_ids': [Command.clear()],
            })],
        })
        invoice.action_post()
        return invoice

    def _attempt(self, order=None, invoice=None, amount=None, method=None, scene='qr', **values):
        """Create an attempt as the payment form does."""
        documents = {}
        if order:
            documents['sale_order_ids'] = [Command.set(order.ids)]
        if invoice:
            documents['invoice_ids'] = [Command.set(invoice.ids)]
        total = (order or invoice).amount_total if order or invoice else 88.8
        tx = self.env['payment.transaction'].sudo().create({  # as the shop's doors do
            'provider_id': self.provider.id,
            'payment_method_id': (method or self.method).id,
            'amount': amount or total,
            'currency_id': self.cny.id,
            'partner_id': self.partner.id,
            'operation': 'online_redirect',
            'landing_route': '/my',
            'cn_scene': scene,
            **documents,
            **values,
        })
        self.addCleanup(throttle.forget, self.env.cr.dbname, tx._cn_throttle_key())
        return tx

    def _ordered(self, **values):
        """Create an attempt and place its order in the sandbox."""
        tx = self._attempt(**values)
        tx._cn_place_order('127.0.0.1')
        throttle.forget(self.env.cr.dbname, tx._cn_throttle_key())  # the first wait is over
        return tx

    def _ask(self, tx):
        """Ask the gateway at once, as if nobody had asked before."""
        throttle.forget(self.env.cr.dbname, tx._cn_throttle_key())
        self.assertTrue(tx._cn_query())

    def _paid(self, **values):
        """Create an attempt that has been paid and learn of it by query."""
        tx = self._ordered(**values)
        self.sandbox.pay(tx)
        self._ask(tx)
        self.assertEqual(tx.state, 'done')
        return tx

    def _run_cron(self, name):
        """Run one of the crons as the server does, commits and all."""
        with self.enter_registry_test_mode():
            self.env.ref(f'payment_cn_wallets.{name}').method_direct_trigger()
        self.env.invalidate_all()

    def _refunded(self, tx):
        """Return what the sandbox has given back of an attempt, fen."""
        return sum(
            refund['amount'] for refund in self.sandbox.order(tx)['refunds']
            if refund['state'] == 'success'
        )

    def _let_pass(self, tx, **delta):
        """Move the attempt's past, as if time had passed."""
        for field in (
            'cn_ordered_at', 'cn_expires_at', 'cn_dead_at', 'cn_next_query_at', 'cn_bill_due_at',
        ):
            if tx[field]:
                tx[field] -= timedelta(**delta)

    # === NOTICES, MADE BY HAND === #

    def _notice_fields(self, tx, **changes):
        values = {
            'version': '1.0',
            'app_id': self.credentials['app_id'],
            'mch_uid': self.credentials['mch_uid'],
            'subject': 'x',
            'out_trade_no': tx.cn_out_trade_no,
            'hy_bill_no': 'H' + tx.cn_out_trade_no,
            'channel_type': 'WX_NATIVE',
            'total_fee': str(tx._cn_fen()),
            'real_vol': str(tx._cn_fen()),
            'trade_status': 'Success',
            'time_end': times.stamp(times.now()),
        }
        values.update(changes)
        return {name: value for name, value in values.items() if value is not None}

    def _notice_body(self, tx, key=None, **changes):
        """Return the body of a notice, signed with the merchant's key unless told otherwise."""
        values = self._notice_fields(tx, **changes)
        values.setdefault('sign', signing.sign(values, key or self.credentials['key']))
        return urlencode(values).encode()

    def _receive(self, body, content_type='application/x-www-form-urlencoded'):
        """Store and process a notice as the controller does."""
        notice = self.env['payment.cn.notice'].sudo()._cn_receive(
            self.provider, {'Content-Type': content_type}, body, '127.0.0.1'
        )
        if notice:
            notice._cn_process()
        return notice
