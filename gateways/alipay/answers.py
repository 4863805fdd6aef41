# Part of payment_cn_wallets. License LGPL-3.
"""What may be believed of an answer of Alipay.

HTTP says 200 whatever happened; `code` inside the node decides, and only when the node is signed.
Errors found before the application's key is known (`isv.invalid-app-id`) come without a signature:
they are shown to people, and decide nothing about money that may have moved.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .. import masking
from ..base import CredentialProblem, Reason, ReasonKind
from ..transport import Answer, NoAnswer, NotSent, TransportError
from . import codes, wire

_MESSAGE_LIMIT = 200


@dataclass(frozen=True)
class Said:
    """An answer, judged.

    :param fields: the node of an answer that counts, or {}
    :param code: the gateway's `code`, of a signed node only
    :param reason: why there is no result, or None when it is a success
    :param signed: whether Alipay's signature was verified
    :param refused: certain, and signed, that this call did nothing
    :param date: the answer's Date header
    :param raw: the answer, masked
    """

    fields: Mapping[str, object] = field(default_factory=dict)
    code: str = ''
    reason: Reason | None = None
    signed: bool = False
    refused: bool = False
    date: str = ''
    raw: Mapping[str, object] = field(default_factory=dict)

    @property
    def kind(self) -> ReasonKind | None:
        """Return the kind of `reason`."""
        return self.reason.kind if self.reason else None

    @property
    def detail(self) -> str:
        """Return the plain detailed code of a signed failure, or ''."""
        return codes.plain(self.reason.code) if self.reason and self.signed else ''

    def text(self, name: str) -> str:
        """Return a field that is text (or a number as it was written), else ''."""
        value = self.fields.get(name)
        return value if isinstance(value, str) else ''

    def differ(self, asked: Mapping[str, str], required=()) -> Reason | None:
        """Compare an answer with the question: a signed one may be an old one, put in its place.

        :return: None when it is the answer to that question
        """
        for name in required:
            if not self.text(name):
                return Reason(ReasonKind.NO_ANSWER, 'incomplete', f"no {name} in the answer")
        for name, value in asked.items():
            if value and self.text(name) not in ('', value):
                return Reason(
                    ReasonKind.BAD_ANSWER_SIGNATURE, 'mismatch', f"the answer is for another {name}"
                )
        return None

    def without_result(self, reason: Reason) -> Said:
        """Return the same answer, not believed."""
        return dataclasses.replace(self, fields={}, code='', reason=reason, refused=False)


def from_error(error: TransportError) -> Said:
    """Return what a call without answer amounts to."""
    raw = {'error': str(error)}
    if isinstance(error, NotSent):
        return Said(reason=Reason(ReasonKind.NOT_SENT, '', str(error)), raw=raw)
    status = error.status if isinstance(error, NoAnswer) else None
    if status:
        raw['http_status'] = status
    return Said(reason=Reason(ReasonKind.NO_ANSWER, str(status or ''), str(error)), raw=raw)


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
            raise wire.Malformed(f"HTTP status {answer.status}")
        # Labelled text/html, often without a charset: it is what the request asked for.
        root = wire.read_root(answer.body.removeprefix(b'\xef\xbb\xbf').decode())
        node = _node(root, method)
        signature, serial = _text(root, 'sign'), _text(root, 'alipay_cert_sn')
    except (wire.Malformed, UnicodeDecodeError) as error:
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
    except wire.Malformed as error:
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


def _node(root, method: str) -> wire.Item:
    name = method.replace('.', '_') + '_response'
    found = [root[key] for key in (name, 'error_response') if key in root]
    if len(found) != 1:
        raise wire.Malformed("no answer to this call" if not found else "two answers in one")
    return found[0]


def _text(root, name: str) -> str:
    value = root[name].value if name in root else ''
    if not isinstance(value, str):
        raise wire.Malformed(f"{name} is not text")
    return value


def read_node(node: wire.Item, aes_key: bytes | None) -> dict[str, object]:
    """Return the fields of a node, decrypted where it is encrypted.

    :raise Malformed: when it can't be read
    """
    if isinstance(node.value, dict):
        return node.value
    if isinstance(node.value, str) and aes_key:
        return wire.read_object(wire.decrypt(node.value, aes_key))
    raise wire.Malformed("encrypted, and there is no AES key" if isinstance(node.value, str)
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
