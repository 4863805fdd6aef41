# Part of payment_cn_wallets. License LGPL-3.

from odoo import fields, models


class PaymentProvider(models.Model):
    _inherit = 'payment.provider'

    code = fields.Selection(
        selection_add=[('huishouyin', "Huishouyin")], ondelete={'huishouyin': 'set default'}
    )
    huishouyin_app_id = fields.Char(
        string="Application ID",
        help="app_id: identifies the application, issued by Huishouyin in its merchant console.",
        required_if_provider='huishouyin',
        copy=False,
        groups='base.group_system',
    )
    huishouyin_mch_uid = fields.Char(
        string="Merchant ID",
        help="mch_uid: the number of your contract with Huishouyin.",
        required_if_provider='huishouyin',
        copy=False,
        groups='base.group_system',
    )
    huishouyin_key = fields.Char(
        string="Signature key",
        help="The secret with which requests are signed and answers are checked. Whoever has it"
             " can act as your shop: never send it by mail or chat.",
        required_if_provider='huishouyin',
        copy=False,
        groups='base.group_system',
    )
    huishouyin_mini_appid = fields.Char(
        string="App ID of the mini program in WeChat",
        help="Only when the shop has a mini program: its appid, as it is entered at Huishouyin.",
        copy=False,
        groups='base.group_system',
    )
    huishouyin_isv_app_id = fields.Char(
        string="Partner application ID",
        help="isv_app_id: only when a service provider manages your contract.",
        copy=False,
        groups='base.group_system',
    )
    huishouyin_isv_mch_uid = fields.Char(
        string="Partner merchant ID",
        help="isv_mch_uid: only when a service provider manages your contract.",
        copy=False,
        groups='base.group_system',
    )
