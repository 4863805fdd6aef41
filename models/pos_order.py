# Part of payment_cn_wallets. License LGPL-3.

from odoo import _, api, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

from .. import gateways


class PosOrder(models.Model):
    """Cancelled orders keep no money. Orders are found by a receipt, or by the wallet's bill."""

    _inherit = 'pos.order'

    def action_pos_order_cancel(self):
        """Override of `point_of_sale`: what wallets paid for a cancelled order goes back."""
        open_orders = self.filtered(lambda order: order.state == 'draft')
        result = super().action_pos_order_cancel()
        cancelled = open_orders.filtered(lambda order: order.state == 'cancel')
        cancelled.payment_ids._cn_wallet_lines()._cn_drop()
        return result

    @api.model
    def cn_find(self, config_id, number):
        """Find the order that a bar code of a receipt or of a wallet's bill belongs to.

        :param int config_id: the till that asks
        :param str number: our number, the gateway's, or the wallet's
        :return: `order`, an id or False; `message`, a sentence about a payment that is known but
            that this till can't refund; both empty when nothing is known
        :rtype: dict
        """
        if not self.env.user.has_group('point_of_sale.group_pos_user'):
            raise AccessError(_("Only cashiers can look for orders."))
        config = self.env['pos.config'].browse(config_id)
        config.check_access('read')
        number = str(number or '').strip()
        if not 10 <= len(number) <= 64:
            return {'order': False, 'message': ''}
        fields = ('cn_out_trade_no', 'cn_out_refund_no', 'provider_reference', 'cn_wallet_reference')
        transactions = self.env['payment.transaction'].sudo().search(
            Domain.OR([(field, '=', number)] for field in fields)
            & Domain('company_id', '=', config.company_id.id)
            & Domain('provider_code', 'in', list(gateways.codes())),
            limit=10,
        )
        # A refund's receipt leads to what was refunded.
        transactions |= transactions.source_transaction_id
        orders = self.search([
            ('id', 'in', transactions.cn_pos_payment_ids.pos_order_id.ids),
            ('config_id', 'in', (config | config.trusted_config_ids).ids),
            ('state', 'not in', ('draft', 'cancel')),
        ])
        sold = orders.filtered(lambda order: not order.is_refund)[:1] or orders[:1]
        message = '' if sold or not transactions else transactions[0]._cn_elsewhere()
        return {'order': sold.id, 'message': message}
