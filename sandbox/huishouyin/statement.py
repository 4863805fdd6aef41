# Part of payment_cn_wallets. License LGPL-3.
"""Statement files and settlements.

The vendor documents neither the layout of the file nor its encoding. The sandbox writes CSV, UTF-8
with a byte order mark, CRLF, amounts in **yuan** (the vendor's rules page says so for statements),
days in Beijing time. Refunds are rows of their own with negative amounts.
"""

import calendar
import csv
import hashlib
import hmac
import io
import time
from decimal import ROUND_HALF_UP, Decimal

from werkzeug.wrappers import Response

from . import fields, merchants

DAY = 86400
COLUMNS = (
    '交易时间', '商户编号', '门店编号', '汇元单号', '商户订单号', '渠道订单号', '通道类型', '交易类型',
    '交易金额', '优惠金额', '手续费', '结算金额', '汇元退款单号', '商户退款单号', '订单标题',
)
SUMMARY = ('总笔数', '支付金额', '退款金额', '手续费', '结算金额')


def yuan(fen):
    """Return an amount in yuan with two decimals."""
    sign, fen = ('-' if fen < 0 else ''), abs(fen)
    return f"{sign}{fen // 100}.{fen % 100:02d}"


def fee(amount, rate):
    """Return the gateway's fee in fen, half a fen rounded up."""
    exact = Decimal(amount) * Decimal(rate)
    return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def account(merchant):
    """Return the merchant's login account."""
    return f"sandbox{merchant.mch_uid[-4:]}"


def day_start(day):
    """Return the Unix time at which a day (yyyyMMdd) begins in Beijing."""
    try:
        parsed = time.strptime(day, '%Y%m%d')
    except ValueError:
        raise fields.Invalid('E0002', "date (no such day)") from None
    return calendar.timegm(parsed) - 8 * 3600


def movements(box, mch_uid, start, end):
    """Return payments and refunds of a span of time as rows in fen, oldest first."""
    rate = box.settings['fee_rate']
    rows = []
    for order in box.network.orders(
        "gateway = 'huishouyin' AND merchant = ? AND state = 'paid'", mch_uid
    ):
        if start <= order['paid_at'] < end:
            cost = fee(order['amount'], rate)
            rows.append({
                'at': order['paid_at'], 'order': order, 'refund': None, 'amount': order['amount'],
                'coupon': order['coupon'], 'fee': cost, 'net': order['amount'] - cost,
            })
        for refund in box.network.refunds_of(order['id']):
            if refund['state'] == 'success' and start <= refund['finished_at'] < end:
                cost = -fee(refund['amount'], rate)
                rows.append({
                    'at': refund['finished_at'], 'order': order, 'refund': refund,
                    'amount': -refund['amount'], 'coupon': 0, 'fee': cost,
                    'net': -refund['amount'] - cost,
                })
    return sorted(rows, key=lambda row: row['at'])


def _spoil(rows, faults, merchant):
    """Apply the faults of a statement: a file that does not agree with the ledger."""
    rows = [dict(row) for row in rows]
    payments = [row for row in rows if not row['refund']]
    if 'differing_amount' in faults and payments:
        difference = faults['differing_amount']['options'].get('difference', 1)
        payments[0]['amount'] += difference
        payments[0]['net'] += difference
    if 'differing_fee' in faults and payments:
        difference = faults['differing_fee']['options'].get('difference', 1)
        payments[0]['fee'] += difference
        payments[0]['net'] -= difference
    if 'missing_row' in faults and payments:
        rows.remove(payments[-1])
    if 'extra_row' in faults:
        stranger = {
            'out_trade_no': 'EXTRA0001', 'bill_no': 'HYEXTRA0000000000000001', 'extra': {},
            'wallet_trade_no': '420000000000000000000000000001', 'channel': 'WX_NATIVE',
            'subject': '多出的一笔', 'merchant': merchant.mch_uid,
        }
        at = rows[-1]['at'] if rows else faults['extra_row']['at']
        rows.append({
            'at': at, 'order': stranger, 'refund': None, 'amount': 888, 'coupon': 0, 'fee': 3,
            'net': 885,
        })
    return rows


