# Part of payment_cn_wallets. License LGPL-3.

from odoo.tests import HttpCase, tagged

from odoo.addons.payment_cn_wallets.tests import till_common


@tagged('post_install', '-at_install')
class TestTillDisplay(till_common.TillCommon, HttpCase):
    """A customer's display that is opened when a payment is under way."""

    gateway = 'wechat_pay'

    def _told(self, device):
        config = self.session.config_id
        before = self.env['bus.bus'].sudo().search([], order='id desc', limit=1).id or 0
        self.url_open(f'/pos_customer_display/{config.id}/{device}').raise_for_status()
        self.env.cr.precommit.run()
        messages = self.env['bus.bus'].sudo().search([('id', '>', before)]).mapped('message')
        return [one for one in messages if 'CN_DISPLAY_OPENED' in one]

    def test_till_hears_of_it(self):
        """Test that the till is told which display was opened: it says once more what is going on."""
        [message] = self._told('device-1')
        self.assertIn(f"{self.session.config_id.access_token}-CN_DISPLAY_OPENED", message)
        self.assertIn('device-1', message)

    def test_nobody_is_told_without_a_till(self):
        """Test that a display of a till that is closed bothers nobody."""
        self.session.action_pos_session_closing_control()
        self.assertEqual(self.session.state, 'closed')
        self.assertFalse(self._told('device-1'))
