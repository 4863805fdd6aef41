# Part of payment_cn_wallets. License LGPL-3.
"""Where the network would begin."""

from gateways.transport import Answer


class Reached(Exception):
    """A request got to the edge, complete. No gateway knows this exception, so it ends the call there."""


class Edge:
    """A transport that sends nothing.

    :param received: body and headers of the answer, which it makes an ``Answer`` for each call as the transport does;
        with None it ends the call with ``Reached``
    """

    def __init__(self, received=None):
        self.received = received
        self.seen = None

    def request(self, method, url, *, body=None, headers=None, **_options):
        self.seen = (method, url, headers, body)
        if self.received is None:
            raise Reached
        return answer(*self.received)

    def post(self, url, body, headers, **options):
        return self.request("POST", url, body=body, headers=headers, **options)

    def get(self, url, headers=None, **options):
        return self.request("GET", url, headers=headers, **options)


def until_sent(call, *arguments):
    """Return a function that makes a call and ends where the request is ready to leave."""

    def run():
        try:
            call(*arguments)
        except Reached:
            return True
        return False  # it gave up before

    return run


def answer(body, headers=None):
    """Return an answer as the transport would: names of headers in lower case."""
    return Answer(200, {name.lower(): value for name, value in (headers or {}).items()}, body)
