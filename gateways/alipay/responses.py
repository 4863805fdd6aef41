# Part of payment_cn_wallets. License LGPL-3.
"""What may be believed of a response of Alipay.

HTTP says 200 whatever happened; `code` inside the node decides, and only when the node is signed.
Errors found before the application's key is known (`isv.invalid-app-id`) come without a signature:
they are shown to people, and decide nothing about money that may have moved.
"""

from __future__ import annotations

from collections.abc import Callable

from .. import masking, parsing
from ..base import CredentialProblem, Reason, ReasonKind
from ..responses import VerifiedResponse
from ..transport import Answer
from . import codes, encryption, signing

_MESSAGE_LIMIT = 200
MAX_ROOT = 20  # names in the root object of an answer


def verify(
    answer: Answer,
    method: str,
    public_keys: Callable[[str], list],
    aes_key: bytes | None = None,
) -> VerifiedResponse:
    """Read a response, verify its signature and say what may be believed of it.

    :param public_keys: returns the keys for an `alipay_cert_sn` ('' when there is none)
    """
    date = answer.headers.get('date', '')
    try:
        if answer.status != 200:
            raise parsing.Malformed(f"HTTP status {answer.status}")
        # Labelled text/html, often without a charset: it is what the request asked for.
        root = read_root(answer.body.removeprefix(b'\xef\xbb\xbf').decode())
        node = _node(root, method)
        signature, serial = _text(root, 'sign'), _text(root, 'alipay_cert_sn')
    except (parsing.Malformed, UnicodeDecodeError) as error:
        message = "not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
        return VerifiedResponse.unreadable(message, answer.status, date)
    signed, note = False, ''
    if signature:
        try:
            signed = signing.verify_answer(node.written, signature, public_keys(serial))
        except CredentialProblem as problem:
            note = f"certificate {serial[:32]}: {problem}"
    try:
        fields = read_node(node, aes_key)
    except parsing.Malformed as error:
        reason = Reason(ReasonKind.NO_ANSWER, 'encrypted', str(error))
        return VerifiedResponse(reason=reason, signed=signed, date=date, raw={'error': str(error)})
    raw = masking.mask(fields)
    code, sub_code, message = _error(fields)
    if signature and not signed:
        # The claim is kept for people and for `probe`.
        reason = Reason(ReasonKind.BAD_ANSWER_SIGNATURE, sub_code, note or message)
        return VerifiedResponse(reason=reason, date=date, raw=raw)
    if not signed and code in ('', codes.SUCCESS, codes.PAYER_ACTS):  # a failure may come unsigned
        reason = Reason(ReasonKind.BAD_ANSWER_SIGNATURE, 'unsigned', "the answer is not signed")
        return VerifiedResponse(reason=reason, date=date, raw=raw)
    if signed and _succeeded(root, code, method):
        return VerifiedResponse(fields=fields, code=code or codes.SUCCESS, signed=True, date=date, raw=raw)
    kind = codes.kind_of(code, sub_code)
    if not signed and kind == ReasonKind.NOT_FOUND:
        # "No such trade" ends attempts, so it takes a signature to say so.
        kind = ReasonKind.BAD_ANSWER_SIGNATURE
    return VerifiedResponse(
        fields=fields if signed else {},
        code=code if signed else '',
        sub_code=codes.plain(sub_code or code) if signed else '',
        reason=Reason(kind, sub_code or code, message),
        signed=signed,
        complaint=signed,
        refused=signed and codes.is_refusal(code, sub_code),
        date=date,
        raw=raw,
    )


def read_root(text: str) -> dict[str, parsing.Item]:
    """Read the root object of an answer.

    :raise Malformed: when it is no JSON object, a name occurs twice (on any level), or there are
        too many
    """
    return parsing.read_members(text, MAX_ROOT)


def _node(root, method: str) -> parsing.Item:
    name = method.replace('.', '_') + '_response'
    found = [root[key] for key in (name, 'error_response') if key in root]
    if len(found) != 1:
        raise parsing.Malformed("no answer to this call" if not found else "two answers in one")
    return found[0]


def _text(root, name: str) -> str:
    value = root[name].value if name in root else ''
    if not isinstance(value, str):
        raise parsing.Malformed(f"{name} is not text")
    return value


def read_node(node: parsing.Item, aes_key: bytes | None) -> dict[str, object]:
    """Return the fields of a node, decrypted where it is encrypted.

    :raise Malformed: when it can't be read
    """
    if isinstance(node.value, dict):
        return node.value
    if isinstance(node.value, str) and aes_key:
        return parsing.read_object(encryption.decrypt(node.value, aes_key))
    raise parsing.Malformed("encrypted, and there is no AES key" if isinstance(node.value, str)
                         else "the node is no object")


def _succeeded(root, code: str, method: str) -> bool:
    """Whether it is a success; two methods have a word of their own for it."""
    if 'error_response' in root:
        return False
    if method == 'alipay.system.oauth.token' and not code:
        return True
    return code == codes.SUCCESS or (method == 'alipay.trade.pay' and code == codes.PAYER_ACTS)


def _error(fields) -> tuple[str, str, str]:
    """Return code, detailed code and the message that says the most."""
    values = {}
    for name in ('code', 'sub_code', 'sub_msg', 'msg'):
        value = fields.get(name)
        values[name] = value if isinstance(value, str) else ''
    message = values['sub_msg'] or values['msg']
    return values['code'][:16], values['sub_code'][:80], message[:_MESSAGE_LIMIT]
