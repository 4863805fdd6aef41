# Part of payment_cn_wallets. License LGPL-3.

import logging
from datetime import timedelta

from odoo import _, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

# Of Odoo's keys: one that is made here opens the routes of the app's interface and nothing else.
SCOPE = 'payment_cn_wallets.app'
INDEX_SIZE = 8  # digits by which Odoo finds a key
KEY_LENGTH = 40
DEFAULT_DAYS = 365


class PaymentCnAppKey(models.Model):
    """A key with which the merchant's own server asks for payments of one company's documents.

    The key itself is one of Odoo's API keys, of a scope of its own: stored as a hash, shown once,
    of a user, and gone with that user's access. Keys for everything, which Odoo also makes, are not
    taken here, nor are these taken elsewhere.
    """

    _name = 'payment.cn.app.key'
    _description = "Key for apps"
    _order = 'id desc'

    name = fields.Char(required=True)
    company_id = fields.Many2one(
        comodel_name='res.company', required=True, default=lambda self: self.env.company, index=True,
    )
    provider_ids = fields.Many2many(
        string="Gateways", comodel_name='payment.provider', relation='payment_cn_app_key_provider_rel',
        domain="[('cn_is_gateway', '=', True), ('company_id', 'parent_of', [company_id])]",
        help="Through which payments may be created. All that the shop offers, when left empty.",
    )
    use = fields.Selection(
        string="May", selection=[('pay', "Create, ask and cancel"), ('ask', "Ask only")],
        required=True, default='pay',
    )
    expires_on = fields.Date(
        string="Valid until", default=lambda self: fields.Date.today() + timedelta(days=DEFAULT_DAYS),
        help="Without a day it is valid until it is revoked.",
    )
    apikey_id = fields.Many2one(
        string="Odoo's key", comodel_name='res.users.apikeys', readonly=True, copy=False,
        ondelete='set null', index='btree_not_null', groups='base.group_system',
    )
    user_id = fields.Many2one(string="Made by", related='apikey_id.user_id', related_sudo=True)
    state = fields.Selection(
        selection=[('none', "No key"), ('active', "Valid"), ('ended', "Ended")],
        compute='_compute_state',
    )
    last_used_at = fields.Datetime(string="Last used", readonly=True, copy=False)

    # === COMPUTE METHODS === #

    @api.depends('apikey_id', 'expires_on')
    def _compute_state(self):
        for key in self:
            if not key.sudo().apikey_id:
                key.state = 'none'
            else:
                ended = key.expires_on and key.expires_on < fields.Date.today()
                key.state = 'ended' if ended or not key.user_id.active else 'active'

    # === CRUD METHODS === #

    def write(self, vals):
        """Override: a key keeps company and end that it was made with.

        :raise UserError: otherwise
        """
        if vals.keys() & {'company_id', 'expires_on'} and self.sudo().filtered('apikey_id'):
            raise UserError(_("Revoke the key before you change company or end."))
        return super().write(vals)

    def unlink(self):
        """Override: the key goes along."""
        self.action_cn_revoke()
        return super().unlink()

    # === ACTION METHODS === #

    def action_cn_make(self):
        """Make the key, and show it this once; the one before is revoked.

        :rtype: dict
        """
        self.check_access('write')
        self.ensure_one()
        self.action_cn_revoke()
        end = self.expires_on and fields.Datetime.to_datetime(self.expires_on) + timedelta(days=1)
        keys = self.env['res.users.apikeys']
        for _try in range(5):
            plain = keys.sudo()._generate(SCOPE, self.name, end or None)
            rows = self._cn_rows(plain[:INDEX_SIZE])
            if len(rows) == 1:
                break
            keys.browse(rows[-1]).sudo().unlink()  # so that no two have the same beginning
        self.sudo().apikey_id = rows[0]
        _logger.info("A key for apps was made: %s", self.id)
        return {
            'type': 'ir.actions.act_window',
            'res_model': 'res.users.apikeys.show',
            'name': _("Key for apps"),
            'views': [(False, 'form')],
            'target': 'new',
            'context': {'default_key': plain},
        }

    def action_cn_revoke(self):
        """Revoke the key. It is not taken any more from now on."""
        self.check_access('write')
        keys = self.sudo().apikey_id
        self.sudo().write({'apikey_id': False})
        keys.unlink()

    # === BUSINESS METHODS === #

    @api.model
    def _cn_rows(self, index):
        """Return the ids of Odoo's keys of our scope that begin so, the oldest first."""
        self.env.cr.execute(SQL(
            "SELECT id FROM res_users_apikeys WHERE index = %s AND scope = %s ORDER BY id", index, SCOPE,
        ))
        return [row[0] for row in self.env.cr.fetchall()]

    @api.model
    def _cn_of(self, plain):
        """Return the record of a key that somebody shows, or nothing.

        :param str plain: as it came; never logged
        :rtype: payment.cn.app.key
        """
        nothing = self.browse()
        if len(plain) != KEY_LENGTH or not plain.isascii() or not plain.isalnum():
            return nothing
        rows = self._cn_rows(plain[:INDEX_SIZE])
        # Odoo's check takes keys of no scope as well: those have no row of ours.
        user_id = rows and self.env['res.users.apikeys'].sudo()._check_credentials(scope=SCOPE, key=plain)
        if not user_id:
            return nothing
        return self.search([('apikey_id', 'in', rows), ('apikey_id.user_id', '=', user_id)], limit=1)

    def _cn_note_use(self):
        """Note that the key is in use, once an hour."""
        now = fields.Datetime.now()
        if not self.last_used_at or self.last_used_at < now - timedelta(hours=1):
            self.last_used_at = now
