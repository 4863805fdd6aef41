# Part of payment_cn_wallets. License LGPL-3.
"""The phone page and its parts, without a browser."""

import re

import pytest
import requests
from lxml import html
from reportlab.graphics.barcode.code128 import Code128

from sandbox import code128
from sandbox.phone import read_yuan, yuan
from sandbox.texts import TEXTS
from sandbox.wallets import WALLETS, wallet_of_code


@pytest.fixture
def phone(sandbox):
    """A payer's browser: a session, and pages parsed."""

    class Phone(requests.Session):
        def page(self, path, expect=200, **options):
            address = path if path.startswith('http') else sandbox.url + path
            answer = self.get(address, timeout=5, **options)
            assert answer.status_code == expect
            return html.fromstring(answer.content.decode())

        def act(self, path, **fields):
            address = path if path.startswith('http') else sandbox.url + path
            answer = self.post(address, data=fields, timeout=5)
            return answer.status_code, html.fromstring(answer.content.decode())

    session = Phone()
    session.base = sandbox.url
    session.headers['Accept-Language'] = 'en-US,en;q=0.9'
    return session


def words(page):
    """Return a page's text."""
    return ' '.join(page.text_content().split())


@pytest.mark.parametrize(('accept', 'language', 'banner'), [
    ('zh-CN,zh;q=0.9,en;q=0.8', 'zh-CN', '沙盒环境 – 不涉及真实资金'),
    ('en-GB,en;q=0.9', 'en', 'Sandbox – no real money'),
    ('fr', 'en', 'Sandbox – no real money'),
    ('zh-TW', 'zh-CN', '沙盒环境 – 不涉及真实资金'),
])
def test_language(phone, accept, language, banner):
    """Test that the language follows the browser, and that every page says what it is."""
    for path in ('/', '/codes/alipay', '/q/nothing'):
        page = phone.page(path, 404 if 'nothing' in path else 200,
                          headers={'Accept-Language': accept})
        assert page.get('lang') == language
        assert banner in words(page)


def test_language_switch(phone):
    """Test that the switch stays, and leads nowhere but to our own pages."""
    page = phone.page('/language/zh_CN?next=/codes/alipay')
    assert page.get('lang') == 'zh-CN'
    assert '付款码' in words(page)
    assert phone.page('/').get('lang') == 'zh-CN'
    for target in ('//evil.example', 'http://evil.example', '/\\evil.example'):
        answer = phone.get(f'{phone.base}/language/en_US', params={'next': target},
                           allow_redirects=False, timeout=5)
        assert answer.headers['Location'] == '/'


def test_texts_are_complete():
    """Test that every text is there in both languages, with the same fields."""
    for key, (english, chinese) in TEXTS.items():
        assert '' not in (english, chinese), key
        assert re.findall(r'{\w+}', english) == re.findall(r'{\w+}', chinese)
        assert re.search('[\u4e00-\u9fff]', chinese)
        assert not re.search('[\u4e00-\u9fff]', english)


def test_pay_by_phone(phone, client, control, listener):
    """Test what a person does: see the code waiting, open it, choose a coupon, pay."""
    code_url = client.order('H1', fee=128800)['code_url']
    home = phone.page('/')
    row = home.xpath('//*[@data-testid="waiting"]//a[@data-out-trade-no="H1"]')[0]
    assert '¥1,288.00' in words(row)
    assert 'WeChat Pay' in words(row)
    assert code_url.endswith(row.get('href'))
    page = phone.page(code_url)
    assert '¥1,288.00' in words(page)
    assert 'H1' in words(page)
    assert [b.get('value') for b in page.xpath('//button')] == ['pay', 'wrong_password', 'cancel']
    status, page = phone.act(code_url, action='wrong_password')
    assert status == 200
    assert 'Wrong password' in words(page.xpath('//*[@role="alert"]')[0])
    _status, page = phone.act(code_url, action='cancel')
    assert 'can still be paid' in words(page)
    _status, page = phone.act(code_url, action='pay', coupon='500')
    assert page.xpath('//*[@data-state="paid"]')
    assert '¥1,283.00' in words(page)
    assert client.query('H1')['coupon_amt'] == 500
    assert listener.wait(1)[0]['trade_status'] == 'Success'
    status, page = phone.act(code_url, action='pay')
    assert status == 200
    assert page.xpath('//*[@data-state="paid"]')
    assert len(control.get('ledger')['charges']) == 1
    client.refund('H1', 'H1-R', 800)
    home = phone.page('/')
    assert not home.xpath('//*[@data-testid="waiting"]')
    assert '¥8.00' in words(home.xpath('//*[@data-testid="recent"]')[0])


