# Part of payment_cn_wallets. License LGPL-3.
"""Field tables of Alipay's calls (model pages of each method) and their checks."""

import re
from decimal import Decimal, InvalidOperation

from ..notices import is_loopback

# method -> operation of `sandbox.faults`
METHODS = {
    'alipay.trade.precreate': 'order',
    'alipay.trade.create': 'order',
    'alipay.trade.app.pay': 'order',
    'alipay.trade.wap.pay': 'order',
    'alipay.trade.page.pay': 'order',
    'alipay.trade.pay': 'charge',
    'alipay.trade.query': 'query',
    'alipay.trade.close': 'close',
    'alipay.trade.cancel': 'reverse',
    'alipay.trade.refund': 'refund',
    'alipay.trade.fastpay.refund.query': 'query_refund',
    'alipay.data.dataservice.bill.downloadurl.query': 'statement',
    'alipay.system.oauth.token': 'oauth',
    'alipay.open.app.alipaycert.download': 'certificate',
}
# a browser comes with these; the scene that they are
PAGES = {'alipay.trade.wap.pay': 'h5', 'alipay.trade.page.pay': 'h5'}
SCENES = {
    'alipay.trade.precreate': 'qr', 'alipay.trade.create': 'in_app', 'alipay.trade.app.pay': 'app',
    **PAGES,
}

# name -> (kind, maximum length, required)
_ORDER = {
    'out_trade_no': ('number', 64, True), 'total_amount': ('yuan', 12, True),
    'subject': ('subject', 256, True), 'product_code': ('text', 64, False),
    'body': ('text', 128, False), 'passback_params': ('text', 512, False),
    'store_id': ('ascii', 32, False), 'operator_id': ('text', 28, False),
    'terminal_id': ('text', 32, False), 'seller_id': ('text', 28, False),
    'timeout_express': ('span', 6, False), 'time_expire': ('time', 32, False),
    'extend_params': ('object', None, False), 'business_params': ('object', None, False),
    'goods_detail': ('array', None, False),
}
_TRADE = {'out_trade_no': ('number', 64, False), 'trade_no': ('text', 64, False)}
TABLES = {
    'alipay.trade.precreate': {**_ORDER, 'qr_code_timeout_express': ('span', 6, False)},
    'alipay.trade.create': {
        **_ORDER, 'buyer_id': ('text', 28, False), 'buyer_open_id': ('text', 128, False),
        'op_app_id': ('text', 32, False), 'op_buyer_open_id': ('text', 128, False),
    },
    'alipay.trade.app.pay': _ORDER,
    'alipay.trade.wap.pay': {**_ORDER, 'quit_url': ('text', 400, False)},
    'alipay.trade.page.pay': {**_ORDER, 'qr_pay_mode': ('text', 2, False)},
    'alipay.trade.pay': {
        **_ORDER, 'scene': ('text', 32, False), 'auth_code': ('digits', 64, True),
    },
    'alipay.trade.query': _TRADE,
    'alipay.trade.close': _TRADE,
    'alipay.trade.cancel': _TRADE,
    'alipay.trade.refund': {
        **_TRADE, 'refund_amount': ('yuan', 12, True), 'out_request_no': ('ascii', 64, False),
        'refund_reason': ('text', 256, False),
    },
    'alipay.trade.fastpay.refund.query': {**_TRADE, 'out_request_no': ('ascii', 64, True)},
    'alipay.data.dataservice.bill.downloadurl.query': {
        'bill_type': ('text', 32, True), 'bill_date': ('text', 10, True),
    },
    'alipay.system.oauth.token': {},
    'alipay.open.app.alipaycert.download': {'alipay_cert_sn': ('text', 32, True)},
}
_PATTERNS = {
    'number': r'[0-9A-Za-z_]+', 'digits': r'[0-9]+', 'ascii': r'[!-~]+',
    'span': r'[1-9][0-9]*[mhd]|1c', 'time': r'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d',
    'subject': r'[^/=&]+', 'text': r'.+',
}


class Invalid(Exception):
    """A request is refused: `code`, `sub_code` and words."""

    def __init__(self, code, sub_code, message=''):
        super().__init__(message or sub_code)
        self.code = code
        self.sub_code = sub_code


def wrong(message):
    """Return the refusal of a business field."""
    return Invalid('40004', 'ACQ.INVALID_PARAMETER', f"参数有误: {message}")


def read_yuan(text):
    """Return fen from a string of yuan with at most two decimals."""
    try:
        amount = Decimal(text)
    except (InvalidOperation, TypeError):
        raise wrong("an amount in yuan is expected") from None
    if not re.fullmatch(r'[0-9]{1,9}(\.[0-9]{1,2})?', text, re.ASCII) or not (
        Decimal('0.01') <= amount <= Decimal('100000000')
    ):
        raise wrong("an amount between 0.01 and 100000000 is expected")
    return int(amount * 100)


def check(method, values):
    """Return the known fields that are not blank; amounts in fen."""
    found = {}
    for name, (kind, longest, required) in TABLES[method].items():
        value = values.get(name)
        if value in (None, ''):
            if required:
                raise wrong(f"{name} is missing")
            continue
        if kind in ('object', 'array'):
            if not isinstance(value, dict if kind == 'object' else list):
                raise wrong(f"{name} must be a JSON {kind}")
        elif not isinstance(value, str):
            raise wrong(f"{name} must be a string")
        elif longest and len(value) > longest:
            raise wrong(f"{name} is longer than {longest}")
        elif kind == 'yuan':
            value = read_yuan(value)
        elif not re.fullmatch(_PATTERNS[kind], value, re.ASCII | re.DOTALL):
            raise wrong(f"{name} has a value that is not allowed")
        found[name] = value
    return found


def check_address(name, value):
    """Refuse an address that notices can't go to."""
    if value and not is_loopback(value):
        raise wrong(f"{name}: the sandbox sends notices to loopback addresses only")
