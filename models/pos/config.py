# Part of payment_cn_wallets. License LGPL-3.

import re

from odoo import _, api, fields, models
from odoo.exceptions import ValidationError

_NUMBER = re.compile(r'[0-9A-Za-z_.-]{1,18}', re.ASCII)


class PosConfig(models.Model):
    _inherit = 'pos.config'

    cn_store_number = fields.Char(
        string="Store number at the gateways",
        help="Sent along with each wallet payment. Huishouyin wants the number that it gave the"
             " store (store_uid), if it gave one.",
        size=18,
    )
    cn_terminal_number = fields.Char(
        string="Terminal number at the gateways",
        help="Sent along with each wallet payment; POS and the till's number when empty.",
        size=18,
    )
    cn_odoo_fixes = fields.Boolean(
        string="Keep the till fast",
        help="Change Odoo's own till where it would become slower with every order of the session."
             " Reload the till afterwards.",
        default=True,
    )

    @api.constrains('cn_store_number', 'cn_terminal_number')
    def _check_cn_numbers(self):
        for number in self.mapped('cn_store_number') + self.mapped('cn_terminal_number'):
            if number and not _NUMBER.fullmatch(number):
                raise ValidationError(_(
                    "“%s” can't be a store or terminal number: the gateways take up to 18 letters"
                    " (A to Z), digits, “-”, “_” and “.”.", number,
                ))


class ResConfigSettings(models.TransientModel):
    _inherit = 'res.config.settings'

    pos_cn_store_number = fields.Char(
        related='pos_config_id.cn_store_number', readonly=False
    )
    pos_cn_terminal_number = fields.Char(
        related='pos_config_id.cn_terminal_number', readonly=False
    )
    pos_cn_odoo_fixes = fields.Boolean(
        related='pos_config_id.cn_odoo_fixes', readonly=False
    )
