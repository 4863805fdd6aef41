# Part of payment_cn_wallets. License LGPL-3.
"""One HTTP exchange between a shop and a gateway, with the fault that strikes it.

The order of things is that of a real server: read, (fault before booking), check and book,
(fault after booking), answer. A fault after booking is the nasty one: the money moved and the shop
does not know.
"""

import contextlib
import logging
import socket
import struct
import time

from werkzeug.wrappers import Response

_logger = logging.getLogger('sandbox.calls')


class Dropped(ConnectionError):
    """The connection was cut on purpose. Werkzeug gives up quietly on a `ConnectionError`."""


def cut(environ, *, reset=True):
    """Cut the client's connection: with a TCP reset, or by closing without an answer."""
    connection = environ.get('werkzeug.socket')
    if connection is not None:
        with contextlib.suppress(OSError):
            if reset:
                # linger of zero seconds makes close() send RST instead of FIN
                connection.setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0)
                )
                connection.close()
            else:
                connection.shutdown(socket.SHUT_RDWR)
    raise Dropped("cut by a fault")


def strike(request, fault, answer, stopping):
    """Apply a transport fault.

    :param answer: the true answer, None when nothing was booked
    :param stopping: event that is set when the sandbox stops
    :return: a response, or None when the fault is the protocol's business
    """
    name, options = fault['fault'], fault['options']
    if name == 'timeout':
        stopping.wait(options.get('seconds', 60))
        cut(request.environ, reset=False)
    elif name == 'reset':
        cut(request.environ)
    elif name == 'http_5xx':
        status = options.get('status', 502)
        return Response("<html><h1>Bad Gateway</h1></html>", status=status, mimetype='text/html')
    elif name == 'garbage':
        return Response("\x00\xff<<<not json>>>", mimetype='application/json')
    elif name == 'empty':
        return Response(b'', mimetype='application/json')
    elif name == 'oversized':
        size = options.get('bytes', 20_000_000)
        blocks = (b' ' * min(65536, size - at) for at in range(0, size, 65536))
        return Response(blocks, mimetype='application/json', headers={'Content-Length': str(size)})
    elif name == 'redirect':
        return Response(status=307, headers={'Location': request.base_url + '?redirected=1'})
    elif name == 'truncated':
        body = answer.get_data() if answer else b'{"return_code": "SUCCESS"}'
        return Response(body[: len(body) // 2], mimetype='application/json')
    elif name == 'slow':
        stopping.wait(options.get('seconds', 5))
        return answer
    return None


def record(box, gateway, operation, path, started, outcome, **values):
    """Write a call into the ledger and the log. Nothing secret may be in `values`.

    :param outcome: a few words for the log
    """
    seconds = time.time() - started
    if box.stopping.is_set():
        return  # a call that was held until the end: the ledger is being closed
    box.ledger.insert(
        'calls', gateway=gateway, operation=operation, path=path, called_at=started,
        seconds=seconds, **values,
    )
    _logger.info(
        "%s %s %s: %s (%.0f ms)%s", gateway, operation, values.get('out_trade_no') or '-',
        outcome, seconds * 1000,
        f" FAULT {values['fault']}" if values.get('fault') else '',
    )
