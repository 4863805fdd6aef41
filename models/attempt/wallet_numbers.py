# Part of payment_cn_wallets. License LGPL-3.

from datetime import timedelta

from odoo import api, fields, models

from odoo.addons.payment.logging import get_payment_logger

from ... import const, gateways
from ...tools import batches

_logger = get_payment_logger(__name__, const.SENSITIVE_KEYS)

BATCH = 100


class PaymentTransaction(models.Model):
    """The numbers on the payer's bill, by which a shop finds a payment days later.

    The notice of an aggregator names its own numbers only. Those of the wallet, and the bar code
    that its bill shows, are in the answer to a question, which is asked once.
    """

    _inherit = 'payment.transaction'

    _CN_NUMBERS = (
        'cn_out_trade_no', 'cn_out_refund_no', 'provider_reference', 'cn_wallet_reference',
        'cn_bill_bar_code',
    )

    cn_bill_bar_code = fields.Char(
        string="Bar code on the bill",
        help="What the payer's bill shows as a bar code, where it is none of the other numbers.",
        readonly=True, copy=False, index='btree_not_null',
    )
    cn_bill_due_at = fields.Datetime(
        string="Ask for the bill's numbers at", readonly=True, copy=False, index='btree_not_null',
    )

    def _cn_note_missing_numbers(self):
        """Have the numbers that are missing asked for, where they can be had."""
        if self._cn_bill_is_short():
            self.cn_bill_due_at = fields.Datetime.now() + timedelta(seconds=const.BILL_DELAY)

    def _cn_bill_is_short(self):
        return not self.cn_wallet_reference and gateways.get(self.provider_code).query_tells_more

    @api.model
    def _cn_complete_bills(self):
        """Ask for the numbers that are missing, each payment in a database transaction of its own."""
        due = self.search([('cn_bill_due_at', '<=', fields.Datetime.now())], order='id', limit=BATCH)
        # Collided before the question: next time; after it: they stay unknown.
        batches.one_by_one(
            due, lambda tx: tx._cn_complete_bill(), lambda tx, error: tx._cn_bill_failed(error)
        )

    def _cn_complete_bill(self):
        """Ask once: money does not depend on it."""
        self.cn_bill_due_at = False
        if self._cn_bill_is_short() and self._cn_has_credentials():
            self._cn_query()

    def _cn_bill_failed(self, error):
        _logger.error("Could not ask for the numbers of %s", self.id, exc_info=error)
        self.cn_bill_due_at = False
