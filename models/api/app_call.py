# Part of payment_cn_wallets. License LGPL-3.

from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ...tools.problems import Problem

# A request that has not ended after so many seconds is taken for dead. More than gateways take.
PATIENCE = 120
# For so long the answer to a repeated request is kept, hours.
KEPT_HOURS = 48
BATCH = 1000


class PaymentCnAppCall(models.Model):
    """A request of an app that changes something, by its `Idempotency-Key`: done once, answered often.

    It is committed before anything is done, so that a copy which comes meanwhile finds it.
    """

    _name = 'payment.cn.app.call'
    _description = "Request of an app"
    _order = 'id desc'
    _rec_name = 'idempotency_key'

    caller = fields.Char(required=True, readonly=True)
    idempotency_key = fields.Char(required=True, readonly=True)
    fingerprint = fields.Char(required=True, readonly=True)
    state = fields.Selection(
        selection=[('running', "Running"), ('open', "To be repeated"), ('done', "Done")],
        required=True, readonly=True,
    )
    runner = fields.Char(readonly=True)
    begun_at = fields.Datetime(required=True, readonly=True)
    status = fields.Integer(readonly=True)
    answer = fields.Text(readonly=True)
    headers = fields.Json(readonly=True)
    transaction_id = fields.Many2one(
        comodel_name='payment.transaction', readonly=True, ondelete='set null', index='btree_not_null',
    )

    _caller_key_uniq = models.Constraint(
        'unique(caller, idempotency_key)', "This request is known already."
    )

    @api.model
    def _cn_begin(self, caller, key, fingerprint, runner):
        """Return the record of a request: done already, or this runner's to do.

        :param str caller: see `Caller.name`
        :param str key: the request's `Idempotency-Key`
        :param str fingerprint: of what is asked
        :param str runner: tells apart who does it
        :rtype: payment.cn.app.call
        :raise Problem: when the key belongs to another request, or the first one is still running
        """
        now = fields.Datetime.now()
        self.env.cr.execute(SQL(
            """INSERT INTO payment_cn_app_call (
                   caller, idempotency_key, fingerprint, state, runner, begun_at,
                   create_date, write_date, create_uid, write_uid
               ) VALUES (%s, %s, %s, 'running', %s, %s, %s, %s, %s, %s)
               ON CONFLICT (caller, idempotency_key) DO NOTHING RETURNING id""",
            caller, key, fingerprint, runner, now, now, now, self.env.uid, self.env.uid,
        ), log_exceptions=False)
        if row := self.env.cr.fetchone():
            return self.browse(row[0])
        call = self.search([('caller', '=', caller), ('idempotency_key', '=', key)])
        if call.fingerprint != fingerprint:
            raise Problem('idempotency-key-reused')
        if call.state == 'running' and call.runner != runner and (
            call.begun_at > now - timedelta(seconds=PATIENCE)
        ):
            raise Problem('still-running', headers={'Retry-After': '5'})
        if call.state != 'done':
            call.write({'state': 'running', 'runner': runner, 'begun_at': now})
            self.env.flush_all()
        return call

    def _cn_end(self, status, answer, headers):
        """Keep the answer, for whoever asks the same again."""
        self.write({'state': 'done', 'status': status, 'answer': answer, 'headers': headers})

    def _cn_leave_open(self):
        """Let the request be repeated: nothing was done that a repetition would not go on with."""
        self.state = 'open'

    @api.autovacuum
    def _gc_calls(self):
        """Delete what nobody repeats any more.

        :return: how many, and whether there are more
        :rtype: tuple[int, int]
        """
        old = self.search([
            ('begun_at', '<', fields.Datetime.now() - timedelta(hours=KEPT_HOURS)),
        ], order='id', limit=BATCH)
        count = len(old)
        old.unlink()
        return count, int(count == BATCH)
