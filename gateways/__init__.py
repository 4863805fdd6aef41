# Part of payment_cn_wallets. License LGPL-3.
"""Clients of the payment gateways. Nothing in this package imports Odoo.

A new gateway is one folder with a `Gateway` class, and one line in `_GATEWAYS`. Files of one name have
one role in each folder: `gateway` (its `Gateway`), `capabilities`, `client` (build, sign, send, verify),
`signing`, `requests` (fields of requests), `responses` (what may be believed), `results` (from a
verified response to a result), `notice`, `statement`, `oauth` (who pays), `codes` (data), `credentials`.
"""

from __future__ import annotations

from importlib import import_module

from .base import Gateway

# code -> module in this package and class in it. Imported on first use: a process that only
# serves one gateway does not load the cryptography of the others.
_GATEWAYS = {
    'huishouyin': ('huishouyin', 'Huishouyin'),
    'wechat_pay': ('wechat_pay', 'WechatPay'),
    'alipay': ('alipay', 'Alipay'),
    'qq_wallet': ('qq_wallet', 'QqWallet'),
    'jd_pay': ('jd_pay', 'JdPay'),
}


def codes() -> tuple[str, ...]:
    """Return the codes of all gateways."""
    return tuple(_GATEWAYS)


def get(code: str) -> type[Gateway]:
    """Return the class of a gateway.

    :raise KeyError: when there is no such gateway
    """
    module, name = _GATEWAYS[code]
    return getattr(import_module(f'.{module}', __name__), name)
