# Part of payment_cn_wallets. License LGPL-3.
"""Alipay's business bill of a day: a ZIP with two GBK files, as the pages and samples show it.

The address lives for 30 seconds and carries its own token. `signcustomer` bills are not made here.
"""

import base64
import calendar
import io
import re
import secrets
import time
import zipfile
from decimal import ROUND_HALF_UP, Decimal

from werkzeug.wrappers import Response

from ..bills import spoil
from .fields import Invalid
from .notice import clock, yuan

COLUMNS = (
    '支付宝交易号', '商户订单号', '业务类型', '商品名称', '创建时间', '完成时间', '门店编号', '门店名称',
    '操作员', '终端号', '对方账户', '订单金额（元）', '商家实收（元）', '支付宝红包（元）', '集分宝（元）',
    '支付宝优惠（元）', '商家优惠（元）', '券核销金额（元）', '券名称', '商家红包消费金额（元）',
    '卡消费金额（元）', '退款批次号/请求号', '服务费（元）', '分润（元）', '备注',
)
LIFETIME = 30  # seconds


def base64_text(text):
    """Return the base64 of a text."""
    return base64.b64encode(text.encode()).decode()


def publish(server, merchant, values, faults):
    """Return the address of a bill."""
    if values['bill_type'] != 'trade':
        raise Invalid('40004', 'isp.type_not_supported')
    try:
        parsed = time.strptime(values['bill_date'], '%Y-%m-%d')
    except ValueError:
        raise Invalid('40004', 'INVAILID_ARGUMENTS') from None
    start = calendar.timegm(parsed) - 8 * 3600
    if start > time.time():
        raise Invalid('40004', 'INVAILID_ARGUMENTS')
    rows = spoil(
        _rows(server, merchant, start), faults, start, _stranger, lambda row: row['refund_no']
    )
    if not rows:
        raise Invalid('40004', 'isp.bill_not_exist', "账单不存在")
    token = secrets.token_hex(16)
    content = write(merchant, values['bill_date'], rows, moved='moved_columns' in faults)
    now = time.time()
    server.bills = {t: kept for t, kept in server.bills.items() if kept[0] > now}
    server.bills[token] = (now + LIFETIME, content)
    return f"{server.box.url}/alipay/bills/download.resource?bizType=trade&token={token}"


def serve(server, token):
    """Answer the download of a bill."""
    until, content = server.bills.get(token, (0, b''))
    if until <= time.time():
        return Response("no such file", status=404)
    return Response(content, mimetype='application/zip')


def _rows(server, merchant, start):
    """Return payments and refunds of a day, oldest first; amounts in fen."""
    rate, rows = Decimal(server.box.settings['fee_rate']), []
    for order in server.box.network.orders(
        "gateway = 'alipay' AND merchant = ? AND state = 'paid'", merchant.seller_id
    ):
        found = [(order['paid_at'], order['amount'], None)]
        for refund in server.box.network.refunds_of(order['id']):
            if refund['state'] == 'success':
                found.append((refund['finished_at'], -refund['amount'], refund['out_refund_no']))
        for at, amount, refund_no in found:
            if start <= at < start + 86400:
                fee = int((-amount * rate).quantize(Decimal(1), rounding=ROUND_HALF_UP))
                rows.append({
                    'at': at, 'trade_no': order['bill_no'], 'out_trade_no': order['out_trade_no'],
                    'subject': order['subject'], 'created_at': order['created_at'],
                    'amount': amount, 'fee': fee, 'refund_no': refund_no or '',
                    'coupon': 0 if refund_no else order['coupon'], **order['extra'],
                })
    return sorted(rows, key=lambda row: row['at'])


def _stranger(at):
    """Return the row of a payment that nobody knows."""
    return {
        'at': at, 'trade_no': '2000010122001000000000000001', 'out_trade_no': 'EXTRA0001',
        'subject': '多出的一笔', 'created_at': at, 'amount': 888, 'fee': -3, 'refund_no': '',
        'coupon': 0,
    }


def _line(row):
    values = dict.fromkeys(COLUMNS, '0.00')
    values.update({
        # numbers end with a TAB, so that spreadsheets leave them alone
        '支付宝交易号': row['trade_no'] + '\t', '商户订单号': row['out_trade_no'] + '\t',
        '业务类型': '退款' if row['refund_no'] else '交易',
        '商品名称': re.sub('[,\r\n]', ' ', row['subject']), '创建时间': clock(row['created_at']),
        '完成时间': clock(row['at']), '门店编号': row.get('store_id', ''), '门店名称': '',
        '操作员': row.get('operator_id', ''), '终端号': row.get('terminal_id', ''),
        '对方账户': '*付款人(pay***)', '订单金额（元）': yuan(row['amount']),
        '商家实收（元）': yuan(row['amount']), '支付宝优惠（元）': yuan(row['coupon']),
        '券名称': '', '退款批次号/请求号': row['refund_no'] and row['refund_no'] + '\t',
        '服务费（元）': yuan(row['fee']), '备注': '',
    })
    return values


def write(merchant, day, rows, moved=False):
    """Return the ZIP of a day."""
    columns = COLUMNS[7:] + COLUMNS[:7] if moved else COLUMNS
    date = f"{day[:4]}年{day[5:7]}月{day[8:]}日"
    head = [f"#账号：[{merchant.seller_id}0156]",
            f"#起始日期：[{date} 00:00:00]   终止日期：[{date} 23:59:59]"]
    lines = [_line(row) for row in rows]
    paid = [row['amount'] for row in rows if not row['refund_no']]
    back = [row['amount'] for row in rows if row['refund_no']]
    detail = [
        '#支付宝业务明细查询', *head, '#' + '-' * 33 + '业务明细列表' + '-' * 33, ','.join(columns),
        *(','.join(line[name] for name in columns) for line in lines),
        '#' + '-' * 33 + '业务明细列表结束' + '-' * 33,
        f"#交易合计：{len(paid)}笔，商家实收共{yuan(sum(paid))}元，商家优惠共0.00元",
        f"#退款合计：{len(back)}笔，商家实收退款共{yuan(sum(back))}元，商家优惠退款共0.00元",
        f"#导出时间：[{clock(time.time())}]",
    ]
    summary = [
        '#支付宝业务汇总查询', *head, '#' + '-' * 33 + '业务汇总列表' + '-' * 33,
        '门店编号,门店名称,交易订单总笔数,退款订单总笔数,订单金额（元）,商家实收（元）,服务费（元）',
        f"合计,,{len(paid)},{len(back)},{yuan(sum(paid + back))},{yuan(sum(paid + back))},"
        f"{yuan(sum(row['fee'] for row in rows))}",
        '#' + '-' * 33 + '业务汇总列表结束' + '-' * 33, f"#导出时间：[{clock(time.time())}]",
    ]
    prefix = f"{merchant.seller_id}0156_{day.replace('-', '')}_"
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED) as archive:
        for name, content in (('业务明细.csv', detail), ('业务明细(汇总).csv', summary)):
            # the bytes of a GBK name, which the archive does not declare as anything
            member = _Gbk(prefix + name)
            archive.writestr(member, '\r\n'.join([*content, '']).encode('gb18030'))
    return out.getvalue()


class _Gbk(zipfile.ZipInfo):
    """A member whose name is written in GBK without the UTF-8 flag, as Alipay's archives have it."""

    def __init__(self, name):
        super().__init__(name, time.localtime()[:6])
        self.compress_type = zipfile.ZIP_DEFLATED

    def _encodeFilenameFlags(self):  # noqa: N802  the name is the library's
        return self.filename.encode('gbk'), self.flag_bits & ~0x800
