# Part of payment_cn_wallets. License LGPL-3.
"""Alipay's statement of a day: an address that lives 30 seconds, and a ZIP of GBK files behind it.

The address carries its own token: it is not signed, and not logged. Alipay writes it with `http`;
it is fetched with `https`, which the same host serves, because a statement decides about the books.

Source: opendocs.alipay.com, alipay.data.dataservice.bill.downloadurl.query.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from datetime import date
from urllib.parse import urlsplit, urlunsplit

from ..addresses import is_loopback
from ..base import CallFailed, Reason, ReasonKind, StatementFile
from ..transport import TransportError
from .client import AlipayClient

MAX_ZIP = 50 * 1024 * 1024  # bytes, as fetched
MAX_CONTENT = 500 * 1024 * 1024  # bytes of all members, unpacked
MAX_MEMBERS = 20
FIRST_LINE = {'trade': '#支付宝业务明细查询', 'signcustomer': '#支付宝账务明细查询'}

_HOSTS = ('.alipay.com', '.alipaydev.com')


class Statements:
    """The statements of one merchant.

    :param client: the gateway's
    """

    def __init__(self, client: AlipayClient):
        self._client = client

    def statement(self, day: date, kind: str) -> StatementFile:
        """Fetch the statement of one day: its ZIP, to be read with `members` or `detail`.

        :param kind: 'trade' or 'signcustomer'
        :raise CallFailed: when there is none; `not_found`: not made yet, or no business that day
        """
        if kind not in FIRST_LINE:
            raise ValueError("kind must be trade or signcustomer")
        response = self._client.call(
            'alipay.data.dataservice.bill.downloadurl.query',
            {'bill_type': kind, 'bill_date': day.strftime('%Y-%m-%d')},
            repeatable=True,
            required=('bill_download_url',),
        ).succeeded()
        local = is_loopback(urlsplit(self._client.url).hostname)
        try:
            url = address(response.text('bill_download_url'), local=local)
            # At once: the address lives for 30 seconds.
            answer = self._client.transport.get(
                url, repeatable=True, max_bytes=MAX_ZIP, read_timeout=30, total_timeout=120
            )
            if answer.status != 200:
                raise ValueError(f"HTTP status {answer.status}")
            names = list(members(answer.body))
        except TransportError as error:
            raise CallFailed(self._client.not_answered(error).reason) from error
        except ValueError as error:
            raise CallFailed(Reason(ReasonKind.NO_ANSWER, 'bill', str(error))) from error
        # The address has a token in it and is worth nothing any more: it is not handed on.
        return StatementFile(day=day, content=answer.body, raw={'kind': kind, 'members': names})


def address(url: str, *, local: bool) -> str:
    """Return the address to fetch a statement from.

    :param local: whether the gateway itself is on this machine (the sandbox)
    :raise ValueError: when it leads anywhere else than to Alipay
    """
    parts = urlsplit(url)
    host = (parts.hostname or '').lower()
    if parts.username is not None or parts.scheme not in ('http', 'https'):
        raise ValueError("not an address of Alipay")
    if local and is_loopback(host):
        return url
    if not host.endswith(_HOSTS) or parts.port not in (None, 80, 443):
        raise ValueError("not an address of Alipay")
    return urlunsplit(('https', host, parts.path, parts.query, ''))


def members(content: bytes) -> Mapping[str, bytes]:
    """Unpack a statement: name -> bytes (GBK), in the order of the archive.

    :raise ValueError: when it is no ZIP, damaged, or larger than a statement can be
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if len(entries) > MAX_MEMBERS:
                raise ValueError("too many files in the statement")
            result, room = {}, MAX_CONTENT
            for entry in entries:
                with archive.open(entry) as file:
                    # Not what the header announces: what really comes out is counted.
                    data = file.read(room + 1)
                room -= len(data)
                if room < 0:
                    raise ValueError("the statement is too large")
                result[_name(entry)] = data
            return result
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise ValueError("the statement is no ZIP archive") from error


def _name(entry: zipfile.ZipInfo) -> str:
    """Return a member's name: GBK, though the archive does not say so."""
    if entry.flag_bits & 0x800:
        return entry.filename
    try:
        return entry.filename.encode('cp437').decode('gb18030')
    except (UnicodeEncodeError, UnicodeDecodeError):
        return entry.filename


def detail(content: bytes, kind: str = 'trade') -> str:
    """Return the text of the member with the single rows, found by its first line.

    :param content: the ZIP
    :param kind: 'trade' or 'signcustomer'
    :raise ValueError: when there is none
    """
    for data in members(content).values():
        text = data.decode('gb18030', 'replace').removeprefix('\ufeff')
        if text.startswith(FIRST_LINE[kind]):
            return text
    raise ValueError("no such file in the statement")
