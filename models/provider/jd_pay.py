# Part of payment_cn_wallets. License LGPL-3.

from odoo import api, fields, models

from ...tools import credentials


class PaymentProvider(models.Model):
    _inherit = 'payment.provider'

    code = fields.Selection(
        selection_add=[('jd_pay', "JD Pay")], ondelete={'jd_pay': 'set default'}
    )

    # === MERCHANT === #

    jd_pay_merchant = fields.Char(
        string="JD Pay merchant number",
        help="Second-level merchant number (merchant): digits, in JD's merchant platform.",
        required_if_provider='jd_pay', copy=False, groups='base.group_system',
    )
    jd_pay_owner = fields.Char(
        string="JD Pay first-level merchant number",
        help="Only for statements: the number to which the one above belongs.",
        copy=False, groups='base.group_system',
    )
    jd_pay_app_id = fields.Char(
        string="JD Pay app ID",
        help="Only for payments in the shop's app.",
        copy=False, groups='base.group_system',
    )

    # === KEYS === #

    jd_pay_des_key = fields.Char(
        string="JD Pay DES key",
        help="Base64 of 24 bytes: 32 characters, in the merchant platform. It encrypts messages.",
        required_if_provider='jd_pay', copy=False, groups='base.group_system',
    )
    jd_pay_md5_key = fields.Char(
        string="JD Pay MD5 key",
        help="Only for payments in the shop's app and for statements.",
        copy=False, groups='base.group_system',
    )
    jd_pay_private_key_id = credentials.own_key("JD Pay private key")
    jd_pay_private_key = credentials.key_text(
        'jd_pay_private_key', "JD Pay private key",
        required_if_provider='jd_pay',
    )
    jd_pay_private_key_file = credentials.upload(
        'jd_pay_private_key', "JD Pay private key",
        help="The merchant's RSA key (.pem or .txt). It never leaves this server: what can be"
             " downloaded here is its public part, for JD's merchant platform.",
    )
    jd_pay_private_key_filename = credentials.upload_name(
        'jd_pay_private_key', "JD Pay private key"
    )
    jd_pay_jd_public_key = credentials.text(
        "JD's public key",
        required_if_provider='jd_pay',
    )
    jd_pay_jd_public_key_file = credentials.upload(
        'jd_pay_jd_public_key', "JD's public key",
        help="wy_rsa_public_key.pem or a certificate (.crt), from JD's merchant platform.",
    )
    jd_pay_jd_public_key_filename = credentials.upload_name(
        'jd_pay_jd_public_key', "JD's public key"
    )

    # === ONCHANGE METHODS === #

    @api.onchange('jd_pay_private_key_file', 'jd_pay_jd_public_key_file')
    def _onchange_jd_pay_files(self):
        """Refuse a wrong file as soon as it has been chosen."""
        return self._cn_uploaded('jd_pay_private_key_file', 'jd_pay_jd_public_key_file')
