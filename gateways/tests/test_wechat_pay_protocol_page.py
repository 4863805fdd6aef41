# Part of payment_cn_wallets. License LGPL-3.
"""WeChat Pay: what the protocol's documents state and no other test of this folder holds us to.

Tables of error codes are complete: every code of every call, with what it may end.
"""

import functools
import json
import re
from datetime import date, datetime, timedelta, timezone

import pytest
import wechat_pay_witness as witness
from test_wechat_pay_answers import NUMBER, a_charge, a_refund, an_order
from test_wechat_pay_v2 import charge as charge_v2, failing, v2
from wechat_pay_witness import Answers, make, paid

from gateways.base import CallFailed, Outcome, Scene, Wallet
from gateways.payment_codes import recognise
from gateways.transport import Answer, NoAnswer, NotSent
from gateways.wechat_pay import WechatPay
from gateways.wechat_pay.v2 import signing as v2_signing

UNKNOWN, WAITING, PAID, REFUSED = (
    Outcome.UNKNOWN, Outcome.WAITING, Outcome.PAID, Outcome.REFUSED
)
PRIMARY, BACKUP = 'https://api.mch.weixin.qq.com', 'https://api2.mch.weixin.qq.com'


# === HOSTS === #


class Network:
    """A transport that reaches some hosts only, and answers nothing but 404."""

    def __init__(self, *unreachable, error=NotSent):
        self.unreachable, self.error = unreachable, error
        self.calls = []

    def request(self, method, url, body=None, headers=None, **_options):
        self.calls.append((method, url, body, headers))
        if url.startswith(self.unreachable):
            raise self.error("no connection")
        return Answer(404, {}, b'{}')

    def post(self, url, body, headers, **options):
        return self.request('POST', url, body, headers, **options)

    def get(self, url, headers=None, **options):
        return self.request('GET', url, None, headers, **options)

    def hosts(self):
        return [re.match(r'https://[^/]+', url)[0] for _method, url, _body, _headers in self.calls]


def production(network, **changes):
    return WechatPay(witness.credentials(**changes), transport=network)


CALLS = {
    'order': lambda gateway: gateway.order(an_order()),
    'charge': lambda gateway: gateway.charge(a_charge()),
    'query': lambda gateway: gateway.query(NUMBER),
    'close': lambda gateway: gateway.close(NUMBER),
    'reverse': lambda gateway: gateway.reverse(NUMBER),
    'query_refund': lambda gateway: gateway.query_refund('R1'),
}


@pytest.mark.parametrize('name', CALLS)
def test_backup_host_of_version_3(name):
    """Test production's two hosts: the second repeats the request, with another signature."""
    network = Network(PRIMARY)
    CALLS[name](production(network))
    assert network.hosts() == [PRIMARY, BACKUP]
    (_method, first, body, headers), (_m, second, again, signed_anew) = network.calls
    assert second.removeprefix(BACKUP) == first.removeprefix(PRIMARY)
    assert again == body
    assert headers['Authorization'] != signed_anew['Authorization']


@pytest.mark.parametrize('name', CALLS)
def test_backup_host_is_not_for_lost_answers(name):
    """Test that a request that may have arrived is not taken to the other host."""
    network = Network(PRIMARY, error=NoAnswer)
    result = CALLS[name](production(network))
    assert set(network.hosts()) == {PRIMARY}
    assert result.outcome == UNKNOWN


def test_backup_hosts_of_version_2_and_openids():
    """Test the same of payment codes by version 2, and the hosts of openids."""
    network = Network(PRIMARY)
    gateway = production(network, codepay_api='v2', api_key=witness.API_KEY)
    gateway.charge(a_charge())
    assert [call[1] for call in network.calls] == [
        f'{PRIMARY}/pay/micropay', f'{BACKUP}/pay/micropay'
    ]
    assert network.calls[0][2] == network.calls[1][2], "one number, one nonce, one charge"
    network = Network('https://api.weixin.qq.com')
    with pytest.raises(CallFailed):
        production(network, app_secret='s').openid_of('CODE1')
    assert network.hosts() == ['https://api.weixin.qq.com', 'https://api2.weixin.qq.com']


