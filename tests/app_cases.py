# Part of payment_cn_wallets. License LGPL-3.
"""The app's interface: a server with a key, shoppers with a session, and the wallets' SDKs in the sandbox."""

import uuid
from unittest.mock import patch

from odoo.tests import new_test_user
from odoo.tests.test_cursor import TestCursor

from odoo.addons.payment_cn_wallets.controllers.api_description import PREFIX
from odoo.addons.payment_cn_wallets.tests import money_cases
from odoo.addons.payment_cn_wallets.tools import throttle

IN_PROGRAM = 'oSandboxMiniProgram00000001'


def commit(transactions):
    """Commit what a request did; the test's own cursor can't."""
    if isinstance(transactions.env.cr, TestCursor):
        transactions.env.cr.commit()


class AppCases(money_cases.MoneyCases):
    """A company with a gateway, and a key for its apps."""

    gateway = 'wechat_pay'

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.record = cls.env['payment.cn.app.key'].sudo().create({
            'name': "Server of the app", 'company_id': cls.company.id,
        })
        cls.key = cls.record.action_cn_make()['context']['default_key']

    def setUp(self):
        super().setUp()
        self._forget_callers()
        self.addCleanup(self._forget_callers)
        # What a request commits must be there when it rolls back the rest.
        self.startPatcher(patch.object(self.env.registry['payment.transaction'], '_cn_commit', commit))

    def _forget_callers(self):
        folder = throttle._folder(self.env.cr.dbname)
        for path in (*folder.glob('app-*'), *folder.glob('visitor-*')):
            path.unlink()

    # === CALLS === #

    def _call(self, path, values=None, *, key=None, headers=None, method=None, once=None, body=None):
        """Call the interface; return (status, content, headers).

        :param values: JSON to post
        :param key: the caller's key; the shop's when None, none when ''
        :param once: the Idempotency-Key; a new one when None, none when ''
        """
        all_headers = {}
        if key != '':
            all_headers['Authorization'] = f'Bearer {key or self.key}'
        if values is not None or body is not None or method == 'POST':
            if once != '':
                all_headers['Idempotency-Key'] = once or uuid.uuid4().hex
        self.env.flush_all()
        if body is not None or method:
            answer = self.url_open(
                f'{PREFIX}/{path}', data=body, headers={**all_headers, **(headers or {})}, method=method or 'POST',
            )
        else:
            answer = self.url_open(f'{PREFIX}/{path}', json=values, headers={**all_headers, **(headers or {})})
        self.env.invalidate_all()
        content = answer.json() if answer.content else None
        return answer.status_code, content, answer.headers

    def _asked(self, document, scene='app', **values):
        """Return what creates the payment of a document."""
        return {
            'document': {
                'kind': 'order' if document._name == 'sale.order' else 'invoice', 'id': document.id,
            },
            'wallet': {'huishouyin': 'unionpay'}.get(self.gateway, self.gateway),
            'scene': scene, **values,
        }

    def _created(self, document, scene='app', *, key=None, once=None, headers=None, **values):
        """Create a payment; return what is told of it."""
        status, content, _headers = self._call(
            'payments', self._asked(document, scene, **values), key=key, once=once, headers=headers,
        )
        self.assertEqual(status, 201, content)
        return content

    def _refused(self, code, *args, **options):
        """Assert that a call ends in a problem of RFC 9457; return it."""
        status, content, headers = self._call(*args, **options)
        self.assertEqual(content.get('type'), f'urn:payment-cn-wallets:problem:{code}', content)
        self.assertEqual((content['status'], headers['Content-Type']), (status, 'application/problem+json'))
        self.assertNotIn('Traceback', str(content))
        return content

    def _tx(self, payment):
        tx = self.env['payment.transaction'].search([('cn_out_trade_no', '=', payment['number'])])
        self.addCleanup(throttle.forget, self.env.cr.dbname, tx._cn_throttle_key())
        return tx

    def _asks(self, payment, **options):
        """Ask what became of a payment, as if nobody had asked before."""
        throttle.forget(self.env.cr.dbname, self._tx(payment)._cn_throttle_key())
        status, content, _headers = self._call(f"payments/{payment['number']}", **options)
        self.assertEqual(status, 200, content)
        return content

    def _sdk_opens(self, door, params):
        """Hand parameters to the wallet's SDK; return the status with which it meets them."""
        return self.sandbox._http.get(
            f'{self.sandbox.url}/{door}', params=params, allow_redirects=False, timeout=5
        ).status_code

    def _shopper(self, login='app-shopper', partner=None, **values):
        """Return a portal user."""
        user = new_test_user(self.env, login, groups='base.group_portal', password=login, **values)
        if partner:
            user.partner_id.parent_id = partner
        return user


class OtherWalletCases(AppCases):
    """What the other wallets' SDKs take. Subclasses name the gateway and the door."""

    allow_inherited_tests_method = True
    door = ''

    def test_paid_in_the_app(self):
        """Test that the SDK takes what it is handed, and that the order is confirmed."""
        order = self._order()
        payment = self._created(order)
        self.assertEqual(self._sdk_opens(self.door, payment['sdk']), 302)
        self._paid_and_followed(self._tx(payment))
        self.assertEqual((self._asks(payment)['status'], order.state), ('paid', 'sale'))
