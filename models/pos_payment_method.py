# Part of payment_cn_wallets. License LGPL-3.

from odoo import _, api, fields, models
from odoo.exceptions import UserError, ValidationError

from .. import const, gateways
from ..gateways import transport
from ..gateways.base import Scene, Wallet
from ..tools import throttle, till_line

TERMINAL = 'cn_wallets'


class PosPaymentMethod(models.Model):
    """The one button of the till, and what it may ask the server to do."""

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
            (TERMINAL, _("Scan to pay: WeChat Pay, Alipay, QQ Wallet, JD Wallet")),
        ]

    @api.depends('cn_provider_ids.name')
    def _compute_cn_provider_names(self):
        """Say which gateways there are, for those who may set up a till and see no gateway."""
        for method in self:
            method.cn_provider_names = ", ".join(method.cn_provider_ids.mapped('name'))

    @api.constrains('use_payment_terminal', 'cn_provider_ids', 'journal_id', 'company_id')
    def _check_cn_providers(self):
        for method in self.sudo().filtered(lambda one: one.use_payment_terminal == TERMINAL):
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
            if method.use_payment_terminal != TERMINAL:
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

    # === WHAT THE TILL ASKS FOR === #

    def _cn_line(self, values, positive=False):
        """Check the caller and return the payment line that the till names.

        :param bool positive: whether it must be money that comes in
        """
        self.ensure_one()
        self.check_access('read')
        if not self.env.user.has_group('point_of_sale.group_pos_user'):
            raise UserError(_("Only cashiers can take payments."))
        method = self.sudo()
        method.fetch(['name', 'active', 'use_payment_terminal'])
        if method.use_payment_terminal != TERMINAL:
            raise UserError(_("%s is no button for wallets.", method.name))
        line = till_line.read(method, values)
        if positive and line.fen < 0:
            raise UserError(_("This line gives money back. Press the button to refund it."))
        if positive and not line.fen:
            raise UserError(_("There is nothing to pay."))
        return line

    def _cn_check_order(self, line):
        """Take no money for an order that another till or an online payment has closed already.

        :raise UserError: if the line is not of what it was closed with
        """
        order = self.env['payment.transaction']._cn_ended_order(
            line.uuid, line.order, line.session
        )
        if order.state == 'cancel':
            raise UserError(_("This order was cancelled."))
        if order:
            raise UserError(_(
                "This order has been paid already, at another till or online. Nothing more is charged."
            ))

    def cn_charge(self, values, code):
        """Charge the payment code that a cashier scanned.

        :param dict values: the payment line, see `tools.till_line`
        :param str code: what the scanner read
        :return: see `payment.transaction._cn_till_status`
        :rtype: dict
        """
        line = self._cn_line(values, positive=True)
        transactions = self.env['payment.transaction'].sudo()
        attempts = transactions._cn_till_attempts(line.uuid)
        live = attempts._cn_live()
        if live and (live.state == 'done' or live.cn_scene == 'code'):
            return transactions._cn_till_status(line.uuid)  # scanned twice
        self._cn_check_order(line)
        ranges = self.env['payment.cn.code.range'].sudo()
        wallet = ranges._cn_recognise(code)
        provider = line.method._cn_provider(wallet, 'code')
        if not provider:
            # The next best of the ranges may be of a wallet that is taken here.
            wallet = ranges._cn_recognise(code, line.method._cn_wallets('code'))
            provider = line.method._cn_provider(wallet, 'code')
        if not provider:
            return transactions._cn_till_status(line.uuid, _(
                "This is no payment code of a wallet that this till takes. Ask the customer to open"
                " the payment code in the wallet."
            ))
        if live:
            live._cn_give_up()  # its code was on the screen; should it be paid, that money returns
        tx = transactions._cn_till_create(line, provider, wallet, 'code', earlier=len(attempts))
        if tx:
            tx._cn_till_charge(line, code)
        return transactions._cn_till_status(line.uuid)

    def cn_show(self, values, wallet_code):
        """Have a code made for the customer to scan.

        :param str wallet_code: code of the `payment.method`
        """
        line = self._cn_line(values, positive=True)
        transactions = self.env['payment.transaction'].sudo()
        wallet = line.method._cn_wallets('qr').filtered(lambda one: one.code == wallet_code)
        provider = transactions._cn_till_route(line, wallet[:1], 'qr')
        attempts = transactions._cn_till_attempts(line.uuid)
        live = attempts._cn_live()
        if live.state != 'done':
            self._cn_check_order(line)
        if live:
            good = (
                live.cn_scene != 'qr' or live.state == 'done'
                or (live.payment_method_id == wallet and live._cn_fen() == line.fen
                    and live._cn_till_phase() == 'qr')
            )
            if good:
                return transactions._cn_till_status(line.uuid)
            live._cn_give_up()
        tx = transactions._cn_till_create(line, provider, wallet, 'qr', earlier=len(attempts))
        if tx:
            tx._cn_commit()
            tx._cn_place_order('127.0.0.1')
        return transactions._cn_till_status(line.uuid)

    def cn_status(self, values, ask=False):
        """Tell how a payment line stands; have the gateway asked when that is due.

        :param bool ask: False for what is known already
        """
        line = self._cn_line(values)
        transactions = self.env['payment.transaction'].sudo()
        if line.fen < 0:
            return self._cn_status_of_refund(line, ask)
        live = transactions._cn_till_live(line.uuid)
        if ask and live.state in ('draft', 'pending') and live.cn_ordered_at:
            late = live.cn_scene == 'code' and live.cn_expires_at <= fields.Datetime.now()
            with transport.within(const.STATUS_PATIENCE):
                if late and not live.cn_reversing:
                    live._cn_till_undo()
                elif live.cn_reversing:
                    live._cn_advance_undoing()
                else:
                    live._cn_query(live._cn_till_schedule())
        elif ask and live.state == 'done' and not live.cn_payer_told:
            with transport.within(const.STATUS_PATIENCE):
                live._cn_query()  # the receipt is waiting
        return transactions._cn_till_status(line.uuid)

    def cn_cancel(self, values):
        """Undo what is under way for a payment line: the cashier pressed cancel.

        A refund can't be undone: its line stays until it is known what became of it.
        """
        line = self._cn_line(values)
        if line.fen < 0:
            return self._cn_status_of_refund(line, ask=False)
        transactions = self.env['payment.transaction'].sudo()
        live = transactions._cn_till_live(line.uuid)
        with transport.within(const.CANCEL_PATIENCE):
            if live.cn_scene == 'qr' and live.state == 'draft' and not live.cn_forced_reason:
                live._cn_give_up()
                live._cn_close()
            elif live:
                live._cn_till_undo()
        return transactions._cn_till_status(line.uuid)

    def cn_hand_over(self, values, gone=False):
        """Let go of a doubtful attempt: it is undone without the till, which goes on.

        :param bool gone: the line has been removed, so that it can't have the money any more
        """
        line = self._cn_line(values)
        if line.fen < 0:
            return self._cn_status_of_refund(line, ask=False)
        transactions = self.env['payment.transaction'].sudo()
        live = transactions._cn_till_live(line.uuid)
        if gone:
            # What was refused may turn out paid as long as the gateway lets it be paid.
            transactions._cn_till_attempts(line.uuid).filtered(
                lambda tx: tx.state in ('cancel', 'error')
            ).cn_given_up = True
            if live.state == 'done':
                live._cn_lock()  # at this moment its order may come, see `_cn_claim`
                if not live.cn_pos_payment_ids:
                    live._cn_in_accountants_language()._cn_return_money()
        live._cn_let_go()
        return transactions._cn_till_status(line.uuid)

    def cn_force(self, values, reason, pin=''):
        """Take a line for paid although no gateway says so. The gateway is asked first.

        :param str reason: why; an accountant reads it
        :param str pin: of the employee at the till, who is `employee` in the values (`pos_hr`)
        :raise UserError: for anybody but a manager, and without a reason
        """
        line = self._cn_line(values, positive=True)
        transactions = self.env['payment.transaction'].sudo()
        live = transactions._cn_till_live(line.uuid)
        if live.state in ('draft', 'pending') and live.cn_ordered_at:
            # Though somebody asked just now: the last word before nobody's word is the gateway's.
            throttle.forget(self.env.cr.dbname, live._cn_throttle_key())
            with transport.within(const.CANCEL_PATIENCE):
                live._cn_query()
        status = transactions._cn_till_status(line.uuid)
        if status['phase'] == 'paid':
            return status
        manager = line.session._cn_manager(values.get('employee'), pin)
        if not manager:
            raise UserError(_(
                "No gateway says that this was paid. Only a manager can take it for paid."
            ))
        reason = ' '.join(str(reason or '').split())[:500]
        if len(reason) < 3:
            raise UserError(_("Say why this is to be taken for paid."))
        if not live:  # handed over: what is still under way is undone
            live = transactions._cn_till_attempts(line.uuid).filtered(
                lambda tx: tx.state in ('draft', 'pending') and tx.cn_scene == 'code'
            )[:1]
        if live:
            # Another till may begin to undo it at this moment: one of the two begins anew, and
            # sees the other.
            live._cn_lock()
        if live.cn_reversing or live.cn_given_up:
            raise UserError(_(
                "This payment is being undone: its money goes back. Scan again, or take other"
                " money."
            ))
        provider = live.provider_id or line.method._cn_accountable()
        if not provider:
            raise UserError(_("Choose at least one gateway for %s.", line.method.name))
        transactions._cn_report_forced(line, live, provider, manager, reason)
        return {**status, 'phase': 'forced', 'message': ''}

    def cn_refund(self, values, refunded_order):
        """Give money back to the wallet that paid.

        :param dict values: the refund order's payment line; its amount is negative
        :param str refunded_order: uuid of the order that was paid
        """
        line = self._cn_line(values)
        if line.fen >= 0:
            raise UserError(_("This line takes money. Scan a code or show one."))
        transactions = self.env['payment.transaction'].sudo()
        order = self.env['pos.order'].sudo().search([
            ('uuid', '=', str(refunded_order)), ('company_id', '=', line.session.company_id.id),
        ], limit=1)
        transactions._cn_till_refund(line, order)
        return transactions._cn_refund_status(line.uuid)

    def _cn_status_of_refund(self, line, ask):
        transactions = self.env['payment.transaction'].sudo()
        if ask:
            with transport.within(const.STATUS_PATIENCE):
                for refund in transactions._cn_till_refunds(line.uuid):
                    if refund.state == 'pending' and refund.cn_outcome != 'waiting':
                        refund._cn_advance_refund()
        return transactions._cn_refund_status(line.uuid)
