# Part of payment_cn_wallets. License LGPL-3.
"""WeChat Pay's gateway in front of the sandbox: fixtures."""

import pytest

from gateways.transport import Transport
from gateways.wechat_pay import WechatPay


@pytest.fixture(scope='session')
def make_wechat(sandbox):
    """Return a function that makes a gateway for one of the sandbox's merchants."""
    transport = Transport(connect_timeout=2, read_timeout=1.0, total_timeout=4)
    merchants = sandbox('GET', 'merchants')

    def build(merchant='wechat_pay', clock=None, **changes):
        return WechatPay(
            {**merchants[merchant], **changes},
            endpoint=f'{sandbox.url}/wechat_pay',
            transport=transport,
            clock=clock,
        )

    yield build
    transport.close()


@pytest.fixture(scope='session')
def wechat(make_wechat):
    """The gateway of the sandbox's first merchant: public key, API v3."""
    return make_wechat()
