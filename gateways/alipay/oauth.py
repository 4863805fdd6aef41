# Part of payment_cn_wallets. License LGPL-3.
"""Who is paying: OAuth of a page that was opened inside the Alipay app.

1. The browser is sent to `authorize_url`; `auth_base` asks the payer nothing.
2. It comes back to our address with `auth_code` and `state`.
3. `OAuth.payer(auth_code)` asks Alipay who that is; the code works once.

Source: opendocs.alipay.com, user authorisation and alipay.system.oauth.token (换取授权访问令牌).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from ..base import CallFailed
from ..responses import incomplete
from .client import AlipayClient

_PRODUCTION = 'https://openauth.alipay.com'
_ALIPAY_SANDBOX = 'https://openauth-sandbox.dl.alipaydev.com'
_STATE = re.compile(r'[A-Za-z0-9+/=_\-]{8,100}', re.ASCII)


@dataclass(frozen=True)
class Payer:
    """The payer, by the older user id (2088…), the newer open id, or both."""

    user_id: str = ''
    open_id: str = ''

    @property
    def payer_id(self) -> str:
        """Return what `OrderRequest.payer_id` wants."""
        return self.user_id or self.open_id


def authorize_url(
    app_id: str, endpoint: str, redirect_uri: str, state: str, scope: str = 'auth_base'
) -> str:
    """Return where the payer's browser has to go.

    :param endpoint: as the gateway has it
    :param redirect_uri: our page; its domain must be configured in Alipay's console
    :param state: 8 to 100 letters, digits and signs of base64; unguessable, tied to the browser
    :raise ValueError: for a state or scope that Alipay does not take
    """
    if not _STATE.fullmatch(state):
        raise ValueError("state must be 8 to 100 characters of base64")
    if scope not in ('auth_base', 'auth_user'):
        raise ValueError("scope must be auth_base or auth_user")
    base = endpoint or _PRODUCTION
    if (urlsplit(endpoint).hostname or '').endswith('.alipaydev.com'):
        base = _ALIPAY_SANDBOX
    elif (urlsplit(endpoint).hostname or '').endswith('.alipay.com'):
        base = _PRODUCTION
    query = urlencode({
        'app_id': app_id, 'scope': scope, 'redirect_uri': redirect_uri, 'state': state,
    })
    return f'{base}/oauth2/publicAppAuthorize.htm?{query}'


class OAuth:
    """Learns who pays, for one application.

    :param client: the gateway's
    """

    def __init__(self, client: AlipayClient):
        self._client = client

    def authorize_url(self, redirect_uri: str, state: str, scope: str) -> str:
        """Return where a browser inside the Alipay app goes: see `authorize_url`."""
        return authorize_url(
            self._client.credentials['app_id'], self._client.endpoint, redirect_uri, state, scope
        )

    def payer(self, auth_code: str) -> Payer:
        """Exchange the code that the browser brought back (`alipay.system.oauth.token`).

        :raise CallFailed: when Alipay does not say who it is; `bad_code`: authorise again
        """
        if not auth_code or len(auth_code) > 256:
            raise ValueError("no auth_code")
        response = self._client.call(
            'alipay.system.oauth.token', None, grant_type='authorization_code', code=auth_code
        ).succeeded()
        payer = Payer(response.text('user_id'), response.text('open_id'))
        if not payer.payer_id:
            raise CallFailed(incomplete('user_id or open_id'))
        return payer
