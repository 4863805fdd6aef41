# Part of payment_cn_wallets. License LGPL-3.

from odoo import _, fields, models

from ...gateways.base import Outcome
from .decision import Action

# What takes money in.
TAKES = (Action.KEEP_ALL, Action.KEEP_DUE, Action.HOLD, Action.RETURN_ALL)


class PaymentTransaction(models.Model):
    """What accountants are told of the money of an attempt."""

    _inherit = 'payment.transaction'

    def _cn_incident(self, kind, message, state='open'):
        """Tell an accountant. See `payment.cn.incident`."""
        return self.env['payment.cn.incident'].sudo()._cn_report(
            kind, message, transaction=self, state=state
        )

    def _cn_close_incidents(self, kinds, by):
        """Take off the accountants' list what is not true any more.

        :param kinds: see `payment.cn.incident`
        :param str by: translated sentence: by what
        """
        self.cn_incident_ids.filtered(lambda incident: incident.kind in kinds)._cn_settle(by)

    def _cn_settle_incidents(self, decision, said_unpaid=False):
        """Close the incidents whose cause is gone by what was decided, before it is done.

        :param Decision decision: about the attempt
        :param bool said_unpaid: the gateway said that the payer has not paid, and may
        """
        if decision.action in TAKES and self.state != 'done':
            self._cn_close_incidents(('unknown', 'amount', 'gone', 'notice'), _(
                "The gateway says that %s was paid, and the money has been taken in.", self.reference
            ))
        elif decision.action == Action.END:
            self._cn_close_incidents(('unknown', 'amount'), _(
                "The gateway says that %s holds no money.", self.reference
            ))
        elif decision.row == 'known':
            self._cn_close_incidents(('contradiction',), _(
                "The gateway says again that %s was paid.", self.reference
            ))
        elif said_unpaid and self.cn_outcome == 'unknown' and not self.cn_reversing:
            self._cn_close_incidents(('unknown',), _(
                "The gateway answers again: %s has not been paid so far.", self.reference
            ))

    def _cn_settle_returned(self, refund):
        """Tell that money went back, and close what was waiting for a refund of this payment.

        :param payment.transaction refund: it went through
        """
        refund._cn_announce('returned', refund._cn_fen())
        by = _(
            "The refund %(ref)s of %(amount)s went through.",
            ref=refund.reference, amount=self.currency_id.format(abs(refund.amount)),
        )
        refund._cn_close_incidents(('refund', 'unknown', 'amount'), by)
        refused = self.child_transaction_ids.filtered(lambda tx: (
            tx.state == 'error' and tx.cn_incident_ids.filtered(lambda one: one.state == 'open')
        ))
        if self.currency_id.is_zero(self.cn_refundable_amount):
            refused._cn_close_incidents(('refund',), by)  # nothing is left to be sent again
        else:
            refused.filtered(
                lambda tx: not self.currency_id.compare_amounts(tx.amount, refund.amount)
            )[:1]._cn_close_incidents(('refund',), by)
        if refund.cn_out_refund_no == self._cn_return_number() or self.currency_id.is_zero(
            self._cn_kept()
        ):
            self._cn_close_incidents(('double', 'unclaimed'), by)

    def _cn_report(self, decision, result):
        """Tell an accountant why nothing was booked, or what the gateway says against the books."""
        values = {'ref': self.reference, 'due': self._cn_format(self._cn_fen())}
        if decision.tell == 'amount':
            message = _(
                "The gateway says that %(said)s were paid for %(ref)s, but %(due)s were asked"
                " for. Nothing was booked.", said=self._cn_format(result.amount), **values,
            )
        elif decision.tell == 'contradiction':
            message = _(
                "The gateway first said that %s was paid and now says that it was not. Compare"
                " with the gateway's console.", self.reference,
            )
        elif self.state == 'done':
            message = _(
                "The gateway says that money of %(ref)s (%(due)s) was sent back in its console, but"
                " not how much. Look it up there, and refund the same amount here if it is missing"
                " in the books.", **values,
            )
        else:
            message = _(
                "%(ref)s (%(due)s) was paid, and sent back in the gateway's console before this"
                " database heard of it. Nothing was booked and nothing was confirmed.", **values,
            )
        gone = decision.tell == 'gone' and self.state != 'done'
        if not (gone and self.cn_incident_ids.filtered(lambda one: one.kind == 'gone')):
            self._cn_incident(decision.tell, message)  # it is gone for good: whoever asks again hears the same
        if gone:
            self._cn_note(result, extra={
                'cn_outcome': Outcome.REFUSED.value, 'cn_next_query_at': False,
            })
            if self.state not in ('cancel', 'error'):
                self._set_canceled(state_message=_("Sent back in the gateway's console."))
            self._cn_payable().changed()

    def _cn_report_late(self):
        """Tell an accountant of money that came late and is welcome all the same."""
        self._cn_incident(
            'late',
            _(
                "%s was paid after it had been given up. The document still wanted the money,"
                " so it was booked.", self.reference,
            ),
            state='done',
        )

    def _cn_report_held(self, payable):
        """Tell an accountant of money that does not suffice."""
        self._cn_incident('held', _(
            "%(ref)s brought %(amount)s, which is not enough: %(document)s lacks %(due)s. Nothing"
            " was confirmed, and the money is booked as the customer's credit. If the rest does not"
            " come by %(end)s, it goes back by itself.",
            ref=self.reference, amount=self._cn_format(self._cn_kept_fen()),
            document=payable.name(), due=self._cn_format(payable.due() - self._cn_kept_fen()),
            end=fields.Datetime.context_timestamp(self, self.cn_held_until).strftime('%Y-%m-%d %H:%M'),
        ))
