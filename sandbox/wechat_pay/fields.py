# Part of payment_cn_wallets. License LGPL-3.
"""What API v3 checks of its requests (official pages of each call), and its error codes."""

import calendar
import ipaddress
import re
import time

from ..notices import is_loopback

MAX_FEN = 10**11
# code -> (HTTP status, words)
ERRORS = {
    'PARAM_ERROR': (400, "参数错误"),
    'INVALID_REQUEST': (400, "请求不符合业务规则"),
    'APPID_MCHID_NOT_MATCH': (400, "AppID和mch_id不匹配"),
    'MCH_NOT_EXISTS': (400, "商户号不存在"),
    'ORDER_CLOSED': (400, "订单已关闭"),
    'ORDERPAID': (400, "订单已支付"),
    'ORDER_REVERSED': (400, "订单已撤销"),
    'AUTH_CODE_INVALID': (400, "付款码无效，请刷新后重试"),
    'NO_STATEMENT_EXIST': (400, "账单文件不存在"),
    'SIGN_ERROR': (401, "签名错误"),
    'NO_AUTH': (403, "商户无权限"),
    'OUT_TRADE_NO_USED': (403, "商户订单号重复"),
    'NOT_ENOUGH': (403, "余额不足"),
    'USER_PAYING': (403, "用户支付中"),
    'TRADE_ERROR': (403, "交易错误"),
    'ORDER_NOT_EXIST': (404, "订单不存在"),
    'RESOURCE_NOT_EXISTS': (404, "查询的资源不存在"),
    'FREQUENCY_LIMITED': (429, "频率超限"),
    'SYSTEM_ERROR': (500, "系统错误"),
    'BANK_ERROR': (500, "银行系统异常"),
}


class Invalid(Exception):
    """A request is refused with one of the error codes."""

    def __init__(self, code, detail=''):
        super().__init__(f"{ERRORS[code][1]}：{detail}" if detail else ERRORS[code][1])
        self.code = code


def wrong(name, why):
    """Return the refusal of one field."""
    return Invalid('PARAM_ERROR', f"{name} ({why})")


def text(values, name, longest, required=True, pattern=None):
    """Return a text.

    :raise Invalid: when it is missing, too long or has characters that the protocol refuses
    """
    value = values.get(name)
    if value is None and not required:
        return ''
    if not isinstance(value, str) or (required and not value):
        raise wrong(name, "a string is expected")
    if len(value.encode('utf-8', 'replace')) > longest:
        raise wrong(name, f"longer than {longest} bytes")
    if any(ord(character) > 0xFFFF or '\ud800' <= character <= '\udfff' for character in value):
        raise wrong(name, "characters beyond three bytes")
    if pattern and not re.fullmatch(pattern, value):
        raise wrong(name, "other characters than allowed")
    return value


def child(values, name, required=True):
    """Return an object inside an object."""
    value = values.get(name)
    if value is None and not required:
        return {}
    if not isinstance(value, dict):
        raise wrong(name, "an object is expected")
    return value


def fen(values, name, parent='amount'):
    """Return an amount: an integer number of fen, at least one."""
    value = values.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_FEN:
        raise wrong(f'{parent}.{name}', "an integer number of fen is expected")
    return value


def currency(values, required=False):
    """Refuse everything but CNY."""
    value = values.get('currency')
    if value != 'CNY' and (required or value is not None):
        raise wrong('amount.currency', "CNY is expected")


def number(values, name='out_trade_no', shortest=6, longest=32, more=r'\-|*'):
    """Return a merchant's number."""
    return text(values, name, longest, pattern=rf'[0-9A-Za-z_{more}]{{{shortest},{longest}}}')


def notify_url(values, required=True):
    """Return the address for notices."""
    value = text(values, 'notify_url', 255, required=required)
    if value and ('?' in value or not re.match(r'https?://[^/\s]', value)):
        raise wrong('notify_url', "an address without query string is expected")
    if value and not is_loopback(value):
        raise wrong('notify_url', "the sandbox sends notices to loopback addresses only")
    return value


def moment(values, name):
    """Return a time (RFC 3339 with offset) as Unix seconds, or None."""
    value = values.get(name)
    if value is None:
        return None
    match = re.fullmatch(
        r'(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)([+-])(\d\d):(\d\d)', value if isinstance(value, str) else ''
    )
    if not match:
        raise wrong(name, "yyyy-MM-ddTHH:mm:ss+08:00 is expected")
    try:
        seconds = calendar.timegm(time.strptime(match[1], '%Y-%m-%dT%H:%M:%S'))
    except ValueError:
        raise wrong(name, "no such time") from None
    offset = int(match[3]) * 3600 + int(match[4]) * 60
    return seconds - (offset if match[2] == '+' else -offset)


def address(values, name, required=True):
    """Return an IPv4 or IPv6 address."""
    value = text(values, name, 45, required=required)
    try:
        return value and str(ipaddress.ip_address(value))
    except ValueError:
        raise wrong(name, "an address is expected") from None


def no_null(values, path=''):
    """Refuse null members, as the real gateway does."""
    if values is None:
        raise wrong(path or 'body', "null")
    if isinstance(values, dict):
        for name, value in values.items():
            no_null(value, f'{path}/{name}')


def rfc3339(seconds):
    """Return a time as the protocol writes it, in Beijing time."""
    return time.strftime('%Y-%m-%dT%H:%M:%S+08:00', time.gmtime(seconds + 8 * 3600))
