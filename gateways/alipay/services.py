# Part of payment_cn_wallets. License LGPL-3.
"""Alipay's services that move no money: the bill of a day, and who is paying."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from urllib.parse import urlsplit

from ..addresses import is_loopback
from ..base import CallFailed, Reason, ReasonKind, Scene, StatementFile, Wallet
from ..transport import TransportError
from . import answers, bill, payer


class MerchantServices:
    """The part of the gateway for bills and OAuth."""

    # === STATEMENT === #

    def statement(self, day: date, kind: str = 'trade') -> StatementFile:
        """Fetch the bill of one day: its ZIP, to be read with `bill.members` or `bill.detail`.

        :param kind: 'trade' (payments and refunds) or 'signcustomer' (movements of the account)
        :raise CallFailed: when there is none; `not_found`: not made yet, or no business that day
        """
        if kind not in bill.FIRST_LINE:
            raise ValueError("kind must be trade or signcustomer")
        said = self._call(
            'alipay.data.dataservice.bill.downloadurl.query',
            {'bill_type': kind, 'bill_date': day.strftime('%Y-%m-%d')},
            repeatable=True,
            required=('bill_download_url',),
        )
        if said.reason:
            raise CallFailed(said.reason)
        local = is_loopback(urlsplit(self._gateway_url).hostname)
        try:
            url = bill.address(said.text('bill_download_url'), local=local)
            # At once: the address lives for 30 seconds.
            answer = self.transport.get(
                url, repeatable=True, max_bytes=bill.MAX_ZIP, read_timeout=30, total_timeout=120
            )
            if answer.status != 200:
                raise ValueError(f"HTTP status {answer.status}")
            names = list(bill.members(answer.body))
        except TransportError as error:
            raise CallFailed(answers.Said.from_error(error).reason) from error
        except ValueError as error:
            raise CallFailed(Reason(ReasonKind.NO_ANSWER, 'bill', str(error))) from error
        # The address has a token in it and is worth nothing any more: it is not handed on.
        return StatementFile(day=day, content=answer.body, raw={'kind': kind, 'members': names})

    # === PAYER === #

    def needs_payer(self, wallet: Wallet, scene: Scene) -> bool:
        """Override: who pays inside Alipay must be named."""
        return scene == Scene.IN_APP

    def authorise_url(self, redirect_uri: str, state: str) -> str:
        """Override to ask silently."""
        return self.authorize_url(redirect_uri, state)

    def payer_of(self, answer: Mapping[str, str]) -> str:
        """Override: the code is in `auth_code`; without one the payer did not agree."""
        code = answer.get('auth_code', '')
        if not code or len(code) > 256:
            raise CallFailed(Reason(ReasonKind.CANCELLED, 'no_code', "no auth_code came back"))
        return self.payer(code).payer_id

    def authorize_url(self, redirect_uri: str, state: str, scope: str = 'auth_base') -> str:
        """Return where a browser inside the Alipay app goes to learn who pays."""
        return payer.authorize_url(
            self.credentials['app_id'], self.endpoint, redirect_uri, state, scope
        )

    def payer(self, auth_code: str) -> payer.Payer:
        """Exchange the code that the browser brought back (`alipay.system.oauth.token`).

        :raise CallFailed: when Alipay does not say who it is; `bad_code`: authorise again
        """
        if not auth_code or len(auth_code) > 256:
            raise ValueError("no auth_code")
        said = self._call(
            'alipay.system.oauth.token', None, grant_type='authorization_code', code=auth_code
        )
        if said.reason is None and not (said.text('user_id') or said.text('open_id')):
            reason = Reason(ReasonKind.NO_ANSWER, 'incomplete', "nobody is named in the answer")
            said = said.without_result(reason)
        if said.reason:
            raise CallFailed(said.reason)
        return payer.Payer(said.text('user_id'), said.text('open_id'))
