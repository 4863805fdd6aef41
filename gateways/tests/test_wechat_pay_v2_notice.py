# Part of payment_cn_wallets. License LGPL-3.
"""WeChat Pay: notices of refunds in the XML of version 2, and bills, as the documents have them."""

import base64
import hashlib
from datetime import date
from decimal import Decimal

import pytest
import wechat_pay_data as data
import wechat_pay_witness as witness
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from gateway_loopback import answering
from wechat_pay_witness import Answers, make

from gateways.base import NoticeRejected, Outcome
from gateways.wechat_pay import statement
from gateways.wechat_pay.v2 import notice as v2_notice

NUMBER = 'T20200101-0001'

# === NOTICES IN XML === #

X3_TEXT = (
    '<root><out_refund_no>R20200101-1</out_refund_no><refund_status>SUCCESS</refund_status></root>'
)


def test_x3():
    """Test X3: what a notice of a refund holds in version 2, and nothing with another key."""
    assert v2_notice.decrypt(data.X3_DATA, witness.API_KEY).decode() == X3_TEXT
    for info, key in ((data.X3_DATA, 'x' * 32), (data.X3_DATA[:-4], witness.API_KEY), ('', 'x'),
                      ('é', witness.API_KEY), ('AAAA', witness.API_KEY)):
        with pytest.raises(ValueError, match='API key'):
            v2_notice.decrypt(info, key)


def refund_xml(info, **changes):
    """Return the body of such a notice; `info` is encrypted as the platform would."""
    text = ''.join(f'<{name}><![CDATA[{value}]]></{name}>' for name, value in info.items())
    block = f'<root>{text}</root>'.encode()
    block += bytes([16 - len(block) % 16]) * (16 - len(block) % 16)
    key = hashlib.md5(witness.API_KEY.encode()).hexdigest().encode()
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    box = base64.b64encode(encryptor.update(block) + encryptor.finalize()).decode()
    fields = {
        'return_code': 'SUCCESS', 'appid': witness.APPID, 'mch_id': witness.MCHID, 'nonce_str': 'n',
        'req_info': box, **changes,
    }
    return ''.join(
        ['<xml>', *(f'<{name}><![CDATA[{value}]]></{name}>' for name, value in fields.items()), '</xml>']
    ).encode()


INFO = {
    'out_refund_no': 'R1', 'out_trade_no': NUMBER, 'refund_id': '50300', 'refund_fee': '60',
    'refund_status': 'SUCCESS', 'total_fee': '100', 'transaction_id': '42001',
    'success_time': '2020-01-01 08:00:00', 'refund_recv_accout': '支付用户零钱',
}


def test_refund_notice_in_xml():
    """Test that it names a refund to be asked for, and proves nothing, for it is not signed."""
    gateway = make(api_key=witness.API_KEY)
    found = gateway.parse_notice({'Content-Type': 'text/xml'}, refund_xml(INFO))
    assert (found.kind, found.payment) == ('refund', None)
    assert (found.refund.outcome, found.refund.amount) == (Outcome.UNKNOWN, 60)
    assert (found.refund.out_refund_no, found.refund.gateway_refund_no) == ('R1', '50300')
    assert found.merchant == {'appid': witness.APPID, 'mchid': witness.MCHID, 'sub_mchid': ''}
    assert found.notice_id == gateway.parse_notice({}, refund_xml(INFO, nonce_str='m')).notice_id
    other = gateway.parse_notice({}, refund_xml(INFO, mch_id='1'))
    assert other.merchant['mchid'] == '1'


