# Part of payment_cn_wallets. License LGPL-3.
"""Field tables of Huishouyin's calls (vendor's pages API, other, JKGZ, cwm) and their checks."""

import ipaddress
import json
import re
from decimal import Decimal, InvalidOperation

from ..notices import is_loopback

MAX_FEE = 9_999_999_999  # fen; the protocol names no limit

# code -> vendor's words
ERRORS = {
    'E0001': "缺少必要参数",
    'E0002': "无效的参数",
    'E0003': "应用ID不存在",
    'E0004': "应用审核未成功",
    'E0005': "应用未开启",
    'E0006': "签名错误",
    'E0007': "系统错误",
    'E0008': "数据处理错误",
}

# channel -> (wallet, scene)
CHANNELS = {
    'WX_NATIVE': ('wechat_pay', 'qr'),
    'WX_JSAPI': ('wechat_pay', 'in_app'),
    'WX_H5': ('wechat_pay', 'h5'),
    'WX_MICROPAY': ('wechat_pay', 'code'),
    'WX_APPLET': ('wechat_pay', 'mini'),
    'ALI_QRCODE': ('alipay', 'qr'),
    'ALI_WAP': ('alipay', 'h5'),
    'ALI_SWIPE': ('alipay', 'code'),
    'ALI_JSAPI': ('alipay', 'in_app'),
    'ALI_QRCODE_HUABEI_INSTALLMENT': ('alipay', 'qr'),
    'ALI_SWIPE_HUABEI_INSTALLMENT': ('alipay', 'code'),
    'QQ_QRCODE': ('qq_wallet', 'qr'),
    'BANK_QRCODE': ('unionpay', 'qr'),
    'BANK_SWIPE': ('unionpay', 'code'),
    'BANK_WAP': ('unionpay', 'h5'),
    'JD_WAP': ('jd_pay', 'h5'),
    'Quick_Pass_APP': ('unionpay', 'app'),
    'Quick_Pass_H5': ('unionpay', 'h5'),
    'BANK_QUICK_PAY_FD': ('unionpay', 'h5'),
    'BANK_QUICK_PAY_BFD': ('unionpay', 'h5'),
    'BANK_CYBER': ('unionpay', 'h5'),
}
# withholding needs a contract with the payer, which the sandbox does not offer
CHANNELS_NOT_ENABLED = ('WX_WITHHOLD',)
CODE_CHANNELS = {'wechat_pay': 'WX_MICROPAY', 'alipay': 'ALI_SWIPE', 'unionpay': 'BANK_SWIPE'}

# path -> (operation, method)
CALLS = {
    'applypay': ('order', 'heemoney.pay.applypay'),
    'directpay': ('charge', 'heemoney.pay.dirctpay'),
    'payquery': ('query', 'heemoney.pay.query'),
    'refund': ('refund', 'heemoney.pay.refund'),
    'refundquery': ('query_refund', 'heemoney.pay.refund.query'),
    'merchqrcode': ('shop_code', 'heemoney.merch.qrcode.create'),
    'merchoutamtquery': ('settlements', 'heemoney.outamt.query'),
    'merchbillreport': ('statement', 'heemoney.bill.download'),
}

# name -> (kind, maximum length, required)
PUBLIC = {
    'method': ('text', 100, True),
    'version': ('text', 10, True),
    'app_id': ('text', 32, True),
    'mch_uid': ('text', 32, True),
    'isv_app_id': ('text', 32, False),
    'isv_mch_uid': ('text', 32, False),
    'charset': ('text', 10, True),
    'timestamp': ('time', 19, True),
    'biz_content': ('text', None, True),
    'sign_type': ('text', 10, True),
    'sign': ('text', 256, True),
    'api_from_type': ('text', 32, False),
}
_TILL = {
    'device_code': ('text', 18, False),
    'desk_no': ('text', 32, False),
    'clerk_uid': ('text', 18, False),
    'store_uid': ('text', 18, False),
    'terminal_info': ('text', 32, False),
    'attach': ('text', 127, False),
    'pay_option': ('json', 255, False),
    'meta_option': ('json', 255, False),
}
BUSINESS = {
    'order': {
        'out_trade_no': ('number', 64, True),
        'subject': ('text', 256, True),
        'total_fee': ('fen', None, True),
        'channel_type': ('text', 32, True),  # the page says 16, its own table has longer ones
        'client_ip': ('ip', 16, True),
        **_TILL,
        'notify_url': ('notify_url', 255, True),
        'return_url': ('url', 255, False),
        'wx_js_code': ('text', 50, False),
    },
    'charge': {
        'out_trade_no': ('number', 64, True),
        'subject': ('text', 256, True),
        'total_fee': ('fen', None, True),
        'client_ip': ('ip', 16, True),
        **_TILL,
        'auth_bar_code': ('digits', 24, True),
        'channel_type': ('text', 32, False),
    },
    'query': {'hy_bill_no': ('text', 28, False), 'out_trade_no': ('number', 64, False)},
    'refund': {
        'out_trade_no': ('number', 64, True),
        'out_refund_no': ('number', 64, True),
        'total_fee': ('fen', None, False),
        'refund_fee': ('fen', None, True),
    },
    # the page says 32 here but 64 where the number is given: 64 has to be answered for
    'query_refund': {'out_refund_no': ('number', 64, False), 'hy_refund_no': ('text', 32, False)},
    'shop_code': {
        'qr_url_name': ('text', 50, True),
        'qr_url_type': ('text', 1, True),
        'store_uid': ('text', 13, True),
        'pay_amt': ('yuan', 50, False),
        'desk_no': ('text', 50, False),
        'qr_url_style': ('text', 1, False),
        'note': ('text', 50, False),
        'notify_url': ('notify_url', 255, False),
    },
    'settlements': {
        'begin_time': ('time', 14, True),
        'end_time': ('time', 14, True),
        'page_num': ('digits', 10, True),
        'page_size': ('digits', 10, True),
        'search_word': ('text', 100, True),
    },
    'statement': {'date': ('day', 8, True)},
}


