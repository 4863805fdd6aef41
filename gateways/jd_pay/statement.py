# Part of payment_cn_wallets. License LGPL-3.
"""JD Pay's statement of a day: a form in, a zip with one GBK CSV out.

The file's name, columns and hour come from one integrator; JD's own description was not readable.
"""

from __future__ import annotations

import base64
import io
import json
import zipfile
import zlib
from datetime import date
from urllib.parse import urlencode

from ..base import CallFailed, Reason, ReasonKind, StatementFile
from ..parsing import Malformed
from ..transport import TransportError
from . import signing
from .client import JdPayClient

MAX_ZIP = 32 * 1024 * 1024  # bytes
MAX_FILE = 128 * 1024 * 1024  # bytes, unpacked
_FOLDER = '0001/0001'


class Statements:
    """The statements of one merchant.

    :param client: the gateway's
    """

    def __init__(self, client: JdPayClient):
        self._client = client

    def statement(self, day: date) -> StatementFile:
        """Fetch the statement of one day.

        :raise CallFailed: when it could not be had
        """
        own = self._client.credentials
        merchant, owner, md5_key = own['merchant'], own.get('owner', ''), own.get('md5_key', '')
        if not (owner and md5_key):
            raise CallFailed(Reason(ReasonKind.NOT_ENABLED, '', "md5_key and owner are needed"))
        try:
            answer = self._client.transport.post(
                self._client.address('bapi', '/api/download.do'),
                form(day, merchant, owner, md5_key),
                {'Content-Type': 'application/x-www-form-urlencoded'},
                repeatable=True,
                max_bytes=MAX_ZIP,
                total_timeout=60,
            )
        except TransportError as error:
            raise CallFailed(self._client.not_answered(error).reason) from None
        try:
            if answer.status != 200:
                raise Malformed(f"HTTP status {answer.status}")
            name, content = unpack(answer.body)
        except Malformed as error:
            # Anything but a zip is an error, in words that are documented nowhere.
            raise CallFailed(Reason(ReasonKind.NO_ANSWER, '', str(error))) from None
        return StatementFile(day=day, content=content, raw={'name': name, 'encoding': 'gb18030'})


def form(day: date, merchant: str, owner: str, md5_key: str) -> bytes:
    """Return the body of the request.

    :param merchant: the merchant number
    :param owner: the first-level merchant number
    """
    name = f'{day:%Y%m%d}ordercreate_{merchant}.zip'
    wanted = json.dumps({'name': name, 'path': _FOLDER}, separators=(',', ':'))
    data = base64.b64encode(wanted.encode()).decode()
    return urlencode({'data': data, 'md5': signing.md5(data + md5_key), 'owner': owner}).encode()


def unpack(body: bytes) -> tuple[str, bytes]:
    """Return name and content of the file in the zip.

    :raise Malformed: when it is no zip with one file of a bearable size
    """
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            if len(entries) != 1:
                raise Malformed("not one file in the zip")
            with archive.open(entries[0]) as file:
                # What the directory says of the size is not trusted.
                content = file.read(MAX_FILE + 1)
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, OSError):
        raise Malformed("not a zip") from None
    if len(content) > MAX_FILE:
        raise Malformed("the file in the zip is too large")
    return entries[0].filename, content
