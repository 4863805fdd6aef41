# Part of payment_cn_wallets. License LGPL-3.

from odoo import fields, models


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

    def _cn_close_order(self):
        """Book the payment with its order, and send the order to the kitchen.

        Odoo's own terminals do the same in the kiosk's request. Here the money may have come when
        that browser was gone.
        """
        payable = self._cn_payable()
        payable.lock()
        order = payable.order()
        order.invalidate_recordset()
        if not payable.due():
            self._cn_reconsider()  # removed, or paid at the counter, a moment ago: it goes back
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
