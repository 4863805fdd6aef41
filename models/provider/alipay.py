# Part of payment_cn_wallets. License LGPL-3.

from odoo import api, fields, models

from ...tools import credentials


class PaymentProvider(models.Model):
    _inherit = 'payment.provider'

    code = fields.Selection(
        selection_add=[('alipay', "Alipay")], ondelete={'alipay': 'set default'}
    )

    # === MERCHANT === #

    alipay_app_id = fields.Char(
        string="Alipay application ID",
        help="APPID: 16 digits, in the console of open.alipay.com.",
        required_if_provider='alipay', copy=False, groups='base.group_system',
    )
    alipay_seller_id = fields.Char(
        string="Alipay seller ID",
        help="PID of the account that receives the money: 16 digits that begin with 2088.",
        required_if_provider='alipay', copy=False, groups='base.group_system',
    )
    alipay_mini_app_id = fields.Char(
        string="Alipay application ID of the mini program",
        help="Only when the shop's mini program is another application than the one above.",
        copy=False, groups='base.group_system',
    )
    alipay_qr_product = fields.Char(
        string="Alipay product of QR codes",
        help="Leave it empty unless your contract names one, for instance QR_CODE_OFFLINE.",
        copy=False, groups='base.group_system',
    )

    alipay_web_product = fields.Selection(
        string="Alipay in the webshop",
        help="What the contract with Alipay has. Codes on the shop's own page need face-to-face"
             " payment (当面付); Alipay's pages need website payment for computers and for phones"
             " (电脑网站支付, 手机网站支付).",
        selection=[
            ('qr', "Codes on computers, Alipay's page on phones"), ('page', "Alipay's pages only"),
        ],
        default='qr', copy=False, groups='base.group_system',
    )

    # === KEYS === #

    alipay_private_key_id = credentials.own_key("Alipay application's private key")
    alipay_private_key = credentials.key_text(
        'alipay_private_key', "Alipay application's private key",
        required_if_provider='alipay',
    )
    alipay_private_key_file = credentials.upload(
        'alipay_private_key', "Alipay application's private key",
        help="As Alipay's key tool wrote it (.txt) or as .pem. It never leaves this server: what"
             " can be downloaded here is its public part, for Alipay's console.",
    )
    alipay_private_key_filename = credentials.upload_name(
        'alipay_private_key', "Alipay application's private key"
    )
    alipay_alipay_public_key = credentials.text("Alipay's public key")
    alipay_alipay_public_key_file = credentials.upload(
        'alipay_alipay_public_key', "Alipay's public key",
        help="For applications in public key mode: the one that the console shows as Alipay's, not"
             " your own.",
    )
    alipay_alipay_public_key_filename = credentials.upload_name(
        'alipay_alipay_public_key', "Alipay's public key"
    )
    alipay_app_cert_id = credentials.own_certificate("Alipay application's certificate")
    alipay_app_cert = credentials.certificate_text('alipay_app_cert', "Alipay application's certificate")
    alipay_app_cert_file = credentials.upload(
        'alipay_app_cert', "Alipay application's certificate",
        help="appCertPublicKey_….crt, for applications in certificate mode.",
    )
    alipay_app_cert_filename = credentials.upload_name(
        'alipay_app_cert', "Alipay application's certificate"
    )
    alipay_alipay_cert = credentials.text("Alipay's certificate")
    alipay_alipay_cert_file = credentials.upload(
        'alipay_alipay_cert', "Alipay's certificate", help="alipayCertPublicKey_RSA2.crt",
    )
    alipay_alipay_cert_filename = credentials.upload_name(
        'alipay_alipay_cert', "Alipay's certificate"
    )
    alipay_root_cert = credentials.text("Alipay's root certificate")
    alipay_root_cert_file = credentials.upload(
        'alipay_root_cert', "Alipay's root certificate", help="alipayRootCert.crt",
    )
    alipay_root_cert_filename = credentials.upload_name(
        'alipay_root_cert', "Alipay's root certificate"
    )
    alipay_aes_key = fields.Char(
        string="Alipay AES key",
        help="Only when content encryption is switched on in the console.",
        copy=False, groups='base.group_system',
    )

    # === SERVICE PROVIDERS === #

    alipay_app_auth_token = fields.Char(
        string="Alipay authorisation token",
        help="app_auth_token: only for service providers that act for the shop.",
        copy=False, groups='base.group_system',
    )
    alipay_provider_id = fields.Char(
        string="Alipay software vendor's ID",
        help="sys_service_provider_id: PID of the software vendor, when one is paid a commission.",
        copy=False, groups='base.group_system',
    )

    # === ONCHANGE METHODS === #

    @api.onchange(
        'alipay_private_key_file', 'alipay_alipay_public_key_file', 'alipay_app_cert_file',
        'alipay_alipay_cert_file', 'alipay_root_cert_file',
    )
    def _onchange_alipay_files(self):
        """Refuse a wrong file as soon as it has been chosen."""
        return self._cn_uploaded(
            'alipay_private_key_file', 'alipay_alipay_public_key_file', 'alipay_app_cert_file',
            'alipay_alipay_cert_file', 'alipay_root_cert_file',
        )
