# Part of payment_cn_wallets. License LGPL-3.

from . import (
    config,
    forced,
    kiosk,
    manager,
    order,
    payment_line,
    payment_method,
    sale_details_report,
    server_closed_order,
    session,
    session_booking,
    till_attempt,
    till_refund,
    till_requests,
    till_status,
    unclaimed,
)
