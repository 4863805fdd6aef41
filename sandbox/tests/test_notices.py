# Part of payment_cn_wallets. License LGPL-3.
"""Notices: signed, retried, and every way in which they go wrong."""

import time

import pytest

from sandbox.faults import FORGERIES
from sandbox.notices import is_loopback
from sandbox.tests.shop import digest, until


@pytest.mark.parametrize('encoding', ['form', 'json'])
def test_notice(client, control, listener, encoding):
    """Test the fields and the signature, in both encodings."""
    control.post('settings', notice_encoding=encoding)
    bill = client.order('N1', attach='附')['hy_bill_no']
    control.post('pay', out_trade_no='N1', coupon=100, paid_at=1700000000)
    notice = listener.wait(1)[0]
    assert notice['sign'] == digest(notice, client.merchant['key'])
    expected = {
        'out_trade_no': 'N1', 'hy_bill_no': bill, 'trade_status': 'Success', 'attach': '附',
        'time_end': '20231115061320', 'mch_uid': client.merchant['mch_uid'],
        'app_id': client.merchant['app_id'], 'channel_type': 'WX_NATIVE',
    }
    assert {name: notice[name] for name in expected} == expected
    assert (str(notice['total_fee']), str(notice['real_vol'])) == ('1200', '1200')
    until(lambda: control.get('orders/N1')['notices'][0]['state'] == 'delivered')
    time.sleep(0.3)
    assert len(listener.received) == 1


def test_real_vol_without_coupon(client, control, listener):
    """Test the other reading of `real_vol`: what the payer paid."""
    control.post('settings', real_vol='payer')
    client.order('N2')
    control.post('pay', out_trade_no='N2', coupon=200)
    assert listener.wait(1)[0]['real_vol'] == '1000'


@pytest.mark.parametrize('answer', [
    (500, b'ok'), (302, b'ok'), (200, b'OK'), (200, b'"ok"'), (200, b'ok\n'), (200, b''),
    (200, b'fail'),
])
def test_retries_until_acknowledged(client, control, listener, answer):
    """Test that only the exact words with status 200 end the retries; the bytes stay the same."""
    listener.answers = [answer, answer, (200, b'success')]
    client.order('N3')
    control.post('pay', out_trade_no='N3')
    listener.wait(3)
    until(lambda: control.get('orders/N3')['notices'][0]['state'] == 'delivered')
    assert len({body for _at, _headers, body in listener.received}) == 1
    assert len(control.get('orders/N3')['notices'][0]['deliveries']) == 3


def test_given_up(client, control, listener):
    """Test that after the last attempt of the schedule nothing more is sent."""
    listener.answers = [(503, b'')] * 9
    client.order('N4')
    control.post('pay', out_trade_no='N4')
    until(lambda: control.get('orders/N4')['notices'][0]['state'] == 'given_up')
    assert len(listener.received) == 4  # the schedule of these tests has four waits


def test_nobody_listens(client, control, listener):
    """Test that a notice to a closed port is tried again until somebody listens."""
    client.notify_url = 'http://127.0.0.1:9/notice'
    client.order('N5')
    control.post('pay', out_trade_no='N5')
    until(lambda: control.get('orders/N5')['notices'][0]['attempts'] >= 2)
    assert control.get('orders/N5')['notices'][0]['deliveries'][0]['status'] is None


def test_dropped(client, control, listener):
    """Test a notice that never comes."""
    control.post('faults', fault='drop', scope='next')
    client.order('N6')
    control.post('pay', out_trade_no='N6')
    time.sleep(0.3)
    assert not listener.received
    assert client.query('N6')['trade_status'] == 'Success'


def test_duplicated(client, control, listener):
    """Test eight copies at once."""
    listener.delay = 0.3
    control.post('faults', fault='duplicate', copies=8, times=1)
    client.order('N7')
    control.post('pay', out_trade_no='N7')
    notices = listener.wait(8)
    times = [at for at, _headers, _body in listener.received]
    assert max(times) - min(times) < 0.3  # all were under way before the first was answered
    assert all(notice == notices[0] for notice in notices)
    assert len(control.get('orders/N7')['charges']) == 1


def test_late(client, control, listener):
    """Test a notice that comes after a while."""
    control.post('faults', fault='late', seconds=0.5, times=1)
    client.order('N8')
    paid = time.time()
    control.post('pay', out_trade_no='N8')
    listener.wait(1)
    assert listener.received[0][0] - paid >= 0.5


def test_reordered(client, control, listener):
    """Test that the news of "not paid yet" can arrive after the payment's."""
    control.post('faults', fault='reorder', times=1)
    client.order('N9')
    control.post('pay', out_trade_no='N9')
    states = [notice['trade_status'] for notice in listener.wait(2)]
    assert states == ['Success', 'Undeal']


