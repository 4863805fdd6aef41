# Part of payment_cn_wallets. License LGPL-3.

from datetime import timedelta

from odoo import _, api, fields, models

from odoo.addons.payment.logging import get_payment_logger

from ... import const, gateways
from ...gateways.base import Operation, Outcome, ReasonKind
from ...tools import batches, throttle

_logger = get_payment_logger(__name__, const.SENSITIVE_KEYS)

BATCH = 200


class PaymentTransaction(models.Model):
    """The cron that asks gateways about what nobody waits for."""

    _inherit = 'payment.transaction'

    @api.model
    def _cron_cn_watch(self):
        """Ask about due attempts and refunds, each in a database transaction of its own.

        A shop that no notice reaches still learns of every payment here.
        """
        self._cn_look_after_forgotten()
        due = self.search([
            ('cn_next_query_at', '<=', fields.Datetime.now()),
            ('provider_code', 'in', list(gateways.codes())),
        ], order='cn_next_query_at, id', limit=BATCH)
        cron = self.env['ir.cron']
        cron._commit_progress(remaining=len(due))
        batches.one_by_one(due, lambda tx: tx._cn_watch(), lambda tx, error: tx._cn_watch_failed(error))
        self._cn_complete_bills()
        throttle.collect_garbage(self.env.cr.dbname)

    def _cn_watch_failed(self, error):
        """Note that something is wrong with this one, and leave it alone for a while."""
        _logger.error("Could not look after %s", self.id, exc_info=error)
        self.cn_next_query_at = fields.Datetime.now() + timedelta(minutes=30)

    def _cn_watch(self):
        """Do what is due for one attempt or refund: ask, close, give up, or raise an alarm."""
        self = self._cn_in_accountants_language()  # noqa: PLW0642  (texts made below are for them)
        if self.provider_id.state == 'disabled' and not self._cn_has_credentials():
            self._cn_stop_watching(_(
                "The credentials were removed while %s was open. Compare with the gateway's"
                " console.", self.reference,
            ))
        elif self.state == 'done':
            self._cn_watch_booked()
        elif (self.source_transaction_id or self)._cn_is_of_other_merchant():
            self.write({
                'cn_outcome': Outcome.UNKNOWN.value,
                'cn_next_query_at': fields.Datetime.now() + timedelta(
                    seconds=const.OTHER_MERCHANT_SECONDS
                ),
            })
            self._cn_incident('unknown', _(
                "The credentials of another merchant were entered while %s was open. It can't be"
                " asked about with them: enter the old ones again, or look it up in the gateway's"
                " console.", self.reference,
            ))
        elif self.operation == 'refund':
            if self.state in ('draft', 'pending'):
                self._cn_advance_refund()
            else:
                self.cn_next_query_at = False
        else:
            self._cn_watch_attempt()

    def _cn_watch_booked(self):
        """Look at money in the books that waits: for the rest of it, or for a till's order."""
        if self.cn_verdict == 'held':
            self._cn_reconsider()
        elif self.cn_unclaimed_at:
            self._cn_end_grace()
        else:
            self.cn_next_query_at = False

    def _cn_has_credentials(self):
        credentials = self.provider_id._cn_credentials()
        return all(
            credentials[field.name]
            for field in gateways.get(self.provider_code).credential_fields if field.required
        ) and (self.is_live or bool(self.provider_id.sudo().cn_sandbox_url))

    def _cn_watch_attempt(self):
        """Look after an attempt that is not paid as far as we know."""
        now = fields.Datetime.now()
        dead = bool(self.cn_dead_at and self.cn_dead_at <= now)
        # A reversal that was sent is asked about even when nobody can pay any more.
        if self._cn_is_to_undo() and (self.cn_reversal_sent or not dead):
            self.write({
                'cn_next_query_at': now + timedelta(seconds=const.WATCH_SCHEDULE[
                    min(self.cn_query_count, len(const.WATCH_SCHEDULE) - 1)
                ]),
                'cn_query_count': self.cn_query_count + 1,
            })
            self._cn_advance_undoing()
            if dead:
                self._cn_bury()
            return
        # The next question is noted first: should this process die, it is asked then.
        count = self.cn_query_count
        wait = const.WATCH_SCHEDULE[min(count + 1, len(const.WATCH_SCHEDULE) - 1)]
        next_at = now + timedelta(seconds=wait)
        if self.state in ('cancel', 'error') or (self.cn_dead_at and not dead):
            next_at = min(next_at, self.cn_dead_at) if not dead else next_at
        self.write({'cn_next_query_at': next_at, 'cn_query_count': count + 1})
        expired = self.cn_given_up or (self.cn_expires_at and self.cn_expires_at <= now)
        can_close = gateways.get(self.provider_code).supports(Operation.CLOSE)
        # Some gateways close only minutes after the order, or nothing that nobody has scanned.
        closing = self.state == 'draft' and expired and can_close and not dead
        if not (closing and self._cn_close()):
            self._cn_query()
        if dead:
            self._cn_bury()

    def _cn_is_to_undo(self):
        """Tell whether a charge is to be undone; one that took too long to confirm is from now on."""
        if self.state in ('cancel', 'error'):
            # It turned out paid: only the reversal can tell whether the money is back already.
            return self.cn_outcome == Outcome.PAID.value and self.cn_reversal_sent
        if self.state not in ('draft', 'pending'):
            return False
        late = self.cn_scene == 'code' and self.state == 'pending' and (
            self.cn_expires_at <= fields.Datetime.now()
        )
        if late and not self.cn_reversing and not self.cn_forced_reason:
            self.cn_reversing = True
        return self.cn_reversing

    def _cn_bury(self):
        """End an attempt that nobody can pay any more, if the gateway said that it is unpaid."""
        if self.state == 'done':
            return
        unpaid = self.cn_outcome in (Outcome.WAITING.value, Outcome.REFUSED.value) or (
            self.cn_outcome == Outcome.UNKNOWN.value
            and self.cn_reason_kind == ReasonKind.NOT_FOUND.value
        )
        if unpaid:
            self.cn_next_query_at = False
            if self._cn_is_open():
                self._set_canceled(state_message=_("Not paid in time."))
        elif self.cn_dead_at + timedelta(days=const.WATCH_GRACE_DAYS) <= fields.Datetime.now():
            self._cn_stop_watching(_(
                "The gateway has not told for %(days)s days whether %(ref)s was paid. Look it up in"
                " the gateway's console.",
                days=const.WATCH_GRACE_DAYS, ref=self.reference,
            ))

    def _cn_is_open(self):
        """Tell whether the attempt has no end yet; charges of scanned codes are pending until then."""
        return self.state == 'draft' or (self.state == 'pending' and not self.cn_forced_reason)

    def _cn_stop_watching(self, message):
        self.cn_next_query_at = False
        self._cn_incident('unknown', message)
