# Part of payment_cn_wallets. License LGPL-3.

from odoo import api, fields, models
from odoo.tools import SQL


class PaymentTransaction(models.Model):
    """Attempts to pay a till's order that the server itself closes.

    At a kiosk (`pos_self_order`) and on the page of an online payment (`pos_online_payment`) there
    is no cashier, and the browser may be gone when the money comes. Neither module needs to be
    installed.
    """

    _inherit = 'payment.transaction'

    cn_kiosk = fields.Boolean(
        string="Paid at a kiosk", help="The server closes the order, no till does.",
        readonly=True, copy=False,
    )

    # === ORDERS === #

    def _cn_pays_order(self):
        """Tell whether this attempt pays a till's order that is in the database."""
        self.ensure_one()
        return self.cn_kiosk or bool('pos_order_id' in self._fields and self.pos_order_id)

    def _cn_pos_order(self):
        """Return the till's order that this attempt pays; empty when it was removed.

        :rtype: pos.order
        """
        self.ensure_one()
        orders = self.env['pos.order'].sudo()
        if self.cn_kiosk:
            return orders.search([
                ('uuid', '=', self.cn_till_order),
                ('config_id', '=', self.cn_till_session_id.config_id.id),
            ], limit=1)
        return self.pos_order_id.sudo() if self._cn_pays_order() else orders

    def _cn_order_due(self, order):
        """Return what an order lacks, money counted in that was not booked yet.

        :param pos.order order: an order in the database
        :return: yuan
        :rtype: float
        """
        done = [('state', '=', 'done'), ('operation', '!=', 'refund'), ('id', '!=', self.id)]
        coming = self.search([
            *done, ('cn_kiosk', '=', True), ('cn_till_order', '=', order.uuid),
            ('cn_given_up', '=', False), ('cn_pos_payment_ids', '=', False),
        ])
        if 'pos_order_id' in self._fields:  # what goes back has lost its order
            booked = order.payment_ids.online_account_payment_id.payment_transaction_id
            coming |= self.search([*done, ('pos_order_id', '=', order.id)]) - booked
        return order.currency_id.round(order._cn_due() - sum(coming.mapped('amount')))

    @api.model
    def _cn_ended_order(self, line, order, session):
        """Return the till's order if it was cancelled, or paid without a payment line of it.

        Another till may have finished it, or the page of an online payment.

        :param str line: uuid of the payment line
        :param str order: uuid of the order
        :param pos.session session: of the till
        :rtype: pos.order
        """
        found = self.env['pos.order'].sudo().search(
            [('uuid', '=', order), ('state', '!=', 'draft')], order='id desc',
        ).filtered(lambda one: one.company_id == session.config_id.company_id)[:1]
        has_line = line in found.payment_ids.mapped('uuid')
        return found.browse() if has_line and found.state != 'cancel' else found

    def _cn_document_wants(self):
        """Override for orders that the server closes: removed or paid otherwise, they want nothing."""
        wanted = super()._cn_document_wants()
        if not wanted or not self._cn_pays_order():
            return wanted
        order = self._cn_pos_order()
        if self.cn_kiosk and order._cn_foreign_lines():
            return False  # lines that nobody proved came in when the code was on the screen
        return order.state == 'draft' and (
            self.currency_id.compare_amounts(self.amount, self._cn_order_due(order)) <= 0
        )

    def _cn_touch_documents(self):
        """Override to make what decides about the same till's order follow one another.

        Money of an attempt that was given up at a kiosk goes back whatever the order says.
        """
        super()._cn_touch_documents()
        deciding = self.filtered(lambda one: one._cn_pays_order() and not (
            one.cn_kiosk and (one.cn_given_up or one.cn_reversing)
        ))
        for tx in deciding:
            self.env.cr.execute(SQL(
                "UPDATE pos_order SET write_date = write_date WHERE id IN %s",
                (0, *tx._cn_pos_order().ids),
            ))

    def _cn_renewal_documents(self):
        """Override to keep an online payment of the till with its order."""
        documents = super()._cn_renewal_documents()
        if not self.cn_kiosk and self._cn_pays_order():
            documents['pos_order_id'] = self.pos_order_id.id
        return documents

    def _cn_return_money(self):
        """Override to keep `pos_online_payment` from booking for its order what goes back."""
        if not self.cn_kiosk and self._cn_pays_order():
            self.pos_order_id = False
        return super()._cn_return_money()

    # === KIOSK === #

    @api.model
    def _cn_attempt_values(self, line, provider, wallet, scene):
        """Override to remember that no till will close the order."""
        values = super()._cn_attempt_values(line, provider, wallet, scene)
        return {**values, 'cn_kiosk': bool(self.env.context.get('cn_kiosk'))}

    def _post_process(self):
        """Override of `payment` to close the orders that were paid at kiosks."""
        at_kiosk = self.filtered(lambda tx: (
            tx.cn_kiosk and tx.state == 'done' and tx.operation != 'refund' and not tx.cn_given_up
        ))
        for tx in at_kiosk:
            tx._cn_follow_up(tx._cn_close_order)
        super(PaymentTransaction, self - at_kiosk)._post_process()

    def _cn_is_closed_by_till(self):
        """Override: a kiosk leaves its orders to the server."""
        return super()._cn_is_closed_by_till() and not self.cn_kiosk

    def _cn_close_order(self):
        """Book the payment with its order, and send the order to the kitchen.

        Odoo's own terminals do the same in the kiosk's request. Here the money may have come when
        that browser was gone.
        """
        self._cn_touch_documents()
        order = self._cn_pos_order()
        order.invalidate_recordset()
        if not self._cn_document_wants():
            self._cn_return_money()  # removed, or paid at the counter, a moment ago
            self._cn_trigger_follow_up()
            return
        order = order.with_company(order.company_id)
        order.add_payment({
            'uuid': self.cn_till_line,
            'pos_order_id': order.id,
            'amount': self.amount,
            'payment_date': self.cn_paid_at or fields.Datetime.now(),
            'payment_method_id': self.cn_till_method_id.id,
            'payment_status': 'done',
        })
        if order._is_pos_order_paid():
            order._process_saved_order(False)
            order._send_order()
            order.config_id.notify_synchronisation(order.session_id.id, 0)
        self.is_post_processed = True
        self._cn_till_wake()
