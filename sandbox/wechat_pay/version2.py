# Part of payment_cn_wallets. License LGPL-3.
"""Version 2: `/pay/micropay`, `/pay/orderquery`, `/secapi/pay/reverse` (official v2 pages).

XML both ways, status 200 whatever happens. An answer to a request whose signature does not fit is
not signed. The client certificate of reverse cannot be seen here: the sandbox has no TLS.
"""

import hmac
import secrets
import time
import xml.etree.ElementTree as ElementTree
from html import escape

from werkzeug.wrappers import Response

from . import crypto, fields, merchants, operations

PATHS = {
    'pay/micropay': 'charge', 'pay/orderquery': 'query', 'secapi/pay/reverse': 'reverse',
}
# code of version 3 -> code of version 2, where they differ
CODES = {
    'NOT_ENOUGH': 'NOTENOUGH', 'SYSTEM_ERROR': 'SYSTEMERROR', 'BANK_ERROR': 'BANKERROR',
    'ORDER_NOT_EXIST': 'ORDERNOTEXIST', 'SIGN_ERROR': 'SIGNERROR', 'NO_AUTH': 'NOAUTH',
    'ORDER_CLOSED': 'ORDERCLOSED', 'MCH_NOT_EXISTS': 'MCHID_NOT_EXIST',
}


def read(body):
    """Return the fields of a request. What looks like a declaration is no request.

    :raise ValueError: when it is no flat XML
    """
    text = body.decode('utf-8')
    if '<!DOCTYPE' in text.upper() or '<!ENTITY' in text.upper():
        raise ValueError("declarations")
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError:
        raise ValueError("no XML") from None
    return {child.tag: (child.text or '').strip() for child in root}


def write(values):
    """Return a response of XML."""
    inner = ''.join(
        f'<{name}><![CDATA[{value}]]></{name}>' if ']]>' not in str(value)
        else f'<{name}>{escape(str(value), quote=False)}</{name}>'
        for name, value in values.items()
    )
    return Response(f'<xml>{inner}</xml>'.encode(), content_type='text/plain; charset=utf-8')


def refuse(message):
    """Return an answer at the first level: not signed, without a code."""
    return write({'return_code': 'FAIL', 'return_msg': message})


def authenticate(values):
    """Return the merchant whose key signed.

    :raise ValueError: when none did
    """
    merchant = merchants.find(values.get('mch_id', ''))
    if not merchant:
        raise ValueError("商户号不存在")
    if values.get('sub_mch_id', '') != merchant.sub_mchid:
        raise ValueError("子商户号不匹配")
    expected = crypto.pairs_signature(values, merchant.secret('v2'), values.get('sign_type', 'MD5'))
    if not hmac.compare_digest(expected.encode(), values.get('sign', '').encode()):
        raise ValueError("签名错误")
    return merchant


def answer(merchant, asked, content, spoil=''):
    """Return a signed answer at the second level."""
    values = {
        'return_code': 'SUCCESS', 'return_msg': 'OK', 'appid': merchant.appid,
        'mch_id': merchant.mchid, 'sub_mch_id': merchant.sub_mchid,
        'nonce_str': secrets.token_hex(16), 'result_code': 'SUCCESS', **content,
    }
    values = {name: str(value) for name, value in values.items() if value not in ('', None)}
    key = merchant.secret('v2')
    if spoil == 'bad_signature':
        key = key[::-1]
    if spoil != 'unsigned':
        values['sign'] = crypto.pairs_signature(values, key, asked.get('sign_type', 'MD5'))
    return write(values)


def failure(code, message):
    """Return the fields of a refusal at the second level."""
    return {'result_code': 'FAIL', 'err_code': CODES.get(code, code), 'err_code_des': message}


def run(box, merchant, operation, values):
    """Do what a call asks for; return its fields."""
    try:
        return {'charge': _charge, 'query': _query, 'reverse': _reverse}[operation](
            box, merchant, values
        )
    except fields.Invalid as invalid:
        more = {'recall': 'N'} if operation == 'reverse' else {}
        return {**failure(invalid.code, str(invalid)), **more}


def _charge(box, merchant, values):
    if not values.get('total_fee', '').isdigit():
        raise fields.wrong('total_fee', "fen")
    fields.address(values, 'spbill_create_ip')
    columns = {
        'gateway': 'wechat_pay', 'merchant': merchant.account,
        'out_trade_no': fields.number(values), 'subject': fields.text(values, 'body', 128),
        'amount': fields.fen({'total_fee': int(values['total_fee'])}, 'total_fee'),
        'channel': 'MICROPAY', 'wallet': 'wechat_pay', 'shop': merchant.company,
        'attach': values.get('attach', ''), 'extra': {},
    }
    same = {k: v for k, v in values.items() if k not in ('nonce_str', 'sign')}
    code = values.get('auth_code', '')
    status, content = operations.book_charge(box, merchant, code, columns, same)
    if status == 202:
        return failure('USERPAYING', "需要用户输入支付密码")
    return _fields(content, values['out_trade_no'])


def _query(box, merchant, values):
    order = operations.find(box, merchant, values.get('out_trade_no', ''))
    return _fields(operations.order_fields(box, merchant, order), order['out_trade_no'], full=True)


def _reverse(box, merchant, values):
    found = operations.find(box, merchant, values.get('out_trade_no', ''))
    found = operations.book_reverse(box, found)
    return {'recall': 'Y' if box.network.is_reversing(found) else 'N'}


def _fields(content, number, full=False):
    found = {'out_trade_no': number}
    if full:
        found.update(
            trade_state=content['trade_state'], trade_state_desc=content['trade_state_desc']
        )
    if 'transaction_id' in content:
        amount = content['amount']
        payer = content['payer']
        found.update(
            transaction_id=content['transaction_id'], trade_type=content['trade_type'],
            bank_type=content['bank_type'], total_fee=amount['total'], fee_type='CNY',
            cash_fee=amount['payer_total'], coupon_fee=amount['total'] - amount['payer_total'] or '',
            attach=content['attach'], openid=payer.get('openid') or payer.get('sp_openid'),
            time_end=time.strftime('%Y%m%d%H%M%S', time.gmtime(
                fields.moment(content, 'success_time') + 8 * 3600
            )),
        )
    return found
