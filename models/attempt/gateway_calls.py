# Part of payment_cn_wallets. License LGPL-3.

from datetime import timedelta, timezone

import psycopg2

from odoo import fields, models
from odoo.modules import module
from odoo.tools import SQL

from odoo.addons.payment.logging import get_payment_logger

from ... import const
from ...gateways.base import (
    Operation,
    OrderRequest,
    Outcome,
    PaymentResult,
    Reason,
    ReasonKind,
    Scene,
)
from ...tools import throttle

_logger = get_payment_logger(__name__, const.SENSITIVE_KEYS)

# How often an answer is taken in again at once when somebody else writes to the attempt.
ANSWER_TRIES = 4


class PaymentTransaction(models.Model):
    """What gateways are asked about attempts. What they answer goes to `_cn_apply`."""

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
        self._cn_payable().lock()
        self._cn_lock()
        if self.cn_ordered_at or self.state != 'draft' or self.cn_given_up:
            return
        if self._cn_lacks_payer():
            return  # the page goes and asks first
        if self._cn_has_changed():
            return  # the page says so, and offers another amount
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
        # Nobody pays before there is a code: questions begin with the first wait, not at once.
        throttle.acquire(self.env.cr.dbname, self._cn_throttle_key(), (0,))
        result = self._cn_begin_at_gateway(gateway, gateway.order, order, Outcome.REFUSED)
        _logger.info(
            "Order of %(ref)s at %(gateway)s: %(outcome)s",
            {'ref': order.out_trade_no, 'gateway': gateway.code, 'outcome': result.outcome.value},
        )
        self._cn_take_in(result, self._cn_apply_order)

    @staticmethod
    def _cn_begin_at_gateway(gateway, call, request, outcome):
        """Make a call that begins a payment; what its protocol can't carry is an answer, too.

        The attempt is committed by then: an exception would end the request, and leave the payer
        waiting for a code that never comes. After the gateway answered, what can't be read is
        unknown, whatever the mistake.

        :param gateways.base.Gateway gateway: of this attempt alone
        :param callable call: `order` or `charge` of a gateway
        :param request: what it takes
        :param Outcome outcome: what such a mistake amounts to
        :rtype: gateways.base.PaymentResult
        """
        try:
            return call(request)
        except ValueError as error:
            if gateway.client.answered:
                _logger.exception("The answer about %s can't be read", request.out_trade_no)
                outcome, kind = Outcome.UNKNOWN, ReasonKind.NO_ANSWER
            else:
                _logger.error("%s can't be sent to the gateway: %s", request.out_trade_no, error)
                kind = ReasonKind.PARAMETER
            return PaymentResult(outcome, request.out_trade_no, reason=Reason(kind, '', str(error)))

    def _cn_order_request(self, client_ip):
        """Return what is asked of the gateway.

        :rtype: gateways.base.OrderRequest
        """
        self.ensure_one()
        return OrderRequest(
            out_trade_no=self.cn_out_trade_no,
            amount=self._cn_fen(),
            subject=self._cn_subject(),
            document=self._cn_payable().name(),
            wallet=self._cn_wallet(),
            scene=Scene(self.cn_scene),
            notify_url=self.provider_id.cn_notice_url,
            return_url=self._cn_absolute_url(self._cn_back_from_wallet_path()),
            client_ip=client_ip,
            expires_at=self._cn_order_end().replace(tzinfo=timezone.utc),
            payer_id=self.cn_payer_id or '',
            device=self._cn_gateway_device(),
            **self._cn_payable().place(),
        )

    def _cn_subject(self):
        """Return who is paid: with the document's number, the title of the payer's bill."""
        self.ensure_one()
        self.company_id.fetch(['name'])  # not the other two hundred fields
        return self.company_id.name

    def _cn_query(self, schedule=(const.MIN_QUERY_INTERVAL,)):
        """Ask the gateway what became of the attempt, unless somebody asked just now.

        :param tuple schedule: growing gaps between questions, seconds
        :return: whether the gateway was asked
        :rtype: bool
        """
        self.ensure_one()
        if not self.cn_ordered_at or self._cn_is_of_other_merchant():
            return False
        if not throttle.acquire(self.env.cr.dbname, self._cn_throttle_key(), schedule):
            return False
        gateway, number = self._cn_gateway(), self.cn_out_trade_no
        gateway_number = self.provider_reference or ''
        self._cn_commit()
        self._cn_take_in(gateway.query(number, gateway_trade_no=gateway_number))
        return True

    def _cn_ask_soon(self):
        """Have the cron ask the gateway at once: what has just been heard may be overtaken."""
        self.ensure_one()
        self.cn_next_query_at = fields.Datetime.now()
        throttle.forget(self.env.cr.dbname, self._cn_throttle_key())
        cron = self.env.ref('payment_cn_wallets.cron_watch', raise_if_not_found=False)
        if cron:
            cron.sudo()._trigger()

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
        if self._cn_is_of_other_merchant():
            return False
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

    # === COMMITS AND LOCKS === #

    def _cn_commit(self):
        """Commit, so that intent is in the database before the gateway is called, and so that no
        database transaction stays open while the network is waited for. Tests of a single
        transaction can't commit; what depends on it is tested with cursors of its own.

        Shops that let PostgreSQL commit without waiting for the disk (`synchronous_commit`) are
        fast and may lose their last second in a crash. Not this one: money may move now.
        """
        if not module.current_test:
            self.env.cr.execute(SQL(
                "SELECT set_config('synchronous_commit', 'on', true)"
                " WHERE current_setting('synchronous_commit') = 'off'"
            ))
            self.env.cr.commit()  # pylint: disable=invalid-commit

    def _cn_lock(self):
        """Lock the attempt's row and read it anew.

        Under Odoo's isolation level, a change that somebody else committed in the meantime raises
        a serialization failure, and the caller's transaction is repeated.
        """
        self.ensure_one()
        self.env.flush_all()
        # That somebody was quicker is no error: whoever called repeats it.
        self.env.cr.execute(SQL(
            "SELECT id FROM payment_transaction WHERE id = %s FOR NO KEY UPDATE", self.id
        ), log_exceptions=False)
        self.invalidate_recordset()

    def _cn_touch(self, records):
        """Make transactions that decide about the same records follow one another.

        A lock alone would not do: the second one would go on with its old snapshot. An update
        makes it fail and start again, and then it sees what the first one did.
        """
        self.env.flush_all()
        self.env.cr.execute(SQL(
            "UPDATE %s SET write_date = write_date WHERE id IN %s",
            SQL.identifier(records._table), tuple(sorted(records.ids)),
        ), log_exceptions=False)