def test_failure_is_told(client, control, listener):
    """Test the notice of an order that ended unpaid."""
    client.order('N10')
    control.post('pay', out_trade_no='N10', outcome='cancel', final=True)
    assert listener.wait(1)[0]['trade_status'] == 'Failure'


@pytest.mark.parametrize('forged', FORGERIES)
def test_forgeries(client, control, listener, forged):
    """Test every forgery: it claims a payment that never was."""
    other = control.get('merchants')['huishouyin_other']
    client.order('N11', fee=1000)
    result = control.post('notices', out_trade_no='N11', forged=forged)
    assert result['deliveries'][0][0]['status'] == 200
    assert client.query('N11')['trade_status'] == 'Undeal'
    if forged == 'malformed':
        assert listener.received[0][2].startswith(b'\x00\xff')
        return
    notice = listener.notices()[0]
    assert notice['trade_status'] == 'Success'
    own = notice.get('sign') == digest(notice, client.merchant['key'])
    assert own == (forged in ('amount', 'merchant_own_key', 'order'))
    assert (notice['total_fee'] != '1000') == (forged == 'amount')
    assert (notice['app_id'] == other['app_id']) == forged.startswith('merchant')
    assert (notice['out_trade_no'] != 'N11') == (forged == 'order')
    if forged == 'merchant':
        assert notice['sign'] == digest(notice, other['key'])


def test_forgery_before_the_genuine_one(client, control, listener):
    """Test the fault: forgeries come first, the genuine notice after them, forgeries once."""
    listener.answers = [(400, b'no')]
    control.post('faults', fault='forge', forged='wrong_key', times=1)
    client.order('N12')
    control.post('pay', out_trade_no='N12')
    signs = [notice['sign'] == digest(notice, client.merchant['key'])
             for notice in listener.wait(2)]
    assert signs == [False, True]
    time.sleep(0.3)
    assert len(listener.received) == 2


def test_send_now(client, control, listener):
    """Test sending on demand: copies at once, several orders reversed, a state of the past."""
    client.order('N13')
    client.order('N14')
    listener.delay = 0.1
    assert len(control.post('notices', out_trade_no='N13', copies=8)['deliveries'][0]) == 8
    assert {notice['trade_status'] for notice in listener.notices()} == {'Undeal'}
    listener.received.clear()
    control.post('notices', out_trade_no=['N13', 'N14'], reorder=True)
    assert [notice['out_trade_no'] for notice in listener.notices()] == ['N14', 'N13']
    listener.received.clear()
    control.post('notices', out_trade_no='N13', state='paid', delay=0.1)
    assert listener.notices()[0]['trade_status'] == 'Success'
    listener.received.clear()
    control.post('pay', out_trade_no='N13')
    listener.wait(1)
    control.post('notices', out_trade_no='N13', reorder=True)
    assert [n['trade_status'] for n in listener.notices()[1:]] == ['Success', 'Undeal']
    for wrong in ({'copies': 0}, {'forged': 'x'}, {'state': 'x'}, {'nonsense': 1}):
        assert control.post('notices', expect=400, out_trade_no='N13', **wrong)['error']
    assert control.post('notices', expect=404, out_trade_no='nobody')['error']


@pytest.mark.parametrize(('url', 'loopback'), [
    ('http://127.0.0.1/x', True), ('http://127.8.9.1:8069/x', True), ('https://[::1]:1/x', True),
    ('http://localhost:8069', True), ('http://LOCALHOST/', True), ('http://192.168.1.2/', False),
    ('http://0.0.0.0/', False), ('http://localhost.example/', False), ('http://shop.example', False),
    ('http://127.0.0.1@shop.example/', False), ('http://127.0.0.1.nip.example/', False),
    ('file:///etc/passwd', False), ('http://', False), ('http://[::1', False),
    ('http://127.0.0.1:port/', False), ('http://2130706433/', False), ('http://[::]/', False),
])
def test_loopback_only(url, loopback):
    """Test which addresses are taken for this machine."""
    assert is_loopback(url) == loopback


def test_forgery_of_what_no_notice_is_sent_of(client, control, listener):
    """Test that somebody can claim that a charge was paid, of which the gateway itself tells nothing."""
    code = control.post('payment-codes', wallet='alipay', confirm=True)['code']
    client.charge(code, 'N20')
    forged = {'out_trade_no': 'N20', 'forged': 'wrong_key'}
    control.post('notices', 400, **forged)
    control.post('notices', 400, **forged, notify_url='http://198.51.100.1/')
    control.post('notices', 400, out_trade_no='N20', notify_url=listener.url)
    control.post('notices', **forged, notify_url=listener.url)
    [notice] = listener.notices()
    assert (notice['out_trade_no'], notice['trade_status']) == ('N20', 'Success')
    assert notice['sign'] != digest(notice, client.merchant['key'])
