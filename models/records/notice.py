# Part of payment_cn_wallets. License LGPL-3.

import base64
import hashlib
import json
from datetime import timedelta

import psycopg2
from psycopg2.extras import Json

from odoo import _, api, fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL

from odoo.addons.payment.logging import get_payment_logger

from ... import const
from ...gateways import money
from ...tools import throttle

_logger = get_payment_logger(__name__, const.SENSITIVE_KEYS)

# How often the cron begins anew with a notice when somebody else is at the same payment.
COLLISIONS = 5

# So many old notices are looked at in one run.
GC_BATCH = 1000


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
    content = fields.Json(string="Content", readonly=True, help="Read, with personal numbers masked.")
    content_text = fields.Text(string="What it says", compute='_compute_content_text')
    outcome = fields.Selection(
        selection=[
            ('paid', "Paid"), ('refused', "Refused"), ('waiting', "Waiting"),
            ('unknown', "Unknown"),
        ],
        readonly=True, help="Of a refund: whether it went through.",
    )
    amount = fields.Monetary(currency_field='currency_id', readonly=True)
    currency_id = fields.Many2one(
        comodel_name='res.currency', compute='_compute_currency_id', help="The wallets' notices are in CNY.",
    )
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

    # === COMPUTE METHODS === #

    @api.depends('content', 'body')
    def _compute_content_text(self):
        """Show what was read of a notice, or else what came."""
        for notice in self:
            if notice.content:
                notice.content_text = json.dumps(notice.content, ensure_ascii=False, indent=2)
            else:
                body = base64.b64decode(notice.body or b'')
                notice.content_text = body.decode('utf-8', errors='replace')

    def _compute_currency_id(self):
        self.currency_id = self.env.ref('base.CNY')

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
        amount = None if result.amount is None else float(money.to_yuan(result.amount))
        number = result.out_refund_no if about_refund else result.out_trade_no
        digest = notice.notice_id or hashlib.sha256(body).hexdigest()
        kept = {
            name: value for name, value in headers.items()
            if name.lower() in self._cn_kept_headers()
        }
        self.env.cr.execute(SQL(
            """INSERT INTO payment_cn_notice (
                   provider_id, company_id, kind, number, digest, headers, body, remote_addr,
                   outcome, amount, content,
                   copies, state, tries, create_date, write_date, create_uid, write_uid
               ) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 1, 'new', 0,
                         now() at time zone 'UTC', now() at time zone 'UTC', %s, %s)
               ON CONFLICT (provider_id, digest) DO NOTHING RETURNING id""",
            provider.id, provider.company_id.id, notice.kind, number, digest,
            Json(kept), psycopg2.Binary(base64.b64encode(body)), remote_addr,
            result.outcome.value, amount, Json(dict(notice.raw or result.raw)),
            self.env.uid, self.env.uid,
        ), log_exceptions=False)  # a copy at the same time is no error, see the controller
        row = self.env.cr.fetchone()
        _logger.info(
            "Notice about %(number)s from provider %(provider)s: %(outcome)s%(again)s",
            {
                'number': number, 'provider': provider.id, 'outcome': result.outcome.value,
                'again': '' if row else ' (known already)',
            },
        )
        if not row:
            self._cn_count_copy(provider, digest)
        return self.browse(row[0] if row else [])

    @api.model
    def _cn_count_copy(self, provider, digest):
        """Count that a notice came once more; not while it is being processed, which goes before."""
        try:
            with self.env.cr.savepoint(flush=False):
                self.env.cr.execute(SQL(
                    """UPDATE payment_cn_notice SET copies = copies + 1 WHERE id IN (
                           SELECT id FROM payment_cn_notice WHERE provider_id = %s AND digest = %s
                              FOR NO KEY UPDATE SKIP LOCKED
                       )""", provider.id, digest,
                ), log_exceptions=False)
            self.invalidate_model(['copies'])
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            _logger.info("A copy of a notice to provider %s was not counted", provider.id)

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

    # === CLEANING UP === #

    @api.autovacuum
    def _gc_notices(self):
        """Delete old notices of payments that are settled: no answer, refund or task is open any more.

        :return: how many, and whether there are more
        :rtype: tuple[int, int]
        """
        deleted = left = 0
        for provider in self.env['payment.provider'].search([('cn_keep_notice_days', '>', 0)]):
            old = self.search([
                ('provider_id', '=', provider.id),
                ('create_date', '<', fields.Datetime.now() - timedelta(
                    days=provider.cn_keep_notice_days
                )),
            ], order='id', limit=GC_BATCH)
            settled = old.filtered(lambda notice: notice._cn_is_settled())
            deleted += len(settled)
            left += len(old) == GC_BATCH and bool(settled)
            settled.unlink()
        return deleted, left

    def _cn_is_settled(self):
        """Tell whether nothing can come any more of the payment or refund that the notice is about."""
        self.ensure_one()
        tx = self.transaction_id.source_transaction_id or self.transaction_id
        family = tx | tx.child_transaction_ids
        return not family.filtered(lambda one: (
            one.state in ('draft', 'pending', 'authorized') or one.cn_next_query_at
            or one.cn_verdict == 'held' or (one.state == 'done' and not one.is_post_processed)
            or one.cn_incident_ids.filtered(lambda incident: incident.state == 'open')
        ))
