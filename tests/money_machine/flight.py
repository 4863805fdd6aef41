# Part of payment_cn_wallets. License LGPL-3.
"""Requests and runs of crons as the server has them: one transaction each, which may end badly."""

from contextlib import contextmanager
from unittest.mock import patch

import psycopg2

from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.payment_cn_wallets.gateways import transport
from odoo.addons.payment_cn_wallets.tests.money_machine import doors


class Died(BaseException):
    """The process is gone. No `except Exception` of anybody may save it."""


class Broken(Exception):
    """Something in Odoo's own code went wrong: a broken template, a locked period."""


class Flight:
    """Runs what a request does, in a transaction of its own.

    A test can't commit. A savepoint takes the place of each commit: what was committed before a
    process died stays, and the rest is undone. What moved at the gateways stays in any case.

    :param Environment env: of the test
    """

    def __init__(self, env):
        self.env = env
        self.doom = None
        self.died = False
        self.refused = None  # why the last request was
        self.nonsense = []  # states that the table of states refused
        self._marks = []

    @contextmanager
    def watched(self):
        """Have commits and calls of gateways pass by here."""
        flight = self
        call = transport.Transport.request

        def request(self, *args, **kwargs):
            answer = call(self, *args, **kwargs)
            flight._pass('call')
            return answer

        def commit():
            flight._mark()
            flight._pass('commit')

        payments = type(self.env['account.payment'])
        post = payments.action_post

        def action_post(self):
            flight._pass('booking', Broken)
            return post(self)

        with patch.object(transport.Transport, 'request', request), \
                patch.object(payments, 'action_post', action_post), \
                doors.commits(self.env, commit), doors.checked_states(self.nonsense.append):
            yield

    def _pass(self, kind, failure=Died):
        if self._marks and self.doom and self.doom[0] == kind:
            if self.doom[1] <= 1:
                self.doom = None
                raise failure(kind)
            self.doom = (kind, self.doom[1] - 1)

    def _mark(self):
        if self._marks:
            self.env.cr.flush()
            self._marks.append(f'mark_{len(self._marks)}')
            self.env.cr.execute(SQL("SAVEPOINT %s", SQL.identifier(self._marks[-1])))

    def _undo(self):
        """Go back to the newest commit. Savepoints of Odoo that ended meanwhile took theirs along."""
        self.env.cr.clear()
        for name in reversed(self._marks):
            try:
                self.env.cr.execute(
                    SQL("ROLLBACK TO SAVEPOINT %s", SQL.identifier(name)), log_exceptions=False
                )
            except psycopg2.errors.InvalidSavepointSpecification:
                continue
            return

    def run(self, work, *arguments, **options):
        """Do something as a request does.

        :return: what it returned; None when it was refused, or when the process died in it
        """
        self.died, self.refused = False, None
        self.env.cr.flush()
        self._marks = ['mark_0']
        self.env.cr.execute("SAVEPOINT mark_0")
        try:
            result = work(*arguments, **options)
            self.env.cr.flush()
        except (UserError, Broken) as error:
            self._undo()
            self.refused = error
            return None
        except Died:
            self._undo()
            self.died = True
            return None
        finally:
            self._marks = []
        return result
