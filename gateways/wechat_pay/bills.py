# Part of payment_cn_wallets. License LGPL-3.
"""WeChat Pay's bills: the trade bill and the fund-flow bill of a day, fetched and read.

Source: official pages of the bill interfaces. A bill is UTF-8 with a byte order mark, comma
separated without quoting; each cell of data begins with one backtick. After the rows come a line of
titles and a line of totals. In the merchant's own texts a comma was replaced by backslash and
blank, so splitting at commas is safe. Amounts are yuan.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

import requests

from ..base import CallFailed, Reason, ReasonKind, StatementFile
from ..transport import TransportError
from . import answers, codes
from .wire import HOSTS

_logger = logging.getLogger(__name__)

MAX_BYTES = 128 * 1024 * 1024
_ACCOUNTS = ('BASIC', 'OPERATION', 'FEES')


@dataclass(frozen=True)
class Bill:
    """A bill: its rows and totals, by the names of their columns, as text."""

    rows: list[dict[str, str]]
    totals: dict[str, str]


def parse_bill(content: bytes) -> Bill:
    """Read a trade bill or a fund-flow bill.

    Columns go by name: accounts and kinds of bills differ in which they have, and in their order.

    :raise ValueError: when it is no bill
    """
    try:
        # Not splitlines(): it also splits at characters that may stand in the name of an article.
        lines = content.decode('utf-8-sig').replace('\r\n', '\n').split('\n')
    except UnicodeDecodeError:
        raise ValueError("not a bill") from None
    lines = [line for line in lines if line.strip()]
    if not lines:
        return Bill([], {})
    titles = lines[0].split(',')
    rows, at = [], 1
    while at < len(lines) and lines[at].startswith('`'):
        rows.append(_row(titles, lines[at]))
        at += 1
    if len(lines) != at + 2:
        raise ValueError("not a bill, or not the whole of it")
    return Bill(rows, _row(lines[at].split(','), lines[at + 1]))


def _row(titles, line) -> dict[str, str]:
    cells = [cell.strip().removeprefix('`') for cell in line.split(',')]
    if len(cells) != len(titles):
        raise ValueError("a line of the bill has another number of cells than there are columns")
    return dict(zip((title.strip() for title in titles), cells, strict=True))


class Bills:
    """The part of the gateway that fetches bills."""

    def statement(self, day: date) -> StatementFile:
        """Fetch the trade bill of a day (Beijing time), all kinds of rows.

        A day without any trade has an empty `content` and says so in `raw`.

        :raise CallFailed: when it could not be had, is not there yet (`STATEMENT_CREATING`), or is
            not the file that its checksum belongs to
        """
        return self._bill('/v3/bill/tradebill', day, {
            'bill_type': 'ALL', 'sub_mchid': self.parties.sub_mchid,
        })

    def fund_flow(self, day: date, account: str = 'BASIC') -> StatementFile:
        """Fetch the fund-flow bill of a day: every movement of an account, in `parse_bill`'s form.

        :param account: BASIC, OPERATION or FEES
        :raise CallFailed: as in `statement`
        """
        if account not in _ACCOUNTS:
            raise ValueError("account must be BASIC, OPERATION or FEES")
        return self._bill('/v3/bill/fundflowbill', day, {'account_type': account})

    def _bill(self, path: str, day: date, query) -> StatementFile:
        said = self._call(
            'GET', path, query={'bill_date': day.isoformat(), **query}, repeatable=True
        )
        if said.refused({codes.NO_STATEMENT}):
            return StatementFile(day=day, raw=said.raw)
        if said.reason:
            raise CallFailed(said.reason)
        url = str(said.fields.get('download_url') or '')
        expected = str(said.fields.get('hash_value') or '').lower()
        if not url or not expected or said.fields.get('hash_type') != 'SHA1':
            raise CallFailed(Reason(ReasonKind.NO_ANSWER, 'incomplete', "no file in the answer"))
        content = self._download(url)
        digest = hashlib.sha1(content, usedforsecurity=False).hexdigest()
        if not hmac.compare_digest(digest.encode(), expected.encode()):
            raise CallFailed(
                Reason(ReasonKind.BAD_ANSWER_SIGNATURE, 'checksum', "not the file it should be")
            )
        return StatementFile(day=day, content=content, raw=said.raw)

    def _download(self, url: str) -> bytes:
        """Fetch a bill. Its answer is the one that is not signed: the checksum stands for it."""
        # As it will be sent: what requests makes of the address is what has to be signed.
        url = requests.Request('GET', url).prepare().url
        host = next((host for host in (*self._hosts, *HOSTS) if url.startswith(host + '/')), None)
        if host is None:
            # The request carries our signature: it goes to the gateway and to nobody else.
            raise CallFailed(Reason(
                ReasonKind.OTHER, 'host', f"the file lies elsewhere: {urlsplit(url).hostname}"
            ))
        target = url[len(host):]
        try:
            answer = self.transport.get(
                url, self._headers('GET', target, b''), max_bytes=MAX_BYTES, total_timeout=120
            )
        except TransportError as error:
            raise CallFailed(answers.from_error(error, self.clock()).reason) from None
        if answer.status != 200:
            said = answers.complaint(answer.status, answer.headers, answer.body, self.clock())
            raise CallFailed(said.reason)
        return answer.body
