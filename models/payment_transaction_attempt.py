# Part of payment_cn_wallets. License LGPL-3.

from datetime import timedelta, timezone

import psycopg2

from odoo import _, fields, models
from odoo.modules import module

from odoo.addons.payment.logging import get_payment_logger

from .. import const
from ..gateways import money
from ..gateways.base import Operation, OrderRequest, Outcome, ReasonKind, Scene
from ..tools import reasons, throttle

_logger = get_payment_logger(__name__, const.SENSITIVE_KEYS)

# How often an answer is taken in again at once when somebody else writes to the attempt.
ANSWER_TRIES = 4

UNPAID_FOR_GOOD = {ReasonKind.CANCELLED, ReasonKind.EXPIRED}


class PaymentTransaction(models.Model):
    """What is said to gateways about attempts, and what their answers change."""

    _inherit = 'payment.transaction'

    # === ASKING === #

    def _cn_place_order(self, client_ip):
        """Place the order at the gateway, once.

        The intent is committed first. When the answer is lost the attempt stays `unknown` and is
        found again by query; when nothing could be sent the same number is tried again later.

        :param str client_ip: the payer's address
        :return: None
        """
        self.ensure_one()
        self._cn_touch_documents()
        self._cn_lock()
        if self.cn_ordered_at or self.state != 'draft' or self.cn_given_up:
            return
        if self._cn_lacks_payer():
            return  # the page goes and asks first
        if twin := self._cn_find_live_twin():
            self.write({'cn_next_id': twin.id, 'cn_given_up': True})
            return
        gateway = self._cn_gateway()
        now = fields.Datetime.now()
        self.write({
            'cn_ordered_at': now,
            'cn_expires_at': now + timedelta(seconds=self._cn_lifetime(gateway)),
            'cn_dead_at': now + timedelta(seconds=gateway.timings.dead_after),
            'cn_outcome': Outcome.UNKNOWN.value,
            'cn_reason_kind': False,
            'cn_reason': False,
            'cn_next_query_at': now + timedelta(seconds=const.WATCH_SCHEDULE[0]),
            'cn_query_count': 0,
        })
        order = self._cn_order_request(client_ip)
        self._cn_commit()
        result = gateway.order(order)
        _logger.info(
            "Order of %(ref)s at %(gateway)s: %(outcome)s",
            {'ref': order.out_trade_no, 'gateway': gateway.code, 'outcome': result.outcome.value},
        )
        self._cn_take_in(result, self._cn_apply_order)

    def _cn_order_request(self, client_ip):
        """Return what is asked of the gateway.

        :rtype: gateways.base.OrderRequest
        """
        self.ensure_one()
        return OrderRequest(
            out_trade_no=self.cn_out_trade_no,
            amount=self._cn_fen(),
            subject=self._cn_subject(),
            wallet=self._cn_wallet(),
            scene=Scene(self.cn_scene),
            notify_url=self.provider_id.cn_notice_url,
            return_url=self._cn_absolute_url(self._cn_back_from_wallet_path()),
            client_ip=client_ip,
            expires_at=self._cn_order_end().replace(tzinfo=timezone.utc),
            payer_id=self.cn_payer_id or '',
            device=self._cn_gateway_device(),
        )

    def _cn_subject(self):
        """Return the title that the payer sees in the wallet: shop and document."""
        self.ensure_one()
        self.company_id.fetch(['name'])  # not the other two hundred fields
        return f"{self.company_id.name} {self._cn_document_reference()}"

    def _cn_document_reference(self):
        """Return the name of what is paid, as the payer knows it."""
        self.ensure_one()
        names = [name for docs in self._cn_documents() for name in docs.mapped('name') if name]
        return ', '.join(names[:3]) or self.reference

    def _cn_query(self, schedule=(const.MIN_QUERY_INTERVAL,)):
        """Ask the gateway what became of the attempt, unless somebody asked just now.

        :param tuple schedule: growing gaps between questions, seconds
        :return: whether the gateway was asked
        :rtype: bool
        """
        self.ensure_one()
        if not self.cn_ordered_at:
            return False
        if not throttle.acquire(self.env.cr.dbname, self._cn_throttle_key(), schedule):
            return False
        gateway, number = self._cn_gateway(), self.cn_out_trade_no
        gateway_number = self.provider_reference or ''
        self._cn_commit()
        self._cn_take_in(gateway.query(number, gateway_trade_no=gateway_number))
        return True

    def _cn_throttle_key(self):
        return f'attempt-{self.id}'

    def _cn_close(self):
        """Close the attempt at the gateway, where the gateway can.

        :return: whether nobody can pay it any more
        :rtype: bool
        """
        self.ensure_one()
        gateway = self._cn_gateway()
        if self.state != 'draft' or not self.cn_ordered_at:
            return self.state in ('cancel', 'error')
        earliest = self.cn_ordered_at + timedelta(seconds=gateway.timings.earliest_close)
        if not gateway.supports(Operation.CLOSE) or fields.Datetime.now() < earliest:
            return False
        number, gateway_number = self.cn_out_trade_no, self.provider_reference or ''
        self._cn_commit()
        self._cn_take_in(gateway.close(number, gateway_trade_no=gateway_number))
        return self.state == 'cancel'

    # === ANSWERS === #

    def _cn_take_in(self, result, apply=None):
        """Take in an answer that was waited for, in a database transaction that began with it.

        A notice, a cron or another till may write to the attempt while the gateway answers. Odoo
        would sleep a second or two and then repeat the whole request, which has lost the answer by
        then: "paid" would be unknown until the next question. So it is taken in again at once.

        :param gateways.base.PaymentResult result: the answer
        :param callable apply: what takes it in; `_cn_apply` when None
        :return: None
        """
        self.ensure_one()
        apply = apply or self._cn_apply
        for _again in range(ANSWER_TRIES):
            try:
                apply(result)
                self.env.flush_all()
            except psycopg2.errors.SerializationFailure:
                if module.current_test:
                    raise  # the test's own transaction can't be begun anew
                self.env.cr.rollback()
            else:
                return
        apply(result)

    def _cn_apply_order(self, result):
        """Take in the answer to an order.

        :param gateways.base.PaymentResult result: the answer
        :return: None
        """
        self.ensure_one()
        self._cn_lock()
        kind = result.reason.kind if result.reason else None
        if kind == ReasonKind.NOT_SENT:
            # Nothing left this machine: the number is still unused.
            self._cn_note(result, extra={'cn_ordered_at': False, 'cn_next_query_at': False})
            return
        if result.next_step and result.outcome == Outcome.WAITING:
            self._cn_note(result, extra=self._cn_step_values(result.next_step))
            return
        self._cn_apply(result)

    def _cn_apply(self, result):
        """Take in what the gateway said about the attempt: the only way to a new state.

        Repeating it, in whatever order, changes nothing more.

        :param gateways.base.PaymentResult result: verified answer or notice
        :return: None
        """
        self._cn_lock()
        self = self._cn_in_accountants_language()  # noqa: PLW0642  (texts made below are for them)
        if result.outcome == Outcome.PAID:
            self._cn_apply_paid(result)
        elif result.outcome == Outcome.REFUSED:
            self._cn_apply_refused(result)
        elif self.state not in ('done', 'cancel', 'error'):
            self._cn_note(result)

    def _cn_note(self, result, extra=None):
        """Write down an answer; nothing is written when it says nothing new."""
        kind = result.reason.kind.value if result.reason else False
        values = {
            'cn_outcome': result.outcome.value,
            'cn_reason_kind': kind,
            'cn_reason': reasons.words(result.reason),
            **(extra or {}),
        }
        for name, value in (
            ('provider_reference', result.gateway_trade_no),
            ('cn_wallet_reference', result.wallet_trade_no),
            ('cn_bill_bar_code', result.bill_bar_code),
            ('cn_payer_id', result.payer_id),
        ):
            if value:
                values[name] = value
        if result.payer_amount is not None:
            values['cn_payer_amount'] = float(money.to_yuan(result.payer_amount))
            values['cn_payer_told'] = True
        if result.paid_at:
            values['cn_paid_at'] = self._cn_naive(result.paid_at)
        changed = {name: value for name, value in values.items() if self[name] != value}
        if changed:
            if result.raw:
                changed['cn_raw'] = dict(result.raw)
            self.write(changed)

    def _cn_apply_paid(self, result):
        """Book money that came in: for the document, or back to the payer (late or double)."""
        if self.state == 'done':
            self._cn_note(result)
            return
        if result.amount is None or result.amount != self._cn_fen():
            self._cn_incident(
                'amount',
                _(
                    "The gateway says that %(said)s were paid for %(ref)s, but %(due)s were asked"
                    " for. Nothing was booked.",
                    said=self._cn_format(result.amount), ref=self.reference,
                    due=self._cn_format(self._cn_fen()),
                ),
            )
            return
        self._cn_touch_documents()
        given_up = self.state in ('cancel', 'error')
        wanted = self._cn_document_wants()
        # Whoever is told nothing of a coupon must not take the whole amount for one.
        self._cn_note(result, extra={
            'cn_next_query_at': False, 'cn_payer_amount': self.cn_payer_amount or self.amount,
        })
        self._set_done(extra_allowed_states=('cancel',))
        throttle.forget(self.env.cr.dbname, self._cn_throttle_key())
        if not wanted:
            self._cn_return_money()
        elif given_up:
            self._cn_report_late()
        self._cn_trigger_follow_up()

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

    def _cn_apply_refused(self, result):
        """Note that the attempt holds no money."""
        if self.state == 'done' and (result.refunded or self.cn_refund_reserved):
            return  # some gateways call a payment closed once it has been refunded
        if self.state == 'done':
            self._cn_incident(
                'contradiction',
                _(
                    "The gateway first said that %s was paid and now says that it was not. Compare"
                    " with the gateway's console.", self.reference,
                ),
            )
            return
        # A wallet's word may be overtaken by a late payment: ask once more when nobody can pay.
        still_payable = (
            not result.closed and self.cn_dead_at and self.cn_dead_at > fields.Datetime.now()
        )
        self._cn_note(result, extra={
            'cn_next_query_at': self.cn_dead_at if still_payable else False,
        })
        if self.state in ('cancel', 'error'):
            return
        message = reasons.explain(self.env, result.reason) if result.reason else ''
        if result.closed or (result.reason and result.reason.kind in UNPAID_FOR_GOOD):
            self._set_canceled(state_message=message)
        else:
            self._set_error(message)

    def _cn_document_wants(self):
        """Tell whether what is being paid still wants the whole amount of this attempt.

        :rtype: bool
        """
        self.ensure_one()
        documents = self._cn_documents()
        if not documents:
            return True
        return any(
            self.currency_id.compare_amounts(self.amount, self._cn_open_amount(docs)) <= 0
            for docs in documents
        )

    def _cn_open_amount(self, docs):
        """Return what the documents still lack, money on its way into the books counted in.

        :param recordset docs: sale orders or invoices
        :return: amount in the attempt's currency, yuan
        :rtype: float
        """
        paid = docs.transaction_ids.filtered(
            lambda tx: tx.state in ('done', 'authorized') and tx.operation != 'refund'
        ) - self
        settled = 0
        if docs._name == 'sale.order':
            docs = docs.filtered(lambda order: order.state != 'cancel')
            total = sum(docs.mapped('amount_total'))
            # Invoices may have been paid in another way, by bank transfer for instance.
            invoices = docs.invoice_ids.filtered(
                lambda move: move.state == 'posted' and move.move_type == 'out_invoice'
            )
            settled = sum(move.amount_total - move.amount_residual for move in invoices)
        else:
            docs = docs.filtered(
                lambda move: move.state != 'cancel' and move.move_type == 'out_invoice'
            )
            # What is posted is already taken off the residual amount.
            paid = paid.filtered(lambda tx: not tx.payment_id)
            total = sum(
                move.amount_residual if move.state == 'posted' else move.amount_total
                for move in docs
            )
        received = sum(paid.mapped(lambda tx: tx.amount - tx.cn_refund_reserved))
        return self.currency_id.round(total - max(received, settled))

    def _cn_trigger_follow_up(self):
        """Have the order confirmed, the invoice made and the payment posted at once, elsewhere."""
        cron = self.env.ref('payment.cron_post_process_payment_tx', raise_if_not_found=False)
        if cron:
            cron.sudo()._trigger()

    def _cn_incident(self, kind, message, state='open'):
        """Tell an accountant. See `payment.cn.incident`."""
        return self.env['payment.cn.incident'].sudo()._cn_report(
            kind, message, transaction=self, state=state
        )
