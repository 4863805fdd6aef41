# Part of payment_cn_wallets. License LGPL-3.

import base64
import hmac
from datetime import timedelta, timezone

import psycopg2

from odoo import _, api, fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL

from odoo.addons.payment.logging import get_payment_logger

from ... import const
from ...gateways.base import NoticeRejected, Outcome
from . import notice as _notice  # noqa: F401  (the model that is extended here comes first)

_logger = get_payment_logger(__name__, const.SENSITIVE_KEYS)

# How often the cron begins anew with a notice when somebody else is at the same payment.
COLLISIONS = 5


class PaymentCnNotice(models.Model):
    """What becomes of a notice that was stored: it is handed to its attempt or refund, once."""

    _inherit = 'payment.cn.notice'

    # === PROCESSING === #

    def _cn_process(self):
        """Process the notice; what goes wrong is kept with it.

        Nothing is done while somebody else is at it.

        :return: None
        """
        if not self._cn_lock():
            return
        self = self.with_env(  # noqa: PLW0642  (texts made below are for accountants)
            self.provider_id._cn_in_accountants_language().env
        )
        try:
            with self.env.cr.savepoint():
                state, reason = self._cn_apply()
                self.env.flush_all()
        except psycopg2.OperationalError:
            raise  # somebody else was quicker, or the database has trouble: it stays to be processed
        except Exception as error:
            _logger.exception("Notice %s could not be processed", self.id)
            state, reason = 'failed', str(error)[:500]
        self.write({
            'state': state,
            'reason': reason,
            'tries': self.tries + 1,
            'processed_at': fields.Datetime.now(),
        })
        if state == 'done' and self.tries > 1:
            self.env['payment.cn.incident'].sudo().search([('notice_id', '=', self.id)])._cn_settle(
                _("The notice about %s has been processed.", self.number)
            )

    def _cn_lock(self):
        """Lock the notice, unless it is locked or has been processed.

        Its request and the cron both come for it. Whoever asks first in its database transaction,
        before anything else, sees the row as it is and never collides with the other one.

        :rtype: bool
        """
        self.ensure_one()
        self.env.flush_all()
        self.env.cr.execute(SQL(
            "SELECT id FROM payment_cn_notice WHERE id = %s AND state IN ('new', 'failed')"
            " FOR NO KEY UPDATE SKIP LOCKED", self.id
        ), log_exceptions=False)
        locked = bool(self.env.cr.fetchone())
        self.invalidate_recordset()
        return locked

    def _cn_apply(self):
        """Hand what the notice says to its attempt or refund.

        :return: new state of the notice, and the reason
        :rtype: tuple[str, str|bool]
        """
        provider = self.provider_id
        gateway = provider._cn_gateway()
        try:
            notice = gateway.parse_notice(
                self.headers or {}, base64.b64decode(self.body),
                received_at=self.create_date.replace(tzinfo=timezone.utc),
            )
        except NoticeRejected:
            return 'refused', _("The signature does not fit the present key.")
        field = 'cn_out_trade_no' if notice.kind == 'payment' else 'cn_out_refund_no'
        transactions = self.env['payment.transaction']
        tx = transactions.search([(field, '=', self.number)])
        if not tx and notice.kind == 'refund':
            # A refund that was made in the gateway's console: its number is not one of ours.
            source = notice.refund.out_trade_no or (notice.payment and notice.payment.out_trade_no)
            tx = (source and transactions.search([('cn_out_trade_no', '=', source)])) or tx
        if refusal := self._cn_refusal(notice, gateway, tx):
            self.env['payment.cn.incident']._cn_report(
                'notice', refusal, transaction=tx, provider=provider, notice=self
            )
            return 'refused', refusal
        self.transaction_id = tx
        if notice.kind == 'payment' and self._cn_is_overtaken(tx, notice.payment):
            tx._cn_ask_soon()
        elif notice.kind == 'payment':
            tx._cn_apply(notice.payment)
        elif tx.cn_out_trade_no and notice.payment:
            tx._cn_apply(notice.payment)  # with the sum of what went back
        elif tx.cn_out_trade_no:
            tx._cn_apply_console_refund(notice.refund, self.number)
        elif self._cn_is_hint(notice.refund):
            tx._cn_ask_about_refund_soon()
        else:
            tx._cn_apply_refund(notice.refund)
        return 'done', False

    @staticmethod
    def _cn_is_overtaken(tx, payment):
        """Tell whether a notice says what may not be true any more.

        Some gateways repeat for a day what they said first. Who refunds in the console meanwhile
        has not been told of the payment: nothing may be confirmed on the old word alone.
        """
        if tx.state == 'done' or payment.outcome != Outcome.PAID:
            return False
        if tx.cn_incident_ids.filtered(lambda one: one.kind == 'gone' and one.state == 'open'):
            return True  # it is known already that the money has left
        return bool(payment.paid_at) and (
            fields.Datetime.now() - tx._cn_naive(payment.paid_at)
            > timedelta(seconds=const.NOTICE_FRESH_SECONDS)
        )

    @staticmethod
    def _cn_is_hint(refund):
        """Tell whether a notice says no more than that something has happened to a refund.

        Alipay tells the sum of all refunds only, and WeChat's version 2 does not sign.
        """
        return refund.outcome == Outcome.UNKNOWN or (
            refund.outcome == Outcome.PAID and refund.amount is None
        )

    def _cn_refusal(self, notice, gateway, tx):
        """Return why a well-signed notice does not fit its attempt, or an empty string.

        :rtype: str
        """
        if not tx:
            return _("A notice about %s came, but this database has no such payment.", self.number)
        if tx.provider_id != self.provider_id:
            return _("A notice about %s came through another gateway.", tx.reference)
        if notice.currency != tx.currency_id.name:
            return _("A notice about %s is in another currency.", tx.reference)
        credentials = self.provider_id._cn_credentials()
        for name in gateway.merchant_fields:
            said, ours = notice.merchant.get(name, ''), credentials.get(name, '')
            if not hmac.compare_digest(said.encode(), ours.encode()):
                return _("A notice about %s names another merchant.", tx.reference)
        result = notice.refund if notice.kind == 'refund' else notice.payment
        if result.amount is None and (notice.kind == 'refund' or result.outcome != Outcome.PAID):
            return ''  # nothing is booked on it
        if notice.kind == 'refund' and tx.cn_out_trade_no and result.amount <= tx._cn_kept_fen():
            return ''  # made in the gateway's console, of what is still there
        if result.amount != tx._cn_fen():
            return _(
                "A notice about %(ref)s says %(said)s instead of %(due)s.",
                ref=tx.reference, said=tx._cn_format(result.amount),
                due=tx._cn_format(tx._cn_fen()),
            )
        return ''

    @api.model
    def _cron_cn_process(self):
        """Process what was stored and could not be processed at once."""
        notices = self.search([
            '|', ('state', '=', 'new'), '&', ('state', '=', 'failed'), ('tries', '<', 5),
        ], order='id', limit=200)
        cron = self.env['ir.cron']
        cron._commit_progress(remaining=len(notices))
        collided = False
        for notice in notices:
            notice = notice[0]  # each iteration commits
            collided |= not notice._cn_process_anew()
            if not cron._commit_progress(processed=1):
                break
        if collided:
            # The payer may be waiting for it. A trigger for now wakes the workers; one for a
            # moment in the future would wait for their next round, a minute later.
            self.env.ref('payment_cn_wallets.cron_notices').sudo()._trigger()

    def _cn_process_anew(self):
        """Process the notice, at once with a new snapshot where somebody else has been quicker.

        Each try waits for the other one's lock, so it does not spin. Other trouble of the database
        may last (a statement that takes too long, say): the notice waits for the next round then,
        and those behind it do not wait for it.

        :return: False when it collided every time, and stays to be processed
        :rtype: bool
        """
        for _again in range(COLLISIONS):
            try:
                self._cn_process()
                self.env.flush_all()
                return True
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                self.env.cr.rollback()
            except psycopg2.OperationalError:
                _logger.exception("The database could not process notice %s", self.id)
                self.env.cr.rollback()
                return True
        return False

    # === ACTION METHODS === #

    def action_process_again(self):
        """Process notices again that failed or were refused, for instance after a correction."""
        self.check_access('read')
        for notice in self.sudo():
            if notice.state in ('failed', 'refused'):
                notice.state = 'new'
            notice._cn_process()
