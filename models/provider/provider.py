# Part of payment_cn_wallets. License LGPL-3.

from odoo import _, api, fields, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.payment import const as payment_const

from ... import const, gateways
from ...gateways.base import Operation
from ...gateways.text import pasted

payment_const.SENSITIVE_KEYS.update(const.SENSITIVE_KEYS)


class PaymentProvider(models.Model):
    _inherit = 'payment.provider'

    cn_is_gateway = fields.Boolean(
        string="Is a Chinese wallet gateway", compute='_compute_cn_is_gateway',
        search='_search_cn_is_gateway',
    )
    cn_sandbox_url = fields.Char(
        string="Sandbox address",
        help="Where the sandbox listens, this gateway's own part of it included. Used in test mode"
             " only: payments there are not real. Gateways that have a sandbox of their own can be"
             " named here as well.",
        groups='base.group_system',
        copy=False,
    )
    cn_sandbox_placeholder = fields.Char(
        string="Sandbox address, for instance", compute='_compute_cn_sandbox_placeholder'
    )
    cn_console_url = fields.Char(
        string="Gateway's own pages", compute='_compute_cn_console_url',
        help="Where a merchant logs in, and finds numbers and keys.",
    )
    cn_keep_notice_days = fields.Integer(
        string="Keep notices for", default=730,
        help="Notices name payers by the gateway's numbers. They are deleted after so many days, but"
             " never before their payment is settled. 0 keeps them for ever.",
    )
    cn_responsible_id = fields.Many2one(
        string="Accountant in charge",
        comodel_name='res.users',
        help="Gets a task when a payment needs a person: paid twice, paid too late, amounts that"
             " differ, a follow-up that keeps failing.",
        domain=[('share', '=', False)],
        copy=False,
    )
    cn_hold_days = fields.Integer(
        string="Hold partial money for", default=3,
        help="Money that does not suffice for what it is meant to pay is held for the customer. If the"
             " rest has not come after so many days, it goes back by itself.",
    )
    cn_till_button_ids = fields.Many2many(
        string="Buttons of tills", comodel_name='pos.payment.method',
        relation='pos_payment_method_cn_provider_rel',
        column1='payment_provider_id', column2='pos_payment_method_id', readonly=True, copy=False,
    )

    # === COMPUTE METHODS === #

    @api.depends('code')
    def _compute_cn_is_gateway(self):
        codes = gateways.codes()
        for provider in self:
            provider.cn_is_gateway = provider.code in codes

    def _search_cn_is_gateway(self, operator, value):
        if operator != 'in':
            return NotImplemented
        return [('code', 'in' if True in value else 'not in', list(gateways.codes()))]

    @api.depends('code')
    def _compute_cn_sandbox_placeholder(self):
        for provider in self:
            provider.cn_sandbox_placeholder = f'http://127.0.0.1:8970/{provider.code}'

    @api.depends('code')
    def _compute_cn_console_url(self):
        for provider in self:
            provider.cn_console_url = provider.cn_is_gateway and gateways.get(provider.code).console_url

    def _compute_feature_support_fields(self):
        """Override of `payment` to state what the gateways offer."""
        super()._compute_feature_support_fields()
        for provider in self.filtered('cn_is_gateway'):
            if gateways.get(provider.code).supports(Operation.REFUND):
                provider.support_refund = 'partial'

    # === CONSTRAINT METHODS === #

    @api.constrains('state', 'code', 'cn_sandbox_url')
    def _check_cn_sandbox_url(self):
        for provider in self.filtered('cn_is_gateway'):
            if provider.state == 'test' and not provider.sudo().cn_sandbox_url:
                raise ValidationError(_(
                    "Test mode needs the sandbox address. Without it, test payments would have"
                    " nowhere to go."
                ))

    @api.constrains('cn_hold_days')
    def _check_cn_hold_days(self):
        if any(provider.cn_hold_days < 0 for provider in self):
            raise ValidationError(_("Money can't be held for less than no days."))

    @api.constrains('cn_keep_notice_days')
    def _check_cn_keep_notice_days(self):
        # A notice that is sent again is known by the one that is stored: gateways do so for days.
        if any(0 != provider.cn_keep_notice_days < const.LEAST_NOTICE_DAYS for provider in self):
            raise ValidationError(_(
                "Notices are kept for at least %s days: gateways send them again.",
                const.LEAST_NOTICE_DAYS,
            ))

    # === OVERRIDES === #

    def _get_supported_currencies(self):
        """Override of `payment` to limit the wallets to CNY."""
        supported_currencies = super()._get_supported_currencies()
        if self.cn_is_gateway:
            supported_currencies = supported_currencies.filtered(lambda c: c.name == 'CNY')
        return supported_currencies

    def _get_default_payment_method_codes(self):
        """Override of `payment` to switch on the wallets that the gateway carries."""
        if not self.cn_is_gateway:
            return super()._get_default_payment_method_codes()
        return {
            const.PAYMENT_METHOD_CODES.get(wallet.value, wallet.value)
            for wallet, _scene in gateways.get(self.code).channels
        }

    def _get_reset_values(self):
        """Override of `payment` to empty the credentials of the gateway."""
        if not self.cn_is_gateway:
            return super()._get_reset_values()
        names = [
            f'{self.code}_{field.name}' for field in gateways.get(self.code).credential_fields
        ]
        return {**dict.fromkeys(names), **self.default_get(names)}

    def _get_removal_values(self):
        """Override of `payment` to forget the credentials when the module leaves."""
        values = super()._get_removal_values()
        for code in gateways.codes():
            for field in gateways.get(code).credential_fields:
                values[f'{code}_{field.name}'] = None
        return values

    # === GATEWAY === #

    def _cn_credentials(self):
        """Return the credentials as the gateway names them.

        :rtype: dict[str, str]
        """
        self.ensure_one()
        provider_sudo = self.sudo()  # Only administrators may read them; the code may use them.
        return {
            field.name: pasted(provider_sudo[f'{self.code}_{field.name}'] or '')
            for field in gateways.get(self.code).credential_fields
        }

    def _cn_merchant(self):
        """Return the numbers that say which merchant this is; no secrets.

        :rtype: dict[str, str]
        """
        self.ensure_one()
        credentials = self._cn_credentials()
        return {
            name: credentials[name]
            for name in gateways.get(self.code).merchant_fields if credentials.get(name)
        }

    @api.model
    def _cn_calling_fields(self):
        """Return the fields that a call of a gateway needs: a tenth of what providers have.

        :rtype: list[str]
        """
        return ['website_id', 'name', 'code', 'state', 'sequence', 'company_id', 'cn_sandbox_url', *(
            f'{code}_{field.name}'
            for code in gateways.codes() for field in gateways.get(code).credential_fields
        )]

    def _cn_gateway(self, live=None):
        """Return the gateway with this provider's credentials.

        :param bool live: False for the sandbox; None goes by the provider's state. An attempt that
                          was made in test mode is asked about in the sandbox for ever, whatever
                          the provider's state is by now.
        :rtype: gateways.base.Gateway
        :raise UserError: if the sandbox is needed and its address is not set
        """
        self.ensure_one()
        if live is None:
            live = self.state != 'test'
        endpoint = '' if live else (self.sudo().cn_sandbox_url or '').strip()
        if not live and not endpoint:
            raise UserError(_("The sandbox address of %s is not set.", self.name))
        return gateways.get(self.code)(self._cn_credentials(), endpoint=endpoint)

    def _cn_listening_gateway(self):
        """Return the gateway that notices are believed from, or None when nothing could be verified.

        :rtype: gateways.base.Gateway|None
        """
        if self.code not in gateways.codes():
            return None
        try:
            return self._cn_gateway()
        except (UserError, ValueError):  # not set up, or not any more
            return None

    def _cn_in_accountants_language(self):
        """Return the provider in the language of whoever reads its incidents.

        They are raised by notices, crons and shoppers' pages, which speak other languages or none.

        :rtype: payment.provider
        """
        self.ensure_one()
        self.sudo().fetch(['code', 'name', 'cn_responsible_id'])  # every answer comes by here
        users = self.env['res.users']
        responsible = self.sudo().cn_responsible_id or users.browse(
            self.env['ir.model.data']._xmlid_to_res_id('base.user_admin')
        )
        # Odoo remembers a user's language, without reading user and partner each time.
        return self.with_context(lang=users.with_user(responsible).context_get()['lang'])
