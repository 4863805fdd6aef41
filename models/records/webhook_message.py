# Part of payment_cn_wallets. License LGPL-3.

import json
import logging
import random
from datetime import timedelta

import psycopg2

from odoo import _, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ... import const
from ...tools import batches, webhooks

_logger = logging.getLogger(__name__)

BATCH = 200
GONE = 410  # the receiver wants no more messages


class PaymentCnWebhookMessage(models.Model):
    """A message to one of the merchant's own systems.

    It is written in the database transaction in which the money is decided about, so that neither is
    there without the other, and sent after the commit, until it is taken or given up. Its id and its
    body stay the same however often it is sent.
    """

    _name = 'payment.cn.webhook.message'
    _description = "Message to a system of the merchant's own"
    _order = 'id desc'
    _rec_name = 'message_id'

    webhook_id = fields.Many2one(
        string="System", comodel_name='payment.cn.webhook', required=True, readonly=True,
        ondelete='cascade', index=True,
    )
    company_id = fields.Many2one(related='webhook_id.company_id', store=True, index=True)
    transaction_id = fields.Many2one(
        string="Transaction", comodel_name='payment.transaction', readonly=True, ondelete='set null',
        index='btree_not_null',
    )
    kind = fields.Selection(
        selection=[
            ('payment.kept', "Money stays"),
            ('payment.returned', "Money went back"),
            ('webhook.test', "Test"),
        ],
        required=True, readonly=True,
    )
    message_id = fields.Char(
        string="Message number", required=True, readonly=True,
        default=lambda self: webhooks.new_message_id(),
        help="webhook-id: the same however often the message is sent, so that receivers can tell.",
    )
    body = fields.Text(string="What it says", required=True, readonly=True)
    state = fields.Selection(
        selection=[('waiting', "On its way"), ('done', "Taken"), ('failed', "Given up")],
        default='waiting', required=True, readonly=True,
    )
    tries = fields.Integer(readonly=True)
    next_at = fields.Datetime(
        string="Next try", default=fields.Datetime.now, readonly=True, index='btree_not_null',
    )
    claimed_until = fields.Datetime(readonly=True)
    last_at = fields.Datetime(string="Last try", readonly=True)
    last_status = fields.Integer(string="HTTP status", readonly=True)
    last_answer = fields.Char(
        readonly=True, help="The beginning of what was answered, or why there was no answer.",
    )
    last_seconds = fields.Float(string="Seconds", readonly=True, digits=(6, 2))

    _message_id_uniq = models.Constraint('unique(message_id)', "A message has its number alone.")

    # === WRITING === #

    @api.model
    def _cn_put(self, tx, event, fen):
        """Write down what became of money, for all who listen. Money does not depend on it.

        :param payment.transaction tx: the attempt that brought it, or the refund that took it back
        :param str event: `kept` or `returned`
        :param int fen: how much
        :return: the messages
        :rtype: payment.cn.webhook.message
        """
        try:
            with self.env.cr.savepoint():
                hooks = self.env['payment.cn.webhook'].search([
                    ('company_id', '=', tx.company_id.id), (f'sends_{event}', '=', True),
                ])
                kind = f'payment.{event}'
                body = self._cn_body(kind, self._cn_facts(tx, event, fen))
                messages = self.create([
                    {'webhook_id': hook.id, 'transaction_id': tx.id, 'kind': kind, 'body': body}
                    for hook in hooks
                ])
                messages._cn_wake_cron()
        except psycopg2.OperationalError:
            raise  # somebody else was quicker: the decision is made anew, and the message with it
        except Exception:
            _logger.exception("No message could be written about %s", tx.reference)
            return self.browse()
        return messages

    @api.model
    def _cn_put_test(self, hook):
        """Write a message that says no more than that it is one.

        :rtype: payment.cn.webhook.message
        """
        message = self.create({
            'webhook_id': hook.id, 'kind': 'webhook.test',
            'body': self._cn_body('webhook.test', {'name': hook.name}),
        })
        message._cn_wake_cron()
        return message

    @api.model
    def _cn_body(self, kind, data):
        moment = f'{fields.Datetime.now().isoformat()}Z'
        return json.dumps(
            {'type': kind, 'timestamp': moment, 'data': data}, ensure_ascii=False, separators=(',', ':'),
        )

    @api.model
    def _cn_facts(self, tx, event, fen):
        """Return what a message says. Nothing about the payer.

        :return: amounts in fen
        :rtype: dict
        """
        payment = tx.source_transaction_id or tx
        payable = payment._cn_payable()
        place = payable.place()
        facts = {
            'amount': fen,
            'currency': tx.currency_id.name,
            'paid_amount': payment._cn_fen(),
            'kept_amount': payment._cn_kept_fen(),
            'out_trade_no': payment.cn_out_trade_no,
            'gateway_trade_no': payment.provider_reference or None,
            'reference': payment.reference,
            'wallet': payment._cn_wallet().value,
            'gateway': payment.provider_code,
            'scene': payment.cn_scene or None,
            'kind': payable.kind,
            'documents': [
                name for docs in payable.documents() for name in docs.mapped('name') if name
            ] or [payable.name()],
            'store_id': place.get('store_id') or None,
            'terminal_id': place.get('terminal_id') or None,
            'paid_at': f'{payment.cn_paid_at.isoformat()}Z' if payment.cn_paid_at else None,
            'test': not payment.is_live,
        }
        if event == 'returned':
            facts |= {
                'out_refund_no': tx.cn_out_refund_no,
                'gateway_refund_no': tx.provider_reference or None,
                'reason': self._cn_why_back(tx.cn_out_refund_no, payment),
            }
        return facts

    @api.model
    def _cn_why_back(self, number, payment):
        """Return who sent money back: the shop, this addon by itself, or somebody in the gateway's console."""
        if number == payment._cn_return_number():
            return 'unwanted'
        return 'refund' if number.startswith('R') else 'console'

    # === SENDING === #

    def _cn_wake_cron(self):
        cron = self.env.ref('payment_cn_wallets.cron_webhooks', raise_if_not_found=False)
        if self and cron:
            cron.sudo()._trigger()

    def _cn_send_soon(self):
        """Have messages sent as soon as possible, as if they had never been tried."""
        self.write({'state': 'waiting', 'tries': 0, 'next_at': fields.Datetime.now()})
        self._cn_wake_cron()

    @api.model
    def _cron_cn_send(self):
        """Send what is due. A system that does not answer keeps its own messages waiting, no others."""
        due = self.search([
            ('state', '=', 'waiting'), ('next_at', '<=', fields.Datetime.now()),
            ('webhook_id.active', '=', True),
        ], order='next_at, id', limit=BATCH)
        self.env['ir.cron']._commit_progress(remaining=len(due))
        silent = set()

        def send(message):
            if message.webhook_id.id not in silent and message._cn_send() is False:
                silent.add(message.webhook_id.id)

        batches.one_by_one(due, send, lambda message, error: message._cn_broken(error))

    def _cn_broken(self, error):
        _logger.error("Message %s could not be sent", self.message_id, exc_info=error)
        self._cn_fail(webhooks.Answer(0, type(error).__name__))

    def _cn_send(self):
        """Send the message, unless somebody else is at it.

        :return: whether it was taken; None when nothing was sent
        :rtype: bool|None
        """
        self.ensure_one()
        if not self._cn_claim():
            return None
        hook, message_id = self.webhook_id, self.message_id
        body, keys = self.body.encode(), hook._cn_secrets()
        url, private = hook.url, hook.allows_private
        self.env['payment.transaction']._cn_commit()  # nothing is open while the network is waited for
        if not keys:
            answer = webhooks.Answer(0, "no secret")
        else:
            answer = webhooks.post(url, body, webhooks.headers(message_id, body, keys), private)
        _logger.info("Message %s to system %s: %s", message_id, hook.id, answer.status or answer.text)
        if answer.taken:
            self.write({
                'state': 'done', 'next_at': False, 'claimed_until': False, **self._cn_noted(answer),
            })
        else:
            self._cn_fail(answer)
        return answer.taken

    def _cn_claim(self):
        """Make the message this worker's own, unless it is another's, or has been sent meanwhile.

        :rtype: bool
        """
        self.env.flush_all()
        now = fields.Datetime.now()
        self.env.cr.execute(SQL(
            """SELECT id FROM payment_cn_webhook_message
                WHERE id = %s AND state = 'waiting' AND next_at <= %s
                  AND (claimed_until IS NULL OR claimed_until <= %s)
                FOR NO KEY UPDATE SKIP LOCKED""", self.id, now, now,
        ), log_exceptions=False)
        claimed = bool(self.env.cr.fetchone())
        self.invalidate_recordset()
        if claimed:
            # Should this process die, it is sent again after that.
            self.write({
                'claimed_until': now + timedelta(seconds=const.WEBHOOK_CLAIM_SECONDS),
                'tries': self.tries + 1, 'last_at': now,
            })
        return claimed

    def _cn_fail(self, answer):
        """Note that the message was not taken, and when it is tried again."""
        values = {'claimed_until': False, **self._cn_noted(answer)}
        gone = answer.status == GONE
        if gone or self.kind == 'webhook.test' or self.tries > len(const.WEBHOOK_SCHEDULE):
            values |= {'state': 'failed', 'next_at': False}
        else:
            wait = const.WEBHOOK_SCHEDULE[max(self.tries, 1) - 1]
            wait = max(wait * random.uniform(1, 1.2), min(answer.retry_after, const.WEBHOOK_SCHEDULE[-1]))  # noqa: S311
            values['next_at'] = fields.Datetime.now() + timedelta(seconds=wait)
        self.write(values)
        if gone:
            self.webhook_id.active = False
        if values.get('state') == 'failed':
            self._cn_report_failed(gone)

    @staticmethod
    def _cn_noted(answer):
        return {
            'last_status': answer.status, 'last_answer': answer.text,
            'last_seconds': round(answer.seconds, 2),
        }

    def _cn_report_failed(self, gone):
        """Tell an administrator, once for all messages that a system does not take."""
        provider = self.transaction_id.provider_id
        if not provider:
            return
        admin = self.env.ref('base.user_admin')
        self = self.with_context(lang=admin.lang or self.env.lang)  # noqa: PLW0642  (texts are for them)
        if gone:
            text = self.env._(
                "%s answered that it wants no more messages (410), and was switched off.",
                self.webhook_id.name,
            )
        else:
            text = self.env._(
                "%s did not take messages about money for days. They can be sent again from their list.",
                self.webhook_id.name,
            )
        self.env['payment.cn.incident'].sudo()._cn_report(
            'webhook', text, provider=provider.with_env(self.env), user=admin,
        )

    # === ACTION METHODS === #

    def action_cn_send_again(self):
        """Send messages once more, whatever became of them, under their old numbers."""
        self.env['payment.cn.webhook'].check_access('write')
        now = fields.Datetime.now()
        for message in self.sudo():
            if not message.webhook_id.active:
                raise UserError(_("%s is switched off.", message.webhook_id.name))
            if message.claimed_until and message.claimed_until > now:
                raise UserError(_("%s is being sent right now.", message.message_id))
        self.sudo()._cn_send_soon()

    # === CLEANING UP === #

    @api.autovacuum
    def _gc_messages(self):
        """Delete what has been settled for long.

        :return: how many, and whether there are more
        :rtype: tuple[int, int]
        """
        old = self.search([
            ('state', '!=', 'waiting'),
            ('create_date', '<', fields.Datetime.now() - timedelta(days=const.WEBHOOK_KEEP_DAYS)),
        ], order='id', limit=BATCH)
        count = len(old)
        old.unlink()
        return count, int(count == BATCH)
