# Part of payment_cn_wallets. License LGPL-3.
"""Tills that stay open from test to test: each test begins with a new order, and without a login or a load."""

import re

from till import Till
from windows import DESKTOP, Windows

# What a browser says while its server is gone, or has lost its database.
DOWN = re.compile(r"ERR_CONNECTION|ERR_EMPTY_RESPONSE|ERR_SOCKET_NOT_CONNECTED|ERR_FAILED|ERR_INCOMPLETE|"
                  r"ERR_CONTENT_LENGTH_MISMATCH|WebSocket|Connection lost|couldn't be established|Failed to fetch|"
                  r"status of (404|50\d)|Odoo Server Error", re.I)


class OpenTills:
    """One till of each kind: of a stack, in a language, on a screen, in a browser of these options."""

    def __init__(self, contexts):
        self.contexts = contexts
        self.kept = {}

    def take(self, stack, sandbox, lang="en_US", viewport=DESKTOP, *, name="", kind=Till, **options):
        """Give back a till as its method `open` leaves it, and its windows.

        :param name: of another till than the demo's, or of one that was loaded under settings of its own
        :param kind: what makes it of a stack, of how to open a page, and of the sandbox
        :param options: of Playwright's browser context
        """
        is_phone = viewport["width"] < 600
        key = (stack.db, lang, name, is_phone, *sorted(options.items()))
        windows = self.kept.setdefault(key, Windows(self.contexts, stack))
        till = kind(stack, windows.open, sandbox)
        if windows.pages and not self._usable(windows):
            windows.close()
        if windows.pages:
            stack.speak(lang)  # a till or an accountant of the test before may have spoken another one
            till.come_back(windows.pages[0], viewport)
        else:
            page = windows.open(lang=lang, viewport=viewport, **options)
            till.open(lang, viewport, page)
        return till, windows

    @staticmethod
    def _usable(windows):
        """Whether the till is one still; a server that another test took away is no fault of it."""
        left = windows.left()
        return not windows.pages[0].is_closed() and not (left and all(DOWN.search(problem) for problem in left))

    def close(self, but=()):
        """Close the tills, but for those in a language that are no phones and have nothing of their own."""
        for key, windows in list(self.kept.items()):
            if key[1:] not in [(lang, "", False) for lang in but]:
                windows.close()
                del self.kept[key]
