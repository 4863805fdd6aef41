# Part of payment_cn_wallets. License LGPL-3.
"""Who is who in WeChat Pay's messages.

A merchant of its own (appid, mchid), or a service provider (sp_…) for a sub-merchant (sub_…).
Everything that differs between the two is here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..base import Scene


@dataclass(frozen=True)
class Parties:
    """The merchant's numbers.

    :param app_appid: of the mobile application, for the scene `app`; '' when it is `appid`
    :param mini_appid: of the mini program, for the scene `mini`; '' when it is `appid`
    """

    appid: str
    mchid: str
    sub_appid: str = ''
    sub_mchid: str = ''
    app_appid: str = ''
    mini_appid: str = ''

    @property
    def is_partner(self) -> bool:
        """Whether a service provider asks for a sub-merchant."""
        return bool(self.sub_mchid)

    @property
    def root(self) -> str:
        """Return the beginning of the paths of payments."""
        return '/v3/pay/partner/transactions' if self.is_partner else '/v3/pay/transactions'

    @property
    def payer_appid(self) -> str:
        """Return the appid under which payers have their openid, and open the cashier."""
        return self.sub_appid or self.appid

    def invoking_appid(self, scene: Scene) -> str:
        """Return the appid that opens the cashier."""
        return self._own(scene) or self.payer_appid

    def _own(self, scene: Scene | None) -> str:
        """Return the appid that a scene has to itself, or ''."""
        return {Scene.APP: self.app_appid, Scene.MINI: self.mini_appid}.get(scene, '')

    def merchant(self) -> dict[str, str]:
        """Return who asks, for queries and close."""
        if self.is_partner:
            return {'sp_mchid': self.mchid, 'sub_mchid': self.sub_mchid}
        return {'mchid': self.mchid}

    def identity(self, scene: Scene | None = None) -> dict[str, str]:
        """Return who asks and for which application."""
        app = self._own(scene)
        if self.is_partner:
            sub_appid = app or self.sub_appid
            return {'sp_appid': self.appid, 'sub_appid': sub_appid, **self.merchant()}
        return {'appid': app or self.appid, **self.merchant()}

    def payer(self, openid: str, scene: Scene | None = None) -> dict[str, str]:
        """Return who pays. An openid is that of the appid which opens the cashier."""
        if not self.is_partner:
            return {'openid': openid}
        return {'sub_openid' if self._own(scene) or self.sub_appid else 'sp_openid': openid}

    def of(self, fields: Mapping[str, object]) -> dict[str, str]:
        """Return the numbers in an answer or notice under the names of the credentials.

        An appid that is missing (refunds have none), or that is our application's or mini program's,
        is ours.
        """
        named = {
            name: str(fields.get(f'sp_{name}') or fields.get(name) or '')
            for name in ('appid', 'mchid')
        }
        if named['appid'] in ('', self.app_appid, self.mini_appid):
            named['appid'] = self.appid
        return {**named, 'sub_mchid': str(fields.get('sub_mchid') or '')}

    def fits(self, fields: Mapping[str, object], *, bare: bool = False) -> bool:
        """Say whether an answer is about this merchant.

        :param bare: the answer need not name the merchant (refunds)
        """
        named = self.of(fields)
        if bare and not named['mchid']:
            named['mchid'] = self.mchid
        if bare and not named['sub_mchid']:
            named['sub_mchid'] = self.sub_mchid
        return named == {'appid': self.appid, 'mchid': self.mchid, 'sub_mchid': self.sub_mchid}
