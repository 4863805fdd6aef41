# Part of payment_cn_wallets. License LGPL-3.
"""Alipay: what the protocol's documents state and no other test of this folder holds us to.

The tables of error codes are complete: every code of every call, with what it may end.
"""

import base64
import csv
import functools
import re
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest
from alipay_sandbox import a_charge, a_refund, an_order
from alipay_witness import VECTORS, credentials, failure, make, node, success
from gateway_loopback import answering

from gateways import times
from gateways.alipay import ALIPAY_SANDBOX, Alipay, codes, statement
from gateways.base import CallFailed, Outcome, ReasonKind, Scene, Wallet
from gateways.payment_codes import recognise
from gateways.transport import Answer

UNKNOWN, REFUSED = Outcome.UNKNOWN, Outcome.REFUSED
PAY, PRECREATE, CREATE = 'alipay.trade.pay', 'alipay.trade.precreate', 'alipay.trade.create'
REFUND, REFUND_QUERY = 'alipay.trade.refund', 'alipay.trade.fastpay.refund.query'
CODE = '280000000000000000'


@functools.cache
def _gateway():
    return make()  # reading a key takes its time


def at(server):
    """Return the gateway, in front of a server."""
    gateway = _gateway()
    gateway.client.endpoint = server.url
    return gateway


# === ADDRESSES === #


class Recorder:
    """A transport that sends nothing."""

    def __init__(self):
        self.urls = []

    def post(self, url, body, headers, **_options):
        self.urls.append((url, body, headers))
        return Answer(200, {}, b'{}')


@pytest.mark.parametrize(
    ('endpoint', 'host'),
    [('', 'https://openapi.alipay.com'), (ALIPAY_SANDBOX, ALIPAY_SANDBOX),
     (f'{ALIPAY_SANDBOX}/gateway.do', ALIPAY_SANDBOX)],
)  # fmt: skip
def test_calls_go_to_production_or_to_alipays_own_sandbox(endpoint, host):
    """Test the address of every call; that of the retired sandbox is not ours."""
    assert ALIPAY_SANDBOX == 'https://openapi-sandbox.dl.alipaydev.com'
    recorder = Recorder()
    gateway = Alipay(credentials(), endpoint=endpoint, transport=recorder)
    gateway.order(an_order())
    gateway.charge(a_charge(CODE))
    gateway.query('A1')
    gateway.close('A1')
    gateway.reverse('A1')
    gateway.refund(a_refund(an_order()))
    gateway.query_refund('R1', out_trade_no='A1')
    assert len(recorder.urls) == 7
    for url, _body, headers in recorder.urls:
        assert url.startswith(f'{host}/gateway.do?')
        assert headers['Content-Type'] == 'application/x-www-form-urlencoded;charset=utf-8'
        assert len(parse_qs(urlsplit(url).query)['sign'][0]) == 344


def test_pages_and_bills_of_alipays_own_sandbox():
    """Test checkout, payer's page and bill there."""
    gateway = Alipay(credentials(), endpoint=ALIPAY_SANDBOX)
    for extra in ({}, {'channel': codes.PAGE}):
        order = an_order(scene=Scene.H5, extra=extra, return_url='https://shop.example/back')
        assert gateway.order(order).next_step.pay_url.startswith(f'{ALIPAY_SANDBOX}/gateway.do?')
    page = gateway.authorize_url('https://shop.example/x', '0123456789')
    assert page.startswith('https://openauth-sandbox.dl.alipaydev.com/oauth2/publicAppAuthorize.htm?')
    file = 'http://dwbillcenter.dl.alipaydev.com/downloadBillFile.resource?token=1'
    assert statement.address(file, local=False) == 'https' + file.removeprefix('http')


# === PAYMENT CODES === #


@pytest.mark.parametrize('digits', [16, 18, 24])
@pytest.mark.parametrize('prefix', range(25, 31))
def test_payment_codes(prefix, digits):
    """Test that 16 to 24 digits from 25 to 30 are Alipay's, and are charged."""
    code = str(prefix) + '0' * (digits - 2)
    assert recognise(code) == Wallet.ALIPAY
    recorder = Recorder()
    Alipay(credentials(), transport=recorder).charge(a_charge(code))
    assert len(recorder.urls) == 1


