# Part of payment_cn_wallets. License LGPL-3.
"""JD Pay's daily bill: a zip with one GBK CSV. Amounts in yuan, days of Beijing.

One integrator's column order is all that is known; the titles are ours.
"""

import base64
import calendar
import csv
import hashlib
import io
import json
import re
import time
import zipfile
from decimal import ROUND_HALF_UP, Decimal

from werkzeug.wrappers import Response

from ..bills import spoil

DAY = 86400
COLUMNS = (
    '商户订单号', '京东交易号', '交易金额', '支付方式', '业务类型', '交易状态', '退款金额', '币种',
    '交易时间', '完成时间', '退款单号', '手续费', '账户名称', '商户号', '备注', '备注2', '银行流水号',
    '第三方流水号', '京东兑换单号',
)


def _yuan(fen):
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def _clock(at):
    return time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime(at + 8 * 3600))


def answer(box, merchants, fields):
    """Answer the download. Anything but a zip is an error."""
    data = fields.get('data', '')
    try:
        wish = json.loads(base64.b64decode(data, validate=True))
        match = re.fullmatch(r'(\d{8})ordercreate_(\d+)\.zip', wish['name'], re.ASCII)
        start = calendar.timegm(time.strptime(match[1], '%Y%m%d')) - 8 * 3600
    except (ValueError, TypeError, KeyError):
        return Response("data error", mimetype='text/plain')
    merchant = merchants.find(match[2])
    if not merchant or fields.get('owner') != merchant.owner:
        return Response("owner error", mimetype='text/plain')
    if hashlib.md5((data + merchant.md5_key).encode()).hexdigest() != fields.get('md5'):
        return Response("md5 error", mimetype='text/plain')
    if wish.get('path') != '0001/0001' or start > time.time():
        return Response("file not exist", mimetype='text/plain')
    faults = box.faults.take_all('statement', 'statement', ())
    rows = spoil(_rows(box, merchant, start), faults, start, _stranger, lambda row: row['refund'])
    text = _write(rows, 'moved_columns' in faults)
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(wish['name'].replace('.zip', '.csv'), text.encode('gbk', 'replace'))
    return Response(out.getvalue(), mimetype='application/octet-stream')


def _fee(amount, rate):
    return int((Decimal(amount) * Decimal(rate)).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def _rows(box, merchant, start):
    rate, rows = box.settings['fee_rate'], []
    for order in box.network.orders(
        "gateway = 'jd_pay' AND merchant = ? AND state = 'paid'", merchant.number
    ):
        same = {'number': order['out_trade_no'], 'bill': order['bill_no'][2:],
                'began': order['created_at'], 'merchant': merchant, 'note': order['attach'],
                'wallet_no': order['wallet_trade_no']}
        if start <= order['paid_at'] < start + DAY:
            amount = order['amount']
            rows.append({**same, 'at': order['paid_at'], 'amount': amount, 'refund': '',
                         'fee': _fee(amount, rate)})
        for refund in box.network.refunds_of(order['id']):
            if refund['state'] == 'success' and start <= refund['finished_at'] < start + DAY:
                rows.append({**same, 'at': refund['finished_at'], 'amount': refund['amount'],
                             'refund': refund['out_refund_no'],
                             'fee': -_fee(refund['amount'], rate)})
    return sorted(rows, key=lambda row: row['at'])


def _stranger(at):
    """Return the row of a payment that nobody knows."""
    return {
        'number': 'EXTRA0001', 'bill': '0000000000000000000001', 'began': at, 'at': at,
        'amount': 888, 'refund': '', 'fee': 3, 'merchant': None, 'note': '', 'wallet_no': '',
    }


def _write(rows, moved):
    places = list(range(len(COLUMNS)))
    if moved:
        places = places[5:] + places[:5]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator='\r\n')
    writer.writerow([COLUMNS[at] for at in places])
    for row in rows:
        paid = not row['refund']
        values = (
            row['number'], row['bill'], _yuan(row['amount'] if paid else 0), '银行卡',
            '消费' if paid else '退款', '成功', _yuan(0 if paid else row['amount']), 'CNY',
            _clock(row['began']), _clock(row['at']), row['refund'], _yuan(row['fee']),
            row['merchant'].shop if row['merchant'] else '',
            row['merchant'].number if row['merchant'] else '', row['note'], '', row['wallet_no'],
            '', '',
        )
        writer.writerow([values[at] for at in places])
    return out.getvalue()
