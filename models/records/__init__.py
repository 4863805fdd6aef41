# Part of payment_cn_wallets. License LGPL-3.

from . import (
    code_range,
    incident,
    ir_http,
    ir_module_module,
    notice,
    notice_processing,
    webhook,
    webhook_message,
)
