# Part of payment_cn_wallets. License LGPL-3.

from odoo import api, fields, models

from ...tools import credentials


class PaymentProvider(models.Model):
    _inherit = 'payment.provider'

    code = fields.Selection(
        selection_add=[('wechat_pay', "WeChat Pay")], ondelete={'wechat_pay': 'set default'}
    )

    # === MERCHANT === #

    wechat_pay_mchid = fields.Char(
        string="WeChat Pay merchant number",
        help="mchid: 10 digits, in the merchant platform (pay.weixin.qq.com) under Account Center.",
        required_if_provider='wechat_pay', copy=False, groups='base.group_system',
    )
    wechat_pay_appid = fields.Char(
        string="WeChat Pay app ID",
        help="appid of the official account or app that is bound to the merchant number; it begins"
             " with wx.",
        required_if_provider='wechat_pay', copy=False, groups='base.group_system',
    )
    wechat_pay_app_secret = fields.Char(
        string="WeChat Pay app secret",
        help="AppSecret of that official account. Needed only to pay inside WeChat's own browser,"
             " where the payer must be known.",
        copy=False, groups='base.group_system',
    )
    wechat_pay_app_appid = fields.Char(
        string="WeChat Pay app ID of the shop's app",
        help="Only when the shop has an app of its own: its appid on the open platform"
             " (open.weixin.qq.com).",
        copy=False, groups='base.group_system',
    )
    wechat_pay_mini_appid = fields.Char(
        string="WeChat Pay app ID of the mini program",
        help="Only when the shop has a mini program: its appid, which must be bound to the merchant"
             " number as well. Payers have an openid of their own in it.",
        copy=False, groups='base.group_system',
    )
    wechat_pay_mini_app_secret = fields.Char(
        string="WeChat Pay app secret of the mini program",
        help="AppSecret of the mini program. Needed only when it sends the code of wx.login instead of"
             " your own server sending the openid.",
        copy=False, groups='base.group_system',
    )

    # === KEYS === #

    wechat_pay_api_v3_key = fields.Char(
        string="WeChat Pay APIv3 key",
        help="32 characters, set in the merchant platform under API Security. It decrypts notices.",
        required_if_provider='wechat_pay', copy=False, groups='base.group_system',
    )
    wechat_pay_certificate_id = credentials.own_certificate("WeChat Pay merchant certificate")
    wechat_pay_certificate = credentials.certificate_text(
        'wechat_pay_certificate', "WeChat Pay merchant certificate",
        required_if_provider='wechat_pay',
    )
    wechat_pay_certificate_file = credentials.upload(
        'wechat_pay_certificate', "WeChat Pay merchant certificate",
        help="apiclient_cert.p12, which holds the key too, or apiclient_cert.pem: made in the"
             " merchant platform under API Security.",
    )
    wechat_pay_certificate_filename = credentials.upload_name(
        'wechat_pay_certificate', "WeChat Pay merchant certificate"
    )
    wechat_pay_private_key_id = credentials.own_key("WeChat Pay private key")
    wechat_pay_private_key = credentials.key_text(
        'wechat_pay_private_key', "WeChat Pay private key",
        required_if_provider='wechat_pay',
    )
    wechat_pay_private_key_file = credentials.upload(
        'wechat_pay_private_key', "WeChat Pay private key",
        help="apiclient_key.pem. It signs your requests and never leaves this server: what can be"
             " downloaded here is its public part.",
    )
    wechat_pay_private_key_filename = credentials.upload_name(
        'wechat_pay_private_key', "WeChat Pay private key"
    )
    wechat_pay_public_key = credentials.text("WeChat Pay's public key")
    wechat_pay_public_key_file = credentials.upload(
        'wechat_pay_public_key', "WeChat Pay's public key",
        help="pub_key.pem, from the merchant platform under API Security. Older merchants may have"
             " none: then platform certificates are fetched instead. During a switch from one to"
             " the other both are used.",
    )
    wechat_pay_public_key_filename = credentials.upload_name(
        'wechat_pay_public_key', "WeChat Pay's public key"
    )
    wechat_pay_public_key_id = fields.Char(
        string="WeChat Pay public key ID",
        help="Shown beside the public key; it begins with PUB_KEY_ID_.",
        copy=False, groups='base.group_system',
    )
    wechat_pay_platform_certificates = credentials.text("WeChat Pay platform certificates")
    wechat_pay_platform_certificates_file = credentials.upload(
        'wechat_pay_platform_certificates', "WeChat Pay platform certificates",
        help="Fetched and renewed by itself. Upload one only when told to.",
    )
    wechat_pay_platform_certificates_filename = credentials.upload_name(
        'wechat_pay_platform_certificates', "WeChat Pay platform certificates"
    )

    # === SERVICE PROVIDERS === #

    wechat_pay_sub_mchid = fields.Char(
        string="WeChat Pay sub-merchant number",
        help="sub_mchid: only for service providers. Number and keys above are then the service"
             " provider's, this is the shop's.",
        copy=False, groups='base.group_system',
    )
    wechat_pay_sub_appid = fields.Char(
        string="WeChat Pay sub-merchant's app ID",
        help="sub_appid: only when the shop has an official account or app of its own.",
        copy=False, groups='base.group_system',
    )

    # === PAYMENT CODES === #

    wechat_pay_codepay_api = fields.Selection(
        string="WeChat Pay payment codes through",
        help="Merchants whose contract lacks payment codes in API v3 (the gateway answers NO_AUTH)"
             " use version 2.",
        selection=[('v3', "API v3"), ('v2', "API v2")],
        default='v3', copy=False, groups='base.group_system',
    )
    wechat_pay_api_key = fields.Char(
        string="WeChat Pay API key (version 2)",
        help="32 characters. Only for payment codes through API v2.",
        copy=False, groups='base.group_system',
    )

    # === ONCHANGE METHODS === #

    @api.onchange(
        'wechat_pay_certificate_file', 'wechat_pay_private_key_file', 'wechat_pay_public_key_file',
        'wechat_pay_platform_certificates_file',
    )
    def _onchange_wechat_pay_files(self):
        """Refuse a wrong file as soon as it has been chosen."""
        return self._cn_uploaded(
            'wechat_pay_certificate_file', 'wechat_pay_private_key_file',
            'wechat_pay_public_key_file', 'wechat_pay_platform_certificates_file',
        )