def test_both_hosts_away():
    """Test that what reached nobody is refused where money would move, and unknown where asked."""
    network = Network(PRIMARY, BACKUP)
    assert production(network).charge(a_charge()).outcome == REFUSED
    assert production(network).query(NUMBER).outcome == UNKNOWN
    assert network.hosts() == [PRIMARY, BACKUP] * 2


# === REQUESTS === #


@pytest.fixture
def say(server):
    return Answers(server)


@functools.cache
def _gateway(**changes):
    return make(**changes)  # reading keys takes its time


@pytest.fixture
def gateway(server):
    return at(server)


@pytest.fixture
def old_gateway(server):
    """The gateway of a merchant with version 2's payment codes."""
    return at(server, codepay_api='v2', api_key=witness.API_KEY)


def at(server, **changes):
    """Return a gateway in front of a server."""
    gateway = _gateway(**changes)
    gateway.client.hosts = (server.url,)
    return gateway


def sent(server, at=-1):
    return json.loads(server.requests[at].body)


def test_authorization_line(server, gateway, say):
    """Test the form of the header: one line, five pairs, no blanks after the commas."""
    server.script = [say.ok(paid())]
    gateway.query(NUMBER)
    assert re.fullmatch(
        r'WECHATPAY2-SHA256-RSA2048 mchid="\d+",nonce_str="[0-9a-f]{32}",signature="[A-Za-z0-9+/=]+",'
        r'timestamp="\d{10}",serial_no="[0-9A-F]{40}"',
        server.requests[0].headers['authorization'],
    )
    assert server.requests[0].target == (
        f'/v3/pay/transactions/out-trade-no/{NUMBER}?mchid={witness.MCHID}'
    )


def test_deadline_is_at_most_a_week_ahead(server, gateway, say):
    """Test that a longer one is cut, since some products refuse it."""
    server.script = [say.ok({'code_url': 'weixin://x'})]
    now = datetime.now(timezone.utc)
    gateway.order(an_order(expires_at=now + timedelta(days=30)))
    told = datetime.fromisoformat(sent(server)['time_expire'])
    assert timedelta(days=6, hours=23) < told - now <= timedelta(days=7)


def test_h5_page_and_way_back(server, gateway, say):
    """Test that the page's address is used as it came, with the one addition that is allowed."""
    page = 'https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx1&package=2'
    server.script = [say.ok({'h5_url': page})] * 2
    order = an_order(scene=Scene.H5, client_ip='203.0.113.7', extra={'h5_type': 'iOS'})
    assert gateway.order(order).next_step.pay_url == page
    assert sent(server)['scene_info'] == {
        'payer_client_ip': '203.0.113.7', 'h5_info': {'type': 'iOS'}
    }
    back = an_order(scene=Scene.H5, client_ip='203.0.113.7', return_url='https://shop.example/a?b=1')
    assert gateway.order(back).next_step.pay_url == (
        page + '&redirect_url=https%3A%2F%2Fshop.example%2Fa%3Fb%3D1'
    )


def test_refund_request(server, gateway, say):
    """Test that currency, total and the address for its notice are always told."""
    server.script = [say.error(500, 'SYSTEM_ERROR')]
    gateway.refund(a_refund(reason='退货 🍵', notify_url='https://shop.example/n'))
    assert sent(server) == {
        'out_trade_no': NUMBER, 'out_refund_no': 'R1', 'reason': '退货',
        'notify_url': 'https://shop.example/n',
        'amount': {'refund': 60, 'total': 100, 'currency': 'CNY'},
    }


