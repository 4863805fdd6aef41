# Part of payment_cn_wallets. License LGPL-3.
"""What a till says about one of its payment lines, checked before anything is done with it."""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from odoo.exceptions import UserError

from ..gateways import money

_UUID = re.compile(r'[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}')

# Fields of the till that say where it stands, in the words of the gateways.
PLACE = ('cn_store_number', 'cn_terminal_number')


@dataclass(frozen=True)
class TillLine:
    """A payment line of an order that need not be in the database yet.

    :param uuid: of the payment line; it stands for one charge
    :param order: uuid of the order
    :param reference: the order's name, as on the receipt
    :param fen: what is to be paid by this line; negative when it is given back, 0 when the amount
                was deleted: something may be under way for it all the same
    :param session: open `pos.session`
    :param method: `pos.payment.method`
    :param partner: `res.partner`, may be empty
    """

    uuid: str
    order: str
    reference: str
    fen: int
    session: object
    method: object
    partner: object
    cashier: str


def number(value):
    """Return a record's id as the browser sent it, or 0.

    :param value: anything
    :rtype: int
    """
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def read(method, values):
    """Return the payment line that a till names.

    :param pos.payment.method method: sudoed; the button that was pressed
    :param dict values: from the browser: uuid, order, reference, amount (yuan, text), session,
                        partner, cashier
    :rtype: TillLine
    :raise UserError: if it does not fit the session or makes no sense
    """
    env = method.env
    uuid, order = str(values.get('uuid') or ''), str(values.get('order') or '')
    # Only what is asked for: a cashier waits, and these tables have a hundred columns.
    session = env['pos.session'].search_fetch(
        [('id', '=', number(values.get('session')))], ['name', 'state', 'config_id']
    )
    if not (_UUID.fullmatch(uuid) and _UUID.fullmatch(order)):
        raise UserError(env._("This payment line can't be charged. Remove it and add it again."))
    if session.state not in ('opened', 'opening_control', 'closing_control'):
        raise UserError(env._("The session of this till has been closed."))
    config = session.config_id
    config.fetch(['company_id', 'currency_id', *PLACE])
    if not (method.active and method in config.with_context(active_test=False).payment_method_ids):
        raise UserError(env._("This till may not use this payment method."))
    if config.currency_id.name != 'CNY':
        raise UserError(env._("The wallets take CNY only."))
    try:
        amount = Decimal(str(values.get('amount')))
        fen = money.to_fen(abs(amount)) * (-1 if amount < 0 else 1)
    except (InvalidOperation, ValueError):
        raise UserError(env._("This amount can't be paid by wallet.")) from None
    partner = env['res.partner'].browse(number(values.get('partner')))
    return TillLine(
        uuid=uuid,
        order=order,
        reference=re.sub(r'[^\w #/-]', '', str(values.get('reference') or ''))[:40] or order[:8],
        fen=fen,
        session=session,
        method=method,
        partner=partner and partner.exists(),
        cashier=re.sub(r'[^\w .-]', '', str(values.get('cashier') or ''))[:32],
    )
