# Part of payment_cn_wallets. License LGPL-3.
"""Statement files and settlements."""

import csv
import io
import json

import pytest
import requests

from sandbox.huishouyin import statement
from sandbox.tests.shop import beijing

NOON = 1772337600  # 2026-03-01 12:00:00 in Beijing
DAY = '20260301'


@pytest.fixture
def history(client, control):
    """One merchant's day: three payments, one with a coupon, and a refund; one the day after."""
    for number, fee, at in (('D1', 10000, 0), ('D2', 1, 60), ('D3', 5050, 120), ('D4', 700, 86400)):
        client.order(number, fee=fee, store_uid='7')
        control.post('pay', out_trade_no=number, paid_at=NOON + at, coupon=50 if fee > 5000 else 0)
    control.post('settings', refund_delay=1000)
    client.refund('D1', 'D1-R', 2500)
    control.post('refunds', out_refund_no='D1-R', outcome='success', finished_at=NOON + 200)
    client.refund('D3', 'D3-R', 50)  # still in processing: in no statement
    return client


def download(client, day=DAY):
    """Return (header, rows as dictionaries, summary) of a day's statement."""
    url = client.call('MerchBillReport', {'date': day})['url']
    assert len(url) <= 128
    answer = requests.get(url, timeout=5)
    assert answer.status_code == 200
    assert answer.content.startswith(b'\xef\xbb\xbf')
    lines = list(csv.reader(io.StringIO(answer.content.decode('utf-8-sig'))))
    header = lines[0]
    rows = [dict(zip(header, line, strict=True)) for line in lines[1:-2]]
    return header, rows, dict(zip(*lines[-2:], strict=True))


def test_statement(history):
    """Test rows, amounts in yuan, fees, and the totals under them."""
    header, rows, summary = download(history)
    assert tuple(header) == statement.COLUMNS
    assert [row['商户订单号'] for row in rows] == ['D1', 'D2', 'D3', 'D1']
    assert [row['交易类型'] for row in rows] == ['支付', '支付', '支付', '退款']
    assert [row['交易金额'] for row in rows] == ['100.00', '0.01', '50.50', '-25.00']
    assert [row['优惠金额'] for row in rows] == ['0.50', '0.00', '0.50', '0.00']
    assert [row['手续费'] for row in rows] == ['0.38', '0.00', '0.19', '-0.10']
    assert [row['结算金额'] for row in rows] == ['99.62', '0.01', '50.31', '-24.90']
    assert rows[3]['商户退款单号'] == 'D1-R'
    assert rows[0]['门店编号'] == '7'
    assert rows[0]['交易时间'] == '2026-03-01 12:00:00'
    assert summary == {
        '总笔数': '4', '支付金额': '150.51', '退款金额': '-25.00', '手续费': '0.47',
        '结算金额': '125.04',
    }


def test_empty_statement(history):
    """Test a day without payments, and days that are none."""
    _header, rows, summary = download(history, '20200101')
    assert not rows
    assert summary['结算金额'] == '0.00'
    for day in ('20261301', '20990101', 'yesterday'):
        assert history.call('MerchBillReport', {'date': day})['error_code'] == 'E0002'


def test_file_is_protected(history):
    """Test that another merchant's file, or another day's, can't be guessed."""
    url = history.call('MerchBillReport', {'date': DAY})['url']
    for wrong in (url.replace(DAY, '20260302'), url.replace('0001-', '0002-'), url + 'x', url[:-5],
                  url.replace('.csv', '-x.csv')):
        assert requests.get(wrong, timeout=5).status_code == 404


@pytest.mark.parametrize(('fault', 'check'), [
    ('extra_row', lambda rows: [r['商户订单号'] for r in rows].count('EXTRA0001') == 1),
    ('missing_row', lambda rows: 'D3' not in [r['商户订单号'] for r in rows]),
    ('differing_amount', lambda rows: rows[0]['交易金额'] == '99.97'),
    ('differing_fee', lambda rows: rows[0]['手续费'] == '0.35'),
    ('moved_columns', lambda rows: next(iter(rows[0])) == '渠道订单号'),
])
def test_faults(history, control, fault, check):
    """Test statements that do not agree with the shop's books."""
    options = {'difference': -3} if fault.startswith('differing') else {}
    control.post('faults', fault=fault, times=1, **options)
    assert check(download(history)[1])
    assert not check(download(history)[1])


def test_all_faults_at_once(history, control):
    """Test that the faults add up, and that the file's address still fits its field."""
    for fault in ('extra_row', 'missing_row', 'differing_amount', 'differing_fee', 'moved_columns'):
        control.post('faults', fault=fault, times=1)
    _header, rows, summary = download(history)
    assert len(rows) == 4
    assert summary['总笔数'] == '4'
    assert {row['商户订单号'] for row in rows} == {'D1', 'D2', 'EXTRA0001'}


def test_settlements(history):
    """Test pay-outs: one a day, paged, found by merchant number or account."""
    query = {
        'begin_time': '20260101000000', 'end_time': '20261231235959', 'page_num': '1',
        'page_size': '1', 'search_word': history.merchant['mch_uid'],
    }
    answer = history.call('MerchOutAmtQuery', query, app_id=None)
    assert (answer['totalrows'], answer['totalpage'], answer['currentpage']) == ('2', '2', '1')
    first = json.loads(answer['list'])
    assert [row['CashAmt'] for row in first] == ['125.04']
    assert first[0]['BillStatus'] == '1'
    second = json.loads(history.call('MerchOutAmtQuery', {**query, 'page_num': 2})['list'])
    assert [row['RealAmt'] for row in second] == ['6.97']
    by_account = {**query, 'search_word': first[0]['LoginAccount']}
    assert history.call('MerchOutAmtQuery', by_account)['totalrows'] == '2'
    assert history.call('MerchOutAmtQuery', {**query, 'search_word': 'x'})['totalrows'] == '0'
    for wrong in ({'page_size': '501'}, {'page_num': '0'}, {'begin_time': '20270101000000'}):
        assert history.call('MerchOutAmtQuery', {**query, **wrong})['error_code'] == 'E0002'


def test_today_can_be_asked_for(client, control):
    """Test that today's statement exists already, for demos that can't wait for tomorrow."""
    client.order('D9')
    control.post('pay', out_trade_no='D9')
    assert [row['商户订单号'] for row in download(client, beijing(pattern='%Y%m%d'))[1]] == ['D9']


@pytest.mark.parametrize(('fen', 'text'), [
    (0, '0.00'), (1, '0.01'), (-1, '-0.01'), (-100, '-1.00'), (12345, '123.45'),
])
def test_yuan(fen, text):
    """Test amounts in yuan."""
    assert statement.yuan(fen) == text


@pytest.mark.parametrize(('fen', 'fee'), [(0, 0), (131, 0), (132, 1), (10000, 38), (9999999999, 38000000)])
def test_fee(fen, fee):
    """Test that half a fen is rounded up, and that no float is involved."""
    assert statement.fee(fen, '0.0038') == fee