class Invalid(Exception):
    """A request is refused with one of the vendor's error codes."""

    def __init__(self, code, detail=''):
        super().__init__(f"{ERRORS[code]}：{detail}" if detail else ERRORS[code])
        self.code = code


def read_fen(value):
    """Return an amount in fen from a JSON integer or a string of digits."""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise ValueError("an integer number of fen is expected")
    if isinstance(value, str) and not re.fullmatch(r'[0-9]{1,12}', value):
        raise ValueError("an integer number of fen is expected")
    if not 1 <= int(value) <= MAX_FEE:
        raise ValueError(f"must lie between 1 and {MAX_FEE}")
    return int(value)


def read_yuan(value):
    """Return an amount in fen from yuan with at most two decimals."""
    try:
        fen = Decimal(str(value)) * 100
    except InvalidOperation:
        raise ValueError("an amount in yuan is expected") from None
    if not fen.is_finite() or fen != fen.to_integral_value():
        raise ValueError("an amount in yuan with two decimals is expected")
    return read_fen(int(fen))


def _read_text(kind, value):
    if not isinstance(value, str):
        raise ValueError("a string is expected")
    if any('\ud800' <= character <= '\udfff' for character in value):
        raise ValueError("half a character (lone surrogate)")
    if kind == 'number' and not re.fullmatch(r'[!-~]+', value):
        raise ValueError("printable ASCII without blanks is expected")
    if kind == 'digits' and not re.fullmatch(r'[0-9]+', value):
        raise ValueError("digits are expected")
    if kind == 'time' and not re.fullmatch(r'[0-9]{14}', value):
        raise ValueError("yyyyMMddHHmmss is expected")
    if kind == 'day' and not re.fullmatch(r'[0-9]{8}', value):
        raise ValueError("yyyyMMdd is expected")
    if kind == 'ip':
        try:
            ipaddress.IPv4Address(value)
        except ValueError:
            raise ValueError("an IPv4 address is expected") from None
    if kind in ('url', 'notify_url') and not re.match(r'https?://[^/\s]', value):
        raise ValueError("an absolute http or https address is expected")
    if kind == 'notify_url' and not is_loopback(value):
        raise ValueError(
            "the sandbox sends notices to loopback addresses only (127.0.0.1, ::1, localhost)"
        )
    if kind == 'json':
        try:
            if not isinstance(json.loads(value), dict):
                raise ValueError
        except (ValueError, RecursionError):
            raise ValueError("a JSON object in a string is expected") from None
    return value


def check(table, values):
    """Check values against a field table.

    :return: the known fields that are not empty; amounts as integer fen
    :raise Invalid: E0001 when a required field is missing or empty, E0002 when one does not fit
    """
    found = {}
    for name, (kind, longest, required) in table.items():
        value = values.get(name)
        if value is None or value == '':
            if required:
                raise Invalid('E0001', name)
            continue
        if longest and len(str(value)) > longest:
            raise Invalid('E0002', f"{name} (longer than {longest})")
        try:
            if kind == 'fen':
                found[name] = read_fen(value)
            elif kind == 'yuan':
                found[name] = read_yuan(value)
            elif kind == 'digits' and isinstance(value, int) and not isinstance(value, bool):
                found[name] = _read_text(kind, str(value))
            else:
                found[name] = _read_text(kind, value)
        except ValueError as error:
            raise Invalid('E0002', f"{name} ({error})") from None
    return found