def test_refund_does_not_need_an_address(server, gateway, say):
    """Test that money goes back though the shop has no address that could be sent."""
    server.script = [say.error(500, 'SYSTEM_ERROR')]
    gateway.refund(a_refund(notify_url='http://192.168.1.5:8069/n'))
    assert 'notify_url' not in sent(server)


def test_charge_request(server, gateway, say):
    """Test the object that codepay wants, and that nothing is ever null."""
    server.script = [say.error(500, 'SYSTEM_ERROR')]
    gateway.charge(a_charge(store_id='S 1', terminal_id='T1', extra={'wechat_store_id': '0001'}))
    body = sent(server)
    assert 'notify_url' not in body
    assert body['scene_info'] == {
        'store_info': {'id': '0001', 'out_id': 'S 1'}, 'device_id': 'T1', 'device_ip': '127.0.0.1'
    }
    assert b'null' not in server.requests[0].body


def test_version_2_of_a_partner(server):
    """Test the names of a sub-merchant's numbers in version 2."""
    server.script = [failing('SYSTEMERROR')]
    charge_v2(at(
        server, codepay_api='v2', api_key=witness.API_KEY, sub_mchid='1900000109', sub_appid='wxs'
    ))
    fields = v2_signing.parse(server.requests[0].body)
    assert (fields['sub_mch_id'], fields['sub_appid'], fields['mch_id']) == (
        '1900000109', 'wxs', witness.MCHID
    )


@pytest.mark.parametrize('prefix', range(10, 16))
def test_payment_codes(prefix):
    """Test that 18 digits from 10 to 15 are WeChat Pay's, and neighbours are not."""
    assert recognise(f'{prefix}{"0" * 16}') == Wallet.WECHAT_PAY
    assert recognise(f'{prefix}{"0" * 15}') is None
    assert recognise(f'{prefix}{"0" * 17}') is None
    assert recognise(f'16{"0" * 16}') is None


# === ERROR CODES === #

