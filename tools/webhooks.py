# Part of payment_cn_wallets. License LGPL-3.
"""Signed messages to the merchant's own systems, as the specification "Standard Webhooks" 1.0 has them.

Source: github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md. Its libraries verify
what is sent from here.
"""

import base64
import hashlib
import hmac
import ipaddress
import secrets
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from ..gateways.transport import NoAnswer, NotSent, Transport

PREFIX = 'whsec_'
# Of the key behind the prefix, bytes.
SHORTEST_SECRET, LONGEST_SECRET = 24, 64
# Of an answer that is kept, characters.
ANSWER_LIMIT = 200
TOTAL_TIMEOUT = 20.0  # seconds; a receiver shall acknowledge first and work afterwards
MAX_BYTES = 256 * 1024  # of an answer that nobody reads

# Where clouds tell machines their credentials, beside the link-local addresses that are never called:
# Alibaba Cloud, Azure, Oracle Cloud, AWS.
_METADATA = {
    ipaddress.ip_address(one)
    for one in ('100.100.100.200', '168.63.129.16', '192.0.0.192', 'fd00:ec2::254')
}
_NAT64 = ipaddress.ip_network('64:ff9b::/96')


# === SECRETS AND SIGNATURES === #

def new_secret():
    """Return a secret of 32 random bytes in the specification's writing.

    :rtype: str
    """
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def key_of(secret):
    """Return the bytes of a secret.

    :param str secret: `whsec_` and base64
    :raise ValueError: when it is not written so, or has fewer than 24 or more than 64 bytes
    """
    if not secret.startswith(PREFIX):
        raise ValueError("a secret begins with whsec_")
    key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    if not SHORTEST_SECRET <= len(key) <= LONGEST_SECRET:
        raise ValueError("a secret has 24 to 64 bytes")
    return key


def new_message_id():
    """Return what tells a message apart, and stays the same however often it is sent.

    :rtype: str
    """
    return f'msg_{secrets.token_hex(14)}'


def headers(message_id, body, keys, moment=None):
    """Return the headers that sign a message.

    :param str message_id: see `new_message_id`
    :param bytes body: as it is sent
    :param list keys: secrets; each one signs, so that a receiver can go from one to the next
    :param float moment: of this try, Unix seconds; now when None
    :rtype: dict[str, str]
    """
    timestamp = str(int(time.time() if moment is None else moment))
    signed = b'.'.join((message_id.encode(), timestamp.encode(), body))
    signatures = [
        'v1,' + base64.b64encode(hmac.new(key_of(key), signed, hashlib.sha256).digest()).decode()
        for key in keys
    ]
    return {
        'webhook-id': message_id,
        'webhook-timestamp': timestamp,
        'webhook-signature': ' '.join(signatures),
    }


# === WHERE TO === #

def check_url(url, private=False):
    """Return the parts of an address that messages may go to, by its look.

    :param bool private: whether machines of the shop's own network were allowed
    :raise ValueError: unless it is https, or http where that was allowed, without a password in it
    """
    parts = urlsplit(url)
    if not parts.hostname or parts.username is not None or parts.password is not None or parts.fragment:
        raise ValueError("not an address that can be called")
    if parts.port == 0:  # to read one that is none fails
        raise ValueError("not an address that can be called")
    if parts.scheme != 'https' and not (private and parts.scheme == 'http'):
        raise ValueError("only https is allowed")
    try:
        ipaddress.ip_address(parts.hostname)
    except ValueError:
        return parts  # a name: where it leads is seen when it is called
    if not may_reach(parts.hostname, parts.scheme == 'https', private):
        raise ValueError("this address is not allowed")
    return parts


def may_reach(address, tls, private=False):
    """Tell whether anything may be sent to a machine.

    :param str address: IPv4 or IPv6, which a name turned out to lead to
    :param bool tls: whether the connection is encrypted
    :param bool private: whether machines of the shop's own network were allowed
    """
    one = _plain(ipaddress.ip_address(address.partition('%')[0]))
    if one in _METADATA or one.is_link_local or one.is_multicast or one.is_unspecified:
        return False
    if one.is_global:
        return tls
    return private and (one.is_private or one.is_loopback)


def _plain(address):
    """Return the IPv4 address that an IPv6 one stands for."""
    if address.version == 4:
        return address
    if address in _NAT64:
        return ipaddress.ip_address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


# === SENDING === #

def _transport(private):
    return Transport(
        total_timeout=TOTAL_TIMEOUT, max_bytes=MAX_BYTES, tells_path=False,
        check=lambda url: check_url(url, private),
        may_reach=lambda address, tls: may_reach(address, tls, private),
    )


# Connections that may lead into the shop's own network are never shared with the others.
_transports = {private: _transport(private) for private in (False, True)}


@dataclass(frozen=True)
class Answer:
    """How one try ended.

    :param status: of HTTP, 0 where there was none
    :param text: the beginning of the answer, or why there was none
    :param retry_after: seconds that the receiver asked for
    :param seconds: how long it took
    """

    status: int
    text: str
    retry_after: int = 0
    seconds: float = 0.0

    @property
    def taken(self):
        """Whether the receiver has taken the message."""
        return 200 <= self.status < 300


def post(url, body, message_headers, private=False):
    """Send a message once. Redirects are not followed.

    :param bytes body: JSON
    :param dict message_headers: see `headers`
    :param bool private: whether machines of the shop's own network were allowed
    :rtype: Answer
    """
    begun = time.monotonic()
    try:
        answer = _transports[private].post(
            url, body, {'Content-Type': 'application/json', **message_headers},
        )
    except NotSent as error:
        return Answer(0, str(error)[:ANSWER_LIMIT], seconds=time.monotonic() - begun)
    except NoAnswer as error:
        text = _readable(error.body) or str(error)
        return Answer(error.status or 0, text[:ANSWER_LIMIT], seconds=time.monotonic() - begun)
    except ValueError as error:
        return Answer(0, str(error)[:ANSWER_LIMIT])
    after = answer.headers.get('retry-after', '')
    return Answer(
        answer.status, _readable(answer.body),
        retry_after=int(after) if after.isascii() and after.isdigit() and len(after) < 7 else 0,
        seconds=answer.seconds,
    )


def _readable(body):
    text = body[:4 * ANSWER_LIMIT].decode('utf-8', errors='replace')
    return ''.join(char if char.isprintable() else ' ' for char in text).strip()[:ANSWER_LIMIT]
