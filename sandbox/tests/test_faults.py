# Part of payment_cn_wallets. License LGPL-3.
"""Faults of calls, payers and refunds: what the shop sees, and what was booked."""

import time

import pytest
import requests

from sandbox.faults import CATALOGUE
from sandbox.tests.shop import until

UNREADABLE = ('http_5xx', 'garbage', 'truncated', 'empty')


def booked(control, number):
    """Say whether the network knows an order."""
    return any(row['out_trade_no'] == number for row in control.get('ledger')['orders'])


def raw_order(client, number, timeout=10):
    """Place an order and return the response as it came."""
    body = client.envelope('ApplyPay', {
        'out_trade_no': number, 'subject': 'x', 'total_fee': 100, 'channel_type': 'WX_NATIVE',
        'client_ip': '127.0.0.1', 'notify_url': client.notify_url,
    })
    return client.send('ApplyPay', body, timeout)


# === THE HTTP EXCHANGE === #


@pytest.mark.parametrize('moment', ['before', 'after'])
@pytest.mark.parametrize(('fault', 'error'), [
    ('reset', 'reset'), ('timeout', 'without response'), ('timeout', 'timed out'),
])
def test_no_answer(client, control, fault, error, moment):
    """Test that a connection is reset, closed or held, before or after the order was booked."""
    seconds = 0.1 if error != 'timed out' else 3
    control.post('faults', fault=fault, when=moment, scope='F1', operation='order', times=1,
                 seconds=seconds)
    with pytest.raises(requests.RequestException, match=f'(?i){error}'):
        raw_order(client, 'F1', timeout=1)
    assert booked(control, 'F1') == (moment == 'after')
    assert raw_order(client, 'F1').json()['result_code'] == 'SUCCESS'  # the fault is used up


@pytest.mark.parametrize('moment', ['before', 'after'])
@pytest.mark.parametrize('fault', UNREADABLE)
def test_unreadable_answer(client, control, fault, moment):
    """Test 5xx and bodies that are no JSON, before and after the order was booked."""
    control.post('faults', fault=f'{fault}_{moment}', operation='order', times=1, status=503)
    answer = raw_order(client, 'F2')
    assert answer.headers['X-Sandbox']
    if fault == 'http_5xx':
        assert answer.status_code == 503
    with pytest.raises(requests.JSONDecodeError):
        answer.json()
    assert booked(control, 'F2') == (moment == 'after')


def test_oversized_answer(client, control):
    """Test an answer of more bytes than anyone wants to read."""
    control.post('faults', fault='oversized', times=1, bytes=3_000_000)
    assert len(raw_order(client, 'F3').content) == 3_000_000


def test_redirect(client, control):
    """Test that a redirect is answered; who follows it ends up at the same interface."""
    control.post('faults', fault='redirect', times=1)
    body = client.envelope('payquery', {'out_trade_no': 'x'})
    answer = requests.post(
        client.url + '/huishouyin/v1/payquery', json=body, allow_redirects=False, timeout=5
    )
    assert answer.status_code == 307
    assert 'redirected' in answer.headers['Location']


def test_slow_answer(client, control):
    """Test that a slow answer is a true one."""
    control.post('faults', fault='slow', times=1, seconds=0.3)
    start = time.time()
    assert client.order()['result_code'] == 'SUCCESS'
    assert time.time() - start >= 0.3


@pytest.mark.parametrize('fault', ['bad_signature', 'unsigned'])
def test_bad_answer_signature(client, control, fault):
    """Test an answer that is not signed with the merchant's key, though the order was booked."""
    control.post('faults', fault=fault, times=1)
    values = raw_order(client, 'F4').json()
    assert values['code_url']
    assert booked(control, 'F4')
    good = raw_order(client, 'F4').json()
    assert values.get('sign') != good['sign']
    assert ('sign' in values) == (fault == 'bad_signature')


@pytest.mark.parametrize(('fault', 'code', 'moment'), [
    ('system_error', 'E0007', 'after'), ('system_error', 'E0007', 'before'),
    ('data_error', 'E0008', 'after'), ('missing_parameter', 'E0001', 'before'),
    ('invalid_parameter', 'E0002', 'before'), ('not_approved', 'E0004', 'before'),
    ('not_enabled', 'E0005', 'before'), ('wrong_key', 'E0006', 'before'),
    ('unknown_app', 'E0003', 'before'),
])
def test_error_codes(client, control, fault, code, moment):
    """Test every error code; after booking, the order is there all the same."""
    control.post('faults', fault=fault, when=moment, times=1)
    values = raw_order(client, 'F5').json()
    assert values['error_code'] == code
    assert (values['return_code'] == 'FAIL') == (code in ('E0003', 'E0006'))
    assert booked(control, 'F5') == (moment == 'after')


def test_clock_fault(client, control):
    """Test that the gateway's clock can be wrong."""
    control.post('faults', fault='clock', times=1, seconds=4000)
    answer = client.query('x')
    assert answer['error_code'] == 'E0002'
    assert 'timestamp' in answer['error_msg']


