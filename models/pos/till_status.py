# Part of payment_cn_wallets. License LGPL-3.

from odoo import _, api, fields, models

from ... import const
from ...tools import qr, reasons, throttle


class PaymentTransaction(models.Model):
    """What a till shows of a payment line."""

    _inherit = 'payment.transaction'

    @api.model
    def _cn_till_status(self, uuid, message=''):
        """Return what the till has to know about one of its payment lines. Writes nothing.

        :param str uuid: of the payment line
        :param str message: sentence that takes the place of the usual one
        :return: `phase` is `idle` (nothing is under way), `qr`, `paying` (the payer types the
            password), `unknown`, `undoing`, `paid`, `refused` or `returned` (paid and sent back);
            times in seconds, amounts in yuan as text
        :rtype: dict
        """
        attempts = self._cn_till_attempts(uuid)
        tx = attempts._cn_live() or attempts[:1]
        if not tx:
            return {'line': uuid, 'phase': 'idle', 'message': message, 'open': 0}
        tx.payment_method_id.fetch(['code', 'name'])
        phase = tx._cn_till_phase()
        now = fields.Datetime.now()
        left = (tx.cn_expires_at - now).total_seconds() if tx.cn_expires_at else 0
        status = {
            'line': uuid,
            'phase': phase,
            'message': message or tx._cn_till_sentence(phase),
            'wallet': tx.payment_method_code,
            'wallet_name': tx.payment_method_id.name,
            'amount': f'{tx.amount:.2f}',
            'left': max(0, int(left)) if phase in ('qr', 'paying') else 0,
            'ask_in': tx._cn_till_ask_in(phase),
            'qr_svg': qr.svg(tx.cn_code_url) if phase == 'qr' else '',
            # Charges of this line that were handed over and are still being undone. Codes that were
            # on the screen are taken back with every scan: nobody has to know.
            'open': len(attempts.filtered(lambda one: (
                one.cn_given_up and one.state in ('draft', 'pending') and one.cn_scene == 'code'
            ))),
        }
        if phase == 'paid':
            status['receipt'] = tx._cn_till_receipt()
        return status

    def _cn_till_phase(self):
        self.ensure_one()
        if self.state == 'done':
            return 'returned' if self.cn_given_up else 'paid'
        if self.state in ('cancel', 'error'):
            return 'idle' if self.cn_reversing else 'refused'
        if self.cn_given_up:
            return 'idle'
        if self.cn_reversing:
            return 'undoing'
        if self.cn_scene == 'qr':
            if not self.cn_code_url:
                return 'idle'  # a code that nobody has seen is paid by nobody
            return 'qr' if self.cn_expires_at > fields.Datetime.now() else 'idle'
        return 'paying' if self.cn_outcome == 'waiting' else 'unknown'

    def _cn_till_sentence(self, phase):
        """Return what the cashier reads, and does next."""
        if phase == 'refused':
            return reasons.explain_to_cashier(self.env, self.cn_reason_kind)
        if phase == 'idle' and self.state in ('cancel', 'error'):
            return _("Undone: nothing was charged. Scan again or choose another way to pay.")
        if phase == 'idle' and self.cn_ordered_at and not self.cn_code_url and not self.cn_given_up:
            return _("The wallet gave no code. Try again, or scan the code on the customer's phone.")
        return {
            'paying': _("The customer is entering the password."),
            'unknown': _("It is not known yet whether the customer has paid. We keep asking."),
            'undoing': _("The charge is being undone. Don't take other money for it yet."),
            'returned': _("The customer had paid. The money is being sent back."),
        }.get(phase, '')

    def _cn_till_ask_in(self, phase):
        """Seconds until the till may have the gateway asked."""
        if phase not in ('qr', 'paying', 'unknown', 'undoing'):
            return 3600.0
        return round(throttle.seconds_left(
            self.env.cr.dbname, self._cn_throttle_key(), self._cn_till_schedule()
        ), 2)

    def _cn_till_schedule(self):
        return const.UNDO_SCHEDULE if self.cn_reversing else self._cn_ask_schedule()

    def _cn_till_receipt(self):
        """Return what the receipt says: wallet, numbers, and who paid what.

        `complete` is False where the gateway may tell of a coupon when it is asked.
        """
        coupon = self.currency_id.round(self.amount - self.cn_payer_amount)
        return {
            'wallet': self.payment_method_id.name,
            'gateway': self.provider_id.name,
            'number': self.cn_out_trade_no,
            'gateway_number': self.provider_reference or '',
            'wallet_number': self.cn_wallet_reference or '',
            'payer_amount': f'{self.cn_payer_amount:.2f}',
            'coupon': f'{coupon:.2f}' if coupon > 0 else '',
            'complete': self.cn_payer_told,
        }

    def _cn_elsewhere(self):
        """Return what a cashier reads of a payment that no order of her till has."""
        return _(
            "%(document)s, %(amount)s with %(wallet)s, was not sold at this till. It is refunded"
            " where it was sold, or in the back office.",
            document=self._cn_payable().name(), wallet=self.payment_method_id.name,
            amount=self.currency_id.format(abs(self.amount)),
        )