ORDER = {
    'PARAM_ERROR': (400, REFUSED), 'INVALID_REQUEST': (400, REFUSED),
    'APPID_MCHID_NOT_MATCH': (400, REFUSED), 'MCH_NOT_EXISTS': (400, REFUSED),
    'ORDER_CLOSED': (400, REFUSED), 'SIGN_ERROR': (401, REFUSED), 'NO_AUTH': (403, REFUSED),
    'OUT_TRADE_NO_USED': (403, UNKNOWN), 'RULE_LIMIT': (403, REFUSED),
    'FREQUENCY_LIMITED': (429, REFUSED), 'SYSTEM_ERROR': (500, UNKNOWN),
    'ACCOUNT_ERROR': (403, REFUSED), 'NOT_ENOUGH': (403, REFUSED), 'TRADE_ERROR': (403, REFUSED),
    'ORDER_NOT_EXIST': (404, REFUSED), 'BANK_ERROR': (500, UNKNOWN),
    'INVALID_TRANSACTIONID': (500, UNKNOWN), 'OPENID_MISMATCH': (500, UNKNOWN),
}
# The number is not ours alone: what the code says about it decides nothing.
QUERY = {
    'PARAM_ERROR': 400, 'INVALID_REQUEST': 400, 'MCH_NOT_EXISTS': 400, 'APPID_MCHID_NOT_MATCH': 400,
    'SIGN_ERROR': 401, 'RULE_LIMIT': 403, 'TRADE_ERROR': 403, 'ORDER_NOT_EXIST': 404,
    'FREQUENCY_LIMITED': 429, 'SYSTEM_ERROR': 500,
}
CLOSE = {
    **{code: (status, UNKNOWN, False) for code, status in QUERY.items()},
    'ORDER_CLOSED': (400, REFUSED, True), 'ORDER_PAID': (400, PAID, False),
    'ORDERPAID': (403, PAID, False), 'USERPAYING': (202, WAITING, False),
    'USER_PAYING': (403, WAITING, False),
}
CHARGE = {
    'USERPAYING': (202, WAITING), 'USER_PAYING': (403, WAITING), 'SYSTEM_ERROR': (500, UNKNOWN),
    'BANK_ERROR': (500, UNKNOWN), 'AUTH_CODE_EXPIRE': (403, REFUSED),
    'AUTH_CODE_INVALID': (400, REFUSED), 'NOT_ENOUGH': (403, REFUSED), 'ORDER_PAID': (400, UNKNOWN),
    'ORDERPAID': (400, UNKNOWN), 'ORDER_REVERSED': (400, REFUSED), 'ORDER_CLOSED': (400, REFUSED),
    'OUT_TRADE_NO_USED': (403, UNKNOWN), 'TRADE_ERROR': (403, REFUSED), 'RULE_LIMIT': (403, REFUSED),
    'ACCOUNT_ERROR': (403, REFUSED), 'NO_AUTH': (403, REFUSED), 'PARAM_ERROR': (400, REFUSED),
    'INVALID_REQUEST': (400, REFUSED), 'MCH_NOT_EXISTS': (404, REFUSED), 'SIGN_ERROR': (401, REFUSED),
    'FREQUENCY_LIMITED': (429, UNKNOWN), 'RATELIMIT_EXCEEDED': (429, UNKNOWN),
}
MICROPAY = {
    'SYSTEMERROR': UNKNOWN, 'BANKERROR': UNKNOWN, 'USERPAYING': WAITING, 'ORDERPAID': UNKNOWN,
    'OUT_TRADE_NO_USED': UNKNOWN,
    **dict.fromkeys((
        'AUTHCODEEXPIRE', 'AUTH_CODE_ERROR', 'AUTH_CODE_INVALID', 'NOTENOUGH', 'NOTSUPORTCARD',
        'ORDERREVERSED', 'ORDERCLOSED', 'BUYER_MISMATCH', 'TRADE_ERROR', 'NOAUTH', 'APPID_NOT_EXIST',
        'MCHID_NOT_EXIST', 'APPID_MCHID_NOT_MATCH', 'PARAM_ERROR', 'LACK_PARAMS', 'INVALID_REQUEST',
        'XML_FORMAT_ERROR', 'REQUIRE_POST_METHOD', 'NOT_UTF8', 'SIGNERROR',
    ), REFUSED),
}
# What a reverse says never ends an attempt, but that it was done before.
REVERSE = (
    'SYSTEMERROR', 'REVERSE_EXPIRE', 'TRADE_ERROR', 'INVALID_REQUEST', 'INVALID_TRANSACTIONID',
    'PARAM_ERROR', 'REQUIRE_POST_METHOD', 'SIGNERROR',
)
REFUND = {
    'PARAM_ERROR': (400, REFUSED), 'INVALID_REQUEST': (400, REFUSED), 'SIGN_ERROR': (401, REFUSED),
    'NOT_ENOUGH': (403, REFUSED), 'USER_ACCOUNT_ABNORMAL': (403, REFUSED), 'NO_AUTH': (403, REFUSED),
    'REQUEST_BLOCKED': (403, REFUSED), 'MCH_NOT_EXISTS': (404, REFUSED),
    'RESOURCE_NOT_EXISTS': (404, REFUSED), 'FREQUENCY_LIMITED': (429, UNKNOWN),
    'SYSTEM_ERROR': (500, UNKNOWN), 'BIZ_ERR_NEED_RETRY': (500, UNKNOWN),
    'TRADE_OVERDUE': (403, REFUSED), 'REFUND_FEE_MISMATCH': (400, REFUSED),
}


@pytest.mark.parametrize(('code', 'expected'), ORDER.items())
@pytest.mark.parametrize('scene', [Scene.QR, Scene.APP])
def test_codes_of_an_order(server, gateway, say, scene, code, expected):
    """Test the table of orders."""
    server.script = [say.error(expected[0], code)]
    result = gateway.order(an_order(scene=scene))
    assert (result.outcome, result.reason.code) == (expected[1], code)


