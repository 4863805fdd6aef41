# Part of payment_cn_wallets. License LGPL-3.

from odoo import _, api, fields, models
from odoo.exceptions import ValidationError

from ...gateways import money


class PaymentCnShopCodeWay(models.Model):
    """One of the gateways behind a shop code."""

    _name = 'payment.cn.shop.code.way'
    _description = "Gateway of a shop code"
    _order = 'sequence, id'
    _rec_name = 'provider_id'
    _check_company_auto = True

    sequence = fields.Integer(default=10)
    code_id = fields.Many2one(
        string="Shop code", comodel_name='payment.cn.shop.code', required=True, ondelete='cascade',
        index=True,
    )
    company_id = fields.Many2one(related='code_id.company_id')
    provider_id = fields.Many2one(
        string="Gateway", comodel_name='payment.provider', required=True, ondelete='cascade',
        domain="[('cn_is_gateway', '=', True), ('company_id', 'parent_of', company_id)]",
        check_company=True,
    )
    payment_method_ids = fields.Many2many(
        string="Wallets", comodel_name='payment.method',
        relation='payment_cn_shop_code_way_method_rel',
        column1='way_id', column2='payment_method_id',
        domain="[('provider_ids', 'in', [provider_id])]",
        help="Which wallets go this way; all that the gateway carries when empty.",
    )

    @api.constrains('provider_id')
    def _check_provider(self):
        if any(not way.provider_id.cn_is_gateway for way in self.sudo()):
            raise ValidationError(_("A shop code takes payments through this addon's gateways only."))


class PaymentCnShopCodeAmount(models.Model):
    """An amount that a shop code asks for, or offers to choose."""

    _name = 'payment.cn.shop.code.amount'
    _description = "Amount of a shop code"
    _order = 'sequence, id'
    _rec_name = 'amount'

    sequence = fields.Integer(default=10)
    code_id = fields.Many2one(
        string="Shop code", comodel_name='payment.cn.shop.code', required=True, ondelete='cascade',
        index=True,
    )
    currency_id = fields.Many2one(related='code_id.currency_id')
    amount = fields.Monetary(string="Amount", required=True)
    name = fields.Char(
        string="What for", help="Shown beside the amount, for instance “Adult” or “Small”.", size=30,
    )

    @api.constrains('amount')
    def _check_amount(self):
        for one in self:
            try:
                whole = money.fen_from_float(one.amount) > 0
            except ValueError:
                whole = False
            if not whole:
                raise ValidationError(_("An amount is above zero, and in whole fen."))
