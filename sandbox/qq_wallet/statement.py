# Part of payment_cn_wallets. License LGPL-3.
"""The daily statement (wiki 38/1209): CSV, amounts in yuan, a backtick before each value.

The header is that of the page; how the rows of totals look is not documented. Here they are a row
of titles without backticks and a row of values, as in the sister protocol. Days are Beijing days,
refunds are rows of their own, and today's file can be had at once.
"""

import calendar
import time
from decimal import ROUND_HALF_UP, Decimal

from werkzeug.wrappers import Response

from .message import Invalid

COLUMNS = (
    '交易时间', '商户号', '商户APPID', '子商户号', '子商户APPID', '用户标识', '设备号', '支付方式',
    '商户订单号', 'QQ钱包订单号', '付款银行', '货币种类', '订单金额', '商户优惠金额', '商户应收金额',
    'QQ钱包优惠金额', '用户支付金额', '交易状态', '退款提交时间', '商户退款订单号', 'QQ钱包退款订单号',
    '退款金额', '退还QQ钱包优惠金额', '退款状态', '退款成功时间', '退款方式', '商品名称', '商户数据包',
    '手续费金额', '费率',
)
# SUCCESS has payments only, and no columns about refunds
SUCCESS_COLUMNS = (*COLUMNS[:18], *COLUMNS[26:])
SUMMARY = ('总交易单数', '总交易额', '总退款金额', '总QQ钱包优惠退款金额', '手续费总金额')
DAY = 86400


def yuan(fen):
    """Return an amount in yuan with two decimals."""
    sign, fen = ('-' if fen < 0 else ''), abs(fen)
    return f"{sign}{fen // 100}.{fen % 100:02d}"


def _clock(seconds):
    return time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime(seconds + 8 * 3600))


def _fee(amount, rate):
    return int((Decimal(amount) * Decimal(rate)).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def _row(merchant, order, rate, refund=None):
    amount = -refund['amount'] if refund else order['amount']
    row = {
        '交易时间': _clock(order['paid_at']), '商户号': merchant.mch_id,
        '商户APPID': order['extra'].get('appid', ''), '用户标识': order['payer_id'],
        '设备号': order['extra'].get('device_info', ''), '支付方式': order['channel'],
        '商户订单号': order['out_trade_no'], 'QQ钱包订单号': order['wallet_trade_no'],
        '付款银行': order['bank_type'], '货币种类': 'CNY', '订单金额': yuan(order['amount']),
        '商户优惠金额': '0.00', '商户应收金额': yuan(order['amount']),
        'QQ钱包优惠金额': yuan(order['coupon']), '用户支付金额': yuan(order['payer_amount']),
        '交易状态': 'REFUND' if refund else 'SUCCESS', '商品名称': order['subject'],
        '商户数据包': order['attach'], '手续费金额': yuan(_fee(amount, rate)),
        '费率': f"{Decimal(rate) * 100:.2f}%",
    }
    if refund:
        row.update({
            '退款提交时间': _clock(refund['created_at']), '商户退款订单号': refund['out_refund_no'],
            'QQ钱包退款订单号': refund['wallet_refund_no'], '退款金额': yuan(refund['amount']),
            '退还QQ钱包优惠金额': '0.00', '退款状态': 'SUCCESS',
            '退款成功时间': _clock(refund['finished_at']), '退款方式': 'ORIGINAL',
        })
    at = refund['finished_at'] if refund else order['paid_at']
    return {'at': at, 'amount': amount, 'fee': _fee(amount, rate), 'refund': refund, 'row': row}


def _rows(box, merchant, start):
    rate, end = box.settings['fee_rate'], start + DAY
    found = []
    for order in box.network.orders(
        "gateway = 'qq_wallet' AND merchant = ? AND state = 'paid'", merchant.mch_id
    ):
        if start <= order['paid_at'] < end:
            found.append(_row(merchant, order, rate))
        for refund in box.network.refunds_of(order['id']):
            if refund['state'] == 'success' and start <= refund['finished_at'] < end:
                found.append(_row(merchant, order, rate, refund))
    return sorted(found, key=lambda one: one['at'])


def _spoil(rows, faults, merchant, start):
    """Apply the faults of a statement: a file that does not agree with the ledger."""
    payments = [one for one in rows if not one['refund']]
    for name, what, columns in (
        ('differing_amount', 'amount', ('订单金额', '商户应收金额', '用户支付金额')),
        ('differing_fee', 'fee', ('手续费金额',)),
    ):
        if name in faults and payments:
            payments[0][what] += faults[name]['options'].get('difference', 1)
            payments[0]['row'].update(dict.fromkeys(columns, yuan(payments[0][what])))
    if 'missing_row' in faults and payments:
        rows.remove(payments[-1])
    if 'extra_row' in faults:
        stranger = {
            'paid_at': start, 'extra': {}, 'payer_id': '', 'channel': 'NATIVE',
            'out_trade_no': 'EXTRA0001', 'wallet_trade_no': '4200000000000000000000000001',
            'bank_type': 'BALANCE', 'amount': 888, 'coupon': 0, 'payer_amount': 888,
            'subject': '多出的一笔', 'attach': '',
        }
        rows.append(_row(merchant, stranger, '0.0038'))
    return rows


def build(box, merchant, fields):
    """Return the file as a response.

    :raise Invalid: when the day or the kind of statement is none
    """
    try:
        start = calendar.timegm(time.strptime(fields['bill_date'], '%Y%m%d')) - 8 * 3600
    except ValueError:
        raise Invalid('PARAM_ERROR', "参数错误 bill_date (yyyyMMdd)") from None
    kind = fields.get('bill_type') or 'ALL'
    if kind not in ('ALL', 'SUCCESS', 'REFUND') or fields.get('tar_type'):
        raise Invalid('PARAM_ERROR', "参数错误 bill_type / tar_type (not in this sandbox)")
    if start > time.time():
        raise Invalid('PARAM_ERROR', "账单不存在 (no such bill yet)")
    faults = box.faults.take_all('statement', 'statement', ())
    rows = _spoil(_rows(box, merchant, start), faults, merchant, start)
    if kind != 'ALL':
        rows = [one for one in rows if bool(one['refund']) == (kind == 'REFUND')]
    columns = SUCCESS_COLUMNS if kind == 'SUCCESS' else COLUMNS
    if 'moved_columns' in faults:
        columns = (*columns[5:], *columns[:5])
    lines = [','.join(columns)]
    for one in rows:
        # a comma or line end inside a value would break the row: the vendor blanks them too
        values = (one['row'].get(name, '').translate({44: ' ', 10: ' ', 96: ' '}) for name in columns)
        lines.append(','.join(f'`{value}' for value in values))
    lines.append(','.join(SUMMARY))
    totals = (
        str(len(rows)), yuan(sum(one['amount'] for one in rows if not one['refund'])),
        yuan(-sum(one['amount'] for one in rows if one['refund'])), '0.00',
        yuan(sum(one['fee'] for one in rows)),
    )
    lines.append(','.join(f'`{value}' for value in totals))
    return Response('\r\n'.join([*lines, '']).encode(), content_type='text/plain; charset=utf-8')
