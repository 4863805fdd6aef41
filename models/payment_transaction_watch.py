# Part of payment_cn_wallets. License LGPL-3.

from datetime import timedelta

import psycopg2

from odoo import _, api, fields, models

from odoo.addons.payment.logging import get_payment_logger

from .. import const, gateways
from ..gateways.base import Operation, Outcome, ReasonKind
from ..tools import throttle

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
        due = self.search([
            ('cn_next_query_at', '<=', fields.Datetime.now()),
            ('provider_code', 'in', list(gateways.codes())),
        ], order='cn_next_query_at, id', limit=BATCH)
        cron = self.env['ir.cron']
        cron._commit_progress(remaining=len(due))
        for tx in due:
            tx = tx[0]  # each iteration commits, so there is nothing to prefetch together
            try:
                tx._cn_watch()
            except psycopg2.OperationalError:
                self.env.cr.rollback()  # somebody else is at it: next time
            except Exception:
                self.env.cr.rollback()
                _logger.exception("Could not look after %s", tx.id)
                tx.cn_next_query_at = fields.Datetime.now() + timedelta(minutes=30)
            if not cron._commit_progress(processed=1):
                break
        self._cn_complete_bills()
        throttle.collect_garbage(self.env.cr.dbname)

    def _cn_watch(self):
        """Do what is due for one attempt or refund: ask, close, give up, or raise an alarm."""
        self = self._cn_in_accountants_language()  # noqa: PLW0642  (texts made below are for them)
        if self.provider_id.state == 'disabled' and not self._cn_has_credentials():
            self._cn_stop_watching(_(
                "The credentials were removed while %s was open. Compare with the gateway's"
                " console.", self.reference,
            ))
        elif self.operation == 'refund':
            if self.state in ('draft', 'pending'):
                self._cn_advance_refund()
            else:
                self.cn_next_query_at = False
        elif self.state == 'done':
            self.cn_next_query_at = False
        else:
            self._cn_watch_attempt()

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
        """Tell whether the attempt has no end yet."""
        return self.state == 'draft'

    def _cn_stop_watching(self, message):
        self.cn_next_query_at = False
        self._cn_incident('unknown', message)
