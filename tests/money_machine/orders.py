# Part of payment_cn_wallets. License LGPL-3.
"""Orders as a till's browser sends them: new ones whole, and of those that it sent before what changed."""

from uuid import uuid4

from odoo import fields
from odoo.fields import Command


def send(world, line, fen, *, state='paid', status='done', removed=None, refunded=None):
    """Store an order with one payment line.

    :param World world: fixtures
    :param dict line: the payment line, as the till's doors take it
    :param int fen: total of the order
    :param str status: of the payment line: `done`, or `waiting` while it is not paid
    :param str removed: uuid of a payment line that the cashier took out
    :param pos.order refunded: what a refund takes back
    :return: the order
    :rtype: pos.order
    """
    orders = world.env['pos.order']
    order = orders.search([('uuid', '=', line['order'])])
    total, now = fen / 100, fields.Datetime.to_string(fields.Datetime.now())
    known = order.payment_ids.filtered(lambda payment: payment.uuid == line['uuid'])
    payment = {
        'uuid': line['uuid'], 'amount': total, 'payment_status': status,
        'payment_method_id': world.case.button.id, 'payment_date': now,
    }
    gone = order.payment_ids.filtered(lambda payment: payment.uuid == removed)
    price = {'price_unit': abs(total), 'price_subtotal': total, 'price_subtotal_incl': total}
    orders.sync_from_ui([{
        'uuid': line['order'], 'name': line['order'][:8], 'session_id': world.case.session.id,
        'access_token': order.access_token or str(uuid4()),
        'company_id': world.company.id, 'user_id': world.env.uid, 'partner_id': False,
        'date_order': now, 'state': state, 'amount_total': total, 'amount_tax': 0,
        'amount_paid': total if state == 'paid' else 0, 'amount_return': 0,
        'is_refund': fen < 0, 'pricelist_id': False, 'fiscal_position_id': False,
        'to_invoice': False,
        'lines': [Command.update(order.lines.id, price)] if order else [Command.create({
            'product_id': world.product.id, 'qty': 1 if fen > 0 else -1, 'discount': 0,
            'tax_ids': [], 'uuid': str(uuid4()), **price,
            **({'refunded_orderline_id': refunded.lines[0].id} if refunded else {}),
        })],
        'payment_ids': [
            *(Command.unlink(payment.id) for payment in gone),
            Command.update(known.id, payment) if known else Command.create(payment),
        ],
    }])
    return order or orders.search([('uuid', '=', line['order'])])
