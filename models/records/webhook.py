# Part of payment_cn_wallets. License LGPL-3.

from datetime import timedelta

from odoo import _, api, fields, models
from odoo.exceptions import UserError, ValidationError

from ...tools import webhooks

# For so long the old secret signs beside a new one, hours.
OLD_SECRET_HOURS = 24


class PaymentCnWebhook(models.Model):
    """A system of the merchant's own that is told when money stays or has gone back.

    Loudspeakers, printers and cash books have no protocol in common. One signed message serves all of
    them, see `tools.webhooks`.
    """

    _name = 'payment.cn.webhook'
    _description = "System that is told of money"
    _order = 'sequence, id'

    name = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        comodel_name='res.company', required=True, default=lambda self: self.env.company, index=True,
    )
    url = fields.Char(
        string="Address", required=True, copy=False,
        help="https. Messages are posted there as JSON; redirects are not followed.",
    )
    allows_private = fields.Boolean(
        string="In the shop's own network",
        help="Machines of this server's own network may be called, also without https. Leave it off for"
             " addresses on the internet: nobody can then turn a name into a way into the network.",
    )
    secret = fields.Char(
        copy=False, groups='base.group_system', default=lambda self: webhooks.new_secret(),
        help="Signs each message (HMAC-SHA256, Standard Webhooks). Enter it in the system that receives"
             " them.",
    )
    old_secret = fields.Char(copy=False, readonly=True, groups='base.group_system')
    old_secret_until = fields.Datetime(
        string="Old secret signs until", copy=False, readonly=True, groups='base.group_system',
    )
    sends_kept = fields.Boolean(
        string="Money that stays", default=True,
        help="A payment came in, and all or a part of it stays.",
    )
    sends_returned = fields.Boolean(
        string="Money that went back", default=True,
        help="A gateway confirmed that money went back to a payer, whoever sent it.",
    )
    message_ids = fields.One2many(
        string="Messages", comodel_name='payment.cn.webhook.message', inverse_name='webhook_id',
        readonly=True,
    )
    failed_count = fields.Integer(string="Given up", compute='_compute_counts')
    waiting_count = fields.Integer(string="On their way", compute='_compute_counts')

    # === COMPUTE METHODS === #

    def _compute_counts(self):
        counts = {(hook, state): count for hook, state, count in self.env['payment.cn.webhook.message']._read_group(
            [('webhook_id', 'in', self.ids), ('state', 'in', ('waiting', 'failed'))],
            ['webhook_id', 'state'], ['__count'],
        )}
        for hook in self:
            hook.failed_count = counts.get((hook, 'failed'), 0)
            hook.waiting_count = counts.get((hook, 'waiting'), 0)

    # === CONSTRAINT METHODS === #

    @api.constrains('url', 'allows_private')
    def _check_url(self):
        for hook in self:
            try:
                webhooks.check_url(hook.url or '', hook.allows_private)
            except ValueError:
                raise ValidationError(_(
                    "%s can't be called. It must be an https address without a password in it, and lead"
                    " to the internet, unless machines of the shop's own network are allowed.", hook.url,
                )) from None

    @api.constrains('secret')
    def _check_secret(self):
        for hook in self.sudo():
            try:
                webhooks.key_of(hook.secret or '')
            except ValueError:
                raise ValidationError(_(
                    "A secret is whsec_ and the base64 text of 24 to 64 random bytes. Press New secret to"
                    " have one made."
                )) from None

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override: somebody may listen from now on."""
        self._cn_listeners_change()
        return super().create(vals_list)

    def write(self, vals):
        """Override: others may listen from now on, and what waits is tried again where that may help."""
        result = super().write(vals)
        if vals.keys() & {'active', 'company_id', 'sends_kept', 'sends_returned'}:
            self._cn_listeners_change()
        if vals.keys() & {'active', 'url', 'allows_private', 'secret'}:
            self.sudo().message_ids.filtered(
                lambda message: message.state == 'waiting'
            )._cn_send_soon()
        return result

    def unlink(self):
        """Override: nobody may listen any more."""
        self._cn_listeners_change()
        return super().unlink()

    # === ACTION METHODS === #

    def action_cn_new_secret(self):
        """Make a new secret; for a day the old one signs as well, so that nothing is missed."""
        self.check_access('write')
        for hook in self.sudo():
            hook.write({
                'old_secret': hook.secret,
                'old_secret_until': fields.Datetime.now() + timedelta(hours=OLD_SECRET_HOURS),
                'secret': webhooks.new_secret(),
            })

    def action_cn_send_test(self):
        """Send a message that means nothing, and show how it ends."""
        self.check_access('write')
        self.ensure_one()
        if not self.active:
            raise UserError(_("%s is switched off.", self.name))
        message = self.sudo().env['payment.cn.webhook.message']._cn_put_test(self)
        return {
            'type': 'ir.actions.act_window',
            'res_model': 'payment.cn.webhook.message',
            'res_id': message.id,
            'view_mode': 'form',
        }

    # === BUSINESS METHODS === #

    def _cn_listeners_change(self):
        """Forget who listens; after the commit once more, for others may have looked meanwhile."""
        self.env.registry.clear_cache()
        self.env.cr.postcommit.add(self.env.registry.clear_cache)

    def _cn_secrets(self):
        """Return the secrets that sign now, the present one first.

        :rtype: list[str]
        """
        self.ensure_one()
        hook = self.sudo()
        keys = [hook.secret]
        if hook.old_secret and hook.old_secret_until and hook.old_secret_until > fields.Datetime.now():
            keys.append(hook.old_secret)
        return [key for key in keys if key]
