# Part of payment_cn_wallets. License LGPL-3.
"""Who is the payer: in WeChat's own browser (OAuth 2, `snsapi_base`), and in a mini program.

Pages: 网页授权, 小程序登录 (code2Session). The appid is the one under which the order is placed:
an openid of another appid cannot pay it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, urlencode

from ..base import CallFailed, Reason, ReasonKind, Scene
from ..transport import NotSent, TransportError
from . import responses
from .client import WechatPayClient

_AUTHORISE = 'https://open.weixin.qq.com/connect/oauth2/authorize'
_TOKEN_HOSTS = ('https://api.weixin.qq.com', 'https://api2.weixin.qq.com')
_TOKEN_PATH = '/sns/oauth2/access_token'  # noqa: S105  a path
_SESSION_PATH = '/sns/jscode2session'
_STATE = re.compile(r'[0-9A-Za-z]{1,128}')
_CODE = re.compile(r'[0-9A-Za-z_\-]{1,512}')
_OPENID = re.compile(r'[0-9A-Za-z_\-]{6,128}')
_CODE_KINDS = {
    40001: ReasonKind.BAD_KEY, 40125: ReasonKind.BAD_KEY, 40013: ReasonKind.UNKNOWN_APP,
    40029: ReasonKind.BAD_CODE, 40163: ReasonKind.BAD_CODE, 42003: ReasonKind.BAD_CODE,
    -1: ReasonKind.SYSTEM,
}


class OAuth:
    """Learns openids, for one merchant. It needs the credential `app_secret`.

    :param client: the gateway's
    """

    def __init__(self, client: WechatPayClient):
        self._client = client

    def payer_of(self, answer: Mapping[str, str]) -> str:
        """Return the openid from the query that the browser brought back: see `Gateway.payer_of`."""
        code = answer.get('code', '')
        if not code:
            raise CallFailed(Reason(ReasonKind.CANCELLED, 'no_code', "no code came back"))
        if not _CODE.fullmatch(code):
            raise CallFailed(Reason(ReasonKind.BAD_CODE, 'form', "not a code of WeChat"))
        return self.openid_of(code)

    def authorise_url(self, redirect_uri: str, state: str) -> str:
        """Return where to send a browser inside WeChat; it comes back with `code` and `state`.

        :param redirect_uri: on the host that is set as 网页授权域名
        :param state: letters and digits; compare it with the session's when the browser is back
        :raise ValueError: for a state that WeChat cannot carry
        """
        if not _STATE.fullmatch(state):
            raise ValueError("state must be 1 to 128 letters and digits")
        base = f'{self._client.endpoint}/connect/oauth2/authorize' if self._client.endpoint else _AUTHORISE
        # In this order, and with the fragment: other forms are reported not to work.
        return (
            f'{base}?appid={quote(self._client.parties.payer_appid, safe="")}'
            f'&redirect_uri={quote(redirect_uri, safe="")}'
            f'&response_type=code&scope=snsapi_base&state={state}#wechat_redirect'
        )

    def openid_of(self, code: str) -> str:
        """Exchange the code of the redirect for the payer's openid. A code works once.

        :raise CallFailed: `bad_code`: send the browser to `authorise_url` again, the same code
            will not do; `cancelled`: the payer looks at a snapshot of the page and must open it
            fully, the openid is not a real one
        :raise ValueError: when `app_secret` is not set, or it is no code
        """
        secret = self._client.credentials.get('app_secret')
        if not secret:
            raise ValueError("app_secret is needed to learn openids")
        if not _CODE.fullmatch(code):
            raise ValueError("not a code of WeChat")
        target = _TOKEN_PATH + '?' + urlencode({
            'appid': self._client.parties.payer_appid, 'secret': secret, 'code': code,
            'grant_type': 'authorization_code',
        })
        return self._openid(target)

    def openid_of_login(self, code: str) -> str:
        """Exchange the code of a mini program's `wx.login` for its user's openid. A code works once.

        The session key that comes along is forgotten.

        :raise CallFailed: `bad_code`: let the mini program call `wx.login` again
        :raise ValueError: when `mini_app_secret` is not set, or it is no code
        """
        secret = self._client.credentials.get('mini_app_secret')
        if not secret:
            raise ValueError("mini_app_secret is needed to learn openids of a mini program")
        if not _CODE.fullmatch(code):
            raise ValueError("not a code of WeChat")
        return self._openid(_SESSION_PATH + '?' + urlencode({
            'appid': self._client.parties.invoking_appid(Scene.MINI), 'secret': secret,
            'js_code': code, 'grant_type': 'authorization_code',
        }))

    def _openid(self, target: str) -> str:
        content = self._token(target)
        error = content.get('errcode')
        if error:
            kind = _CODE_KINDS.get(error, ReasonKind.OTHER)
            raise CallFailed(Reason(kind, str(error)[:16], str(content.get('errmsg', ''))[:120]))
        if content.get('is_snapshotuser') == 1:
            raise CallFailed(Reason(ReasonKind.CANCELLED, 'snapshot', "the page is a snapshot"))
        openid = content.get('openid')
        if not isinstance(openid, str) or not _OPENID.fullmatch(openid):
            raise CallFailed(Reason(ReasonKind.NO_ANSWER, 'incomplete', "no openid in the answer"))
        return openid

    def _token(self, target: str) -> dict:
        reason = None
        for host in (self._client.endpoint,) if self._client.endpoint else _TOKEN_HOSTS:
            try:
                answer = self._client.transport.get(host + target, max_bytes=65536)
            except NotSent as error:
                reason = Reason(ReasonKind.NOT_SENT, '', str(error))
                continue
            except TransportError as error:
                raise CallFailed(Reason(ReasonKind.NO_ANSWER, '', str(error))) from None
            content = responses.read_object(answer.body)
            if content is None:
                break
            return content
        raise CallFailed(reason or Reason(ReasonKind.NO_ANSWER, '', "the answer cannot be read"))
