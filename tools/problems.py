# Part of payment_cn_wallets. License LGPL-3.
"""What the HTTP interface answers when it can't do what was asked: RFC 9457, `application/problem+json`.

Written for developers of apps, in English: payers never read it.
"""

MEDIA_TYPE = 'application/problem+json'
_PREFIX = 'urn:payment-cn-wallets:problem:'

# code -> (HTTP status, title)
KINDS = {
    'malformed': (400, "The request can't be read"),
    'idempotency-key-missing': (400, "An Idempotency-Key is required"),
    'unauthorised': (401, "Neither a key for apps nor a shopper's session"),
    'not-allowed': (403, "This caller may not do that"),
    'cross-site': (403, "Other sites may not call this with a shopper's session"),
    'not-found': (404, "No such thing, or not for this caller"),
    'method-not-allowed': (405, "This can't be done here"),
    'already-paid': (409, "It has been paid"),
    'nothing-due': (409, "Nothing is due"),
    'changed': (409, "What is due has changed meanwhile"),
    'still-running': (409, "The first request with this Idempotency-Key is still running"),
    'too-large': (413, "The request is too large"),
    'media-type': (415, "Send application/json"),
    'invalid': (422, "A value is missing or wrong"),
    'idempotency-key-reused': (422, "This Idempotency-Key belongs to another request"),
    'not-offered': (422, "No gateway offers this wallet here"),
    'payer': (422, "The wallet does not say who pays"),
    'too-often': (429, "Too many requests"),
    'internal': (500, "Something went wrong here"),
    'unreachable': (503, "The gateway can't be reached"),
}


class Problem(Exception):
    """A request that can't be done.

    :param str code: see `KINDS`
    :param str detail: what is wrong this time; quotes nothing that is secret
    :param dict headers: of the answer
    :param members: further members of the answer
    """

    def __init__(self, code, detail='', headers=None, **members):
        super().__init__(detail or code)
        self.code = code
        self.status, self.title = KINDS[code]
        self.detail = detail
        self.headers = headers or {}
        self.members = members

    def body(self):
        """Return the members of the answer.

        :rtype: dict
        """
        return {
            'type': f'{_PREFIX}{self.code}', 'title': self.title, 'status': self.status,
            **({'detail': self.detail} if self.detail else {}), **self.members,
        }
