# Part of payment_cn_wallets. License LGPL-3.

from datetime import timedelta

from odoo import SUPERUSER_ID, _, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.payment import utils as payment_utils
from odoo.addons.payment.logging import get_payment_logger

from ... import const, gateways
from ...gateways.base import Operation, Outcome, ReasonKind, RefundRequest
from ...tools import reasons

_logger = get_payment_logger(__name__, const.SENSITIVE_KEYS)


class PaymentTransaction(models.Model):
    """Money back. A refund is a child transaction with a number of its own, which is the same on
    every retry. It is committed before the gateway hears of it, and it is done only when the
    gateway says that the money went back.
    """

    _inherit = 'payment.transaction'

    # === RESERVING === #

    def _refund(self, amount_to_refund=None):
        """Override of `payment` to reserve the amount first, whoever else is refunding.

        :raise UserError: if more would go back than came in, or too late
        """
        if self.provider_code not in gateways.codes():
            return super()._refund(amount_to_refund=amount_to_refund)
        self.ensure_one()
        self._cn_lock()
        amount = self.currency_id.round(amount_to_refund or self.cn_refundable_amount)
        compare = self.currency_id.compare_amounts
        if self.state != 'done' or self.operation == 'refund':
            raise UserError(_("Only payments that have been received can be refunded."))
        if compare(amount, 0) <= 0 or compare(amount, self.cn_refundable_amount) > 0:
            raise UserError(_(
                "At most %s can be refunded: the rest has been refunded or is being refunded.",
                self.currency_id.format(self.cn_refundable_amount),
            ))
        window = self._cn_gateway().timings.refund_window
        if self.cn_paid_at and self.cn_paid_at + window < fields.Datetime.now():
            raise UserError(_(
                "The gateway takes refunds for %s days only. Return the money in another way.",
                window.days,
            ))
        # The write makes a second user's refund start over and see this one: its snapshot may be
        # older than our lock.
        self.cn_refund_reserved = self.currency_id.round(self.cn_refund_reserved + amount)
        self._cn_payable().changed()
        if refused := self._cn_refused_refunds(amount)[:1]:
            refused._cn_try_again()
            return refused
        return super()._refund(amount_to_refund=amount)

    def _cn_refused_refunds(self, amount):
        """Return the refunds of that amount that were refused and may be tried again.

        Refunds of different lines of a till, and those of the back office, are kept apart. What an
        order says was given back is sent again from the back office as what it is: one refund, of
        which the books have one entry.
        """
        line = (self.env.context.get('cn_till_refund') or {}).get('cn_till_line', False)
        return self.child_transaction_ids.filtered(lambda tx: (
            tx.operation == 'refund' and tx.state == 'error' and not tx.cn_number_spent
            and not self.currency_id.compare_amounts(abs(tx.amount), amount)
            and (tx.cn_till_line == line or (not line and tx._cn_lines_of_orders()))
        ))

    def _cn_try_again(self):
        """Send a refused refund once more, under its old number."""
        self.ensure_one()
        self._set_pending(extra_allowed_states=('error',))
        # As if it had never been sent: asking first would only bring the old refusal again.
        self.write({
            'cn_ordered_at': False, 'cn_query_count': 0, 'cn_reason_kind': False,
            'cn_reason': False, 'is_post_processed': False,
        })
        self._log_sent_message()
        self._send_refund_request()

    def _cn_release_refund(self):
        """Give the reserved amount of a refund that certainly failed free again."""
        self.ensure_one()
        source = self.source_transaction_id
        source._cn_lock()
        source.cn_refund_reserved = max(
            0, source.currency_id.round(source.cn_refund_reserved - abs(self.amount))
        )

    # === SENDING === #

    def _send_refund_request(self):
        """Override of `payment` to send the refund as soon as it is committed."""
        if self.provider_code not in gateways.codes():
            super()._send_refund_request()
            return
        self._set_pending()
        self.cn_next_query_at = fields.Datetime.now()
        refund_id, registry = self.id, self.env.registry

        @self.env.cr.postcommit.add
        def send():
            # Should this fail, or the process die before it, the cron finds the refund.
            try:
                with registry.cursor() as cr:
                    env = api.Environment(cr, SUPERUSER_ID, {})
                    env['payment.transaction'].browse(refund_id)._cn_advance_refund()
            except Exception:  # The refund is committed; the user's request must end well.
                _logger.exception("Refund %s could not be sent at once", refund_id)

        cron = self.env.ref('payment_cn_wallets.cron_watch', raise_if_not_found=False)
        if cron:
            cron.sudo()._trigger(fields.Datetime.now() + timedelta(seconds=5))

    def _cn_advance_refund(self):
        """Send the refund, or ask what became of it; always under its one number.

        :return: None
        """
        self = self._cn_in_accountants_language()  # noqa: PLW0642  (texts made below are for them)
        if self.source_transaction_id._cn_is_of_other_merchant() or not self._cn_claim_refund():
            return
        gateway = self._cn_gateway()
        source = self.source_transaction_id
        number, sent = self.cn_out_refund_no, bool(self.cn_ordered_at)
        request = RefundRequest(
            out_trade_no=source.cn_out_trade_no,
            out_refund_no=number,
            amount=self._cn_fen(),
            total=source._cn_fen(),
            gateway_trade_no=source.provider_reference or '',
            notify_url=self.provider_id.cn_notice_url or '',
        )
        gateway_refund_no = self.provider_reference or ''
        self.write({
            'cn_ordered_at': self.cn_ordered_at or fields.Datetime.now(),
            'cn_query_count': self.cn_query_count + 1,
            'cn_next_query_at': self._cn_next_refund_question(gateway),
        })
        self._cn_commit()
        if sent and gateway.supports(Operation.QUERY_REFUND):
            result = gateway.query_refund(
                number, out_trade_no=request.out_trade_no, gateway_refund_no=gateway_refund_no
            )
            if result.reason and result.reason.kind == ReasonKind.NOT_FOUND:
                # It never arrived. The same number makes repeating harmless.
                result = gateway.refund(request)
        else:
            result = gateway.refund(request)
        self._cn_apply_refund(result)
        if self.state == 'pending' and self.cn_query_count >= const.REFUND_TRIES_BEFORE_INCIDENT:
            self._cn_incident('refund', _(
                "The refund %(ref)s of %(amount)s is still not confirmed. It is asked about again"
                " and again. The gateway's last answer: %(reason)s",
                ref=self.reference, amount=self.currency_id.format(abs(self.amount)),
                reason=reasons.explain(self.env, result.reason) if result.reason else "-",
            ))

    def _cn_claim_refund(self):
        """Lock the refund unless another worker is at it or it has ended.

        :rtype: bool
        """
        self.env.flush_all()
        self.env.cr.execute(SQL(
            """SELECT id FROM payment_transaction
                WHERE id = %s AND state IN ('draft', 'pending')
                  AND (cn_next_query_at IS NULL OR cn_next_query_at <= %s)
                FOR NO KEY UPDATE SKIP LOCKED""",
            self.id, fields.Datetime.now(),
        ))
        claimed = bool(self.env.cr.fetchall())
        self.invalidate_recordset()
        return claimed

    def _cn_next_refund_question(self, gateway):
        schedule = gateway.timings.refund_poll_schedule
        wait = schedule[min(self.cn_query_count, len(schedule) - 1)]
        return fields.Datetime.now() + timedelta(seconds=wait)

    def _cn_ask_about_refund_soon(self):
        """Have the cron ask about the refund now: a notice says that something has happened."""
        if self.state not in ('draft', 'pending'):
            return
        self._cn_ask_soon()

    # === ANSWERS === #

    def _cn_apply_refund(self, result):
        """Take in what the gateway said about a refund.

        :param gateways.base.RefundResult result: verified answer or notice
        :return: None
        """
        self = self._cn_in_accountants_language()  # noqa: PLW0642  (texts made below are for them)
        self._cn_lock()
        if self.state != 'done':
            self._cn_take_in_refund(result)
        self._cn_payable().refund_changed(self)
        self.source_transaction_id._cn_payable().changed()

    def _cn_take_in_refund(self, result):
        values = {
            'cn_outcome': result.outcome.value,
            'cn_reason_kind': result.reason.kind.value if result.reason else False,
            'cn_reason': reasons.words(result.reason),
            'cn_number_spent': result.number_spent,
        }
        if result.gateway_refund_no:
            values['provider_reference'] = result.gateway_refund_no
        if result.finished_at:
            values['cn_paid_at'] = self._cn_naive(result.finished_at)
        if result.raw:
            values['cn_raw'] = dict(result.raw)
        self.write(values)
        if result.outcome == Outcome.PAID:
            self._cn_refund_confirmed(result)
        elif result.outcome == Outcome.REFUSED and self.state in ('draft', 'pending'):
            self.cn_next_query_at = False
            self._set_error(reasons.explain(self.env, result.reason))
            self._cn_release_refund()
            self._cn_incident('refund', _(
                "The refund %(ref)s of %(amount)s was refused by the gateway: %(reason)s",
                ref=self.reference, amount=self.currency_id.format(abs(self.amount)),
                reason=reasons.explain(self.env, result.reason),
            ))

    def _cn_refund_confirmed(self, result):
        if result.amount is not None and result.amount != self._cn_fen():
            self._cn_incident('amount', _(
                "The gateway says that %(said)s of %(ref)s were refunded, but %(due)s were asked"
                " for. Nothing was booked.",
                said=self._cn_format(result.amount), ref=self.reference,
                due=self._cn_format(self._cn_fen()),
            ))
            return
        if self.state == 'error':
            # It had been refused, and went through all the same.
            source = self.source_transaction_id
            source._cn_lock()
            source.cn_refund_reserved = min(
                source.amount, source.cn_refund_reserved + abs(self.amount)
            )
        self.cn_next_query_at = False
        self._set_done(extra_allowed_states=('cancel',))
        self._cn_trigger_follow_up()
        self.source_transaction_id._cn_settle_returned(self)

    # === ACTIONS === #

    def action_cn_refund(self):
        """Open the refund dialog.

        :rtype: dict
        """
        self.ensure_one()
        payment_utils.check_rights_on_recordset(self)
        return {
            'name': _("Refund"),
            'type': 'ir.actions.act_window',
            'res_model': 'payment.cn.refund',
            'view_mode': 'form',
            'target': 'new',
            'context': {'default_transaction_id': self.id},
        }

    def action_cn_query(self):
        """Ask the gateway now, for an accountant who does not want to wait.

        :return: a client action that shows the new state
        :rtype: dict
        """
        payment_utils.check_rights_on_recordset(self)
        for tx in self.sudo():
            if tx.operation == 'refund':
                if tx.state in ('draft', 'pending'):
                    tx.cn_next_query_at = fields.Datetime.now()
                    tx._cn_advance_refund()
            elif not tx._cn_query():
                raise UserError(_("The gateway was asked a moment ago, or knows nothing yet."))
        return {'type': 'ir.actions.client', 'tag': 'soft_reload'}