@pytest.mark.parametrize('fields', [
    {'action': 'steal'}, {}, {'action': 'pay', 'coupon': '-1'}, {'action': 'pay', 'coupon': 'x'},
    {'action': 'pay', 'coupon': '101'},
])
def test_nonsense_pays_nothing(phone, client, control, fields):
    """Test that a malformed form changes nothing and breaks nothing."""
    code_url = client.order('H2', fee=100)['code_url']
    status, _page = phone.act(code_url, **fields)
    assert status == 400
    assert control.get('orders/H2')['state'] == 'waiting'


def test_foreign_pages_can_not_pay(phone, client, control):
    """Test that another site's form, or a page under another name, reaches nothing."""
    code_url = client.order('H3')['code_url']
    for origin in ('http://evil.example', 'null'):
        answer = phone.post(code_url, data={'action': 'pay'}, timeout=5,
                            headers={'Origin': origin})
        assert answer.status_code == 403
    answer = phone.get(client.url, headers={'Host': 'evil.example'}, timeout=5)
    assert answer.status_code == 421
    answer = phone.post(client.url + '/control/pay', data='{"out_trade_no": "H3"}', timeout=5,
                        headers={'Content-Type': 'text/plain'})
    assert answer.status_code == 415
    assert control.get('orders/H3')['state'] == 'waiting'
    good = phone.post(code_url, data={'action': 'pay'}, timeout=5, headers={'Origin': client.url})
    assert good.status_code == 200
    assert control.get('orders/H3')['state'] == 'paid'


@pytest.mark.parametrize('channel', ['JD_WAP', 'WX_JSAPI'])
def test_pay_page_returns_to_the_shop(phone, client, channel):
    """Test that a pay page leads back to the shop after paying."""
    answer = client.order(channel=channel, return_url='http://127.0.0.1:9/back?a=1&b=2')
    page_url = answer['hy_pay_url'] or answer['hy_js_auth_pay_url']
    page = phone.page(page_url)
    assert not page.xpath('//@data-return-url')
    _status, page = phone.act(page_url, action='pay')
    assert page.xpath('//@data-return-url') == ['http://127.0.0.1:9/back?a=1&b=2']
    assert page.xpath('//a[@href="http://127.0.0.1:9/back?a=1&b=2"]')


def test_live_part(phone, client, control, sandbox):
    """Test that the living part changes when something happens, and only then."""
    client.order('H4')
    first = phone.get(sandbox.url + '/?live=1', timeout=5)
    assert '<html' not in first.text
    assert 'H4' in first.text
    etag = {'If-None-Match': first.headers['ETag']}
    again = phone.get(sandbox.url + '/?live=1', headers=etag, timeout=5)
    assert again.status_code == 304
    assert not again.content
    control.post('pay', out_trade_no='H4')
    changed = phone.get(sandbox.url + '/?live=1', headers=etag, timeout=5)
    assert changed.status_code == 200


@pytest.mark.parametrize('wallet', list(WALLETS))
def test_payment_code_page(phone, wallet):
    """Test that each wallet shows a code of its own range, as barcode and QR, not in the address."""
    answer = phone.get(f'{phone.base}/codes/{wallet}', timeout=5)
    page = html.fromstring(answer.content.decode())
    code = page.xpath('//@data-code')[0]
    assert wallet_of_code(code) == wallet
    assert code not in answer.url
    assert page.xpath('//*[@class="barcode"]/@aria-label')
    assert page.xpath('//*[@class="qr"]')
    other = html.fromstring(phone.get(f'{phone.base}/codes/{wallet}', timeout=5).content)
    assert other.xpath('//@data-code')[0] != code