@pytest.mark.parametrize('code', ['24' + '0' * 16, '31' + '0' * 16, '25' + '0' * 13, '25' + '0' * 23])
def test_codes_of_nobody(code):
    """Test the neighbours."""
    assert recognise(code) is None
    with pytest.raises(ValueError, match='payment code'):
        Alipay(credentials()).charge(a_charge(code))


# === ERROR CODES OF ORDERS AND CHARGES === #

# "Query, then decide": nothing is certain.
DOUBTFUL = (
    'ACQ.SYSTEM_ERROR', 'ACQ.CONTEXT_INCONSISTENT', 'ACQ.TRADE_HAS_SUCCESS',
    'ACQ.TRADE_STATUS_ERROR', 'ACQ.PAYMENT_FAIL', 'ACQ.APPLY_PC_MERCHANT_CODE_ERROR',
    'ACQ.TRADE_BUYER_NOT_MATCH', 'AQC.SYSTEM_ERROR',
    # of other products, or of none: a code that the table has not is to be asked about
    'ACQ.AGREEMENT_NOT_EXIST', 'ACQ.CYCLE_PAY_DATE_NOT_MATCH', 'ACQ.AUTH_NO_ERROR',
    'ACQ.ZM_CREDIT_ERROR', 'ACQ.CARD_TYPE_ERROR', 'ACQ.SOMETHING_NEW', '',
)  # fmt: skip
CERTAIN = tuple(f'ACQ.{code}' for code in (
    'INVALID_PARAMETER ILLEGAL_ARGUMENT ACCESS_FORBIDDEN EXIST_FORBIDDEN_WORD PARTNER_ERROR'
    ' TOTAL_FEE_EXCEED TRADE_HAS_CLOSE BUYER_SELLER_EQUAL BUYER_ENABLE_STATUS_FORBID BUYER_NOT_EXIST'
    ' PAYER_UNMATCHED USER_LOGONID_DUP PAYMENT_AUTH_CODE_INVALID AUTH_TOKEN_IS_NOT_EXIST'
    ' BUYER_BALANCE_NOT_ENOUGH BUYER_BANKCARD_BALANCE_NOT_ENOUGH BUYER_BANKCARD_INVALID'
    ' BUYER_BANKCARD_DECLINED ERROR_BALANCE_PAYMENT_DISABLE NO_PAYMENT_INSTRUMENTS_AVAILABLE'
    ' NOT_SUPPORT_PAYMENT_INST PULL_MOBILE_CASHIER_FAIL MOBILE_PAYMENT_SWITCH_OFF'
    ' USER_FACE_PAYMENT_SWITCH_OFF PAYMENT_REQUEST_HAS_RISK BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR'
    ' BUYER_PAYMENT_AMOUNT_MONTH_LIMIT_ERROR BUYER_LIMIT_EXCEEDED ERROR_BUYER_CERTIFY_LEVEL_LIMIT'
    ' NOT_CERTIFIED_USER BUYER_NOT_MAINLAND_CERT BEYOND_PAY_RESTRICTION'
    ' BEYOND_PER_RECEIPT_RESTRICTION BEYOND_PER_RECEIPT_SINGLE_RESTRICTION'
    ' BEYOND_PER_RECEIPT_DAY_RESTRICTION MERCHANT_PERM_RECEIPT_SUSPEND_LIMIT'
    ' MERCHANT_PERM_RECEIPT_SINGLE_LIMIT MERCHANT_PERM_RECEIPT_DAY_LIMIT MERCHANT_STATUS_NOT_NORMAL'
    ' SELLER_BEEN_BLOCKED SELLER_NOT_EXIST INVALID_RECEIVE_ACCOUNT ERROR_SELLER_CERTIFY_LEVEL_LIMIT'
    ' INVALID_STORE_ID STORE_INFO_INVALID NOW_TIME_AFTER_EXPIRE_TIME_ERROR SUB_GOODS_SIZE_MAX_COUNT'
    ' RISK_MERCHANT_IP_NOT_EXIST SECONDARY_MERCHANT_STATUS_ERROR SUB_MERCHANT_CREATE_FAIL'
    ' PLATFORM_BUSINESS_ACQUIRE_MODE_MUST_MERCHANT_ID TRADE_SETTLE_ERROR'
    ' DEFAULT_SETTLE_RULE_NOT_EXIST ROYALTY_ACCOUNT_NOT_EXIST UN_SUPPORT_TRADE_SCENE'
    ' RESTRICTED_MERCHANT_INDUSTRY BIZ_PRODUCT_NOT_ALLOWED PRODUCT_AMOUNT_LIMIT_ERROR'
    ' OPEN_ID_NOT_TINY_APP UNBOUND_APPLICATION PRODUCT_NOT_SUPPORT_IN_TINY_APP'
    ' CUSTOMER_VALIDATE_ERROR CURRENCY_NOT_SUPPORT AMOUNT_OR_CURRENCY_ERROR REQUEST_AMOUNT_EXCEED'
).split())  # fmt: skip
AT_THE_DOOR = {
    '20001': 'aop.invalid-auth-token aop.auth-token-time-out aop.invalid-app-auth-token'
             ' aop.invalid-app-auth-token-no-api aop.app-auth-token-time-out'
             ' aop.no-product-reg-by-partner',
    '40001': 'isv.missing-method isv.missing-signature isv.missing-signature-type'
             ' isv.missing-signature-key isv.missing-app-id isv.missing-timestamp'
             ' isv.missing-version isv.missing-encrypt-type isv.missing-app-cert-sn'
             ' isv.missing-alipay-root-cert-sn',
    '40002': 'isv.invalid-signature isv.invalid-app-id isv.invalid-method isv.invalid-format'
             ' isv.invalid-charset isv.invalid-timestamp isv.invalid-version isv.invalid-encrypt'
             ' isv.invalid-signature-type isv.invalid-parameter isv.illegal-json'
             ' isv.illegal-timestamp isv.suspected-attack isv.not-online-app isv.invalid-app-state'
             ' isv.forbidden-api isv.app-cert-expired isv.app-cert-not-exist'
             ' isv.alipay-cert-not-exist isv.invalid-alipay-root-cert-sn isv.app-key-security-risk'
             ' isv.unsupported-expired-app-key-sign',
    '40003': 'isv.invalid-auth-relations isv.missing-signature-config',
    '40005': 'isv.app-call-limited isv.method-call-limited',
    '40006': 'isv.insufficient-isv-permissions isv.insufficient-user-permissions'
             ' isv.self-invoke-forbidden isv.illegal-client-ip',
}  # fmt: skip
CASES = [
    *(('40004', code, UNKNOWN) for code in DOUBTFUL),
    *(('40004', code, REFUSED) for code in CERTAIN),
    *(('20000', code, UNKNOWN) for code in ('isp.unknow-error', 'aop.unknow-error', '')),
    *((code, sub, REFUSED) for code, subs in AT_THE_DOOR.items() for sub in subs.split()),
]


