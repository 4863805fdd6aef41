# Part of payment_cn_wallets. License LGPL-3.

from odoo.addons.payment_cn_wallets.tests import till_common


class TillClosingCommon(till_common.TillSaleCommon):
    """A till whose session closes and opens again."""

    gateway = 'wechat_pay'

    def _close(self):
        self.session.action_pos_session_closing_control()
        self.assertEqual(self.session.state, 'closed')

    def _open(self):
        self.till.open_ui()
        self.session = self.till.current_session_id
        self.session.set_opening_control(0, "")

    def _booked(self):
        """Return the payments of the till's journal."""
        return self.env['account.payment'].search(
            [('journal_id', '=', self.button.journal_id.id)], order='id'
        )

    def _refunded_order(self, order, amount):
        line = self._line(f'-{amount:.2f}')
        self._press('refund', line, order.uuid)
        self._end(self.env['payment.transaction'].sudo()._cn_till_refunds(line['uuid']))
        return self._sync([line], total=-amount, refunds=order, partner=order.partner_id)

    def _grace_ends(self, tx):
        self.assertTrue(tx.cn_unclaimed_at)
        self.assertTrue(tx.cn_next_query_at)
        tx._cn_watch()
        tx._post_process()