@pytest.mark.parametrize(
    'body',
    [
        refund_xml({**INFO, 'out_refund_no': ''}), refund_xml({**INFO, 'refund_fee': '0.6'}),
        refund_xml(INFO, return_code='FAIL'), refund_xml(INFO, req_info=''),
        refund_xml(INFO, req_info='AAAA'), b'<xml/>', b'<html>', b'\xef\xbb\xbf<',
        refund_xml(INFO).replace(b'<xml>', b'<!DOCTYPE xml [<!ENTITY a "b">]><xml>'),
        refund_xml({**INFO, 'x': '1' * 70000}),
        b'<xml><return_code>SUCCESS</return_code><out_trade_no>T1</out_trade_no></xml>',
    ],
    ids=range(11),
)
def test_xml_that_is_no_such_notice(body):
    """Test that it is refused as malformed, with and without a key to read it."""
    for gateway in (make(api_key=witness.API_KEY), make(), make(api_key='x' * 32)):
        with pytest.raises(NoticeRejected) as caught:
            gateway.parse_notice({}, body)
        assert caught.value.kind == 'malformed'


def test_signed_notices_are_never_read_as_xml():
    """Test that a notice with version 3's signature is judged by that."""
    body = refund_xml(INFO)
    with pytest.raises(NoticeRejected) as caught:
        make(api_key=witness.API_KEY).parse_notice(witness.signed(body), body)
    assert caught.value.kind == 'malformed'


# === BILL === #

COLUMNS = (
    '交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,'
    '货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,'
    '商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注'
)
TOTALS = '总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额'


def test_bill_of_all_columns():
    """Test a bill of the shape of the official sample: 48 lines, 27 columns, 45 rows, 7 totals."""
    names = COLUMNS.split(',')
    lines = [COLUMNS]
    for at in range(45):
        back = at >= 31
        row = dict.fromkeys(names, '') | {
            '交易时间': f'2020-01-01 08:{at:02d}:00', '特约商户号': '0', '商户订单号': f'T{at:04d}',
            '交易状态': 'REFUND' if back else 'SUCCESS', '订单金额': '0.00' if back else '0.01',
            '退款金额': '0.01' if back else '0.00', '手续费': '0.00100', '费率': '0.60%',
            '商品名称': 'a\\ b\\n`c', '商户退款单号': f'R{at}' if back else '0',
        }
        lines.append(','.join(f'`{row[name]}' for name in names))
    lines += [TOTALS, '`45.0,`0.31,`0.14,`0.0,`0.05,`0.31,`0.14']
    assert len(lines) == 48
    bill = statement.parse(('\ufeff' + '\r\n'.join(lines) + '\r\n').encode())
    assert (len(bill.rows), len(bill.rows[0]), len(bill.totals)) == (45, 27, 7)
    states = [row['交易状态'] for row in bill.rows]
    assert (states.count('SUCCESS'), states.count('REFUND')) == (31, 14)
    for column, total in (('订单金额', '订单总金额'), ('退款金额', '退款总金额')):
        assert sum(Decimal(row[column]) for row in bill.rows) == Decimal(bill.totals[total])
    assert bill.rows[0]['商品名称'] == 'a\\ b\\n`c', "one backtick goes, no more"
    assert bill.rows[40]['商户退款单号'] == 'R40'


def test_bill_is_fetched_as_it_was_named(server):
    """Test both steps: what is asked for, and that the address is fetched unchanged, signed."""
    gateway, say = make(server.url), Answers(server)
    content = '\ufeff交易时间\r\n`2020-01-01 08:00:00\r\n总交易单数\r\n`1.0\r\n'.encode()
    digest = hashlib.sha1(content).hexdigest().upper()
    url = f'{server.url}/v3/billdownload/file?token=a_b-c%2Bd&tartype=gzip'
    server.script = [
        say.ok({'hash_type': 'SHA1', 'hash_value': digest, 'download_url': url}), answering(content)
    ] * 2
    assert gateway.statement(date(2020, 1, 1)).content == content
    assert gateway.fund_flow(date(2020, 1, 1), 'FEES').content == content
    targets = [seen.target for seen in server.requests]
    assert targets == [
        '/v3/bill/tradebill?bill_date=2020-01-01&bill_type=ALL', url.removeprefix(server.url),
        '/v3/bill/fundflowbill?bill_date=2020-01-01&account_type=FEES', url.removeprefix(server.url),
    ]
    assert all('authorization' in seen.headers for seen in server.requests)