def test_answers_that_lie(client, control):
    """Test an answer of another order, another amount, and one that lags behind."""
    client.order('F6', fee=1000)
    control.post('pay', out_trade_no='F6')
    control.post('faults', fault='foreign_answer', times=1, operation='query', scope='F6')
    assert client.query('F6')['out_trade_no'] == 'OTHER0001'
    control.post('faults', fault='wrong_amount', times=1, operation='query', difference=-1)
    assert client.query('F6')['total_fee'] == 999
    control.post('faults', fault='stale', times=1, operation='query')
    stale = client.query('F6')
    assert (stale['trade_status'], stale['real_fee']) == ('Undeal', 0)
    control.post('faults', fault='not_found', times=1, operation='query')
    assert '不存在' in client.query('F6')['error_msg']
    assert client.query('F6')['trade_status'] == 'Success'


# === SCOPES === #


def test_scopes(client, control):
    """Test that a fault strikes its order only, its operation only, as often as it should."""
    control.post('faults', fault='system_error', scope='S1', operation='query', times=2)
    client.order('S1')
    client.order('S2')
    assert 'error_code' not in client.query('S2')
    assert [client.query('S1').get('error_code') for _ in range(3)] == ['E0007', 'E0007', None]
    assert control.get('faults')['used'][0]['hits'] == 2


def test_scope_next(client, control):
    """Test that "the next order" is one order, with everything that is set for it."""
    client.order('S3')
    control.post('faults', fault='http_5xx', scope='next', operation='order', times=1)
    control.post('faults', fault='system_error', scope='next', operation='query')
    client.order('S3')  # a repetition is not the next order
    assert raw_order(client, 'S4').status_code == 502
    client.order('S5')
    codes = [client.query(number).get('error_code') for number in ('S3', 'S4', 'S5')]
    assert codes == [None, 'E0007', None]
    assert control.delete('faults?scope=S4') == {'removed': 2}
    assert 'error_code' not in client.query('S4')


def test_refund_scopes(client, control):
    """Test that a refund's faults go by order number and by refund number."""
    client.order('S6')
    control.post('pay', out_trade_no='S6')
    control.post('faults', fault='system_error', scope='S6', operation='refund', times=1)
    assert client.refund('S6', 'S6-R1', 1)['error_code'] == 'E0007'
    control.post('faults', fault='system_error', scope='S6-R1', operation='query_refund', times=1)
    control.post('faults', fault='data_error', scope='S6', operation='query_refund', times=1)
    codes = []
    for _ in range(3):
        answer = client.call('refundquery', {'out_refund_no': 'S6-R1'})
        codes.append(answer.get('error_code'))
    assert codes == ['E0007', 'E0008', None]


@pytest.mark.parametrize('values', [
    {'fault': 'nonsense'}, {'fault': 'reset', 'operation': 'nonsense'},
    {'fault': 'coupon', 'operation': 'query'}, {'fault': 'reset', 'times': 0},
    {'fault': 'reset', 'times': True}, {'fault': 'reset', 'when': 'later'},
    {'fault': 'timeout', 'seconds': 'x'}, {'fault': 'timeout', 'seconds': -1},
    {'fault': 'duplicate', 'copies': 33}, {'fault': 'forge', 'forged': 'x'},
    {'fault': 'reset', 'nonsense': 1}, {},
])
def test_bad_faults(control, values):
    """Test that a fault which makes no sense is refused with words."""
    assert control.post('faults', expect=400, **values)['error']


def test_catalogue(control):
    """Test that the control interface tells every fault."""
    assert set(control.get('faults')['catalogue']) == set(CATALOGUE)


# === PAYERS === #


@pytest.fixture
def code(control):
    """A fresh payment code."""
    return control.post('payment-codes', wallet='alipay')['code']


def test_user_paying(client, control, code):
    """Test that a charge waits for the payer's password on the phone page."""
    control.post('faults', fault='user_paying', scope='next')
    answer = client.charge(code, 'U1')
    assert answer['trade_status'] == 'Undeal'
    assert '密码' in answer['channel_return_msg']
    assert client.query('U1')['trade_status'] == 'Undeal'
    control.post('pay', out_trade_no='U1', outcome='wrong_password')
    assert '密码错误' in client.query('U1')['channel_return_msg']
    control.post('pay', out_trade_no='U1')
    assert client.query('U1')['trade_status'] == 'Success'


@pytest.mark.parametrize(('fault', 'options', 'status'), [
    ('user_paying', {'seconds': 0.1}, 'Success'),
    ('user_paying', {'seconds': 0.1, 'outcome': 'cancel'}, 'Failure'),
    ('wrong_password', {'seconds': 0.1}, 'Success'),
    ('payer_cancels', {'seconds': 0.1}, 'Failure'),
])
def test_payers_who_act_by_themselves(client, control, code, fault, options, status):
    """Test payers who confirm, mistype first, or cancel, after a time."""
    control.post('faults', fault=fault, times=1, **options)
    assert client.charge(code, 'U2')['trade_status'] == 'Undeal'
    until(lambda: client.query('U2')['trade_status'] == status)
    assert len(control.get('ledger')['charges']) == (status == 'Success')


