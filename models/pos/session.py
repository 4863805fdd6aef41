# Part of payment_cn_wallets. License LGPL-3.

import time
from contextlib import contextmanager

import psycopg2

from odoo import fields, models
from odoo.modules import module

from odoo.addons.payment.logging import get_payment_logger

from ... import const
from ...gateways import transport

_logger = get_payment_logger(__name__, const.SENSITIVE_KEYS)


class PosSession(models.Model):
    """Closing: nothing of the wallets may be open unnoticed."""

    _inherit = 'pos.session'

    cn_transaction_ids = fields.One2many(
        string="Wallet transactions", comodel_name='payment.transaction',
        inverse_name='cn_till_session_id', readonly=True,
    )
    cn_transaction_count = fields.Integer(
        string="Number of wallet transactions", compute='_compute_cn_transaction_count'
    )

    def _compute_cn_transaction_count(self):
        for session in self:
            session.cn_transaction_count = self.env['payment.transaction'].sudo().search_count(
                session._cn_transactions_domain()
            )

    def _cn_transactions_domain(self):
        """Return what finds the session's wallet payments, and all that was given back of them."""
        self.ensure_one()
        return [
            '|', ('cn_till_session_id', 'in', self.ids),
            ('source_transaction_id.cn_till_session_id', 'in', self.ids),
        ]

    # === CLOSING === #

    def _validate_session(self, *args, **kwargs):
        """Override of `point_of_sale` to settle, or else list, what is open at the gateways."""
        for session in self.sudo():
            session._cn_payments()._cn_link()  # what came in past the till, and has no proof
            session._check_if_no_draft_orders()  # Odoo's own; before anything is let go of
            session._cn_settle()
            session._cn_report_open(session._cn_open())
            session._cn_unclaimed()._cn_start_grace()
        return super()._validate_session(*args, **kwargs)

    def get_closing_control_data(self):
        """Override of `point_of_sale` to show totals for each wallet and gateway, and what is open."""
        data = super().get_closing_control_data()
        session = self.sudo()
        data['cn_wallets'] = {
            'totals': session._cn_payments()._cn_totals(),
            'open': session._cn_open()._cn_till_lines(),
            'unclaimed': session._cn_unclaimed()._cn_till_lines(),
            'grace_days': const.UNCLAIMED_GRACE_DAYS,
        }
        return data

    def _cn_open(self):
        """Return the attempts whose money may still come, or went somewhere unknown."""
        return self.cn_transaction_ids.filtered(lambda tx: (
            tx.cn_ordered_at and tx.operation != 'refund' and not tx.cn_forced_reason and (
                tx.state == 'pending' or (tx.state == 'draft' and not tx.cn_given_up)
            )
        ))

    def _cn_settle(self, clock=time.monotonic):
        """Ask the gateways what became of what is open, as far as that is quick.

        Whatever goes wrong with one of them: it is listed then, and the session closes.

        :param callable clock: seconds of a clock that never jumps
        :return: None
        """
        transactions = self._cn_open()
        if not transactions:
            return
        end = clock() + const.CLOSING_PATIENCE
        transactions._cn_commit()  # what was counted is not lost with an answer
        for tx in transactions:
            left = end - clock()
            if left <= 0:
                break
            try:
                with self._cn_apart(), transport.within(left):
                    tx._cn_ask_at_closing()
            except psycopg2.OperationalError:
                _logger.info("Somebody else looks after %s", tx.id)
            except Exception:
                _logger.exception("Could not ask about %s at the closing", tx.id)

    @contextmanager
    def _cn_apart(self):
        """Commit what is done for one attempt; undo nothing else when that goes wrong."""
        if module.current_test:
            with self.env.cr.savepoint():
                yield
            return
        try:
            yield
            self.env['payment.transaction']._cn_commit()
        except BaseException:
            self.env.cr.rollback()
            raise

    def _cn_report_open(self, transactions):
        """Put on the accountants' list what the session leaves behind, and have it undone."""
        self.ensure_one()
        for tx in transactions:
            tx = tx._cn_in_accountants_language()
            name, amount = tx.cn_till_reference or tx.reference, tx.currency_id.format(tx.amount)
            tx._cn_incident('unknown', tx.env._(
                "%(session)s was closed with %(ref)s (%(amount)s) open: %(reason)s It is asked"
                " about further; what still comes is sent back.",
                session=self.name, ref=name, amount=amount, reason=tx._cn_why_listed(),
            ))
            tx.write({
                'cn_given_up': True, 'cn_reversing': True,
                'cn_next_query_at': tx.cn_next_query_at or fields.Datetime.now(),
            })

    def _cn_unclaimed(self):
        """Return money that came in or went out at this till, and that no order has."""
        return self.cn_transaction_ids.filtered(lambda tx: tx._cn_is_unclaimed())

    def _cn_payments(self):
        """Return the wallet lines of the session's orders.

        :rtype: pos.payment
        """
        return self._get_closed_orders().payment_ids._cn_wallet_lines()

    # === ACTIONS === #

    def action_cn_transactions(self):
        """Show the session's wallet payments and refunds.

        :rtype: dict
        """
        self.ensure_one()
        action = self.env['ir.actions.act_window']._for_xml_id(
            'payment_cn_wallets.action_cn_transactions'
        )
        return {
            **action, 'name': self.env._("Wallet payments"), 'path': False,
            'domain': self._cn_transactions_domain(),
        }
