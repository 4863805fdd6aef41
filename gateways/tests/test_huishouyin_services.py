# Part of payment_cn_wallets. License LGPL-3.
"""Huishouyin's probe and merchant services."""

import json
from datetime import date, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from gateway_loopback import answering
from huishouyin_witness import MOMENT, business, echo, failed, make, signature, signed, unsigned

from gateways.base import CallFailed, Outcome, ReasonKind, ShopCodeRequest


def test_probe_asks_for_an_order_that_cannot_exist(server, gateway):
    """Test that "no such order", signed, means that the credentials work."""
    server.default = answering(failed('E0002', '订单不存在'))
    assert gateway.probe().ok
    assert gateway.probe().ok
    asked = [business(request)['out_trade_no'] for request in server.requests]
    assert len(set(asked)) == 2
    assert all(request.target == '/v1/payquery' for request in server.requests)


@pytest.mark.parametrize(
    ('answer', 'kind'),
    [
        (unsigned('签名错误', error_code='E0006'), ReasonKind.BAD_KEY),
        (unsigned('签名错误'), ReasonKind.BAD_KEY),
        (failed('E0006', '签名错误', key='the right one'), ReasonKind.BAD_KEY),
        (failed('E0006', '签名错误'), ReasonKind.BAD_KEY),
        (failed('E0002', '订单不存在', key='other'), ReasonKind.BAD_ANSWER_SIGNATURE),
        (unsigned('应用ID不存在', error_code='E0003'), ReasonKind.UNKNOWN_APP),
        (unsigned('应用ID不存在'), ReasonKind.UNKNOWN_APP),
        (failed('E0003', ''), ReasonKind.UNKNOWN_APP),
        (failed('E0004', '应用审核未成功'), ReasonKind.NOT_ENABLED),
        (unsigned('应用未开启', error_code='E0005'), ReasonKind.NOT_ENABLED),
        (failed('E0002', '无效的参数：timestamp 与服务器时间相差过大'), ReasonKind.CLOCK),
        (failed('E0002', 'mch_uid does not belong to app_id'), ReasonKind.PARAMETER),
        (failed('E0007', ''), ReasonKind.SYSTEM),
    ],
)
def test_probe_tells_apart(server, gateway, answer, kind):
    """Test that an administrator learns which credential is wrong."""
    server.default = answering(answer)
    probe = gateway.probe()
    assert not probe.ok
    assert probe.reason.kind == kind


def test_probe_sees_a_wrong_clock(server, gateway):
    """Test that a vague complaint beside a wrong clock is about the clock."""
    date_header = format_datetime(MOMENT - timedelta(hours=1))
    server.default = answering(failed('E0002', '无效的参数'), headers={'Date': date_header})
    probe = gateway.probe()
    assert probe.clock_skew == 3600
    assert probe.reason.kind == ReasonKind.CLOCK


def test_probe_of_a_dead_network(server, gateway):
    """Test that no connection and no answer are told apart."""
    server.default = answering(status=503)
    assert gateway.probe().reason.kind == ReasonKind.NO_ANSWER
    server.stop()
    assert make(server).probe().reason.kind == ReasonKind.NOT_SENT




# === MERCHANT SERVICES === #


def test_shop_code(server, gateway):
    """Test that a printed code is made, with its fixed amount in yuan."""
    server.script = [echo(qrurl_uid='Q1', qr_url='https://qr.example/S/1', store_uid='S1')]
    code = gateway.create_shop_code(ShopCodeRequest('Counter', store_id='S1', amount=1205))
    assert (code.shop_code_id, code.url, code.amount) == ('Q1', 'https://qr.example/S/1', 1205)
    assert server.requests[0].target == '/v1/MerchQRCode'
    assert business(server.requests[0]) == {
        'qr_url_name': 'Counter', 'qr_url_type': '2', 'store_uid': 'S1', 'pay_amt': '12.05',
    }  # fmt: skip


def test_settlements_of_all_pages(server, gateway):
    """Test that pay-outs are read from every page, in yuan or in fen, as text or as a list."""
    row = {
        'RecordID': '1', 'CashAmt': '100.50', 'RealAmt': '100.00', 'FeeAmt': '0.50',
        'BillStatus': '1', 'CreateTime': '2020-07-14 14：45：34', 'BankName': 'Bank',
    }  # fmt: skip
    other = {**row, 'RecordID': 2, 'CashAmt': 300, 'RealAmt': 299, 'FeeAmt': 1, 'BillStatus': '0'}
    server.script = [
        echo(list=json.dumps([row]), totalpage='2'), echo(list=json.dumps([other]), totalpage='2'),
    ]  # fmt: skip
    first, second = gateway.settlements(MOMENT - timedelta(days=1), MOMENT)
    assert (first.asked, first.arrived, first.fee) == (10050, 10000, 50)
    assert (second.asked, second.arrived, second.fee) == (300, 299, 1)
    assert (first.outcome, second.outcome) == (Outcome.PAID, Outcome.WAITING)
    assert first.created_at == datetime(2020, 7, 14, 6, 45, 34, tzinfo=timezone.utc)
    assert [business(request)['page_num'] for request in server.requests] == ['1', '2']
    assert business(server.requests[0])['begin_time'] == '20240101003005'


def test_settlements_as_a_nested_list(server, gateway):
    """Test that a list that is not wrapped in a string is signed as its own characters."""
    text = '[{"RecordID":"1","CashAmt":"1.00","RealAmt":"1.00","FeeAmt":"0.00"}]'
    fields = {'return_code': 'SUCCESS', 'list': text, 'totalpage': '1'}
    body = json.dumps({**fields, 'sign': signature(fields)})
    server.script = [answering(body.replace(json.dumps(text), text).encode())]
    [settlement] = gateway.settlements(MOMENT, MOMENT)
    assert settlement.asked == 100
    assert settlement.outcome == Outcome.UNKNOWN


def test_statement_address(server, gateway):
    """Test that the address of a day's file is given."""
    server.script = [echo(url='https://files.example/1.csv')]
    statement = gateway.statement(date(2024, 1, 31))
    assert statement.url == 'https://files.example/1.csv'
    assert business(server.requests[0]) == {'date': '20240131'}


@pytest.mark.parametrize(
    'call',
    [
        lambda gateway: gateway.statement(date(2024, 1, 1)),
        lambda gateway: gateway.settlements(MOMENT, MOMENT),
        lambda gateway: gateway.create_shop_code(ShopCodeRequest('Counter')),
    ],
    ids=['statement', 'settlements', 'shop_code'],
)
@pytest.mark.parametrize(
    ('action', 'kind'),
    [
        (answering(failed('E0005', '应用未开启')), ReasonKind.NOT_ENABLED),
        (answering(signed(key='other', url='x')), ReasonKind.BAD_ANSWER_SIGNATURE),
        (answering(signed(list='{"not": "a list"}')), ReasonKind.NO_ANSWER),
        (answering(status=500), ReasonKind.NO_ANSWER),
    ],
)
def test_service_that_failed_says_why(server, gateway, call, action, kind):
    """Test that calls that move no money fail with a reason."""
    server.default = action
    with pytest.raises(CallFailed) as caught:
        call(gateway)
    assert caught.value.reason.kind == kind
