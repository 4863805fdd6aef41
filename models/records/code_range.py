# Part of payment_cn_wallets. License LGPL-3.

from odoo import _, api, fields, models
from odoo.exceptions import ValidationError

from ... import const
from ...gateways import payment_codes
from ...gateways.base import Wallet


class PaymentCnCodeRange(models.Model):
    """Which wallet a scanned payment code belongs to. Wallets take new ranges into use without
    asking anybody, so administrators can add them.
    """

    _name = 'payment.cn.code.range'
    _description = "Range of payment codes"
    _order = 'sequence, id'
    _rec_name = 'first_prefix'

    sequence = fields.Integer(
        default=10, help="Where two ranges fit equally closely, the upper one wins."
    )
    active = fields.Boolean(default=True)
    payment_method_id = fields.Many2one(
        string="Wallet", comodel_name='payment.method', required=True, ondelete='cascade',
        domain=lambda self: [('code', 'in', self._cn_method_codes())],
    )
    first_prefix = fields.Char(
        string="First prefix", help="The first digits of the code.", required=True
    )
    last_prefix = fields.Char(
        string="Last prefix", help="The same number of digits; equal for a single prefix.",
        required=True,
    )
    shortest = fields.Integer(string="Fewest digits", help="Of the whole code.", required=True)
    longest = fields.Integer(string="Most digits", help="Of the whole code.", required=True)
    evidence = fields.Char(string="Source", help="Where the range is documented or was seen.")

    # === CONSTRAINT METHODS === #

    @api.constrains('payment_method_id', 'first_prefix', 'last_prefix', 'shortest', 'longest')
    def _check_range(self):
        for code_range in self:
            try:
                code_range._cn_row()
            except ValueError:
                raise ValidationError(_(
                    "A range needs a wallet, two prefixes of the same number of digits in order,"
                    " and codes that are longer than the prefix and have at most 32 digits."
                )) from None

    # === BUSINESS METHODS === #

    @api.model
    def _cn_method_codes(self):
        return [const.PAYMENT_METHOD_CODES.get(wallet.value, wallet.value) for wallet in Wallet]

    def _cn_row(self):
        """Return the range as the gateways know ranges.

        :rtype: gateways.payment_codes.CodeRow
        :raise ValueError: if it makes no sense
        """
        self.ensure_one()
        wallets = {code: wallet for wallet, code in const.PAYMENT_METHOD_CODES.items()}
        code = self.payment_method_id.code
        return payment_codes.CodeRow(
            Wallet(wallets.get(code, code)), self.first_prefix or '', self.last_prefix or '',
            self.shortest, self.longest, self.evidence or '',
        )

    @api.model
    def _cn_recognise(self, scanned, methods=None):
        """Return the wallet whose payment code was scanned.

        :param str scanned: what the scanner typed; never logged
        :param payment.method methods: only these count: what the shop takes; None for all
        :return: the wallet, or an empty recordset when it is no payment code that is known
        :rtype: payment.method
        """
        domain = [('active', '=', True)]
        if methods is not None:
            domain.append(('payment_method_id', 'in', methods.ids))
        ranges = self.search_fetch(domain, [
            'payment_method_id', 'first_prefix', 'last_prefix', 'shortest', 'longest', 'evidence',
        ])
        ranges.payment_method_id.fetch(['active', 'code', 'name'])
        rows = {code_range: code_range._cn_row() for code_range in ranges}
        wallet = payment_codes.recognise(scanned, [*rows.values()])
        return ranges.filtered(lambda r: rows[r].wallet == wallet).payment_method_id[:1]