@pytest.mark.parametrize('fault', ['no_balance', 'bad_code'])
def test_charges_that_fail_at_once(client, control, code, fault):
    """Test a wallet without money and a code that is not taken."""
    control.post('faults', fault=fault, times=1)
    assert client.charge(code, 'U3')['trade_status'] == 'Failure'
    assert not control.get('ledger')['charges']


def test_never_confirms(client, control, code):
    """Test a payer who never types the password: the phone can still cancel."""
    control.post('faults', fault='user_paying', outcome='never', seconds=0, times=1)
    client.charge(code, 'U4')
    time.sleep(0.3)
    assert client.query('U4')['trade_status'] == 'Undeal'
    control.post('pay', out_trade_no='U4', outcome='cancel')
    assert client.query('U4')['trade_status'] == 'Failure'


def test_charge_with_lost_answer(client, control, code):
    """Test the worst case: the payer was charged and the till was never told."""
    control.post('faults', fault='timeout', operation='charge', scope='U5', seconds=0.1, times=1)
    with pytest.raises(requests.RequestException):
        client.charge(code, 'U5')
    assert client.query('U5')['trade_status'] == 'Success'


def test_code_that_asks_for_the_password(client, control):
    """Test a payment code whose payer always confirms."""
    code = control.post('payment-codes', wallet='wechat_pay', confirm=True)['code']
    assert client.charge(code)['trade_status'] == 'Undeal'


def test_cancel_of_a_scanned_order(client, control):
    """Test that a cancelled order stays payable, as with the real wallets, unless told."""
    client.order('U6')
    control.post('pay', out_trade_no='U6', outcome='cancel')
    assert client.query('U6')['trade_status'] == 'Undeal'
    control.post('pay', out_trade_no='U6', outcome='cancel', final=True)
    assert client.query('U6')['trade_status'] == 'Failure'
    assert control.post('pay', expect=409, out_trade_no='U6')['kind'] == 'failed'


@pytest.mark.parametrize('status', ['Undeal', 'Failure'])
def test_expiry(client, control, status):
    """Test that an expired order can't be paid, and what a query says of it."""
    control.post('settings', expired_status=status)
    control.post('faults', fault='expire', scope='U7', seconds=0.1)
    client.order('U7')
    until(lambda: control.get('orders/U7')['state'] == 'expired')
    assert client.query('U7')['trade_status'] == status
    assert control.post('pay', expect=409, out_trade_no='U7')['kind'] == 'expired'


def test_coupon_fault(client, control):
    """Test a platform coupon that the payer gets without asking."""
    control.post('faults', fault='coupon', scope='next', coupon=150)
    client.order('U8', fee=1000)
    control.post('pay', out_trade_no='U8')
    answer = client.query('U8')
    assert (answer['total_fee'], answer['real_fee'], answer['coupon_amt']) == (1000, 1000, 150)
    assert control.post('pay', expect=409, out_trade_no='U8')['kind'] == 'paid'


# === REFUNDS === #


def test_refund_stuck_and_failing(client, control):
    """Test refunds that stay in processing, end badly, or are refused."""
    client.order('V1', fee=100)
    control.post('pay', out_trade_no='V1')
    control.post('faults', fault='refund_stuck', times=1)
    client.refund('V1', 'V1-1', 10)
    control.post('faults', fault='refund_fails', times=1)
    client.refund('V1', 'V1-2', 90)
    until(lambda: client.refund_status('V1-2') == 'Failure')
    assert client.refund_status('V1-1') == 'Undeal'
    control.post('refunds', out_refund_no='V1-1', outcome='success')
    assert client.refund_status('V1-1') == 'Success'
    control.post('faults', fault='refund_refused', times=1)
    assert client.refund('V1', 'V1-3', 90)['error_code'] == 'E0002'
    # what failed can be refunded under a new number; the failed number stays failed
    assert client.refund('V1', 'V1-4', 90)['result_code'] == 'SUCCESS'
    assert client.refund('V1', 'V1-2', 90)['result_code'] == 'SUCCESS'
    assert client.refund_status('V1-2') == 'Failure'


def test_refund_answer_lost(client, control):
    """Test that a refund whose answer was lost is found and is not made twice."""
    client.order('V2', fee=100)
    control.post('pay', out_trade_no='V2')
    control.post('faults', fault='reset', operation='refund', times=1)
    with pytest.raises(requests.RequestException):
        client.refund('V2', 'V2-1', 60)
    assert client.refund('V2', 'V2-1', 60)['result_code'] == 'SUCCESS'
    assert len(control.get('ledger')['refunds']) == 1
