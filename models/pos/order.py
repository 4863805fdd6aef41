# Part of payment_cn_wallets. License LGPL-3.

from odoo import _, api, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ... import gateways

# Where orders of `pos_self_order` come from: the browsers of guests.
GUESTS = ('kiosk', 'mobile')


class PosOrder(models.Model):
    """Cancelled orders keep no money. Orders are found by a receipt, or by the wallet's bill."""

    _inherit = 'pos.order'

    # === THE MONEY OF AN ORDER === #

    @api.model
    def sync_from_ui(self, orders):
        """Override of `point_of_sale`: what comes from a guest's browser has no payments.

        `pos_self_order` passes on what anybody sends to its public doors, as the superuser; no
        cashier's till does that. Its own payments are made by the server, as are those of
        `pos_online_payment`: a payment line that comes along is somebody else's, or nobody's.
        """
        if self.env.su:
            for order in orders:
                if order.get('source') in GUESTS:
                    self._cn_strip_payments(order)
        return super().sync_from_ui(orders)

    @api.model
    def _cn_strip_payments(self, order):
        """Take the payments, and what would tie payments to it, out of an order.

        :param dict order: as a browser sent it
        """
        order.pop('payment_ids', None)
        for model, records in (order.get('relations_uuid_mapping') or {}).items():
            known = self.env[model]._fields if model in self.env else {}
            for values in records.values():
                for name in list(values):
                    if model == 'pos.payment' or (
                        name in known and known[name].comodel_name == 'pos.payment'
                    ):
                        del values[name]

    def write(self, vals):
        """Override of `point_of_sale` to look at the money where an order ends.

        :raise UserError: if a payment by wallet would be written into an order that is paid
        """
        edited = self.browse()
        if 'payment_ids' in vals:
            edited = self.filtered(lambda order: order.state not in ('draft', 'cancel'))
        before = edited.payment_ids._cn_unproven()
        drafts = self.filtered(lambda order: order.state == 'draft')
        lines = drafts._cn_attempted_lines() if vals.get('state') == 'cancel' else []
        result = super().write(vals)
        if edited.payment_ids._cn_unproven() - before:
            raise UserError(_(
                "Nothing would reach the wallet from here. Take the payment or the refund at the"
                " till, refund a wallet's payment from its own form, or choose another payment"
                " method."
            ))
        if lines:
            self._cn_drop(lines)
        if vals.get('state') == 'paid':
            self.payment_ids._cn_link()
        return result

    def unlink(self):
        """Override of `point_of_sale`: what wallets paid for an order that is removed goes back."""
        lines = self.filtered(lambda order: order.state == 'draft')._cn_attempted_lines()
        result = super().unlink()
        self._cn_drop(lines)
        return result

    def _cn_attempted_lines(self):
        """Return the payment lines of these orders for which money may move, stored or not.

        :return: their uuids
        :rtype: list[str]
        """
        if not self:
            return []
        uuids = set(self.payment_ids._cn_wallet_lines().mapped('uuid'))
        attempts = self.env['payment.transaction'].sudo().search([
            ('cn_till_order', 'in', self.mapped('uuid')),
            ('cn_till_session_id.company_id', 'in', self.company_id.ids),
        ])
        return sorted(uuids | set(attempts.mapped('cn_till_line')))

    @api.model
    def _cn_drop(self, lines):
        """There is no order for these lines any more: undo what is under way, send back what came.

        :param list[str] lines: uuids of payment lines
        :return: None
        """
        transactions = self.env['payment.transaction'].sudo()
        for uuid in lines:
            live = transactions._cn_till_live(uuid)
            if live:
                live._cn_let_go()
            for tx in transactions._cn_till_refunds(uuid) | live:
                if tx.state == 'done' and tx._cn_is_unclaimed():
                    tx._cn_in_accountants_language()._cn_settle_without_order()

    # === FINDING ORDERS === #

    @api.model
    def cn_find(self, config_id, number):
        """Find the order that a bar code of a receipt or of a wallet's bill belongs to.

        :param int config_id: the till that asks
        :param str number: our number, the gateway's, the wallet's, or the bill's bar code
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
        fields, company = self.env['payment.transaction']._CN_NUMBERS, config.company_id
        transactions = self.env['payment.transaction'].sudo().search(
            Domain.OR([(field, '=', number)] for field in fields)
            # A branch may sell through the contract of the company above it.
            & (
                Domain('company_id', '=', company.id)
                | Domain('company_id', 'in', company.parent_ids.ids)
                & (
                    Domain('cn_till_session_id.company_id', '=', company.id)
                    | Domain('source_transaction_id.cn_till_session_id.company_id', '=', company.id)
                )
            )
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
