# Part of payment_cn_wallets. License LGPL-3.
"""Money as an integer number of fen, and the border to yuan.

Inside the package an amount is an `int` of fen. Yuan appear only at the border: as `Decimal`, as a
string in some protocols and statements, and as the `float` that Odoo keeps monetary values in. No
function here multiplies or divides floats.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal

CURRENCY = 'CNY'

# 100 billion yuan. Far above any payment, and low enough that one fen is still many times the
# distance between two neighbouring floats, so that `fen_from_float` can tell neighbours apart.
MAX_FEN = 10**13

_YUAN = re.compile(r'(-?)([0-9]{1,16})(?:\.([0-9]{1,20}))?', re.ASCII)
_FEN = re.compile(r'-?[0-9]{1,16}', re.ASCII)


class MoneyError(ValueError):
    """An amount or a currency that cannot be taken."""


def check_currency(currency: str) -> None:
    """Refuse everything but CNY.

    :raise MoneyError: when it is another currency
    """
    if currency != CURRENCY:
        raise MoneyError(f"only {CURRENCY} is supported, not {currency!r}")


def check_fen(fen: int, *, negative: bool = False, zero: bool = True) -> int:
    """Return `fen` when it is a whole number of fen in range.

    :param fen: fen
    :param negative: whether an amount below zero is allowed
    :param zero: whether zero is allowed
    :raise MoneyError: otherwise
    """
    if type(fen) is not int:  # bool is an int too, and no amount
        raise MoneyError(f"an amount in fen must be an int, not {type(fen).__name__}")
    if abs(fen) > MAX_FEN:
        raise MoneyError("amount out of range")
    if fen < 0 and not negative:
        raise MoneyError("amount below zero")
    if fen == 0 and not zero:
        raise MoneyError("amount is zero")
    return fen


def to_fen(yuan: Decimal | str | int, *, negative: bool = False) -> int:
    """Convert yuan to fen, exactly.

    :param yuan: yuan, as `Decimal`, plain decimal string ("12.30") or whole number
    :param negative: whether an amount below zero is allowed
    :return: fen
    :raise MoneyError: for floats, NaN, infinity, exponents in strings, fractions of a fen, amounts
        out of range, and negative amounts unless allowed
    """
    if isinstance(yuan, bool) or not isinstance(yuan, (Decimal, str, int)):
        raise MoneyError(f"yuan must be Decimal, str or int, not {type(yuan).__name__}")
    if isinstance(yuan, int):
        return check_fen(yuan * 100, negative=negative)
    if isinstance(yuan, Decimal):
        if not yuan.is_finite():
            raise MoneyError("amount is not a number")
        # Looked at before it is written out, or Decimal('1E+999999') would fill the memory.
        if yuan and (yuan.adjusted() > 15 or yuan.as_tuple().exponent < -20):
            raise MoneyError("amount out of range")
        yuan = f'{yuan:f}'
    match = _YUAN.fullmatch(yuan)
    if not match:
        raise MoneyError("not an amount in yuan")
    sign, whole, fraction = match.groups(default='')
    if fraction[2:].strip('0'):
        raise MoneyError("amount has a fraction of a fen")
    fen = int(whole) * 100 + int(fraction[:2].ljust(2, '0'))
    return check_fen(-fen if sign else fen, negative=negative)


def to_yuan(fen: int) -> Decimal:
    """Convert fen to yuan with two decimals.

    :param fen: fen, may be below zero
    :raise MoneyError: when it is no whole number of fen in range
    """
    return Decimal(check_fen(fen, negative=True)).scaleb(-2)


def yuan_text(fen: int) -> str:
    """Return yuan as the string with two decimals that protocols want ("12.30").

    :param fen: fen, may be below zero
    :raise MoneyError: when it is no whole number of fen in range
    """
    return f'{to_yuan(fen):.2f}'


def parse_fen(text: str, *, negative: bool = False) -> int:
    """Read a whole number of fen as a protocol writes it.

    :param text: digits only
    :param negative: whether an amount below zero is allowed
    :raise MoneyError: when it is anything else ("1.0", "1e2", " 1", "１")
    """
    if not isinstance(text, str) or not _FEN.fullmatch(text):
        raise MoneyError("not a whole number of fen")
    return check_fen(int(text), negative=negative)


def fen_or_none(text: str) -> int | None:
    """Return the amount in fen that a protocol wrote, or None when it is none."""
    try:
        return parse_fen(text)
    except MoneyError:
        return None


def check_refund(amount: int, total: int) -> int:
    """Return the amount of a refund when it can be one.

    :param amount: fen
    :param total: fen that were paid
    :raise ValueError: when it is none, or more than the payment
    """
    check_fen(total, zero=False)
    if check_fen(amount, zero=False) > total:
        raise MoneyError("a refund cannot exceed the payment")
    return amount


def fen_from_float(value: float, *, negative: bool = False) -> int:
    """Convert a monetary value of Odoo (a float of yuan with two decimals) to fen.

    The float of an amount with two decimals is the float nearest to it, at most half a unit in the
    last place (ulp) away. One ulp more is accepted, which is what a last arithmetic step such as
    `0.1 + 0.2` or a rounding leaves behind. Anything further from a whole fen was not an amount of
    money, and is refused rather than rounded.

    :param value: yuan
    :param negative: whether an amount below zero is allowed
    :return: fen
    :raise MoneyError: when it is not within that distance of a whole fen, or out of range
    """
    if isinstance(value, bool) or not isinstance(value, (float, int)):
        raise MoneyError(f"expected a float of yuan, not {type(value).__name__}")
    if isinstance(value, int):
        return to_fen(value, negative=negative)
    if not math.isfinite(value):
        raise MoneyError("amount is not a number")
    if abs(value) > MAX_FEN // 100 + 1:  # the exact limit is checked below, in fen
        raise MoneyError("amount out of range")
    # Decimal(float) is exact, and so is everything up to the comparison.
    exact = Decimal(value)
    fen = int((exact * 100).to_integral_value())
    distance = abs(exact - Decimal(fen).scaleb(-2))
    if distance > Decimal(math.ulp(value)) * Decimal('1.5'):
        raise MoneyError("amount has a fraction of a fen")
    return check_fen(fen, negative=negative)