@pytest.mark.parametrize(('code', 'status'), QUERY.items())
def test_codes_of_a_query(server, gateway, say, code, status):
    """Test that no error of a query says anything about the money."""
    server.script = [say.error(status, code)]
    result = gateway.query(NUMBER)
    assert (result.outcome, result.closed) == (UNKNOWN, False)


@pytest.mark.parametrize(('code', 'expected'), CLOSE.items())
def test_codes_of_a_close(server, gateway, say, code, expected):
    """Test that close ends an order only when it did, and asks when it was paid."""
    status, outcome, closed = expected
    error = say.error(status, code)
    if status == 202:
        error = say.ok({'code': code}, 202)
    server.script = [error, say.ok(paid())]
    result = gateway.close(NUMBER)
    assert (result.outcome, result.closed) == (outcome, closed)


@pytest.mark.parametrize(('code', 'expected'), CHARGE.items())
def test_codes_of_a_charge(server, gateway, say, code, expected):
    """Test the table of codepay."""
    status, outcome = expected
    server.script = [
        say.ok({'trade_state': 'USERPAYING'}, 202) if status == 202 else say.error(status, code)
    ]
    assert gateway.charge(a_charge()).outcome == outcome
    assert len(server.requests) == 1


@pytest.mark.parametrize(('code', 'outcome'), MICROPAY.items())
def test_codes_of_micropay(server, old_gateway, code, outcome):
    """Test the table of version 2's micropay."""
    server.script = [failing(code)]
    result = charge_v2(old_gateway)
    assert result.outcome == outcome
    assert len(server.requests) == 1


@pytest.mark.parametrize('code', REVERSE)
@pytest.mark.parametrize('recall', ['Y', 'N'])
def test_codes_of_a_reverse(server, gateway, old_gateway, code, recall):
    """Test that a refused reverse leaves the attempt open, in both versions."""
    server.script = [failing(code, recall=recall), Answers(server).error(400, code)]
    old, new = old_gateway.reverse(NUMBER), gateway.reverse(NUMBER)
    assert [(r.outcome, r.closed) for r in (old, new)] == [(UNKNOWN, False)] * 2


@pytest.mark.parametrize(('code', 'expected'), REFUND.items())
def test_codes_of_a_refund(server, gateway, say, code, expected):
    """Test that a definite refusal counts when there is no such refund, and nothing else does."""
    status, outcome = expected
    server.script = [say.error(status, code), say.error(404, 'RESOURCE_NOT_EXISTS')]
    assert gateway.refund(a_refund()).outcome == outcome


@pytest.mark.parametrize(
    ('status', 'code'),
    [(400, 'STATEMENT_CREATING'), (400, 'PARAM_ERROR'), (400, 'INVALID_REQUEST'), (403, 'NO_AUTH'),
     (429, 'FREQUENCY_LIMITED'), (500, 'SYSTEM_ERROR')],
)  # fmt: skip
def test_codes_of_a_bill(server, gateway, say, status, code):
    """Test that only "nothing happened" is an empty bill; the rest is none."""
    server.script = [say.error(status, code), say.error(400, 'NO_STATEMENT_EXIST')]
    with pytest.raises(CallFailed) as caught:
        gateway.statement(date(2026, 1, 1))
    assert caught.value.reason.code == code
    assert gateway.statement(date(2026, 1, 1)).content == b''


def test_version_2_answer_with_everything(server, old_gateway):
    """Test that fields nobody has heard of are signed too, and that coupons lower what was paid."""
    server.script = [v2(
        out_trade_no=NUMBER, total_fee='100', cash_fee='90', coupon_fee='10', fee_type='CNY',
        settlement_total_fee='95', transaction_id='42001', time_end='20200101080000', new_field='新',
        promotion_detail='{"promotion_detail":[]}', is_subscribe='N', device_info='',
    )]
    result = charge_v2(old_gateway)
    assert (result.outcome, result.amount, result.payer_amount) == (PAID, 100, 90)
