# Part of payment_cn_wallets. License LGPL-3.

import secrets
from datetime import timedelta, timezone

from odoo import _, api, fields, models
from odoo.exceptions import ValidationError
from odoo.http import request

from odoo.addons.payment.logging import get_payment_logger

from ... import const, gateways
from ...gateways import money
from ...gateways.base import Wallet
from ...tools import devices

_logger = get_payment_logger(__name__, const.SENSITIVE_KEYS)


class PaymentTransaction(models.Model):
    """An attempt: one try to collect one amount, under one number that is never used again.

    Odoo's states are read so: `draft`, the payer has not paid and may still choose something else
    (a QR may be on the screen); `pending`, money may be on its way; `done`, `cancel` and `error`
    as everywhere. Until `cn_dead_at` even a cancelled attempt can turn out paid.
    """

    _inherit = 'payment.transaction'

    cn_out_trade_no = fields.Char(
        string="Merchant order number",
        help="Our number of this attempt at the gateway. It is never used a second time.",
        readonly=True, copy=False, index='btree_not_null',
    )
    cn_out_refund_no = fields.Char(
        string="Merchant refund number",
        help="Our number of this refund at the gateway, the same on every retry.",
        readonly=True, copy=False, index='btree_not_null',
    )
    cn_number_spent = fields.Boolean(
        string="Number spent",
        help="The gateway took this refund and then ended it without success. Unless it did, a new"
             " try goes under the same number, so that money can't go back twice.",
        readonly=True, copy=False,
    )
    cn_scene = fields.Selection(
        string="Scene",
        selection=[
            ('qr', "Payer scans a code"),
            ('code', "Shop scans the payer's code"),
            ('shop_code', "Counter's printed code"),
            ('app', "The shop's app"),
            ('mini', "The shop's mini program"),
            ('in_app', "Inside the wallet"),
            ('h5', "Phone browser"),
        ],
        readonly=True, copy=False,
    )
    cn_outcome = fields.Selection(
        string="Last answer",
        help="What the gateway said last. Unknown is not failed: the gateway is asked again until"
             " it tells.",
        selection=[
            ('paid', "Paid"), ('refused', "Refused"), ('waiting', "Waiting"),
            ('unknown', "Unknown"),
        ],
        readonly=True, copy=False,
    )
    cn_reason_kind = fields.Char(string="Reason kind", readonly=True, copy=False)
    cn_reason = fields.Char(
        string="Reason", help="The gateway's own words.", readonly=True, copy=False
    )
    cn_ordered_at = fields.Datetime(string="Ordered at the gateway", readonly=True, copy=False)
    cn_expires_at = fields.Datetime(string="Offered until", readonly=True, copy=False)
    cn_dead_at = fields.Datetime(
        string="Payable until",
        help="After that the gateway lets nobody pay it any more.", readonly=True, copy=False,
    )
    cn_paid_at = fields.Datetime(string="Paid at", readonly=True, copy=False)
    cn_code_url = fields.Char(string="QR content", readonly=True, copy=False)
    cn_pay_url = fields.Char(string="Wallet's page", readonly=True, copy=False)
    cn_back_route = fields.Char(string="Page to choose another method", readonly=True, copy=False)
    cn_wallet_reference = fields.Char(
        string="Wallet's number", help="The number on the payer's own bill.",
        readonly=True, copy=False, index='btree_not_null',
    )
    cn_payer_amount = fields.Monetary(
        string="Paid by the payer",
        help="Less than the amount when the platform gave a coupon. The shop is owed the amount.",
        currency_field='currency_id', readonly=True, copy=False,
    )
    cn_payer_told = fields.Boolean(
        string="Gateway told who paid what", readonly=True, copy=False,
        help="Some tell of coupons only when they are asked about a payment.",
    )
    cn_payer_id = fields.Char(
        string="Payer's ID", readonly=True, copy=False, groups='base.group_system'
    )
    cn_raw = fields.Json(
        string="Last raw answer", readonly=True, copy=False, groups='base.group_system'
    )
    cn_given_up = fields.Boolean(
        string="Given up", help="The payer went on without it. It stays watched until it is dead.",
        readonly=True, copy=False,
    )
    cn_meant = fields.Selection(
        string="Meant to pay",
        selection=[
            ('all', "All that was due"), ('deposit', "The deposit"), ('part', "A part"),
        ],
        help="Of what was due when it was begun.", readonly=True, copy=False,
    )
    cn_merchant = fields.Json(
        string="Merchant's numbers", readonly=True, copy=False, groups='base.group_system',
        help="Whose order it is. Another merchant's credentials must not be used to ask about it.",
    )
    cn_next_id = fields.Many2one(
        string="Replaced by", comodel_name='payment.transaction', readonly=True, copy=False,
        index='btree_not_null',
    )
    cn_next_query_at = fields.Datetime(
        string="Next question", readonly=True, copy=False, index='btree_not_null'
    )
    cn_query_count = fields.Integer(string="Questions asked", readonly=True, copy=False)
    cn_refund_reserved = fields.Monetary(
        string="Refunded or being refunded", currency_field='currency_id',
        readonly=True, copy=False,
    )
    cn_follow_up_failures = fields.Integer(
        string="Failed follow-ups", readonly=True, copy=False
    )
    cn_follow_up_error = fields.Text(string="Follow-up error", readonly=True, copy=False)
    cn_incident_ids = fields.One2many(
        string="Incidents", comodel_name='payment.cn.incident', inverse_name='transaction_id',
        readonly=True,
    )
    cn_is_attempt = fields.Boolean(string="Is an attempt", compute='_compute_cn_is_attempt')
    cn_refundable_amount = fields.Monetary(
        string="Refundable", currency_field='currency_id', compute='_compute_cn_refundable_amount',
    )

    _cn_out_trade_no_uniq = models.UniqueIndex('(cn_out_trade_no) WHERE cn_out_trade_no IS NOT NULL')
    _cn_out_refund_no_uniq = models.UniqueIndex(
        '(cn_out_refund_no) WHERE cn_out_refund_no IS NOT NULL'
    )
    # A cashier finds payments by the bill in the customer's wallet.
    _cn_provider_reference_idx = models.Index(
        '(provider_reference) WHERE provider_reference IS NOT NULL'
    )
    # The last line of defence against giving back more than was paid.
    _cn_refund_within_amount = models.Constraint(
        'CHECK(cn_refund_reserved IS NULL OR cn_refund_reserved = 0'
        ' OR (cn_refund_reserved > 0 AND cn_refund_reserved <= amount))',
        "More can't be refunded than was paid.",
    )

    # === COMPUTE METHODS === #

    @api.depends('provider_id')
    def _compute_cn_is_attempt(self):
        codes = gateways.codes()
        for tx in self:
            tx.cn_is_attempt = tx.provider_code in codes

    @api.depends('amount', 'state', 'cn_refund_reserved')
    def _compute_cn_refundable_amount(self):
        for tx in self:
            refundable = tx.state == 'done' and tx.cn_is_attempt and tx.operation != 'refund'
            tx.cn_refundable_amount = (
                tx.currency_id.round(tx.amount - tx.cn_refund_reserved) if refundable else 0
            )

    # === CREATION === #

    @api.model
    def _get_specific_create_values(self, provider_code, values):
        """Override of `payment` to number the attempt before anybody is asked for money."""
        create_values = super()._get_specific_create_values(provider_code, values)
        if provider_code not in gateways.codes():
            return create_values
        if values.get('operation') in ('online_direct', 'online_token', 'validation'):
            raise ValidationError(self.env._("A wallet is paid on a page of its own."))
        if values.get('operation') == 'refund':
            if not values.get('cn_out_refund_no'):
                create_values['cn_out_refund_no'] = 'R' + self._cn_new_number()
        else:
            create_values['cn_out_trade_no'] = self._cn_new_number()
            provider = self.env['payment.provider'].browse(values.get('provider_id'))
            create_values['cn_merchant'] = provider._cn_merchant()
        return create_values

    def _cn_begin(self):
        """Note what new attempts are meant to pay, and where that will be booked."""
        for tx in self.filtered(lambda one: one.cn_out_trade_no and not one.cn_till_line):
            try:
                tx._cn_fen()
            except ValueError:
                raise ValidationError(_("The wallets take whole fen only.")) from None
            tx.write({
                'cn_meant': tx._cn_payable().meant(),
                'cn_journal_id': tx.provider_id.journal_id.id,
            })

    @api.model
    def _cn_new_number(self):
        """Return a number for an attempt: Beijing time and 14 random digits, 28 digits in all.

        Digits only and an even count make the shortest bar code (Code 128 C) on a receipt; 28
        characters fit every gateway (the narrowest allows 32). Random, because a copied database
        must not repeat the numbers of the original.

        :rtype: str
        """
        beijing = fields.Datetime.now() + timedelta(hours=8)
        return f"{beijing:%Y%m%d%H%M%S}{secrets.randbelow(10 ** 14):014d}"

    # === OVERRIDES OF THE PAYMENT FLOW === #

    def _get_specific_rendering_values(self, processing_values):
        """Override of `payment` to lead the payer to our page.

        The gateway is not called here: this attempt is not committed yet.
        """
        if self.provider_code not in gateways.codes():
            return super()._get_specific_rendering_values(processing_values)
        self._cn_check_payable()
        user_agent = request.httprequest.user_agent.string if request else ''
        self.cn_device = devices.of_payer(user_agent, self._cn_wallet().value)
        self.cn_scene = self._cn_pick_scene(user_agent)
        self.cn_back_route = devices.local_path(request) if request else False
        attempt = self._cn_find_live_twin() or self
        if attempt != self:
            self.write({'cn_next_id': attempt.id, 'cn_given_up': True})
        return {'api_url': attempt._cn_checkout_path()}

    def _cn_check_payable(self):
        """Refuse what no gateway can take, and providers that a browser may not choose.

        :raise ValidationError: if the currency is not CNY, the amount is not whole fen, or the
            provider is not offered for what is paid
        """
        self.ensure_one()
        if not self._cn_is_offered():
            raise ValidationError(_(
                "%s is not offered here. Choose another way to pay.", self.payment_method_id.name
            ))
        if self.currency_id.name != 'CNY':
            raise ValidationError(_("The wallets take CNY only."))
        if self._cn_fen() <= 0:
            raise ValidationError(_("There is nothing to pay."))

    def _cn_is_offered(self):
        """Tell whether the payment form offers this provider and wallet for what is paid.

        A browser sends ids. Of what is not offered the money could not be booked, or would go to
        another company.
        """
        documents, wallet = self._cn_payable().documents(), self.payment_method_id
        companies = self.env['res.company'].union(*(docs.company_id for docs in documents))
        company = companies or self.provider_id.company_id
        if len(company) > 1:
            return False
        # Those of the company, and those of the companies that it is a branch of.
        offered = self.env['payment.provider'].sudo()._get_compatible_providers(
            company.id, self.partner_id.id, self.amount, currency_id=self.currency_id.id,
        )
        return (
            self.provider_id in offered
            and wallet.active and wallet in self.provider_id.payment_method_ids
        )

    # === HELPERS === #

    def _cn_fen(self):
        """Return the amount in fen, always positive (refunds are negative in Odoo).

        :rtype: int
        """
        self.ensure_one()
        return money.fen_from_float(abs(self.amount))

    def _cn_format(self, fen):
        """Return an amount as the user reads amounts.

        :param int fen: fen; None when nobody said
        :rtype: str
        """
        return "?" if fen is None else self.currency_id.format(float(money.to_yuan(fen)))

    def _cn_wallet(self):
        """Return the wallet that the payer chose.

        :rtype: gateways.base.Wallet
        :raise ValidationError: if the payment method is no wallet
        """
        self.ensure_one()
        wallets = {code: wallet for wallet, code in const.PAYMENT_METHOD_CODES.items()}
        try:
            return Wallet(wallets.get(self.payment_method_code, self.payment_method_code))
        except ValueError:
            raise ValidationError(_(
                "%s is not a wallet that this provider knows.", self.payment_method_id.name
            )) from None

    def _cn_gateway(self):
        """Return the gateway that this attempt was made with, real or sandbox."""
        self.ensure_one()
        return self.provider_id._cn_gateway(live=self.is_live)

    def _cn_is_of_other_merchant(self):
        """Tell whether the provider's credentials are another merchant's by now."""
        self.ensure_one()
        ours, now = self.sudo().cn_merchant or {}, self.provider_id._cn_merchant()
        return any(value and now.get(name) and now[name] != value for name, value in ours.items())

    @staticmethod
    def _cn_naive(moment):
        """Return an aware time as Odoo stores times: UTC, without zone, whole seconds."""
        return moment.astimezone(timezone.utc).replace(microsecond=0, tzinfo=None)

    def _cn_in_accountants_language(self):
        """Return the attempt in the language of whoever reads its incidents."""
        return self.with_env(self.provider_id._cn_in_accountants_language().env)

    def _cn_family(self):
        """Return the attempts that replaced one another, this one among them.

        :rtype: payment.transaction
        """
        self.ensure_one()
        family = new = self
        while new:
            new = (new.cn_next_id | self.search([('cn_next_id', 'in', new.ids)])) - family
            family |= new
        return family

    def _cn_find_live_twin(self):
        """Return an attempt for the same document, wallet and amount whose code is still good.

        Pressing twice, reloading and a second tab then show the same code instead of two codes
        that could both be paid.

        :rtype: payment.transaction
        """
        deadline = fields.Datetime.now() + timedelta(seconds=const.REUSE_MIN_SECONDS)
        return self._cn_payable().siblings().filtered(lambda tx: (
            tx.state == 'draft'
            and tx.provider_id == self.provider_id
            and tx.payment_method_id == self.payment_method_id
            and tx.cn_scene == self.cn_scene
            and (tx.cn_scene != 'h5' or tx.cn_device == self.cn_device)
            # What was signed for one payer is of no use to another.
            and (not self.cn_payer_id or tx.cn_payer_id == self.cn_payer_id)
            and tx.is_live == self.is_live
            and tx.currency_id.compare_amounts(tx.amount, self.amount) == 0
            and not tx.cn_given_up
            and tx._cn_has_step()
            and tx.cn_expires_at and tx.cn_expires_at > deadline
        ))[:1]
