# Part of payment_cn_wallets. License LGPL-3.

from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

from odoo.tools import mute_logger

from odoo.addons.payment_cn_wallets.gateways.base import CallFailed, Reason, ReasonKind
from odoo.addons.payment_cn_wallets.tests.pages import COMPUTER, INSIDE, PHONE, Pages


class PayerCases(Pages):
    """How a page inside a wallet learns who pays. Subclasses name the gateway."""

    allow_inherited_tests_method = True

    def setUp(self):
        super().setUp()
        self.agent = INSIDE[self.gateway]
        self.tx = self._chosen(self.agent, order=self._order())
        self.assertEqual(self.tx.cn_scene, 'in_app')

    # === THE PAYER'S BROWSER === #

    def _visit(self, tx=None, agent=None):
        """Open the page of an attempt; return its answer without going anywhere."""
        return self._open((tx or self.tx)._cn_checkout_path(), agent or self.agent)

    def _sent_to_wallet(self, tx=None):
        """Return the address in the wallet that the page sends the browser to."""
        answer = self._visit(tx)
        self.assertEqual(answer.status_code, 303)
        self.assertEqual(answer.headers['Cache-Control'], 'no-store')
        address = answer.headers['Location']
        self.assertTrue(address.startswith(f'{self.sandbox.url}/{self.gateway}/'), address)
        return address

    def _through_wallet(self, address):
        """Let the wallet send the browser back; return path and query of where to."""
        answer = self.sandbox._http.get(
            address.partition('#')[0], allow_redirects=False, timeout=5
        )
        parts = urlsplit(answer.headers['Location'])
        self.assertEqual(parts.path, '/payment/cn/payer')
        return f'{parts.path}?{parts.query}'

    def _come_back(self, path):
        answer = self._open(path, self.agent)
        self.assertEqual(answer.status_code, 303)
        return answer

    def _authorised(self, tx=None):
        """Go all the way; return the way back for those who want to go it again."""
        path = self._through_wallet(self._sent_to_wallet(tx))
        self.assertIn((tx or self.tx)._cn_checkout_path(), self._come_back(path).headers['Location'])
        return path

    def _another_browser(self):
        self.opener.cookies.clear()
        self.opener.cookies.set('session_id', self.authenticate(None, None).sid)

    # === TESTS === #

    def test_payer_is_learned_and_the_cashier_opened(self):
        """Test the whole way, and that the signed parameters go to that browser only."""
        self._authorised()
        self.assertTrue(self.tx.cn_payer_id)
        self.assertFalse(self.tx.cn_ordered_at)
        self.assertEqual(self._visit().status_code, 200)
        snapshot = self._call('start', self.tx, self.agent)
        self.assertEqual((snapshot['phase'], snapshot['kind']), ('waiting', 'cashier'))
        self.assertTrue(snapshot['sdk_params'])
        self.assertEqual(snapshot['qr_svg'], '')
        door = f'{self.sandbox.url}/{self.gateway}/jsapi'
        opened = self.sandbox._http.get(
            door, params=snapshot['sdk_params'], allow_redirects=False, timeout=5
        )
        self.assertEqual(opened.status_code, 302)
        # The same in another browser, which has the address of the page.
        self._another_browser()
        for agent in (self.agent, COMPUTER, PHONE):
            other = self._call('poll', self.tx, agent)
            self.assertEqual((other['phase'], other['sdk_params']), ('refused', None))
            self.assertTrue(other['can_renew'])
        self.sandbox.pay(self.tx)
        self._ask(self.tx)
        self.assertEqual(self.tx.state, 'done')

    def test_no_order_without_a_payer(self):
        """Test that a page that did not go to the wallet orders nothing."""
        snapshot = self._call('start', self.tx, self.agent)
        self.assertEqual(snapshot['next_url'], self.tx._cn_checkout_path())
        self.assertTrue(snapshot['reload'])
        self.assertFalse(self.tx.cn_ordered_at)
        self.assertFalse(self.sandbox.get('ledger')['orders'])

    def test_states_are_random(self):
        """Test that each trip has a state of its own, which is not the page's token."""
        states = {
            parse_qs(urlsplit(self._sent_to_wallet()).query)['state'][0] for _trip in range(3)
        }
        self.assertEqual(len(states), 3)
        self.assertTrue(all(len(state) == 32 for state in states))
        self.assertNotIn(self.tx._cn_token(), states)

    def test_wrong_state(self):
        """Test that a code without this session's state is not even looked at."""
        path = self._through_wallet(self._sent_to_wallet())
        right = parse_qs(urlsplit(path).query)['state'][0]
        with mute_logger('odoo.http'):
            for state in ('', 'x' * 32, right[:-1], right.upper() + 'Z', '京' * 8):
                answer = self._open(path.replace(right, state), self.agent)
                self.assertEqual(answer.status_code, 404, state)
        self.assertFalse(self.tx.cn_payer_id)
        self._come_back(path)
        self.assertTrue(self.tx.cn_payer_id)

    def test_state_of_another_session(self):
        """Test that nobody can be made to bring somebody else's code."""
        path = self._through_wallet(self._sent_to_wallet())
        self._another_browser()
        with mute_logger('odoo.http'):
            self.assertEqual(self._open(path, self.agent).status_code, 404)
        self.assertFalse(self.tx.cn_payer_id)

    def test_state_works_once(self):
        """Test that the way back can't be gone twice."""
        path = self._authorised()
        known = self.tx.cn_payer_id
        with mute_logger('odoo.http'):
            self.assertEqual(self._open(path, self.agent).status_code, 404)
        self.assertEqual(self.tx.cn_payer_id, known)

    def test_state_is_for_one_attempt(self):
        """Test that two attempts in one browser don't get each other's payer."""
        other = self._chosen(self.agent, order=self._order())
        path = self._through_wallet(self._sent_to_wallet())
        self._sent_to_wallet(other)
        self._come_back(path)
        self.assertTrue(self.tx.cn_payer_id)
        self.assertFalse(other.cn_payer_id)

    def test_payer_refuses(self):
        """Test that the page goes on with the next scene and says so in a sentence."""
        path = self._through_wallet(self._sent_to_wallet())
        state = parse_qs(urlsplit(path).query)['state'][0]
        self._come_back(f'/payment/cn/payer?state={state}')
        self.assertNotEqual(self.tx.cn_scene, 'in_app')
        number = self.tx.cn_out_trade_no
        self.assertEqual(self._visit().status_code, 200)
        snapshot = self._call('start', self.tx, self.agent)
        self.assertEqual(snapshot['phase'], 'waiting')
        self.assertIn('could not be opened', snapshot['message'])
        self.assertEqual(self.tx.cn_out_trade_no, number)

    def test_wallet_is_down_or_shows_a_snapshot(self):
        """Test that whatever keeps the wallet from telling leads on."""
        for kind in (ReasonKind.NOT_SENT, ReasonKind.NO_ANSWER, ReasonKind.CANCELLED):
            with self.subTest(kind=kind):
                tx = self._chosen(self.agent, order=self._order())
                path = self._through_wallet(self._sent_to_wallet(tx))
                failure = CallFailed(Reason(kind, '', "no"))
                with patch.object(type(tx._cn_gateway()), 'payer_of', side_effect=failure):
                    self._come_back(path)
                self.assertIn(tx.cn_scene, ('h5', 'qr'))
                self.assertEqual(self._call('start', tx, self.agent)['phase'], 'waiting')

    def test_used_code_is_tried_again_but_not_for_ever(self):
        """Test that a browser is sent to the wallet three times at most."""
        failure = CallFailed(Reason(ReasonKind.BAD_CODE, '40163', "used"))
        with patch.object(type(self.tx._cn_gateway()), 'payer_of', side_effect=failure):
            for _trip in range(3):
                self._authorised()
        self.assertEqual(self.tx.cn_scene, 'in_app')
        self.assertEqual(self._visit().status_code, 200)
        self.assertNotEqual(self.tx.cn_scene, 'in_app')

    def test_somebody_else_opens_the_page(self):
        """Test that another payer gets an attempt of their own, and only when they ask for it."""
        self._authorised()
        self._call('start', self.tx, self.agent)
        self._another_browser()
        path = self._through_wallet(self._sent_to_wallet())
        with patch.object(type(self.tx._cn_gateway()), 'payer_of', return_value='oSomebodyElse'):
            self._come_back(path)
        self.assertNotEqual(self.tx.cn_payer_id, 'oSomebodyElse')
        self.assertEqual(self._visit().status_code, 200)
        snapshot = self._call('poll', self.tx, self.agent)
        self.assertEqual((snapshot['phase'], snapshot['sdk_params']), ('refused', None))
        self.assertFalse(self.tx.cn_next_id)
        snapshot = self._call('renew', self.tx, self.agent)
        new = self._browse(snapshot)
        self.assertTrue(snapshot['reload'])
        self.assertEqual(snapshot['next_url'], new._cn_checkout_path())
        self.assertFalse(new.cn_payer_id or new.cn_ordered_at)
        self._authorised(new)
        self.assertEqual(self._call('start', new, self.agent)['kind'], 'cashier')

    def test_same_payer_in_a_new_session(self):
        """Test that the payer finds the cashier again after the cookies are gone."""
        self._authorised()
        first = self._call('start', self.tx, self.agent)['sdk_params']
        self._another_browser()
        self._authorised()
        self.assertEqual(self._call('poll', self.tx, self.agent)['sdk_params'], first)
        self.assertEqual(len(self.sandbox.get('ledger')['orders']), 1)

    def test_renewal_keeps_the_payer(self):
        """Test that an expired attempt is replaced without asking who pays again."""
        self._authorised()
        self._call('start', self.tx, self.agent)
        snapshot = self._call('renew', self.tx, self.agent)
        new = self._browse(snapshot)
        self.assertEqual(new.cn_payer_id, self.tx.cn_payer_id)
        self.assertEqual(snapshot['kind'], 'cashier')
        self.assertNotEqual(snapshot['sdk_params'], None)

    def test_cashier_that_does_not_open(self):
        """Test that the page can go on with the next scene, with a number of its own."""
        self._authorised()
        snapshot = self._call('start', self.tx, self.agent)
        self.assertTrue(snapshot['other'])
        new = self._browse(self._call('renew', self.tx, self.agent, other=True))
        self.assertEqual(new.cn_scene, snapshot['other'])
        self.assertNotEqual(new.cn_out_trade_no, self.tx.cn_out_trade_no)
        # The first one is closed where that can be done at once; else money that still comes by it
        # is booked once.
        if self.tx.state == 'cancel':
            return
        self.sandbox.pay(self.tx)
        self._ask(self.tx)
        self.assertEqual(self._call('poll', new, self.agent)['phase'], 'paid')

    def test_outside_of_the_wallet(self):
        """Test that a browser outside is not sent to a page that only works inside."""
        self.assertEqual(self._visit(agent=COMPUTER).status_code, 200)
        snapshot = self._call('poll', self.tx)
        self.assertEqual((snapshot['phase'], snapshot['next_url']), ('refused', ''))
        new = self._browse(self._call('renew', self.tx))
        self.assertEqual((new.cn_scene, new.cn_device), ('qr', 'computer'))
        self.assertTrue(new.cn_code_url)