@pytest.mark.parametrize(('code', 'sub_code', 'outcome'), CASES)
def test_codes_of_charges_and_orders(server, code, sub_code, outcome):
    """Test that each code ends an attempt exactly when it is certain that nothing was done."""
    gateway = at(server)
    calls = {
        PAY: lambda: gateway.charge(a_charge(CODE)), PRECREATE: lambda: gateway.order(an_order()),
        CREATE: lambda: gateway.order(an_order(scene=Scene.IN_APP, payer_id='2088000000000001')),
    }
    for method, call in calls.items():
        server.script = [answering(failure(method, sub_code, code))]
        result = call()
        assert result.outcome == outcome, method
        assert outcome == UNKNOWN or result.reason.kind not in (ReasonKind.OTHER, ReasonKind.NO_ANSWER)
    assert len(server.requests) == 3


# === ERROR CODES OF THE OTHER CALLS === #


@pytest.mark.parametrize(
    'code',
    ['ACQ.SYSTEM_ERROR', 'ACQ.INVALID_PARAMETER', 'ACQ.TRADE_NOT_EXIST', 'TRADE_NOT_EXIST',
     'ACQ.ENTERPRISE_PAY_BIZ_ERROR', 'ACQ.SOMETHING_NEW'],
)  # fmt: skip
def test_codes_of_a_query(server, code):
    """Test that no error of a query says anything about the money."""
    server.script = [answering(failure('alipay.trade.query', code))]
    result = at(server).query('A1')
    assert (result.outcome, result.closed) == (UNKNOWN, False)
    assert (result.reason.kind == ReasonKind.NOT_FOUND) == ('TRADE_NOT_EXIST' in code)


