# Part of payment_cn_wallets. License LGPL-3.

import base64
import hashlib
import hmac
from datetime import timezone

import psycopg2
from psycopg2.extras import Json

from odoo import _, api, fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL

from odoo.addons.payment.logging import get_payment_logger

from .. import const
from ..gateways.base import NoticeRejected, Outcome
from ..tools import throttle

_logger = get_payment_logger(__name__, const.SENSITIVE_KEYS)

# How often the cron begins anew with a notice when somebody else is at the same payment.
COLLISIONS = 5


class PaymentCnNotice(models.Model):
    """A notice of a gateway, kept as it came: verified, stored once, then processed."""

    _name = 'payment.cn.notice'
    _description = "Notice of a wallet gateway"
    _order = 'id desc'
    _rec_name = 'number'

    provider_id = fields.Many2one(
        string="Gateway", comodel_name='payment.provider', required=True, readonly=True,
        ondelete='cascade', index=True,
    )
    company_id = fields.Many2one(related='provider_id.company_id', store=True)
    transaction_id = fields.Many2one(
        string="Transaction", comodel_name='payment.transaction', readonly=True,
        ondelete='set null', index='btree_not_null',
    )
    kind = fields.Selection(
        selection=[('payment', "Payment"), ('refund', "Refund")], readonly=True, required=True
    )
    number = fields.Char(string="Number", help="Our number of the attempt or refund.", readonly=True)
    digest = fields.Char(
        help="What makes the notice unique: the gateway's number of it, or else a hash of its body.",
        required=True, readonly=True,
    )
    headers = fields.Json(readonly=True)
    body = fields.Binary(string="Body as received", readonly=True, attachment=False)
    remote_addr = fields.Char(string="Sender", readonly=True)
    copies = fields.Integer(string="Received", default=1, readonly=True)
    state = fields.Selection(
        selection=[
            ('new', "To process"),
            ('done', "Processed"),
            ('refused', "Refused"),
            ('failed', "Failed"),
        ],
        default='new', required=True, readonly=True, index=True,
    )
    reason = fields.Char(readonly=True)
    tries = fields.Integer(readonly=True)
    processed_at = fields.Datetime(readonly=True)

    _digest_uniq = models.Constraint(
        'unique(provider_id, digest)', "This notice has been stored before."
    )

    # === STORING === #

    @api.model
    def _cn_receive(self, provider, headers, body, remote_addr):
        """Verify a notice and store it, once however often and however concurrently it comes.

        :param payment.provider provider: the gateway that it claims to come from
        :param dict headers: HTTP headers
        :param bytes body: body, exactly as received
        :param str remote_addr: the sender's address
        :return: the notice; empty when the same one had been stored already
        :rtype: payment.cn.notice
        :raise gateways.base.NoticeRejected: when nothing in it can be believed
        """
        notice = provider._cn_gateway().parse_notice(headers, body)
        # Alipay tells of a refund with the payment's own state beside it.
        about_refund = notice.kind == 'refund'
        result = notice.refund if about_refund else notice.payment
        number = result.out_refund_no if about_refund else result.out_trade_no
        digest = notice.notice_id or hashlib.sha256(body).hexdigest()
        kept = {
            name: value for name, value in headers.items()
            if name.lower() in self._cn_kept_headers()
        }
        self.env.cr.execute(SQL(
            """INSERT INTO payment_cn_notice (
                   provider_id, company_id, kind, number, digest, headers, body, remote_addr,
                   copies, state, tries, create_date, write_date, create_uid, write_uid
               ) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, 1, 'new', 0,
                         now() at time zone 'UTC', now() at time zone 'UTC', %s, %s)
               ON CONFLICT (provider_id, digest) DO NOTHING RETURNING id""",
            provider.id, provider.company_id.id, notice.kind, number, digest,
            Json(kept), psycopg2.Binary(base64.b64encode(body)), remote_addr,
            self.env.uid, self.env.uid,
        ))
        row = self.env.cr.fetchone()
        _logger.info(
            "Notice about %(number)s from provider %(provider)s: %(outcome)s%(again)s",
            {
                'number': number, 'provider': provider.id, 'outcome': result.outcome.value,
                'again': '' if row else ' (known already)',
            },
        )
        return self.browse(row[0] if row else [])

    @api.model
    def _cn_kept_headers(self):
        """Names of the headers that signatures of some gateway cover, lower case."""
        return {
            'content-type', 'wechatpay-timestamp', 'wechatpay-nonce', 'wechatpay-signature',
            'wechatpay-serial', 'wechatpay-signature-type',
        }

    @api.model
    def _cn_rejected(self, provider, error):
        """Tell an administrator, at most once an hour, that notices can't be believed.

        Anybody can send rubbish to the address, so rubbish must not fill the database.
        """
        _logger.warning("Notice to provider %s rejected: %s", provider.id, error.kind)
        provider = provider._cn_in_accountants_language()
        self = self.with_env(provider.env)  # noqa: PLW0642  (texts made below are for them)
        if error.kind == 'signature' and throttle.acquire(
            self.env.cr.dbname, f'rejected-{provider.id}', (3600,)
        ):
            self.env['payment.cn.incident']._cn_report(
                'notice',
                _(
                    "Notices arrive that are not signed with the key of %s. Either the key is wrong"
                    " (test the connection), or somebody is trying to cheat. None was believed.",
                    provider.name,
                ),
                provider=provider,
            )

    # === PROCESSING === #

    def _cn_process(self):
        """Process the notice; what goes wrong is kept with it.

        :return: None
        """
        self = self.with_env(  # noqa: PLW0642  (texts made below are for accountants)
            self.provider_id._cn_in_accountants_language().env
        )
        self.env.flush_all()
        self.env.cr.execute(SQL(
            "SELECT state FROM payment_cn_notice WHERE id = %s FOR NO KEY UPDATE", self.id
        ))
        self.invalidate_recordset()
        if self.state in ('done', 'refused'):
            return
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

    def _cn_apply(self):
        """Hand what the notice says to its attempt or refund.

        :return: new state of the notice, and the reason
        :rtype: tuple[str, str|bool]
        """
        provider = self.provider_id
        gateway = provider._cn_gateway()
        # It need not be younger now than protocols allow: it was when it came.
        gateway.clock = lambda: self.create_date.replace(tzinfo=timezone.utc)
        try:
            notice = gateway.parse_notice(self.headers or {}, base64.b64decode(self.body))
        except NoticeRejected:
            return 'refused', _("The signature does not fit the present key.")
        field = 'cn_out_trade_no' if notice.kind == 'payment' else 'cn_out_refund_no'
        tx = self.env['payment.transaction'].search([(field, '=', self.number)])
        if refusal := self._cn_refusal(notice, gateway, tx):
            self.env['payment.cn.incident']._cn_report(
                'notice', refusal, transaction=tx, provider=provider, notice=self
            )
            return 'refused', refusal
        self.transaction_id = tx
        if notice.kind == 'payment':
            tx._cn_apply(notice.payment)
        elif self._cn_is_hint(notice.refund):
            tx._cn_ask_about_refund_soon()
        else:
            tx._cn_apply_refund(notice.refund)
        return 'done', False

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
