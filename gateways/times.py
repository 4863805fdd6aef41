# Part of payment_cn_wallets. License LGPL-3.
"""Beijing time, and the many ways in which gateways write it.

China has had one time zone without daylight saving since 1991, so a fixed offset is exact and no
time zone database is needed.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

BEIJING = timezone(timedelta(hours=8), 'Asia/Shanghai')

# 20170101220011 | 2019-07-31 154138 | 2019-07-31 15:41:38 | 2019/7/31 15:41:38, and the same with
# full-width colons, which normalisation makes ordinary ones.
_COMPACT = re.compile(r'(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})', re.ASCII)
_SPACED = re.compile(
    r'(\d{4})[-/](\d{1,2})[-/](\d{1,2})[ T]+(\d{1,2})(?::(\d{2}):|(\d{2}))(\d{2})(?:\.\d{1,7})?',
    re.ASCII,
)

_RFC3339 = re.compile(
    r'(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.\d{1,9})?([zZ]|[+-]\d{2}:\d{2})', re.ASCII
)


def now() -> datetime:
    """Return the present time, aware, in Beijing time."""
    return datetime.now(BEIJING)


def stamp(moment: datetime) -> str:
    """Write a moment as `yyyyMMddHHmmss` in Beijing time.

    :param moment: aware datetime
    :raise ValueError: when it has no time zone
    """
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone means nothing to a gateway")
    return moment.astimezone(BEIJING).strftime('%Y%m%d%H%M%S')


def parse(text: str | None) -> datetime | None:
    """Read a time of a gateway as Beijing time.

    Accepts `yyyyMMddHHmmss`, `yyyy-MM-dd HHmmss` and `yyyy-MM-dd HH:mm:ss` (also with slashes,
    one-digit months and full-width characters: Huishouyin's documents use three forms at once).

    :return: aware datetime, or None when the text is empty or is no time
    """
    if not text or len(text) > 40:
        return None
    plain = unicodedata.normalize('NFKC', text).strip()
    match = _COMPACT.fullmatch(plain) or _SPACED.fullmatch(plain)
    if not match:
        return None
    year, month, day, hour, *rest = (int(group) for group in match.groups() if group is not None)
    try:
        return datetime(year, month, day, hour, *rest, tzinfo=BEIJING)
    except ValueError:  # 20170231…, 24:00:61
        return None


def skew(date: str, moment: datetime | None) -> int | None:
    """Return by how many seconds we are ahead of a gateway.

    :param date: its Date header
    :param moment: our time then, aware
    :return: None when it cannot be told
    """
    try:
        return round((moment - parsedate_to_datetime(date)).total_seconds())
    except (TypeError, ValueError):
        return None


def rfc3339(moment: datetime) -> str:
    """Write a moment as `2018-06-08T10:34:56+08:00`, in Beijing time.

    :param moment: aware datetime
    :raise ValueError: when it has no time zone
    """
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone means nothing to a gateway")
    return moment.astimezone(BEIJING).replace(microsecond=0).isoformat()


def parse_rfc3339(text: object) -> datetime | None:
    """Read a time with its offset (`2018-06-08T10:34:56+08:00`, `…Z`, with or without fractions).

    :return: aware datetime, or None when it is no such time
    """
    if not isinstance(text, str):
        return None
    match = _RFC3339.fullmatch(text.strip())
    if not match:
        return None
    try:
        return datetime.fromisoformat(match[1] + ('+00:00' if match[2] in 'zZ' else match[2]))
    except ValueError:
        return None
