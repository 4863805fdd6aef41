# Part of payment_cn_wallets. License LGPL-3.
"""Command line: `python -m sandbox`."""

import argparse
import logging
import os
import signal
import sys
import threading

from .ledger import InUse
from .server import NotLoopback, Sandbox


def data_folder():
    """Return the default folder of the ledger, below the user's state folder (XDG)."""
    state = os.environ.get('XDG_STATE_HOME') or os.path.expanduser('~/.local/state')
    return os.path.join(state, 'payment_cn_wallets', 'sandbox')


def main(argv=None):
    """Run the sandbox until it is interrupted. Return the exit code."""
    parser = argparse.ArgumentParser(
        prog='python -m sandbox',
        description="A wallet network in a box: gateways, a ledger and a phone page. No real money.",
    )
    parser.add_argument('--host', default='127.0.0.1', help="address to listen on (%(default)s)")
    parser.add_argument('--port', type=int, default=8970, help="port (%(default)s; 0: a free one)")
    parser.add_argument('--data', default=data_folder(), help="folder of the ledger (%(default)s)")
    parser.add_argument('--public-url', default='', help="address that codes and pages lead to")
    parser.add_argument(
        '--allow-remote', action='store_true',
        help="listen on an address that others can reach: they can then approve any payment",
    )
    parser.add_argument('--log-level', default='INFO', help="DEBUG, INFO, WARNING (%(default)s)")
    options = parser.parse_args(argv)
    logging.basicConfig(
        stream=sys.stderr, level=options.log_level.upper(),
        format='%(asctime)s %(levelname)s %(name)s: %(message)s',
    )
    # urllib3 logs whole addresses at DEBUG, and these may carry parameters
    logging.getLogger('urllib3').setLevel(logging.WARNING)
    logger = logging.getLogger('sandbox')
    try:
        sandbox = Sandbox(
            options.data, options.host, options.port, allow_remote=options.allow_remote,
            public_url=options.public_url,
        )
    except NotLoopback as error:
        logger.error("%s", error)
        return 2
    except InUse as error:
        logger.error("%s; give each sandbox its own --data folder", error)
        return 1
    except SystemExit:  # Werkzeug's answer to a taken port
        logger.error("port %s of %s is taken; choose another with --port", options.port,
                     options.host)
        return 1
    except OSError as error:
        logger.error("can't listen on %s:%s: %s", options.host, options.port, error)
        return 1
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_args: stop.set())
    sandbox.start()
    logger.info("ready, no real money. Phone page %s/", sandbox.url)
    logger.info("control %s/control/health, ledger in %s", sandbox.url, options.data)
    while not stop.wait(1):
        pass
    sandbox.stop()
    logger.info("stopped")
    return 0


if __name__ == '__main__':
    sys.exit(main())
