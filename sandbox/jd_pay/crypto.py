# Part of payment_cn_wallets. License LGPL-3.
"""JD Pay's cryptography, from the rules of JD's Java demo: RSA by plain exponentiation, XML by expat.

Only the 3DES block cipher itself is a library's.
"""

import base64
import hashlib
import re
import xml.parsers.expat
from xml.sax.saxutils import escape

from cryptography.hazmat.primitives.ciphers import Cipher, modes

try:
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
except ImportError:
    from cryptography.hazmat.primitives.ciphers.algorithms import TripleDES


class Unreadable(ValueError):
    """A message that is not JD's protocol. `what` is 'format', 'decrypt' or 'sign'."""

    def __init__(self, what, message):
        super().__init__(message)
        self.what = what


def des(text, key):
    """Return the hexadecimal 3DES of a text: length, data, zeros."""
    data = text.encode()
    data = bytes((len(data) >> shift) & 255 for shift in (24, 16, 8, 0)) + data
    while len(data) % 8:
        data += b'\0'
    cipher = Cipher(TripleDES(key), modes.ECB()).encryptor()
    return ''.join(f'{byte:02x}' for byte in cipher.update(data) + cipher.finalize())


def undes(text, key):
    """Return the text of a hexadecimal 3DES."""
    try:
        raw = bytes.fromhex(text)
        cipher = Cipher(TripleDES(key), modes.ECB()).decryptor()
        data = cipher.update(raw) + cipher.finalize()
        length = data[0] << 24 | data[1] << 16 | data[2] << 8 | data[3]
        if length > 16384 or length > len(data) - 4:
            raise Unreadable('decrypt', "length")
        return data[4: 4 + length].decode()
    except (ValueError, IndexError):
        raise Unreadable('decrypt', "解密失败 (can't be decrypted)") from None


def _padded(text, size):
    plain = hashlib.sha256(text.encode()).hexdigest().encode()
    return b'\0\1' + b'\xff' * (size - 3 - len(plain)) + b'\0' + plain


def sign(text, key):
    """Return the signature. `key` is a private key of the `cryptography` library."""
    numbers = key.private_numbers()
    modulus = numbers.public_numbers.n
    size = key.key_size // 8
    value = pow(int.from_bytes(_padded(text, size), 'big'), numbers.d, modulus)
    return base64.b64encode(value.to_bytes(size, 'big')).decode()


def verify(text, signature, key):
    """Say whether a signature is that of a text. `key` is a public key."""
    numbers = key.public_numbers()
    size = key.key_size // 8
    try:
        value = int.from_bytes(base64.b64decode(signature, validate=True), 'big')
    except ValueError:
        return False
    return pow(value, numbers.e, numbers.n).to_bytes(size, 'big') == _padded(text, size)


def read(text):
    """Return the fields of a flat document: name -> text."""
    found, path, pieces = {}, [], []

    def refuse(*_args):
        raise Unreadable('format', "DTD")

    def start(name, _attributes):
        path.append(name)
        pieces.clear()

    def end(name):
        if len(path) == 2:
            found[name] = ''.join(pieces)
        path.pop()

    parser = xml.parsers.expat.ParserCreate('utf-8')
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = pieces.append
    try:
        parser.Parse(text.encode(), True)
    except (xml.parsers.expat.ExpatError, UnicodeEncodeError):
        raise Unreadable('format', "报文格式错误 (no XML)") from None
    return found


def open_request(body, merchant_of):
    """Decrypt and verify a request.

    :param merchant_of: function that returns the merchant of a number, or None
    :return: the merchant and the fields
    """
    outer = read(body.decode('utf-8', 'replace'))
    merchant = merchant_of(outer.get('merchant', ''))
    if not merchant:
        raise Unreadable('merchant', "商户号不存在 (no such merchant)")
    try:
        cipher = base64.b64decode(outer.get('encrypt', ''), validate=True).decode('ascii')
    except ValueError:
        raise Unreadable('decrypt', "解密失败 (can't be decrypted)") from None
    text = undes(cipher, merchant.des)
    before, opening, rest = text.partition('<sign>')
    signature, closing, after = rest.partition('</sign>')
    if not (opening and closing) or not verify(before + after, signature, merchant.public):
        raise Unreadable('sign', "验签失败 (signature)")
    fields = read(text)
    if fields.get('merchant') != merchant.number or fields.get('version') != 'V2.0':
        raise Unreadable('format', "参数错误 (version, merchant)")
    return merchant, fields


def element(name, value):
    """Return an element; a list gives one for each, a mapping one with children."""
    if isinstance(value, list):
        return ''.join(element(name, item) for item in value)
    if isinstance(value, dict):
        inside = ''.join(element(child, item) for child, item in value.items())
        return f'<{name}>{inside}</{name}>'
    return f'<{name}>{escape(str(value))}</{name}>'


def wrap(number, code, message, encrypted=''):
    """Return an outer document."""
    content = {'version': 'V2.0', 'merchant': number, 'result': {'code': code, 'desc': message}}
    if encrypted:
        content['encrypt'] = encrypted
    return ('<?xml version="1.0" encoding="UTF-8"?>' + element('jdpay', content)).encode()


def seal(merchant, fields, key, *, spoil='', number=None, blank=''):
    """Return a signed and encrypted document with the sign in its middle, as JD's notices have it.

    :param key: private key that signs
    :param spoil: 'bad_signature', 'unsigned' or ''
    :param number: merchant number in the documents, when it is not the merchant's
    :param blank: what stands before `?>`
    """
    number = number or merchant.number
    head = f'<?xml version="1.0" encoding="UTF-8"{blank}?><jdpay>'
    parts = [element(name, value) for name, value in {
        'version': 'V2.0', 'merchant': number, 'result': {'code': '000000', 'desc': '成功'}, **fields,
    }.items()]
    middle = next((at for at, part in enumerate(parts) if part.startswith('<amount>')), len(parts))
    before, after = head + ''.join(parts[:middle]), ''.join(parts[middle:]) + '</jdpay>'
    signature = sign(before + after, key)
    if spoil == 'bad_signature':
        signature = sign(before + after + ' ', key)
    # Java's encoder breaks lines after 76 characters
    signature = '\n'.join(re.findall('.{1,76}', signature))
    if spoil != 'unsigned':
        before += f'<sign>{signature}</sign>'
    cipher = base64.b64encode(des(before + after, merchant.des).encode()).decode()
    return wrap(number, '000000', '成功', cipher)


def open_form(form, merchant):
    """Decrypt and verify the fields of the cashier's form."""
    plain = {
        name: value if name in ('version', 'merchant') else undes(value, merchant.des)
        for name, value in form.items() if name != 'sign' and value
    }
    text = '&'.join(f'{name}={plain[name]}' for name in sorted(plain))
    if not verify(text, form.get('sign', ''), merchant.public):
        raise Unreadable('sign', "验签失败 (signature)")
    return plain
