# Part of payment_cn_wallets. License LGPL-3.

from datetime import timedelta

import pytz

from odoo import _, fields, models
from odoo.exceptions import UserError

from ... import const
from ...tools import days, till_line


class PosPaymentMethod(models.Model):
    """What a till sees of payments by the shop codes that lie there, and claims for its orders."""

    _inherit = 'pos.payment.method'

    def cn_counter_payments(self, session_id):
        """Return what came in by the till's shop codes of late, and nobody has claimed.

        :param int session_id: the till's session, as the browser says
        :return: how many codes lie at the till, and the payments, the newest first
        :rtype: dict
        """
        self.ensure_one()
        self.check_access('read')
        session = self.env['pos.session'].browse(till_line.number(session_id)).exists()
        session.check_access('read')
        if self.sudo().use_payment_terminal != const.TERMINAL or self not in session.config_id.payment_method_ids:
            raise UserError(_("%s is no button for wallets.", self.name))
        codes = self.env['payment.cn.shop.code'].sudo().with_context(active_test=False).search(
            [('config_id', '=', session.config_id.id)]
        )
        payments = codes and self.env['payment.transaction'].sudo().search([
            ('cn_shop_code_id', 'in', codes.ids), ('state', '=', 'done'), ('cn_claimed_at', '=', False),
            ('cn_verdict', '=', 'kept'),
            ('last_state_change', '>=', fields.Datetime.now() - timedelta(hours=const.COUNTER_LIST_HOURS)),
        ], order='last_state_change desc, id desc', limit=const.COUNTER_LIST_MOST).filtered('cn_claimable')
        return {'codes': len(codes), 'payments': [tx._cn_at_counter() for tx in payments or []]}

    def cn_take_counter(self, values, tx_id):
        """Let a payment by a shop code pay a line of the till's order; that line must be for all of it.

        :param dict values: the payment line, see `tools.till_line`
        :param int tx_id: the payment, as the browser says
        :return: see `payment.transaction._cn_till_status`
        :rtype: dict
        :raise UserError: if somebody was quicker, or it is not this till's
        """
        line = self._cn_line(values, positive=True)
        transactions = self.env['payment.transaction'].sudo()
        tx = transactions.browse(till_line.number(tx_id)).exists()
        if tx.cn_till_line == line.uuid and tx.cn_claimed_at:
            return transactions._cn_till_status(line.uuid)  # asked twice
        if not tx or tx.cn_shop_code_id.config_id != line.session.config_id:
            raise UserError(_("This payment did not come in at this till."))
        if self._cn_attempts(line)._cn_live():
            raise UserError(_("Something else is under way for this payment line."))
        self._cn_check_order(line)
        tx._cn_claim_at_till(line, self.env.user)
        return transactions._cn_till_status(line.uuid)


class PaymentTransaction(models.Model):
    """A payment by a shop code, as a till knows it."""

    _inherit = 'payment.transaction'

    def _cn_at_counter(self):
        """Return what a cashier sees of it."""
        self.ensure_one()
        moment = pytz.utc.localize(self.cn_paid_at or self.last_state_change)
        return {
            'id': self.id,
            'amount': f'{self.amount:.2f}',
            'wallet': self.payment_method_id.name,
            'time': moment.astimezone(pytz.timezone(days.zone_of(self.company_id))).strftime('%H:%M'),
            'code': self.cn_shop_code_id.label or self.cn_shop_code_id.name,
            'note': self.cn_payer_note or '',
        }

    def _cn_claim_at_till(self, line, user):
        """Make it the attempt of a payment line: the till's session books it from now on.

        :param tools.till_line.TillLine line: whose order it pays
        :param res.users user: who claims it
        :raise UserError: if somebody was quicker, or the amounts differ
        """
        self.ensure_one()
        self._cn_lock()
        if not self.cn_claimable:
            raise UserError(self._cn_why_not_claimable())
        if self._cn_kept_fen() != line.fen:
            raise UserError(_("This payment is of another amount. Claim it in the back office."))
        self._cn_unbook_credit()
        self.write({
            'cn_till_line': line.uuid,
            'cn_till_order': line.order,
            'cn_till_reference': line.reference,
            'cn_till_session_id': line.session.id,
            'cn_till_method_id': line.method.id,
            'cn_till_cashier': line.cashier,
            'cn_claimed_by': user.id,
            'cn_claimed_at': fields.Datetime.now(),
            'is_post_processed': False,
        })
        if line.partner:
            self.partner_id = line.partner
        self._cn_reconsider()

    def _cn_unbook_credit(self):
        """Take what is booked as a walk-in customer's credit out of the books again: a session books it.

        By an entry of its own, so that no number of the journal is missing.
        """
        payment = self.payment_id.with_company(self.payment_id.company_id)
        if not payment:
            return
        day = days.day_of(self.company_id, fields.Datetime.now())
        payment.move_id._reverse_moves([{
            'date': days.open_day(self.company_id, day, payment.journal_id), 'ref': self.reference,
        }], cancel=True)
        payment.action_reject()
        self.payment_id = False
