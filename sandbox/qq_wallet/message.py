# Part of payment_cn_wallets. License LGPL-3.
"""Messages: a root `<xml>` with one child for each field (wiki 38/1203)."""

import re
from xml.etree import ElementTree

from werkzeug.wrappers import Response

# what the vendor's fields are made of; longest text, required
ORDER = {
    'body': (128, True), 'attach': (128, False), 'out_trade_no': (32, True),
    'fee_type': (16, True), 'total_fee': (11, True), 'spbill_create_ip': (16, True),
    'time_start': (14, False), 'time_expire': (14, False), 'limit_pay': (32, False),
    'promotion_tag': (128, False), 'trade_type': (16, True), 'notify_url': (256, True),
    'device_info': (32, False),
}
TABLES = {
    'order': ORDER,
    'charge': {
        **ORDER, 'notify_url': (256, False), 'device_info': (32, True), 'auth_code': (32, True),
    },
    'query': {'transaction_id': (32, False), 'out_trade_no': (32, False)},
    'close': {'out_trade_no': (32, True)},
    'reverse': {
        'out_trade_no': (32, True), 'op_user_id': (32, True), 'op_user_passwd': (32, True),
    },
    'refund': {
        'transaction_id': (32, False), 'out_trade_no': (32, False), 'out_refund_no': (32, True),
        'refund_fee': (11, True), 'op_user_id': (32, True), 'op_user_passwd': (32, True),
        'refund_account': (30, False),
    },
    'query_refund': {
        'refund_id': (32, False), 'out_refund_no': (32, False), 'transaction_id': (32, False),
        'out_trade_no': (32, False),
    },
    'statement': {'bill_date': (8, True), 'bill_type': (8, False), 'tar_type': (8, False)},
}
COMMON = {'mch_id': (32, True), 'nonce_str': (32, True), 'appid': (32, False)}


class Invalid(Exception):
    """A request is refused with an error code."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def read(body):
    """Return the fields of a request.

    :raise Invalid: when it is no message
    """
    # a declaration of a document type stands in plain sight, whatever follows it
    if b'<!DOCTYPE' in body or b'<!ENTITY' in body:
        raise Invalid('XML_FORMAT_ERROR', "DOCTYPE is not allowed")
    try:
        text = body.decode('utf-8')
    except UnicodeDecodeError:
        raise Invalid('NOT_UTF8', "请使用UTF-8 (not UTF-8)") from None
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError):
        raise Invalid('XML_FORMAT_ERROR', "XML格式错误 (not well-formed)") from None
    if root.tag != 'xml' or any(len(child) or child.attrib for child in root):
        raise Invalid('XML_FORMAT_ERROR', "XML格式错误 (not a flat message)")
    fields = {child.tag: child.text or '' for child in root}
    if len(fields) != len(root):
        raise Invalid('XML_FORMAT_ERROR', "XML格式错误 (a field occurs twice)")
    return fields


def check(operation, fields):
    """Check lengths and what must be there.

    :raise Invalid: LACK_PARAMS or PARAM_ERROR
    """
    for name, (longest, required) in {**COMMON, **TABLES[operation]}.items():
        value = fields.get(name, '')
        if required and not value:
            raise Invalid('LACK_PARAMS', f"缺少参数 {name}")
        if len(value) > longest:
            raise Invalid('PARAM_ERROR', f"参数错误 {name} (longer than {longest})")


def number(fields, name):
    """Return an amount in fen.

    :raise Invalid: PARAM_ERROR
    """
    if not re.fullmatch(r'[1-9][0-9]{0,10}', fields[name]):
        raise Invalid('PARAM_ERROR', f"参数错误 {name} (fen, without a point)")
    return int(fields[name])


def text(fields):
    """Return a message as text, with CDATA as the vendor's samples have it."""
    parts = []
    for name, value in fields.items():
        value = str(value)
        if re.fullmatch(r'[0-9A-Za-z_.:/-]*', value):
            parts.append(f'<{name}>{value}</{name}>')
        else:
            safe = re.sub('[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]', '?', value)
            safe = safe.replace(']]>', ']]]]><![CDATA[>')
            parts.append(f'<{name}><![CDATA[{safe}]]></{name}>')
    return '<?xml version="1.0" encoding="UTF-8" ?>\n<xml>\n' + '\n'.join(parts) + '\n</xml>\n'


def respond(fields):
    """Return the response that carries a message."""
    return Response(text(fields).encode(), content_type='text/xml; charset=utf-8')
