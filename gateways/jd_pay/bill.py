# Part of payment_cn_wallets. License LGPL-3.
"""JD Pay's daily bill: a form in, a zip with one GBK CSV out.

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

from ..messages import Malformed
from . import crypto

MAX_ZIP = 32 * 1024 * 1024  # bytes
MAX_FILE = 128 * 1024 * 1024  # bytes, unpacked
_FOLDER = '0001/0001'


def form(day: date, merchant: str, owner: str, md5_key: str) -> bytes:
    """Return the body of the request.

    :param merchant: the merchant number
    :param owner: the first-level merchant number
    """
    name = f'{day:%Y%m%d}ordercreate_{merchant}.zip'
    wish = json.dumps({'name': name, 'path': _FOLDER}, separators=(',', ':'))
    data = base64.b64encode(wish.encode()).decode()
    return urlencode({'data': data, 'md5': crypto.md5(data + md5_key), 'owner': owner}).encode()


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
