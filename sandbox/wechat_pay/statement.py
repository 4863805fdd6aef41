# Part of payment_cn_wallets. License LGPL-3.
"""Bills (official pages on the trade bill and the fund-flow bill): columns, backticks, totals.

UTF-8 with byte order mark, CRLF, cells of data with one backtick in front, amounts in yuan, days in
Beijing time. The fee of a refund is given back as a negative amount.
"""

import calendar
import gzip
import hashlib
import secrets
import time
from decimal import ROUND_HALF_UP, Decimal

from .fields import Invalid, wrong

DAY = 86400
COLUMNS = (
    '交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,'
    '应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,'
    '手续费,费率,订单金额,申请退款金额,费率备注'
).split(',')
TOTALS = (
    '总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额'
).split(',')
FLOW_COLUMNS = (
    '记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,'
    '备注,业务凭证号'
).split(',')
FLOW_TOTALS = '资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额'.split(',')


def yuan(fen):
    """Return an amount in yuan with two decimals."""
    sign, fen = ('-' if fen < 0 else ''), abs(fen)
    return f"{sign}{fen // 100}.{fen % 100:02d}"


def fee(amount, rate):
    """Return the gateway's fee in fen, half a fen rounded up."""
    return int((Decimal(amount) * Decimal(rate)).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def _clean(value):
    return value.replace(',', '\\ ').replace('\n', '\\n').replace('\r', '')


def _when(seconds):
    return time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime(seconds + 8 * 3600))


def movements(box, merchant, day):
    """Return payments and refunds of a day, oldest first: (time, order, refund or None).

    :raise Invalid: for what is no day, or a day that is not over
    """
    try:
        start = calendar.timegm(time.strptime(day, '%Y-%m-%d')) - 8 * 3600
    except ValueError:
        raise wrong('bill_date', "yyyy-MM-dd is expected") from None
    if start > time.time():
        raise wrong('bill_date', "lies in the future")
    rows = []
    for order in box.network.orders(
        "gateway = 'wechat_pay' AND merchant = ? AND paid_at IS NOT NULL", merchant.account
    ):
        if start <= order['paid_at'] < start + DAY:
            rows.append((order['paid_at'], order, None))
        rows += [
            (refund['finished_at'], order, refund)
            for refund in box.network.refunds_of(order['id'])
            if refund['state'] == 'success' and start <= refund['finished_at'] < start + DAY
        ]
    return sorted(rows, key=lambda row: (row[0], row[2] is not None))


def trade(box, merchant, day, kind, faults):
    """Return the bytes of a trade bill.

    :param kind: ALL, SUCCESS or REFUND
    """
    rate = box.settings['fee_rate']
    rows = []
    for at, order, refund in movements(box, merchant, day):
        if kind != 'ALL' and (kind == 'REFUND') != bool(refund):
            continue
        amount = refund['amount'] if refund else order['amount']
        cost = fee(amount, rate)
        state = 'SUCCESS'
        if refund:
            state = 'REVOKED' if refund['out_refund_no'].startswith('REVERSE-') else 'REFUND'
        rows.append({
            'amount': 0 if refund else amount, 'refund': amount if refund else 0,
            'fee': -cost if refund else cost, 'state': state, 'at': at,
            'coupon': 0 if refund else order['coupon'], 'order': order,
            'refund_id': refund['wallet_refund_no'] if refund else '0',
            'refund_no': refund['out_refund_no'] if refund else '0',
        })
    rows = _spoil(rows, faults)
    if not rows:
        raise Invalid('NO_STATEMENT_EXIST')
    lines = [_row(merchant, row, rate) for row in rows]
    order = list(range(len(COLUMNS)))
    if 'moved_columns' in faults:
        order = order[5:] + order[:5]
    totals = (
        f'{len(rows)}.0', yuan(sum(row['amount'] for row in rows)),
        yuan(sum(row['refund'] for row in rows)), '0.0',
        yuan(sum(row['fee'] for row in rows)), yuan(sum(row['amount'] for row in rows)),
        yuan(sum(row['refund'] for row in rows)),
    )
    return _write([[line[i] for i in order] for line in lines], [COLUMNS[i] for i in order],
                  TOTALS, totals)


