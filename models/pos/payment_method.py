# Part of payment_cn_wallets. License LGPL-3.

from odoo import _, api, fields, models
from odoo.exceptions import ValidationError

from ... import const, gateways
from ...gateways.base import Scene, Wallet


class PosPaymentMethod(models.Model):
    """The one button of the till: its wallets, and the gateways that take them."""

    _inherit = 'pos.payment.method'

    cn_provider_ids = fields.Many2many(
        string="Gateways",
        comodel_name='payment.provider',
        relation='pos_payment_method_cn_provider_rel',
        help="Through whom this till takes the wallets. A wallet that several of them carry goes"
             " through the one that stands first in the list of payment providers.",
    )
    cn_provider_names = fields.Char(
        string="Gateways in use", compute='_compute_cn_provider_names', compute_sudo=True,
        help="Chosen by an administrator: the gateways hold the shop's keys.",
    )
    cn_scan_on_products = fields.Boolean(
        string="Pay on the product screen",
        help="Scanning a customer's payment code on the product screen finishes the sale.",
        default=True,
    )
    cn_announce = fields.Boolean(
        string="Say the amount aloud", help="The till speaks the amount that was received."
    )
    cn_till_setup = fields.Json(string="Setup of the till", compute='_compute_cn_till_setup')

    def _get_payment_terminal_selection(self):
        """Override of `point_of_sale` to offer the wallets."""
        return [
            *super()._get_payment_terminal_selection(),
            (const.TERMINAL, _("Scan to pay: WeChat Pay, Alipay, QQ Wallet, JD Wallet")),
        ]

    @api.depends('cn_provider_ids.name')
    def _compute_cn_provider_names(self):
        """Say which gateways there are, for those who may set up a till and see no gateway."""
        for method in self:
            method.cn_provider_names = ", ".join(method.cn_provider_ids.mapped('name'))

    @api.constrains('use_payment_terminal', 'cn_provider_ids', 'journal_id', 'company_id')
    def _check_cn_providers(self):
        for method in self.sudo().filtered(lambda one: one.use_payment_terminal == const.TERMINAL):
            if not method.cn_provider_ids:
                raise ValidationError(_("Choose at least one gateway for %s.", method.name))
            # A branch may use the contract of the company above it.
            companies = method.company_id.parent_ids
            stranger = method.cn_provider_ids.filtered_domain(
                [('company_id', 'not in', companies.ids)]
            )
            if companies and stranger:
                raise ValidationError(_(
                    "%(gateway)s belongs to another company than %(button)s.",
                    gateway=stranger[0].name, button=method.name,
                ))
            if method.journal_id.type != 'bank':
                raise ValidationError(_("%s needs a bank journal.", method.name))

    def _is_write_forbidden(self, fields):
        """Override of `point_of_sale`: when a gateway is down, the shop changes it, open or not.

        What was begun through another gateway stays there.
        """
        return super()._is_write_forbidden(
            fields - {'cn_provider_ids', 'cn_scan_on_products', 'cn_announce'}
        )

    # === WHAT THE TILL LOADS === #

    @api.model
    def _load_pos_data_fields(self, config):
        """Override of `point_of_sale` to send along what the till needs for the wallets."""
        return [
            *super()._load_pos_data_fields(config), 'cn_till_setup', 'cn_scan_on_products',
            'cn_announce',
        ]

    @api.depends('use_payment_terminal', 'cn_provider_ids')
    @api.depends_context('lang')
    def _compute_cn_till_setup(self):
        """Say which wallets there are and how their payment codes look. No secrets."""
        for method in self:
            if method.use_payment_terminal != const.TERMINAL:
                method.cn_till_setup = False
                continue
            code_wallets = method._cn_wallets('code')
            ranges = self.env['payment.cn.code.range'].sudo().search([
                ('payment_method_id', 'in', code_wallets.ids),
            ])
            method.cn_till_setup = {
                'wallets': [
                    {'code': wallet.code, 'name': wallet.name, 'id': wallet.id}
                    for wallet in method._cn_wallets('qr')
                ],
                'ranges': [
                    {
                        'wallet': row.payment_method_id.code, 'first': row.first_prefix,
                        'last': row.last_prefix, 'shortest': row.shortest, 'longest': row.longest,
                    } for row in ranges
                ],
                # The tills at which shop codes lie: others ask for no payments by them.
                'counters': self.env['payment.cn.shop.code'].sudo().with_context(active_test=False).search(
                    [('config_id', 'in', method.sudo().config_ids.ids)]
                ).config_id.ids,
            }

    # === ROUTES === #

    def _cn_providers(self, domain=()):
        """Return the gateways of this button that are switched on, in their order.

        :param domain: leaves that they must fit besides
        :rtype: payment.provider
        """
        self.ensure_one()
        return self.env['payment.provider'].sudo().search_fetch([
            ('cn_till_button_ids', 'in', self.ids),
            ('state', '!=', 'disabled'),
            ('code', 'in', list(gateways.codes())),
            *domain,
        ], self.env['payment.provider']._cn_calling_fields()).sorted('sequence')

    def _cn_accountable(self):
        """Return the gateway whose accountant hears of what this button did without any gateway.

        Those of the button may be switched off, or have been removed: then one of the company's.

        :rtype: payment.provider
        """
        self.ensure_one()
        method = self.sudo()
        return self._cn_providers()[:1] or method.cn_provider_ids[:1] or method.env[
            'payment.provider'
        ].search([
            *method.env['payment.provider']._check_company_domain(method.company_id),
            ('code', 'in', list(gateways.codes())),
        ], limit=1)

    def _cn_provider(self, wallet, scene):
        """Return the gateway that takes a wallet here, or none.

        :param payment.method wallet: the wallet
        :param str scene: `code` or `qr`
        :rtype: payment.provider
        """
        if not (wallet.active and (kind := self._cn_kind(wallet))):
            return self.env['payment.provider']
        codes = [
            code for code in gateways.codes()
            if gateways.get(code).supports(wallet=kind, scene=Scene(scene))
        ]
        return self._cn_providers(
            [('code', 'in', codes), ('payment_method_ids', 'in', wallet.ids)]
        )[:1]

    @api.model
    def _cn_kind(self, wallet):
        """Return which wallet a payment method is, or None when it is none.

        :param payment.method wallet: the payment method
        :rtype: gateways.base.Wallet
        """
        kinds = {code: kind for kind, code in const.PAYMENT_METHOD_CODES.items()}
        try:
            return Wallet(kinds.get(wallet.code, wallet.code))
        except ValueError:
            return None

    def _cn_wallets(self, scene):
        """Return the wallets that this button takes in a scene, in one order whatever the language."""
        self.ensure_one()
        methods = self._cn_providers().payment_method_ids.filtered('active')
        return methods.filtered(lambda wallet: self._cn_provider(wallet, scene)).sorted(
            lambda wallet: (wallet.sequence, list(Wallet).index(self._cn_kind(wallet)))
        )
