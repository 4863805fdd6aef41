# Part of payment_cn_wallets. License LGPL-3.
"""WeChat Pay's statements: the trade bill and the fund-flow bill of a day, fetched and read.

Pages: 申请交易账单, 申请资金账单, 下载账单. A bill is UTF-8 with a byte order mark, comma
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
from . import codes, responses
from .client import HOSTS, WechatPayClient

_logger = logging.getLogger(__name__)

MAX_BYTES = 128 * 1024 * 1024
_ACCOUNTS = ('BASIC', 'OPERATION', 'FEES')


@dataclass(frozen=True)
class ParsedStatement:
    """A statement: its rows and totals, by the names of their columns, as text."""

    rows: list[dict[str, str]]
    totals: dict[str, str]


def parse(content: bytes) -> ParsedStatement:
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
        return ParsedStatement([], {})
    titles = lines[0].split(',')
    rows, at = [], 1
    while at < len(lines) and lines[at].startswith('`'):
        rows.append(_row(titles, lines[at]))
        at += 1
    if len(lines) != at + 2:
        raise ValueError("not a bill, or not the whole of it")
    return ParsedStatement(rows, _row(lines[at].split(','), lines[at + 1]))


def _row(titles, line) -> dict[str, str]:
    cells = [cell.strip().removeprefix('`') for cell in line.split(',')]
    if len(cells) != len(titles):
        raise ValueError("a line of the bill has another number of cells than there are columns")
    return dict(zip((title.strip() for title in titles), cells, strict=True))


class Statements:
    """The statements of one merchant.

    :param client: the gateway's
    """

    def __init__(self, client: WechatPayClient):
        self._client = client

    def statement(self, day: date) -> StatementFile:
        """Fetch the trade bill of a day (Beijing time), all kinds of rows.

        A day without any trade has an empty `content` and says so in `raw`.

        :raise CallFailed: when it could not be had, is not there yet (`STATEMENT_CREATING`), or is
            not the file that its checksum belongs to
        """
        return self._fetch('/v3/bill/tradebill', day, {
            'bill_type': 'ALL', 'sub_mchid': self._client.parties.sub_mchid,
        })

    def fund_flow(self, day: date, account: str = 'BASIC') -> StatementFile:
        """Fetch the fund-flow bill of a day: every movement of an account, in `parse`'s form.

        :param account: BASIC, OPERATION or FEES
        :raise CallFailed: as in `statement`
        """
        if account not in _ACCOUNTS:
            raise ValueError("account must be BASIC, OPERATION or FEES")
        return self._fetch('/v3/bill/fundflowbill', day, {'account_type': account})

    def _fetch(self, path: str, day: date, query) -> StatementFile:
        response = self._client.call(
            path, method='GET', query={'bill_date': day.isoformat(), **query}, repeatable=True
        )
        if response.complains_with({codes.NO_STATEMENT}):
            return StatementFile(day=day, raw=response.raw)
        response.succeeded()
        url = str(response.fields.get('download_url') or '')
        expected = str(response.fields.get('hash_value') or '').lower()
        if not url or not expected or response.fields.get('hash_type') != 'SHA1':
            raise CallFailed(Reason(ReasonKind.NO_ANSWER, 'incomplete', "no file in the answer"))
        content = self._download(url)
        digest = hashlib.sha1(content, usedforsecurity=False).hexdigest()
        if not hmac.compare_digest(digest.encode(), expected.encode()):
            raise CallFailed(
                Reason(ReasonKind.BAD_ANSWER_SIGNATURE, 'checksum', "not the file it should be")
            )
        return StatementFile(day=day, content=content, raw=response.raw)

    def _download(self, url: str) -> bytes:
        """Fetch a file. Its answer is the one that is not signed: the checksum stands for it."""
        client = self._client
        # As it will be sent: what requests makes of the address is what has to be signed.
        url = requests.Request('GET', url).prepare().url
        host = next((host for host in (*client.hosts, *HOSTS) if url.startswith(host + '/')), None)
        if host is None:
            # The request carries our signature: it goes to the gateway and to nobody else.
            raise CallFailed(Reason(
                ReasonKind.OTHER, 'host', f"the file lies elsewhere: {urlsplit(url).hostname}"
            ))
        target = url[len(host):]
        try:
            answer = client.transport.get(
                url, client.headers('GET', target, b''), max_bytes=MAX_BYTES, total_timeout=120
            )
        except TransportError as error:
            raise CallFailed(client.not_answered(error).reason) from None
        if answer.status != 200:
            raise CallFailed(responses.error_response(
                answer.status, answer.headers, answer.body, client.clock()
            ).reason)
        return answer.body
