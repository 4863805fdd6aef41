# Part of payment_cn_wallets. License LGPL-3.

from odoo import fields, models


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


class ResConfigSettings(models.TransientModel):
    _inherit = 'res.config.settings'

    pos_cn_store_number = fields.Char(
        related='pos_config_id.cn_store_number', readonly=False
    )
    pos_cn_terminal_number = fields.Char(
        related='pos_config_id.cn_terminal_number', readonly=False
    )
