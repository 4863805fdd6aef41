# Part of payment_cn_wallets. License LGPL-3.
"""What may be believed of an answer of Alipay.

HTTP says 200 whatever happened; `code` inside the node decides, and only when the node is signed.
Errors found before the application's key is known (`isv.invalid-app-id`) come without a signature:
they are shown to people, and decide nothing about money that may have moved.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

from .. import masking, messages
from ..base import CredentialProblem, Reason, ReasonKind
from ..said import Said as AnySaid
from ..transport import Answer
from . import codes, wire

_MESSAGE_LIMIT = 200


@dataclass(frozen=True)
class Said(AnySaid):
    """An answer, judged; `fields` are those of the node.

    :param code: the gateway's `code`, of a signed node only
    """

    code: str = ''

    @property
    def detail(self) -> str:
        """Return the plain detailed code of a signed failure, or ''."""
        return codes.plain(self.reason.code) if self.reason and self.signed else ''

    def without_result(self, reason: Reason) -> Said:
        """Return the same answer, not believed."""
        return dataclasses.replace(super().without_result(reason), code='')


def judge(
    answer: Answer,
    method: str,
    public_keys: Callable[[str], list],
    aes_key: bytes | None = None,
) -> Said:
    """Read an answer, verify its signature and say what may be believed of it.

    :param public_keys: returns the keys for an `alipay_cert_sn` ('' when there is none)
    """
    date = answer.headers.get('date', '')
    try:
        if answer.status != 200:
            raise messages.Malformed(f"HTTP status {answer.status}")
        # Labelled text/html, often without a charset: it is what the request asked for.
        root = wire.read_root(answer.body.removeprefix(b'\xef\xbb\xbf').decode())
        node = _node(root, method)
        signature, serial = _text(root, 'sign'), _text(root, 'alipay_cert_sn')
    except (messages.Malformed, UnicodeDecodeError) as error:
        message = "not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
        return Said(
            reason=Reason(ReasonKind.NO_ANSWER, '', message),
            date=date,
            raw={'error': message, 'http_status': answer.status},
        )
    signed, note = False, ''
    if signature:
        try:
            signed = wire.verify_answer(node.written, signature, public_keys(serial))
        except CredentialProblem as problem:
            note = f"certificate {serial[:32]}: {problem}"
    try:
        fields = read_node(node, aes_key)
    except messages.Malformed as error:
        reason = Reason(ReasonKind.NO_ANSWER, 'encrypted', str(error))
        return Said(reason=reason, signed=signed, date=date, raw={'error': str(error)})
    raw = masking.mask(fields)
    code, sub_code, message = _complaint(fields)
    if signature and not signed:
        # The claim is kept for people and for `probe`.
        reason = Reason(ReasonKind.BAD_ANSWER_SIGNATURE, sub_code, note or message)
        return Said(reason=reason, date=date, raw=raw)
    if not signed and code in ('', codes.SUCCESS, codes.PAYER_ACTS):  # a failure may come unsigned
        reason = Reason(ReasonKind.BAD_ANSWER_SIGNATURE, 'unsigned', "the answer is not signed")
        return Said(reason=reason, date=date, raw=raw)
    if signed and _succeeded(root, code, method):
        return Said(fields=fields, code=code or codes.SUCCESS, signed=True, date=date, raw=raw)
    kind = codes.kind_of(code, sub_code)
    if not signed and kind == ReasonKind.NOT_FOUND:
        # "No such trade" ends attempts, so it takes a signature to say so.
        kind = ReasonKind.BAD_ANSWER_SIGNATURE
    return Said(
        fields=fields if signed else {},
        code=code if signed else '',
        reason=Reason(kind, sub_code or code, message),
        signed=signed,
        refused=signed and codes.is_refusal(code, sub_code),
        date=date,
        raw=raw,
    )


def _node(root, method: str) -> messages.Item:
    name = method.replace('.', '_') + '_response'
    found = [root[key] for key in (name, 'error_response') if key in root]
    if len(found) != 1:
        raise messages.Malformed("no answer to this call" if not found else "two answers in one")
    return found[0]


def _text(root, name: str) -> str:
    value = root[name].value if name in root else ''
    if not isinstance(value, str):
        raise messages.Malformed(f"{name} is not text")
    return value


def read_node(node: messages.Item, aes_key: bytes | None) -> dict[str, object]:
    """Return the fields of a node, decrypted where it is encrypted.

    :raise Malformed: when it can't be read
    """
    if isinstance(node.value, dict):
        return node.value
    if isinstance(node.value, str) and aes_key:
        return messages.read_object(wire.decrypt(node.value, aes_key))
    raise messages.Malformed("encrypted, and there is no AES key" if isinstance(node.value, str)
                         else "the node is no object")


def _succeeded(root, code: str, method: str) -> bool:
    """Whether it is a success; two methods have a word of their own for it."""
    if 'error_response' in root:
        return False
    if method == 'alipay.system.oauth.token' and not code:
        return True
    return code == codes.SUCCESS or (method == 'alipay.trade.pay' and code == codes.PAYER_ACTS)


def _complaint(fields) -> tuple[str, str, str]:
    """Return code, detailed code and the message that says the most."""
    values = {}
    for name in ('code', 'sub_code', 'sub_msg', 'msg'):
        value = fields.get(name)
        values[name] = value if isinstance(value, str) else ''
    message = values['sub_msg'] or values['msg']
    return values['code'][:16], values['sub_code'][:80], message[:_MESSAGE_LIMIT]
