# Part of payment_cn_wallets. License LGPL-3.

from odoo import _, models

from ...gateways import money
from ...gateways.base import Outcome
from ...tools import mails


class PaymentTransaction(models.Model):
    """Money that goes back by itself, and money that was sent back without us."""

    _inherit = 'payment.transaction'

    def _cn_return(self, fen):
        """Send money back that is not wanted, under a number that can't be made twice.

        :param int fen: how much: all of it, what is too much, or what somebody has left of it
        :return: the refund
        :rtype: payment.transaction
        """
        self.ensure_one()
        number = self._cn_return_number()
        refund = self.child_transaction_ids.filtered(lambda tx: tx.cn_out_refund_no == number)
        if refund:
            return refund
        amount = self.currency_id.round(float(money.to_yuan(fen)))
        self._cn_report_return(amount)
        self.cn_refund_reserved = self.currency_id.round(self.cn_refund_reserved + amount)
        refund = self._create_child_transaction(amount, is_refund=True, cn_out_refund_no=number)
        refund._log_sent_message()
        refund._send_refund_request()
        self._cn_tell_payer(amount)
        return refund

    def _cn_return_number(self):
        """Return the number under which unwanted money of this attempt goes back."""
        return f'L{self.cn_out_trade_no}'

    def _cn_report_return(self, amount):
        values = {
            'ref': self.reference, 'amount': self.currency_id.format(amount),
            'total': self._cn_format(self._cn_fen()), 'document': self._cn_payable().name(),
        }
        if self.cn_verdict == 'part':
            message = _(
                "%(ref)s brought %(total)s, which is more than %(document)s lacked. What was due is"
                " booked; %(amount)s are being sent back.", **values,
            )
        elif self.cn_held_until or self.cn_incident_ids.filtered(lambda one: one.kind == 'held'):
            message = _(
                "%(ref)s brought %(amount)s, which was not enough for %(document)s, and the rest"
                " did not come. The money is being sent back.", **values,
            )
        else:
            message = _(
                "%(ref)s brought %(amount)s that its document does not want (paid twice, or"
                " cancelled). The money is being sent back.", **values,
            )
        self._cn_incident('double', message)

    def _cn_apply_console_refund(self, result, number):
        """Take in a refund that was made in the gateway's console, under a number of its own.

        :param gateways.base.RefundResult result: what the notice says
        :param str number: the refund's number
        """
        self._cn_lock()
        if self.state == 'done' and result.outcome == Outcome.PAID and result.amount:
            self._cn_follow_left(result.amount, number)
        elif self.state not in ('cancel', 'error'):
            self._cn_ask_soon()  # asked about, it is decided as a whole

    def _cn_follow_left(self, left, number='', tell=True):
        """Write down what was sent back past this database: books and refundable amount follow.

        :param int left: how much, fen
        :param str number: of the refund, where the gateway names it
        :param bool tell: whether an accountant hears of it from here
        """
        amount = self.currency_id.round(float(money.to_yuan(left)))
        known = self.child_transaction_ids.filtered(
            lambda tx: (tx.cn_out_refund_no or '').startswith('X')
        )
        self.cn_refund_reserved = self.currency_id.round(self.cn_refund_reserved + amount)
        refund = self._create_child_transaction(
            amount, is_refund=True, cn_out_refund_no=number or f'X{len(known)}{self.cn_out_trade_no}',
        )
        refund._set_done()
        refund._cn_trigger_follow_up()
        self._cn_payable().left()
        self._cn_settle_returned(refund)
        if not tell:
            return
        self._cn_incident('gone', _(
            "%(amount)s of %(ref)s were sent back in the gateway's console. The books follow.",
            amount=self.currency_id.format(amount), ref=self.reference,
        ))

    def _cn_tell_payer(self, amount):
        """Tell the payer by mail that money goes back: how much, to which wallet, why.

        :param float amount: yuan
        """
        template = self.env.ref('payment_cn_wallets.mail_money_back', raise_if_not_found=False)
        if not template or not self.partner_id.email or self.cn_till_line:
            return
        template.sudo().with_context(cn_amount=self.currency_id.format(amount)).send_mail(self.id)
        mails.send_soon(self.env)

    def _cn_why_returned(self):
        """Return the sentence that tells the payer why money goes back.

        :rtype: str
        """
        self.ensure_one()
        if self.cn_verdict == 'part':
            return self.env._("You paid more than was due.")
        if self.cn_incident_ids.filtered(lambda one: one.kind == 'held'):
            return self.env._("The rest was not paid.")
        return self.env._("It had been paid already, or it was cancelled.")

    def _cn_return_sentence(self):
        """Return what a customer reads of a refund: how much, to which wallet, why.

        :return: one line or two
        :rtype: str
        """
        self.ensure_one()
        source = self.source_transaction_id
        values = {
            'amount': self.currency_id.format(abs(self.amount)), 'wallet': self.payment_method_id.name,
        }
        if self.state == 'done':
            sentence = self.env._("%(amount)s was refunded to %(wallet)s.", **values)
        else:
            sentence = self.env._("%(amount)s is on its way back to %(wallet)s.", **values)
        if self.cn_out_refund_no == source._cn_return_number():
            sentence += '\n' + source._cn_why_returned()
        return sentence
