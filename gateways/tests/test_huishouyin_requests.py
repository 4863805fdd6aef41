# Part of payment_cn_wallets. License LGPL-3.
"""What Huishouyin's client sends."""

import json
from datetime import date

import pytest
from huishouyin_witness import APP, CALLS, CREDENTIALS, GOOD, MERCHANT, an_order, business, echo, make, signature

import gateways
from gateways.base import CallFailed, Outcome, Scene, UnsupportedOperation, Wallet
from gateways.transport import NotSent


def test_request_is_signed_and_complete(server, gateway):
    """Test that the public fields are there, the signature fits, and the time is Beijing's."""
    server.script = [echo(**GOOD['order'])]
    gateway.order(an_order())
    [request] = server.requests
    assert request.target == '/v1/ApplyPay'
    assert request.headers['content-type'] == 'application/json; charset=utf-8'
    sent = json.loads(request.body)
    assert sent == {
        'method': 'heemoney.pay.applypay', 'version': '1.0', 'app_id': APP, 'mch_uid': MERCHANT,
        'charset': 'UTF-8', 'timestamp': '20240102003005', 'sign_type': 'MD5',
        'biz_content': sent['biz_content'], 'sign': signature(sent),
    }  # fmt: skip
    assert business(request) == {
        'out_trade_no': 'SO1-1', 'subject': '测试', 'total_fee': '100', 'client_ip': '127.0.0.1',
        'channel_type': 'WX_NATIVE', 'notify_url': 'https://shop.example/notice',
    }  # fmt: skip


def test_partner_numbers_are_sent(server):
    """Test that a service provider's numbers take part."""
    server.script = [echo(**GOOD['order'])]
    make(server, isv_app_id='IA', isv_mch_uid='IM').order(an_order())
    sent = json.loads(server.requests[0].body)
    assert (sent['isv_app_id'], sent['isv_mch_uid']) == ('IA', 'IM')
    assert sent['sign'] == signature(sent)


@pytest.mark.parametrize(
    ('call', 'path', 'method'),
    [
        ('order', 'ApplyPay', 'heemoney.pay.applypay'),
        ('charge', 'DirectPay', 'heemoney.pay.dirctpay'),
        ('query', 'payquery', 'heemoney.pay.query'),
        ('refund', 'refund', 'heemoney.pay.refund'),
        ('query_refund', 'refundquery', 'heemoney.pay.refund.query'),
    ],
)
def test_paths_and_methods(server, gateway, call, path, method):
    """Test that each call has the path and method of the documents."""
    server.default = echo(**GOOD[call])
    CALLS[call](gateway)
    assert server.requests[0].target == f'/v1/{path}'
    assert json.loads(server.requests[0].body)['method'] == method


def test_production_addresses():
    """Test that without an endpoint the two real hosts are called, over https."""
    asked = []

    class Spy:
        def post(self, url, *args, **options):
            asked.append(url)
            raise NotSent

    gateway = gateways.get('huishouyin')(CREDENTIALS, transport=Spy())
    gateway.query('X1')
    with pytest.raises(CallFailed):
        gateway.statement(date(2024, 1, 1))
    assert asked == [
        'https://pay.heemoney.com/v1/payquery', 'https://api.heemoney.com/v1/MerchBillReport',
    ]  # fmt: skip


def test_endpoint_must_be_safe():
    """Test that the sandbox's address can't be plain http to another machine."""
    with pytest.raises(ValueError, match='https'):
        gateways.get('huishouyin')(CREDENTIALS, endpoint='http://pay.example.com/x')


@pytest.mark.parametrize(
    ('wallet', 'scene', 'extra', 'channel'),
    [
        (Wallet.WECHAT_PAY, Scene.QR, {}, 'WX_NATIVE'),
        (Wallet.WECHAT_PAY, Scene.IN_APP, {}, 'WX_JSAPI'),
        (Wallet.WECHAT_PAY, Scene.H5, {}, 'WX_H5'),
        (Wallet.WECHAT_PAY, Scene.IN_APP, {'channel': 'WX_APPLET', 'wx_js_code': 'c'}, 'WX_APPLET'),
        (Wallet.ALIPAY, Scene.QR, {}, 'ALI_QRCODE'),
        (Wallet.ALIPAY, Scene.IN_APP, {}, 'ALI_JSAPI'),
        (Wallet.ALIPAY, Scene.H5, {}, 'ALI_WAP'),
        (Wallet.ALIPAY, Scene.QR, {'huabei_instalments': '3'}, 'ALI_QRCODE_HUABEI_INSTALLMENT'),
        (Wallet.QQ_WALLET, Scene.QR, {}, 'QQ_QRCODE'),
        (Wallet.UNIONPAY, Scene.QR, {}, 'BANK_QRCODE'),
        (Wallet.UNIONPAY, Scene.H5, {}, 'BANK_WAP'),
        (Wallet.UNIONPAY, Scene.APP, {}, 'Quick_Pass_APP'),
        (Wallet.UNIONPAY, Scene.H5, {'channel': 'Quick_Pass_H5'}, 'Quick_Pass_H5'),
        (Wallet.UNIONPAY, Scene.H5, {'channel': 'BANK_CYBER'}, 'BANK_CYBER'),
        (Wallet.UNIONPAY, Scene.H5, {'channel': 'BANK_QUICK_PAY_FD'}, 'BANK_QUICK_PAY_FD'),
        (Wallet.JD_PAY, Scene.H5, {}, 'JD_WAP'),
    ],
)
def test_channels(server, gateway, wallet, scene, extra, channel):
    """Test that wallet and scene lead to the channel of the documents."""
    server.script = [echo(code_url='x', hy_pay_url='https://p.example/1')]
    result = gateway.order(an_order(wallet=wallet, scene=scene, extra=extra))
    assert business(server.requests[0])['channel_type'] == channel
    assert result.outcome == Outcome.WAITING