ENDING = {
    'alipay.trade.cancel': (
        'SYSTEM_ERROR', 'SELLER_BALANCE_NOT_ENOUGH', 'REASON_TRADE_BEEN_FREEZEN',
        'TRADE_HAS_FINISHED', 'TRADE_CANCEL_TIME_OUT', 'REASON_TRADE_REFUND_FEE_ERR',
        'CANCEL_NOT_ALLOWED', 'INVALID_PARAMETER', 'SOMETHING_NEW',
    ),
    'alipay.trade.close': (
        'SYSTEM_ERROR', 'TRADE_NOT_EXIST', 'TRADE_STATUS_ERROR', 'REASON_TRADE_STATUS_INVALID',
        'REASON_ILLEGAL_STATUS', 'INVALID_PARAMETER',
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ('method', 'code'), [(method, code) for method, found in ENDING.items() for code in found]
)
def test_codes_of_cancel_and_close(server, method, code):
    """Test that a refusal ends nothing by itself: a query says what is."""
    def end():
        gateway = at(server)
        return (gateway.reverse if method.endswith('cancel') else gateway.close)('A1')

    refusal = answering(failure(method, f'ACQ.{code}'))
    server.script = [refusal, answering(failure('alipay.trade.query', 'ACQ.SYSTEM_ERROR'))]
    assert (end().outcome, end().closed) == (UNKNOWN, False)
    if code in ('SYSTEM_ERROR', 'TRADE_NOT_EXIST'):
        return
    server.script = [refusal, answering(success(
        'alipay.trade.query', out_trade_no='A1', trade_status='TRADE_SUCCESS', total_amount='1.00'
    ))]
    result = end()
    assert (result.outcome, result.amount) == (Outcome.PAID, 100)


REFUND_CODES = {
    **dict.fromkeys((
        'INVALID_PARAMETER', 'SELLER_BALANCE_NOT_ENOUGH', 'REFUND_AMT_NOT_EQUAL_TOTAL',
        'REASON_TRADE_REFUND_FEE_ERR', 'REFUND_FEE_ERROR', 'TRADE_HAS_CLOSE',
        'TRADE_NOT_ALLOW_REFUND', 'REASON_TRADE_BEEN_FREEZEN', 'BUYER_NOT_EXIST', 'BUYER_ERROR',
        'BUYER_ENABLE_STATUS_FORBID', 'USER_NOT_MATCH_ERR', 'NOT_ALLOW_PARTIAL_REFUND',
        'ONLINE_TRADE_VOUCHER_NOT_ALLOW_REFUND', 'TRADE_SETTLE_ERROR',
        'ALLOC_AMOUNT_VALIDATE_ERROR', 'REFUND_ROYALTY_PAYEE_ACCOUNT_NOT_EXIST',
        'REFUNDALLOC_UNAUTH_LIMIT', 'OVERDRAFT_AGREEMENT_NOT_MATCH', 'REFUND_ACCOUNT_NOT_EXIST',
        'CUSTOMER_VALIDATE_ERROR', 'CURRENCY_NOT_SUPPORT', 'TRADE_HAS_FINISHED', 'TRADE_NOT_EXIST',
    ), REFUSED),
    **dict.fromkeys((
        'SYSTEM_ERROR', 'DISCORDANT_REPEAT_REQUEST', 'TRADE_STATUS_ERROR',
        'REASON_TRADE_STATUS_INVALID', 'REFUND_CHARGE_ERROR', 'ENTERPRISE_PAY_BIZ_ERROR',
        'SOMETHING_NEW',
    ), UNKNOWN),
}  # fmt: skip


@pytest.mark.parametrize(('code', 'outcome'), REFUND_CODES.items())
def test_codes_of_a_refund(server, code, outcome):
    """Test that a refusal counts when Alipay has no such refund, and that an earlier one is found."""
    request = a_refund(an_order(out_trade_no='A1'))
    refusal = answering(failure(REFUND, f'ACQ.{code}'))
    server.script = [refusal, answering(success(REFUND_QUERY, out_trade_no='A1'))]
    assert at(server).refund(request).outcome == outcome
    if code in ('SYSTEM_ERROR', 'REFUND_CHARGE_ERROR', 'ENTERPRISE_PAY_BIZ_ERROR'):
        return  # asked again later
    server.script = [refusal, answering(success(
        REFUND_QUERY, out_trade_no='A1', out_request_no=request.out_refund_no, refund_amount='12.34',
        refund_status='REFUND_SUCCESS',
    ))]
    result = at(server).refund(request)
    assert (result.outcome, result.amount) == (Outcome.PAID, 1234)


@pytest.mark.parametrize(
    ('code', 'kind'),
    [('isv.code-invalid', ReasonKind.BAD_CODE), ('isv.unmatched-app-id', ReasonKind.UNKNOWN_APP),
     ('isv.grant-type-invalid', ReasonKind.PARAMETER), ('isp.unknow-error', ReasonKind.SYSTEM)],
)  # fmt: skip
def test_codes_of_the_payers_page(server, code, kind):
    """Test what comes in place of a payer, in the node that this call has for it."""
    body = node('error', code='40002', sub_code=code, sub_msg='x')
    server.script = [answering(body)]
    with pytest.raises(CallFailed) as caught:
        at(server).payer('code')
    assert caught.value.reason.kind == kind


@pytest.mark.parametrize(
    ('code', 'kind'),
    [
        ('isp.bill_not_exist', ReasonKind.NOT_FOUND), ('BILL_NOT_EXIST', ReasonKind.NOT_FOUND),
        ('NO_BILL_DATA', ReasonKind.NOT_FOUND), ('INVAILID_ARGUMENTS', ReasonKind.PARAMETER),
        ('isp.invalid_arguments', ReasonKind.PARAMETER),
        ('BILL_DATE_BEFORE_REGISTRATION', ReasonKind.PARAMETER),
        ('TYPE_NOT_SUPPORTED', ReasonKind.NOT_ENABLED), ('SYSTEM_RATE_LIMIT', ReasonKind.SYSTEM),
        ('USER_RATE_LIMIT', ReasonKind.SYSTEM), ('UNKNOWN_ERROR', ReasonKind.SYSTEM),
    ],
)
def test_codes_of_a_bill(server, code, kind):
    """Test the codes in whatever spelling they come."""
    for spelling in (code, code.swapcase()):
        method = 'alipay.data.dataservice.bill.downloadurl.query'
        server.script = [answering(failure(method, spelling))]
        with pytest.raises(CallFailed) as caught:
            at(server).statement(times.now().date())
        assert caught.value.reason.kind == kind


# === BILL === #


def test_every_row_and_total_of_the_bill():
    """Test the sample bill: its rows by the names of the columns, and its totals."""
    case = VECTORS['bill']
    lines = statement.detail(base64.b64decode(case['zip_base64'])).split('\r\n')
    at = next(n for n, line in enumerate(lines) if line.startswith('支付宝交易号'))
    # Brackets in titles are full-width, numbers may end with a TAB.
    titles = [title.strip().translate(str.maketrans('（）', '()')) for title in lines[at].split(',')]
    assert len(titles) == 25
    rows = [
        dict(zip(titles, (cell.strip() for cell in cells), strict=True))
        for cells in csv.reader(line for line in lines[at + 1:] if line and not line.startswith('#'))
    ]
    columns = {
        'trade_no': '支付宝交易号', 'out_trade_no': '商户订单号', 'kind': '业务类型',
        'order_amount': '订单金额(元)', 'received': '商家实收(元)', 'fee': '服务费(元)',
        'refund_no': '退款批次号/请求号',
    }
    assert [{name: row[title] for name, title in columns.items()} for row in rows] == (
        case['detail_rows']
    )
    totals = case['totals']
    end = '\n'.join(lines)
    assert re.search(rf"#交易合计：{totals['trades']}笔，商家实收共{totals['received']}元", end)
    assert re.search(rf"#退款合计：{totals['refunds']}笔，商家实收退款共{totals['refunded']}元", end)
    for kind, name in (('交易', 'received'), ('退款', 'refunded')):
        found = sum(Decimal(row['商家实收(元)']) for row in rows if row['业务类型'] == kind)
        assert found == Decimal(totals[name])
