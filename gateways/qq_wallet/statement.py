# Part of payment_cn_wallets. License LGPL-3.
"""The daily statement of QQ Wallet (wiki 38/1209).

The answer is the file itself: CSV with a header row in Chinese, amounts in yuan, each value of a
data row preceded by a backtick. An error comes as XML with `retcode` and `retmsg`.
"""

from __future__ import annotations

from datetime import date

from ..base import CallFailed, Operation, Reason, ReasonKind, StatementFile
from ..parsing import Malformed
from ..transport import Answer, TransportError
from . import codes, responses, signing
from .client import QqWalletClient

MAX_BYTES = 64 * 1024 * 1024
TOTAL_TIMEOUT = 120.0  # seconds
# Without this column nothing can be matched: such a file is no statement.
COLUMN = '商户订单号'


class Statements:
    """The statements of one merchant.

    :param client: the gateway's
    """

    def __init__(self, client: QqWalletClient):
        self._client = client

    def statement(self, day: date) -> StatementFile:
        """Fetch the statement of a day, unchanged.

        :raise CallFailed: when there is none
        """
        request = self._client.build(
            Operation.STATEMENT,
            {'bill_date': day.strftime('%Y%m%d'), 'bill_type': 'ALL'},
            max_bytes=MAX_BYTES,
            total_timeout=max(TOTAL_TIMEOUT, self._client.transport.total_timeout),
        )
        try:
            answer = self._client.send(request, repeatable=True)
        except TransportError as error:
            raise CallFailed(self._client.not_answered(error).reason) from None
        return read(day, answer)


def read(day: date, answer: Answer) -> StatementFile:
    """Return the file, unchanged.

    :raise CallFailed: when the answer is an error, or no statement
    """
    if answer.status != 200:
        raise _failed(ReasonKind.NO_ANSWER, str(answer.status), f"HTTP status {answer.status}")
    start = answer.body[:4096].lstrip(b'\xef\xbb\xbf \t\r\n')
    if start[:4] == b'<xml' or start[:5] == b'<?xml':
        try:
            fields = signing.read(answer.body)
        except Malformed as error:
            raise _failed(ReasonKind.NO_ANSWER, '', str(error)) from None
        code, message = responses.error_of(fields)
        code = code or fields.get('retcode', '')[:32]
        raise _failed(codes.kind_of(code, message), code, message)
    line = start.split(b'\n', 1)[0]
    # The character set is not stated: the header is looked for in both that it can be in.
    if not any(COLUMN.encode(charset) in line for charset in ('utf-8', 'gb18030')):
        raise _failed(ReasonKind.NO_ANSWER, 'incomplete', "the answer is not a statement")
    return StatementFile(day=day, content=answer.body)


def _failed(kind: ReasonKind, code: str, message: str) -> CallFailed:
    return CallFailed(Reason(kind, code, message))
