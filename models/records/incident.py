# Part of payment_cn_wallets. License LGPL-3.

from odoo import _, api, fields, models
from odoo.exceptions import AccessError

from ...tools import mails

# What an incident says. Its buttons alone change its state.
FROZEN = {
    'kind', 'state', 'message', 'count', 'last_at', 'transaction_id', 'provider_id', 'notice_id',
    'resolution', 'till_line',
}

# Kinds that tell of one thing: whoever has the first on the list gets no second task.
SAME_CAUSE = {'amount': {'notice'}, 'notice': {'amount'}, 'unknown': {'unproven'}}


class PaymentCnIncident(models.Model):
    _name = 'payment.cn.incident'
    _description = "Wallet payment that needs a person"
    _inherit = ['mail.thread', 'mail.activity.mixin']
    _order = 'state desc, id desc'

    name = fields.Char(string="Subject", compute='_compute_name')
    kind = fields.Selection(
        selection=[
            ('amount', "Amounts differ"),
            ('late', "Paid late, booked"),
            ('held', "Too little, held"),
            ('gone', "Sent back in the gateway's console"),
            ('double', "Paid twice or unwanted, sent back"),
            ('contradiction', "Gateway contradicts itself"),
            ('refund', "Refund refused"),
            ('unknown', "Outcome can't be found out"),
            ('follow_up', "Follow-up keeps failing"),
            ('notice', "Notice refused"),
            ('certificate', "Certificate ends soon"),
            ('unproven', "Till payment that no gateway confirmed"),
            ('unclaimed', "Till payment that no order has"),
            ('webhook', "Own system takes no messages"),
        ],
        required=True, readonly=True,
    )
    state = fields.Selection(
        selection=[('open', "To do"), ('done', "Done")], default='open', required=True,
        tracking=True, index=True,
    )
    message = fields.Text(string="What happened", required=True, readonly=True)
    count = fields.Integer(string="Times", default=1, readonly=True)
    last_at = fields.Datetime(
        string="Last time", default=fields.Datetime.now, required=True, readonly=True
    )
    transaction_id = fields.Many2one(
        string="Transaction", comodel_name='payment.transaction', readonly=True,
        ondelete='cascade', index='btree_not_null',
    )
    provider_id = fields.Many2one(
        string="Gateway", comodel_name='payment.provider', readonly=True, ondelete='cascade',
        required=True,
    )
    notice_id = fields.Many2one(
        string="Notice", comodel_name='payment.cn.notice', readonly=True, ondelete='set null',
        groups='base.group_system',
    )
    resolution = fields.Char(
        string="Settled by", readonly=True, help="By what the cause went away, where it did so by itself.",
    )
    till_line = fields.Char(
        string="Payment line of the till", readonly=True, index='btree_not_null',
        help="That a manager took for paid.",
    )
    company_id = fields.Many2one(related='provider_id.company_id', store=True, index=True)
    currency_id = fields.Many2one(related='transaction_id.currency_id')
    amount = fields.Monetary(related='transaction_id.amount')

    # === RECORDS THAT CAN'T BE BENT === #

    def write(self, vals):
        """Override: what happened is not rewritten, and the buttons say what is done.

        :raise AccessError: for other changes than those of mail and activities
        """
        if not self.env.su and vals.keys() & FROZEN:
            raise AccessError(_("An incident is not changed by hand. Use its buttons."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_by_code(self):
        """Keep what accountants were told, whoever would like it gone."""
        if not self.env.su:
            raise AccessError(_("An incident is not changed by hand. Use its buttons."))

    # === COMPUTE METHODS === #

    @api.depends('kind', 'transaction_id')
    @api.depends_context('lang')
    def _compute_name(self):
        kinds = dict(self._fields['kind']._description_selection(self.env))
        for incident in self:
            subject = incident.transaction_id.sudo().reference or incident.provider_id.sudo().name
            incident.name = f"{kinds.get(incident.kind, '')}: {subject}"

    # === BUSINESS METHODS === #

    @api.model
    def _cn_report(self, kind, message, *, transaction=None, provider=None, notice=None,
                   state='open', user=None, till_line=False):
        """Put something on the accountants' list; the same trouble again only counts up.

        What is said of it last is what the incident says; the chatter has what it said before.

        :param str kind: see the field
        :param str message: translated sentence: what happened, and what was done about it
        :param payment.transaction transaction: the attempt or refund concerned
        :param payment.provider provider: the gateway, when there is no transaction
        :param payment.cn.notice notice: the notice concerned
        :param str state: `done` for what accountants should know but need not act on
        :param res.users user: who has to act, when it is not the accountant in charge
        :param str till_line: uuid of the payment line that a manager took for paid
        :return: the incident
        :rtype: payment.cn.incident
        """
        provider = provider or transaction.provider_id
        known = self.search([
            ('kind', 'in', [kind, *(SAME_CAUSE.get(kind, ()) if transaction else ())]),
            ('provider_id', '=', provider.id),
            ('transaction_id', '=', transaction.id if transaction else False),
            ('state', '=', state),
            # Refused notices of no payment have nothing in common but that they were refused; two
            # certificates may end on different days; each order without a proof is one of its own.
            ('message', '=', message) if kind in ('certificate', 'unproven') or (
                kind == 'notice' and not transaction
            ) else (1, '=', 1),
        ], limit=1)
        if known:
            values = {'count': known.count + 1, 'last_at': fields.Datetime.now()}
            if known.message != message:
                known.message_post(body=known.message)
                values['message'] = message
            known.write(values)
            return known
        incident = self.create({
            'kind': kind,
            'message': message,
            'provider_id': provider.id,
            'transaction_id': transaction.id if transaction else False,
            'notice_id': notice.id if notice else False,
            'state': state,
            'till_line': till_line,
        })
        if state == 'open':
            incident.activity_schedule(
                'mail.mail_activity_data_todo',
                summary=incident.name,
                note=message,
                user_id=(
                    user or provider.cn_responsible_id or self.env.ref('base.user_admin')
                ).id,
            )
            mails.send_soon(self.env)
        if transaction:
            transaction._log_message_on_linked_documents(message)
        return incident

    def _cn_settle(self, by):
        """Close incidents whose cause is gone, with their tasks.

        :param str by: translated sentence: by what
        :return: None
        """
        for incident in self.sudo().filtered(lambda one: one.state == 'open'):
            incident.write({'state': 'done', 'resolution': by})
            if incident.activity_ids:
                incident.activity_feedback(['mail.mail_activity_data_todo'], feedback=by)
            else:
                incident.message_post(body=by)
            mails.send_soon(self.env)

    # === ACTION METHODS === #

    def action_done(self):
        """Take the incident off the list."""
        self.check_access('write')
        self.sudo().state = 'done'
        self.activity_feedback(['mail.mail_activity_data_todo'])

    def action_reopen(self):
        """Put the incident back on the list."""
        self.check_access('write')
        self.sudo().write({'state': 'open', 'resolution': False})

    def action_view_transaction(self):
        """Open the transaction.

        :rtype: dict
        """
        self.ensure_one()
        return {
            'name': _("Transaction"),
            'type': 'ir.actions.act_window',
            'res_model': 'payment.transaction',
            'res_id': self.transaction_id.id,
            'view_mode': 'form',
        }