def test_payment_code_is_used_up(phone, client):
    """Test that the page tells that the code was scanned, and offers to confirm."""
    answer = phone.get(f'{phone.base}/codes/alipay?confirm=1', timeout=5)
    code = html.fromstring(answer.content.decode()).xpath('//@data-code')[0]
    client.charge(code, 'H5', fee=500)
    page = phone.page(answer.url)
    assert not page.xpath('//@data-code')
    assert 'Waiting for the password' in words(page)
    link = page.xpath('//a[contains(@class, "primary")]/@href')[0]
    phone.act(link, action='pay')
    assert client.query('H5')['trade_status'] == 'Success'
    assert 'Paid' in words(phone.page(answer.url))


def test_counter_code_page(phone, client):
    """Test that the payer types an amount; nonsense is refused with words."""
    qr_url = client.call('MerchQRCode', {
        'qr_url_name': 'Front', 'qr_url_type': '2', 'store_uid': '1',
    })['qr_url']
    page = phone.page(qr_url)
    assert page.xpath('//label[@for="amount"]')
    assert page.xpath('//input[@id="amount"]')
    for typed in ('', '0', '1.234', '-1', 'abc', '1e3'):
        status, page = phone.act(qr_url, amount=typed, wallet='alipay')
        assert status == 400
        assert page.xpath('//input[@aria-invalid="true"]')
    status, page = phone.act(qr_url, amount='12.3', wallet='alipay')
    assert status == 200
    assert '¥12.30' in words(page)


def test_every_control_has_a_name(phone, client):
    """Test that buttons, links and fields can be told by a screen reader."""
    code_url = client.order()['code_url']
    for path in ('/', code_url, '/codes/wechat_pay'):
        page = phone.page(path)
        assert len(page.xpath('//h1')) == 1
        assert page.xpath('//main')
        for element in page.xpath('//a | //button'):
            assert words(element) or element.get('aria-label')
        for field in page.xpath('//input'):
            assert field.getparent().tag == 'label' or field.get('id')
        for drawing in page.xpath('//*[local-name()="svg"]'):
            assert drawing.get('aria-hidden') or drawing.get('aria-label')


def test_hostile_texts_are_escaped(phone, client):
    """Test that what a shop writes stays text."""
    evil = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'
    code_url = client.order(subject=evil)['code_url']
    answer = phone.get(code_url, timeout=5)
    assert '<img' not in answer.text
    assert 'alert(1)</script>' not in answer.text
    assert "default-src 'none'" in answer.headers['Content-Security-Policy']


@pytest.mark.parametrize('path', ['/nothing', '/codes/nothing', '/assets/../app.py', '/assets/',
                                  '/assets/%2e%2e/app.py', '/s/nothing', '/q/'])
def test_not_there(phone, path):
    """Test that what is not there is answered so."""
    assert phone.get(phone.base + path, timeout=5).status_code == 404


# === SMALL PARTS === #


def test_yuan():
    """Test amounts for people, and amounts from people."""
    assert [yuan(f) for f in (1, 10, 100, 123456789)] == ['¥0.01', '¥0.10', '¥1.00', '¥1,234,567.89']
    assert [read_yuan(t) for t in ('0.01', '1', '1.5', ' 12.30 ', '8。8')] == [1, 100, 150, 1230, 880]
    assert not any(read_yuan(t) for t in (None, '', '0', '.5', '1.', '1.234', '１', '99999999'))


@pytest.mark.parametrize('digits', ['13', '130000000000000000', '6201234567890123456', '289', '0'])
def test_barcode(digits):
    """Test our barcode's symbols and widths against an independent library's."""
    ours = code128.symbols(digits)
    theirs = Code128(digits)
    theirs.validate()
    theirs.encode()
    theirs.decompose()
    assert len(''.join(code128.PATTERNS[value] for value in ours)) % 2 == 1
    if len(digits) % 2 == 0:
        drawn = ''.join(code128.PATTERNS[value] for value in ours)
        letters = theirs.decomposed.lower()  # a bar is a letter a-d, a space the same in lower case
        assert [ord(c) - ord('a') + 1 for c in letters] == [int(width) for width in drawn]
    # check symbol and stop, recomputed from the standard's text
    weighted = ours[0] + sum(at * value for at, value in enumerate(ours[:-2]))
    assert ours[-2] == weighted % 103
    assert ours[-1] == 106
    assert code128.svg(digits, 'x').count('<path') == 1


def test_barcode_takes_digits_only():
    """Test that nothing else is drawn."""
    for text in ('', 'a', '１２', '1 2'):
        with pytest.raises(ValueError, match='digits'):
            code128.symbols(text)
