# Part of payment_cn_wallets. License LGPL-3.
"""What can be paid: one class for each kind, all with the same questions.

A new kind is a file with a class, and a line in `KINDS`.
"""

from .base import Payable
from .invoices import Invoices
from .plain_link import PlainLink
from .pos_orders import KioskOrder, OnlineOrder
from .sale_orders import SaleOrders
from .shop_code import ShopCode
from .till_line import TillLine

# The field of an attempt that says what it pays -> the kind. The first that is set counts; an
# attempt of an order may have its invoices as well. Fields of modules that are missing are passed over.
KINDS = (
    ('cn_kiosk', KioskOrder),
    ('cn_till_line', TillLine),
    ('pos_order_id', OnlineOrder),
    ('sale_order_ids', SaleOrders),
    ('invoice_ids', Invoices),
    # Once claimed, it has one of those above.
    ('cn_shop_code_id', ShopCode),
)


def payable_of(attempt):
    """Return what an attempt, or a refund, pays.

    :param payment.transaction attempt: one record
    :rtype: Payable
    """
    for name, kind in KINDS:
        if name in attempt._fields and attempt[name]:
            return kind(attempt)
    return PlainLink(attempt)