def _row(merchant, row, rate):
    order = row['order']
    kind = {'MWEB': 'MWEB'}.get(order['channel'], order['channel'])
    return [
        _when(row['at']), merchant.appid, merchant.mchid, merchant.sub_mchid or '0', '',
        order['wallet_trade_no'], order['out_trade_no'], order['payer_id'], kind, row['state'],
        order['bank_type'], 'CNY', yuan(row['amount']), yuan(row['coupon']), row['refund_id'],
        row['refund_no'], yuan(row['refund']), '0.00', 'ORIGINAL' if row['refund'] else '',
        'SUCCESS' if row['refund'] else '', _clean(order['subject']), _clean(order['attach']),
        f"{yuan(row['fee'])}000", f'{Decimal(rate) * 100:.2f}%', yuan(row['amount']),
        yuan(row['refund']), '',
    ]


def _spoil(rows, faults):
    """Apply the faults of a statement: a file that does not agree with the ledger."""
    payments = [row for row in rows if row['amount']]
    if 'differing_amount' in faults and payments:
        payments[0]['amount'] += faults['differing_amount']['options'].get('difference', 1)
    if 'differing_fee' in faults and payments:
        payments[0]['fee'] += faults['differing_fee']['options'].get('difference', 1)
    if 'missing_row' in faults and payments:
        rows = [row for row in rows if row is not payments[-1]]
    if 'extra_row' in faults:
        stranger = {
            'out_trade_no': 'EXTRA0001', 'wallet_trade_no': '4200000000000000000000000001',
            'channel': 'NATIVE', 'payer_id': 'oStranger', 'bank_type': 'OTHERS',
            'subject': '多出的一笔', 'attach': '',
        }
        rows = [*rows, {
            'amount': 888, 'refund': 0, 'fee': 3, 'state': 'SUCCESS', 'coupon': 0,
            'at': rows[-1]['at'] if rows else time.time(), 'order': stranger, 'refund_id': '0',
            'refund_no': '0',
        }]
    return rows


def flow(box, merchant, day):
    """Return the bytes of a fund-flow bill of the basic account."""
    rate, balance = box.settings['fee_rate'], 0
    lines, income, spent = [], [], []
    for at, order, refund in movements(box, merchant, day):
        amount = refund['amount'] if refund else order['amount']
        cost = fee(amount, rate)
        number = refund['wallet_refund_no'] if refund else order['wallet_trade_no']
        name = '退款' if refund else '交易'
        for what, change in ((name, -amount if refund else amount),
                             ('扣除交易手续费', cost if refund else -cost)):
            if not change:
                continue
            balance += change
            (income if change > 0 else spent).append(abs(change))
            lines.append([
                _when(at), order['wallet_trade_no'], number, name, what,
                '收入' if change > 0 else '支出', yuan(abs(change)), yuan(balance), 'system', '',
                refund['out_refund_no'] if refund else order['out_trade_no'],
            ])
    if not lines:
        raise Invalid('NO_STATEMENT_EXIST')
    totals = (f'{len(lines)}.0', f'{len(income)}.0', yuan(sum(income)), f'{len(spent)}.0',
              yuan(sum(spent)))
    return _write(lines, FLOW_COLUMNS, FLOW_TOTALS, totals)


def _write(lines, columns, total_columns, totals):
    out = [','.join(columns)]
    out += [','.join('`' + cell for cell in line) for line in lines]
    out += [','.join(total_columns), ','.join('`' + cell for cell in totals)]
    return ('\ufeff' + '\r\n'.join(out) + '\r\n').encode()


class Files:
    """Bills that were made and can be fetched for five minutes, by who asked."""

    def __init__(self):
        self._files = {}

    def publish(self, box, merchant, content, tar_type=''):
        """Return the answer of a bill call. The checksum is that of the file when unpacked."""
        if tar_type not in ('', 'GZIP'):
            raise wrong('tar_type', "GZIP")
        now = time.time()
        self._files = {k: v for k, v in self._files.items() if v[1] > now}
        token = secrets.token_urlsafe(24)
        file = gzip.compress(content) if tar_type else content
        self._files[token] = (file, now + 300, merchant.mchid)
        return {
            'hash_type': 'SHA1', 'hash_value': hashlib.sha1(content).hexdigest(),
            'download_url': f'{box.url}/wechat_pay/v3/billdownload/file?token={token}',
        }

    def fetch(self, merchant, token):
        """Return the bytes of a file.

        :raise Invalid: when there is no such file for this merchant
        """
        content, until, owner = self._files.get(token, (b'', 0, ''))
        if until < time.time():
            raise Invalid('INVALID_REQUEST', "no such file")
        if owner != merchant.mchid:
            raise Invalid('NO_AUTH')
        return content