@pytest.mark.parametrize(
    ('wallet', 'scene', 'extra'),
    [
        (Wallet.JD_PAY, Scene.QR, {}),
        (Wallet.QQ_WALLET, Scene.H5, {}),
        (Wallet.WECHAT_PAY, Scene.CODE, {}),
        (Wallet.WECHAT_PAY, Scene.SHOP_CODE, {}),
        (Wallet.WECHAT_PAY, Scene.QR, {'channel': 'ALI_QRCODE'}),
        (Wallet.WECHAT_PAY, Scene.QR, {'huabei_instalments': '3'}),
        (Wallet.ALIPAY, Scene.QR, {'channel': 'NEW_ONE'}),
    ],
)
def test_channels_that_are_not_there(server, gateway, wallet, scene, extra):
    """Test that a combination without a channel is a clear error, before anything is sent."""
    with pytest.raises(UnsupportedOperation):
        gateway.order(an_order(wallet=wallet, scene=scene, extra=extra))
    assert not server.requests


def test_huabei_options(server, gateway):
    """Test that instalments go out as the documents want them, as JSON in a string."""
    server.script = [echo(**GOOD['order'])]
    extra = {'huabei_instalments': '6', 'huabei_seller_percent': '100'}
    gateway.order(an_order(wallet=Wallet.ALIPAY, extra=extra))
    option = business(server.requests[0])['pay_option']
    assert json.loads(option) == {'hb_fq_num': '6', 'hb_fq_seller_percent': '100'}


def test_mini_program_options(server, gateway):
    """Test that a mini program's payer goes out, and its parameters come back."""
    params = json.dumps({'timeStamp': '1', 'package': 'prepay_id=x', 'paySign': 'P'})
    server.script = [echo(hy_mini_pay_params=params)]
    extra = {'channel': 'WX_APPLET', 'open_id': 'o1', 'wx_app_id': 'wx1'}
    result = gateway.order(an_order(scene=Scene.IN_APP, extra=extra))
    assert json.loads(business(server.requests[0])['pay_option']) == {
        'open_id': 'o1', 'app_id': 'wx1',
    }  # fmt: skip
    assert result.next_step.sdk_params['package'] == 'prepay_id=x'
    assert '"P"' not in json.dumps(dict(result.raw))


def test_quick_pass_parameters(server, gateway):
    """Test that the app gets its tn."""
    server.script = [echo(hy_extend_params='{"tn":"533142681549904444118"}')]
    result = gateway.order(an_order(wallet=Wallet.UNIONPAY, scene=Scene.APP))
    assert result.next_step.sdk_params == {'tn': '533142681549904444118'}


@pytest.mark.parametrize(
    'changes',
    [
        {'amount': 0}, {'amount': -1}, {'amount': 1.0}, {'out_trade_no': ''},
        {'out_trade_no': 'x' * 65}, {'out_trade_no': 'a b'}, {'attach': '测' * 43},
        {'notify_url': ''}, {'notify_url': 'https://x/' + 'y' * 250}, {'store_id': 'x' * 19},
        {'desk_no': 'x' * 33},
        {'extra': {'surprise': '1'}}, {'extra': {'meta_option': 'no json'}},
        {'extra': {'meta_option': '[]'}}, {'extra': {'pay_option': '"x"'}},
        {'wallet': Wallet.ALIPAY, 'extra': {'huabei_instalments': '5'}},
        {'scene': Scene.IN_APP, 'extra': {'channel': 'WX_APPLET'}},
        {'scene': Scene.H5, 'extra': {'channel': 'WX_WITHHOLD'}},
    ],
)  # fmt: skip
def test_fields_that_do_not_fit_are_errors(server, gateway, changes):
    """Test that what the protocol cannot carry is refused before it is sent."""
    with pytest.raises(ValueError):  # noqa: PT011
        gateway.order(an_order(**changes))
    assert not server.requests


def test_subject_is_cut_and_cleaned(server, gateway):
    """Test that a long title is cut between characters, and an empty one replaced."""
    server.default = echo(**GOOD['order'])
    gateway.order(an_order(subject='测\n' * 200))
    subject = business(server.requests[0])['subject']
    assert len(subject.encode()) <= 256
    assert subject.startswith('测 测')
    gateway.order(an_order(subject='\x00'))
    assert business(server.requests[1])['subject'] == 'SO1-1'


@pytest.mark.parametrize(
    ('address', 'sent'),
    [
        ('203.0.113.7', '203.0.113.7'), ('::ffff:203.0.113.7', '203.0.113.7'),
        ('2001:db8::1', '127.0.0.1'), ('nonsense', '127.0.0.1'), ('', '127.0.0.1'),
    ],
)  # fmt: skip
def test_client_address_fits(server, gateway, address, sent):
    """Test that only IPv4 goes into a field of 16 characters."""
    server.script = [echo(**GOOD['order'])]
    gateway.order(an_order(client_ip=address))
    assert business(server.requests[0])['client_ip'] == sent
