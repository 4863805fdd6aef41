# Part of payment_cn_wallets. License LGPL-3.

from odoo import api, fields, models

from ...tools import credentials


class PaymentProvider(models.Model):
    _inherit = 'payment.provider'

    code = fields.Selection(
        selection_add=[('qq_wallet', "QQ Wallet")], ondelete={'qq_wallet': 'set default'}
    )

    # === MERCHANT === #

    qq_wallet_mch_id = fields.Char(
        string="QQ Wallet merchant number",
        help="mch_id: 10 digits, in QQ Wallet's merchant platform (qpay.qq.com).",
        required_if_provider='qq_wallet', copy=False, groups='base.group_system',
    )
    qq_wallet_api_key = fields.Char(
        string="QQ Wallet API key",
        help="32 characters, set in the merchant platform under API Security.",
        required_if_provider='qq_wallet', copy=False, groups='base.group_system',
    )
    qq_wallet_sign_type = fields.Selection(
        string="QQ Wallet signature",
        help="MD5, unless QQ Wallet has told you otherwise.",
        selection=[('MD5', "MD5"), ('HMAC-SHA256', "HMAC-SHA256")],
        default='MD5', copy=False, groups='base.group_system',
    )

    # === REFUNDS === #

    qq_wallet_client_certificate_id = credentials.own_certificate("QQ Wallet client certificate")
    qq_wallet_client_certificate = credentials.certificate_text(
        'qq_wallet_client_certificate', "QQ Wallet client certificate"
    )
    qq_wallet_client_certificate_file = credentials.upload(
        'qq_wallet_client_certificate', "QQ Wallet client certificate",
        help="apiclient_cert.p12, which holds the key too, or apiclient_cert.pem. QQ Wallet takes"
             " no refunds without.",
    )
    qq_wallet_client_certificate_filename = credentials.upload_name(
        'qq_wallet_client_certificate', "QQ Wallet client certificate"
    )
    qq_wallet_client_key_id = credentials.own_key("QQ Wallet key of the certificate")
    qq_wallet_client_key = credentials.key_text('qq_wallet_client_key', "QQ Wallet key of the certificate")
    qq_wallet_client_key_file = credentials.upload(
        'qq_wallet_client_key', "QQ Wallet key of the certificate",
        help="apiclient_key.pem. It never leaves this server: what can be downloaded here is its"
             " public part.",
    )
    qq_wallet_client_key_filename = credentials.upload_name(
        'qq_wallet_client_key', "QQ Wallet key of the certificate"
    )
    qq_wallet_op_user_id = fields.Char(
        string="QQ Wallet operator",
        help="The operator of the merchant platform in whose name refunds are made; the merchant"
             " number when empty.",
        copy=False, groups='base.group_system',
    )
    qq_wallet_op_user_passwd = fields.Char(
        string="QQ Wallet operator's password",
        help="That operator's login password, or its MD5. QQ Wallet takes no refunds without.",
        copy=False, groups='base.group_system',
    )

    # === APPS === #

    qq_wallet_app_id = fields.Char(
        string="QQ Wallet app ID",
        help="Only for payments in the shop's app or inside QQ: from open.tencent.com or"
             " connect.qq.com.",
        copy=False, groups='base.group_system',
    )
    qq_wallet_app_key = fields.Char(
        string="QQ Wallet app key",
        help="Only for payments in the shop's app: appkey of the same application.",
        copy=False, groups='base.group_system',
    )

    # === SERVICE PROVIDERS === #

    qq_wallet_sub_mch_id = fields.Char(
        string="QQ Wallet sub-merchant number",
        help="sub_mch_id: only for service providers. Number and keys above are then the service"
             " provider's, this is the shop's.",
        copy=False, groups='base.group_system',
    )
    qq_wallet_sub_app_id = fields.Char(
        string="QQ Wallet sub-merchant's app ID",
        help="sub_appid: only when the shop has an app of its own.",
        copy=False, groups='base.group_system',
    )

    # === ONCHANGE METHODS === #

    @api.onchange('qq_wallet_client_certificate_file', 'qq_wallet_client_key_file')
    def _onchange_qq_wallet_files(self):
        """Refuse a wrong file as soon as it has been chosen."""
        return self._cn_uploaded('qq_wallet_client_certificate_file', 'qq_wallet_client_key_file')