def write(rows, merchant, moved=False):
    """Return the CSV text of statement rows."""
    order_of_columns = list(range(len(COLUMNS)))
    if moved:
        order_of_columns = order_of_columns[5:] + order_of_columns[:5]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator='\r\n')
    writer.writerow([COLUMNS[i] for i in order_of_columns])
    for row in rows:
        order, refund = row['order'], row['refund']
        values = (
            time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime(row['at'] + 8 * 3600)),
            merchant.mch_uid, order['extra'].get('store_uid', ''), order['bill_no'],
            order['out_trade_no'], order['wallet_trade_no'], order['channel'],
            '退款' if refund else '支付', yuan(row['amount']), yuan(row['coupon']),
            yuan(row['fee']), yuan(row['net']), refund['refund_no'] if refund else '',
            refund['out_refund_no'] if refund else '', order['subject'],
        )
        writer.writerow([values[i] for i in order_of_columns])
    writer.writerow(SUMMARY)
    writer.writerow((
        len(rows),
        yuan(sum(row['amount'] for row in rows if not row['refund'])),
        yuan(sum(row['amount'] for row in rows if row['refund'])),
        yuan(sum(row['fee'] for row in rows)),
        yuan(sum(row['net'] for row in rows)),
    ))
    return out.getvalue()


# === PUBLISHING === #

# the address of the file must stay below 128 characters: faults travel as one letter
LETTERS = {
    'extra_row': 'x', 'missing_row': 'm', 'moved_columns': 'c', 'differing_amount': 'a',
    'differing_fee': 'f',
}


def _ticket(merchant, day, names):
    text = '-'.join((merchant.mch_uid, day, *names))
    digest = hmac.new(merchant.key.encode(), text.encode(), hashlib.sha256).hexdigest()[:16]
    return f"{text}-{digest}"


def publish(box, merchant, day, faults):
    """Return the address of a statement file; the faults travel in it."""
    if day_start(day) > time.time():
        raise fields.Invalid('E0002', "date lies in the future")
    names = []
    for name, fault in faults.items():
        difference = str(fault['options'].get('difference', 1)).replace('-', '_')
        names.append(LETTERS[name] + (difference if name.startswith('differing') else ''))
    return f"{box.url}/huishouyin/files/{_ticket(merchant, day, names)}.csv"


def serve(box, name):
    """Answer the download of a statement file."""
    parts = name.removesuffix('.csv').split('-')
    merchant = merchants.find(mch_uid=parts[0]) if len(parts) >= 3 else None
    if not merchant:
        return Response("no such file", status=404)
    names, day = parts[2:-1], parts[1]
    if not hmac.compare_digest(f"{_ticket(merchant, day, names)}.csv", name):
        return Response("no such file", status=404)
    start = day_start(day)
    full = {letter: name for name, letter in LETTERS.items()}
    faults = {
        full[name[0]]: {'options': {'difference': int(name[1:].replace('_', '-') or 0)}, 'at': start}
        for name in names
    }
    rows = _spoil(movements(box, merchant.mch_uid, start, start + DAY), faults, merchant)
    text = write(rows, merchant, moved='moved_columns' in faults)
    return Response(
        text.encode('utf-8-sig'), content_type='text/csv; charset=utf-8',
        headers={'Content-Disposition': f'attachment; filename="{merchant.mch_uid}-{day}.csv"'},
    )


# === SETTLEMENTS === #


def settlements(box, merchant, begin, end):
    """Return the pay-outs between two times (yyyyMMddHHmmss), oldest first.

    One a day that has money in it, created at the end of that day; it has arrived when the day is
    over. A day with more refunds than payments is carried to the next.
    """
    now = time.time()
    days, carried = {}, 0
    for row in movements(box, merchant.mch_uid, 0, now + DAY):
        day = time.strftime('%Y%m%d', time.gmtime(row['at'] + 8 * 3600))
        days[day] = days.get(day, 0) + row['net']
    rows = []
    for day, net in sorted(days.items()):
        carried += net
        if carried <= 0:
            continue
        amount, carried = carried, 0
        created = f"{day}235959"
        if not begin <= created <= end:
            continue
        rows.append({
            'RecordID': day, 'MerchUID': merchant.mch_uid, 'LoginAccount': account(merchant),
            'Company': merchant.company, 'ShortName': merchant.company,
            'BankName': "沙盒银行 Sandbox Bank", 'CashAmt': yuan(amount), 'RealAmt': yuan(amount),
            'FeeAmt': yuan(0), 'BillStatus': '1' if now >= day_start(day) + DAY else '0',
            'CreateTime': f"{day[:4]}-{day[4:6]}-{day[6:]} 23:59:59",
        })
    return rows

