# Part of payment_cn_wallets. License LGPL-3.

import secrets

from werkzeug.urls import iri_to_uri

from odoo import _, api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import consteq

from ... import const, gateways
from ...gateways import money

# Characters that are not taken for one another when somebody types an address: 32, so 12 are 60 bits.
_ALPHABET = '23456789abcdefghijkmnpqrstuvwxyz'
_LENGTH = 12


class PaymentCnShopCode(models.Model):
    """A printed code of the shop (静态收款码): whoever scans it types an amount and pays it.

    Its address never changes by itself, for it stands on paper. What is behind it may.
    """

    _name = 'payment.cn.shop.code'
    _description = "Shop code"
    _inherit = ['mail.thread']
    _order = 'sequence, name, id'
    _check_company_auto = True

    sequence = fields.Integer(default=10)
    name = fields.Char(
        string="Name", required=True, tracking=True,
        help="For the shop's own lists: where the code lies, for instance “Counter 2”.",
    )
    active = fields.Boolean(
        string="Switched on", default=True, tracking=True,
        help="The page of a code that is switched off says so, and takes nothing.",
    )
    company_id = fields.Many2one(
        string="Company", comodel_name='res.company', required=True, index=True,
        default=lambda self: self.env.company,
    )
    currency_id = fields.Many2one(
        string="Currency", comodel_name='res.currency', compute='_compute_currency_id',
    )
    shop_name = fields.Char(
        string="Shop's name", compute='_compute_shop_name', store=True, readonly=False, required=True,
        precompute=True,
        help="On the poster, on the page and in the receipt.",
    )
    label = fields.Char(
        string="Label", size=24,
        help="Printed on the poster and shown on the page, for instance “Table 5”.",
    )
    lang = fields.Selection(
        string="Poster's language", selection=lambda self: self.env['res.lang'].get_installed(),
        help="Of the poster; the company's own when empty. The page speaks the payer's language.",
    )
    token = fields.Char(string="Token", required=True, readonly=True, copy=False, index=True)
    replaced_at = fields.Datetime(string="Replaced", readonly=True, copy=False)
    url = fields.Char(string="Address", compute='_compute_url')
    way_ids = fields.One2many(
        string="Gateways", comodel_name='payment.cn.shop.code.way', inverse_name='code_id', copy=True,
        help="Of a wallet that several carry, the upper one takes the payment. When empty, all of the"
             " company's gateways that are switched on, in their own order.",
    )
    config_id = fields.Many2one(
        string="Till", comodel_name='pos.config', check_company=True, index='btree_not_null',
        help="The till at which the code lies: its store and terminal number go along with the payment.",
    )
    user_ids = fields.Many2many(
        string="Who is told", comodel_name='res.users',
        relation='payment_cn_shop_code_user_rel', column1='code_id', column2='user_id',
        domain="[('share', '=', False), ('company_ids', 'in', [company_id])]",
        help="Sees at once in Odoo what has come in.",
    )
    amount_ids = fields.One2many(
        string="Amounts", comodel_name='payment.cn.shop.code.amount', inverse_name='code_id', copy=True,
        help="With none, the payer types the amount. One is fixed; of several the payer chooses.",
    )
    maximum_amount = fields.Monetary(
        string="At most", default=5000, tracking=True,
        help="Of one payment; 0 for no limit. The wallets have limits of their own, too.",
    )
    wallet_names = fields.Char(
        string="Wallets", compute='_compute_wallet_names', compute_sudo=True,
        help="That can be paid with: inside their own apps, or in a phone's browser.",
    )
    setup_problem = fields.Char(
        string="What is missing", compute='_compute_wallet_names', compute_sudo=True
    )
    payment_count = fields.Integer(string="Payments", compute='_compute_payment_count')

    _token_uniq = models.UniqueIndex('(token)')

    # === COMPUTE METHODS === #

    def _compute_currency_id(self):
        self.currency_id = self.env.ref('base.CNY')

    @api.depends('company_id')
    def _compute_shop_name(self):
        for code in self:
            code.shop_name = code.company_id.name

    @api.depends('token', 'company_id')
    def _compute_url(self):
        for code in self:
            code.url = code.token and f'{code._cn_base_url()}{code._cn_path()}'

    @api.depends('way_ids.provider_id', 'way_ids.payment_method_ids', 'company_id')
    @api.depends_context('lang')
    def _compute_wallet_names(self):
        for code in self:
            wallets = code._cn_wallets()
            code.wallet_names = ', '.join(wallets.mapped('name'))
            code.setup_problem = (not wallets and _(
                "No wallet can be paid with here: switch on a gateway with a payment journal whose contract"
                " has payments inside the wallet (JSAPI) or in phones' browsers (H5)."
            )) or next(filter(None, (
                provider._cn_why_nothing_arrives() for provider in code._cn_ways().values()
            )), False)

    def _compute_payment_count(self):
        counted = dict(self.env['payment.transaction'].sudo()._read_group(
            [('cn_shop_code_id', 'in', self.ids), ('state', '=', 'done'), ('operation', '!=', 'refund')],
            ['cn_shop_code_id'], ['__count'],
        ))
        for code in self:
            code.payment_count = counted.get(code, 0)

    # === CONSTRAINT METHODS === #

    @api.constrains('maximum_amount', 'amount_ids')
    def _check_amounts(self):
        for code in self:
            try:
                most = money.fen_from_float(code.maximum_amount)
            except ValueError:
                raise ValidationError(_("The limit is zero or more, in whole fen.")) from None
            for one in code.amount_ids:
                if most and money.fen_from_float(one.amount) > most:
                    raise ValidationError(_(
                        "%(amount)s is above the limit of %(most)s.",
                        amount=code.currency_id.format(one.amount),
                        most=code.currency_id.format(code.maximum_amount),
                    ))

    # === CREATION === #

    @api.model_create_multi
    def create(self, vals_list):
        """Override: each code has an address of its own from the start."""
        for values in vals_list:
            values['token'] = self._cn_new_token()
        codes = super().create(vals_list)
        for company in codes.company_id:
            company._cn_walk_in()
        return codes

    def write(self, vals):
        """Override: an address is replaced by `action_replace` only, and never chosen."""
        if 'token' in vals and not self.env.su:
            vals = {name: value for name, value in vals.items() if name != 'token'}
        return super().write(vals)

    @api.model
    def _cn_new_token(self):
        return ''.join(secrets.choice(_ALPHABET) for _place in range(_LENGTH))

    # === ADDRESSES === #

    def _cn_path(self):
        """Return the page of the code. A file of that prefix may prove it to a mini program: see docs."""
        self.ensure_one()
        return f'{const.SHOP_CODE_PREFIX}{self.token}'

    def _cn_base_url(self):
        """Return the shop's configured address, as codes on paper name it; never that of a request."""
        self.ensure_one()
        company = self.company_id.sudo()
        domain = company.website_id.domain
        return iri_to_uri(domain or company.get_base_url() or '').rstrip('/')

    @api.model
    def _cn_find(self, token):
        """Return the code that an address names, switched on or not; empty for any other.

        :param str token: as a browser says
        :rtype: payment.cn.shop.code
        """
        token = str(token)
        if len(token) != _LENGTH or not token.isascii():
            return self.browse()
        found = self.sudo().with_context(active_test=False).search([('token', '=', token)], limit=1)
        return found if found and consteq(found.token.encode(), token.encode()) else self.browse()

    # === GATEWAYS === #

    def _cn_ways(self):
        """Return which gateway takes which wallet, in order: the first one of each.

        :return: wallet -> gateway
        :rtype: dict[payment.method, payment.provider]
        """
        self.ensure_one()
        code = self.sudo()
        ways = [(way.provider_id, way.payment_method_ids) for way in code.way_ids] or [
            (provider, provider.payment_method_ids)
            for provider in self.env['payment.provider'].sudo().search([
                ('code', 'in', list(gateways.codes())), ('company_id', 'parent_of', code.company_id.id),
            ])
        ]
        known = self.env['payment.cn.code.range']._cn_method_codes()
        taken = {}
        for provider, wallets in ways:
            if provider.state == 'disabled' or not provider.journal_id:
                continue
            carried = provider.payment_method_ids
            for wallet in ((wallets & carried) if wallets else carried).sorted('sequence'):
                if wallet.active and wallet.code in known:
                    taken.setdefault(wallet, provider)
        return taken

    # === ACTION METHODS === #

    def action_replace(self):
        """Give the code another address: what is printed of the old one leads nowhere any more."""
        self.check_access('write')
        for code in self:
            code.sudo().write({
                'token': self._cn_new_token(), 'replaced_at': fields.Datetime.now(),
            })
            code.message_post(body=_("The code was replaced: posters of the old one lead nowhere any more."))

    def action_open_page(self):
        """Open the page that payers see.

        :rtype: dict
        """
        self.ensure_one()
        return {'type': 'ir.actions.act_url', 'url': self._cn_path(), 'target': 'new'}

    def action_view_payments(self):
        """List what came in by this code.

        :rtype: dict
        """
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id('payment_cn_wallets.action_cn_counter_payments')
        return {**action, 'context': {'search_default_cn_shop_code_id': self.id}}
