# Part of payment_cn_wallets. License LGPL-3.
"""Which wallet a scanned payment code (付款码) belongs to: first two digits and length.

The rows are data with their evidence; the addon makes editable records of them, because wallets
take new number ranges into use without asking anybody.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from .base import Wallet

_CODE = re.compile(r'[0-9]{10,32}', re.ASCII)
_RANGE = re.compile(r'([0-9]{1,8})(?:-([0-9]{1,8}))?', re.ASCII)


@dataclass(frozen=True)
class CodeRow:
    """One range of payment codes.

    :param first: first prefix of the range, digits
    :param last: last prefix of the range, as many digits as `first`
    :param shortest: fewest digits of the whole code
    :param longest: most digits of the whole code
    :param evidence: where the range is documented or was seen
    """

    wallet: Wallet
    first: str
    last: str
    shortest: int
    longest: int
    evidence: str = ''

    def __post_init__(self):
        if not (
            _RANGE.fullmatch(f'{self.first}-{self.last}')
            and len(self.first) == len(self.last)
            and self.first <= self.last
        ):
            raise ValueError("a range needs two prefixes of the same number of digits, in order")
        if not len(self.first) < self.shortest <= self.longest <= 32:
            raise ValueError("a code has more digits than its prefix, and at most 32")

    def matches(self, code: str) -> bool:
        """Say whether a code (digits only) is in this range."""
        if not self.shortest <= len(code) <= self.longest:
            return False
        return self.first <= code[: len(self.first)] <= self.last


# In this order: where two rows match equally closely, the first one wins.
SHIPPED: tuple[CodeRow, ...] = (
    CodeRow(
        Wallet.WECHAT_PAY, '10', '15', 18, 18,
        "WeChat Pay codepay documentation (10-14 mainland, 15 Hong Kong wallet)",
    ),
    CodeRow(
        Wallet.ALIPAY, '25', '30', 16, 24,
        "Alipay alipay.trade.pay documentation: 16 to 24 digits, usually 18",
    ),
    CodeRow(
        Wallet.QQ_WALLET, '91', '91', 18, 18,
        "Samples in the documents of three aggregators; not in the official wiki pages read",
    ),
    CodeRow(
        Wallet.JD_PAY, '18', '18', 18, 18,
        "Two independent integrations; no official page",
    ),
    CodeRow(
        Wallet.UNIONPAY, '62', '62', 19, 19,
        "Acquirers' documentation and several integrations",
    ),
    # Cannot be told from UnionPay: second, so that it counts only where UnionPay is not taken.
    CodeRow(
        Wallet.JD_PAY, '62', '62', 19, 19,
        "JD Pay in UnionPay form, same two integrations as prefix 18",
    ),
)


def normalise(scanned: str) -> str:
    """Return the digits of a scan without spaces and the scanner's end of line.

    :return: digits, or '' when the scan is no payment code
    """
    if not isinstance(scanned, str) or len(scanned) > 64:
        return ''
    code = re.sub(r'[ \t\r\n]+', '', scanned)
    return code if _CODE.fullmatch(code) else ''


def recognise(
    code: str,
    rows: Iterable[CodeRow] = SHIPPED,
    wallets: Collection[Wallet] | None = None,
) -> Wallet | None:
    """Return the wallet that a payment code belongs to.

    The longest matching prefix wins, then the order of the rows.

    :param code: as scanned; anything but ASCII digits (and white space around them) is refused
    :param wallets: only these count (what the shop takes); None: all
    :return: None when the code is of no wallet known, or no payment code at all
    """
    digits = normalise(code)
    if not digits:
        return None
    best = None
    for row in rows:
        if wallets is not None and row.wallet not in wallets:
            continue
        if row.matches(digits) and (best is None or len(row.first) > len(best.first)):
            best = row
    return best.wallet if best else None
