# Part of payment_cn_wallets. License LGPL-3.

from datetime import timedelta

import psycopg2

from odoo import _, api, fields, models
from odoo.tools import str2bool

from odoo.addons.payment.logging import get_payment_logger

from ... import const, gateways
from ...tools import batches, days, mails

# How often a follow-up is tried again at once when somebody else is at the same records.
COLLISIONS = 5

# So long somebody who has paid looks at the page and waits for the order.
AT_SCREEN = timedelta(minutes=5)

# Later than that an accountant has long sent it, or does not want it sent.
SEND_FOR = timedelta(days=2)

_logger = get_payment_logger(__name__, const.SENSITIVE_KEYS)


class PaymentTransaction(models.Model):
    """What follows a payment: order, invoice, mail. It may fail; the payment stays."""

    _inherit = 'payment.transaction'

    cn_has_confirmed = fields.Boolean(
        string="Confirmed its order", readonly=True, copy=False,
        help="The order was confirmed by this payment, whether or not the rest has followed.",
    )

    def _post_process(self):
        """Override of `payment` to keep the payment when what follows it fails.

        A failure is noted, tried again, and shown to an administrator when it goes on.
        """
        ours = self.filtered(lambda tx: tx.provider_code in gateways.codes())
        super(PaymentTransaction, self - ours)._post_process()
        for tx in ours:
            tx._cn_payable().follow(
                lambda tx=tx: super(PaymentTransaction, tx._cn_shielded())._post_process()
            )

    def _log_received_message(self):
        """Override of `payment`: nothing is logged where there is no document for it."""
        silent = self.filtered(lambda tx: (
            tx.provider_code in gateways.codes() and not tx._cn_payable().has_chatter()
        ))
        super(PaymentTransaction, self - silent)._log_received_message()

    def _cn_shielded(self):
        """Return the payment for Odoo's own follow-up: without its mails, on the company's day.

        Printing PDFs takes seconds: order and payment are in the books before it begins. What is
        made of the payment carries the day on which it was paid in the company's country.
        """
        return self.with_context(
            cn_put_off_mail=True, skip_sale_auto_invoice_send=True, tz=days.zone_of(self.company_id),
        )

    def _cn_follow_up(self, post_process):
        """Run what follows one payment in a savepoint.

        Mail is left to the cron, which comes at once, and so can't undo the confirmation.

        :param callable post_process: Odoo's own follow-up, or what takes its place
        :return: None
        """
        self.ensure_one()
        self.env.flush_all()
        # A shopper's status page and the cron often come at the same time. Whoever is second
        # leaves it to the first; should that one fail, the cron comes again.
        if not self.try_lock_for_update(allow_referencing=True):
            return
        self.invalidate_recordset()
        if self.is_post_processed or not self._cn_confirm_at_once():
            return
        try:
            with self.env.cr.savepoint():
                self._cn_follow(post_process)
                self.env.flush_all()
        except psycopg2.OperationalError:
            raise  # row locked by another worker: Odoo tries again
        except Exception as error:
            _logger.exception("What follows the payment %s failed", self.reference)
            self._cn_follow_up_failed(error)
            return
        if self.cn_follow_up_failures:
            self.write({'cn_follow_up_failures': 0, 'cn_follow_up_error': False})
            self._cn_close_incidents(('follow_up',), self._cn_in_accountants_language().env._(
                "What follows the payment %s went through.", self.reference
            ))
        # Whichever of the two was booked last.
        for refund in self if self.operation == 'refund' else self.child_transaction_ids:
            if refund.state == 'done':
                refund._cn_match_refund()
        (self.source_transaction_id or self)._cn_match_siblings()
        if self.operation != 'refund' and self._cn_unsent_invoices():
            self.env.ref('payment_cn_wallets.cron_follow_up').sudo()._trigger()

    def _cn_confirm_at_once(self):
        """Confirm the order in a database transaction of its own: the payer waits for that.

        Invoice, payment and reconciliation take Odoo two thirds of the whole follow-up.

        :return: whether the rest is to be done here; False when another worker has begun with it
        :rtype: bool
        """
        if (
            self.cn_has_confirmed or self.state != 'done' or self.operation == 'refund'
            or not self.sale_order_ids or self.cn_verdict in ('held', 'returned')
        ):
            return True
        try:
            with self.env.cr.savepoint():
                self._cn_shielded()._check_amount_and_confirm_order()
                self.env.flush_all()
        except psycopg2.OperationalError:
            raise
        except Exception as error:
            # The follow-up meets the same error, notes it, and is tried again.
            _logger.info("The order of %s can't be confirmed at once: %s", self.reference, error)
            return True
        if not self.cn_has_confirmed:
            return True
        self._cn_commit()
        if not self.try_lock_for_update(allow_referencing=True):
            return False
        self.invalidate_recordset()
        return not self.is_post_processed

    def _cn_follow(self, post_process):
        """Book the payment, and let documents move only by money that stays and suffices."""
        if self._cn_is_credit():
            # Nothing is confirmed, posted or matched: it is the customer's credit.
            self.is_post_processed = True
        else:
            post_process()
        if self.state != 'done' or self._cn_payable().is_booked_elsewhere():
            return
        if not self.payment_id:
            # Odoo takes a child that is done for a partial capture and makes no payment of the
            # source. Money that came and went back was received all the same.
            self.with_company(self.company_id)._create_payment()
        if self.cn_verdict in ('kept', 'part'):
            self._cn_match_documents()
            self._cn_release_held()

    def _cn_is_credit(self):
        """Tell whether a payment is the customer's credit so far: no document moves by it.

        It did not suffice, or goes back; or the shop has given back so much of what came in for a
        draft invoice that the rest does not suffice for it.
        """
        return self.state == 'done' and self.operation != 'refund' and (
            self.cn_verdict in ('held', 'returned') or not self._cn_payable().posts()
        )

    def _cn_match_siblings(self):
        """Match the other payments of the same documents: one may be open again, or be posted only now."""
        for tx in self._cn_payable().siblings():
            stays = tx.cn_verdict in ('kept', 'part') and tx._cn_kept_fen() > 0
            if tx.payment_id and stays:
                tx._cn_match_documents()

    def _cn_match_documents(self):
        """Clear a payment that was booked as a credit before against what it pays now."""
        items = self.payment_id.move_id.line_ids.filtered(lambda line: (
            line.account_id == self.payment_id.destination_account_id and not line.reconciled
        ))
        invoices = self.invoice_ids | self.sale_order_ids.invoice_ids
        items |= invoices.filtered(
            lambda move: move.state == 'posted' and move.move_type == 'out_invoice'
        ).line_ids.filtered(lambda line: (
            line.account_id == self.payment_id.destination_account_id and not line.reconciled
        ))
        if len(items.move_id) > 1:
            items.reconcile()

    def _cn_release_held(self):
        """Look again at money that was held for the same documents: it may suffice now."""
        held = self._cn_payable().siblings().filtered(lambda tx: tx.cn_verdict == 'held')
        for tx in held:
            tx._cn_reconsider()

    def _cn_unsent_invoices(self):
        """Return the invoices that Odoo would have sent right after the payment.

        :rtype: account.move
        """
        automatic = self.env['ir.config_parameter'].sudo().get_param('sale.automatic_invoice')
        if self.state != 'done' or not self.sale_order_ids or not str2bool(automatic):
            return self.env['account.move']
        return self.invoice_ids.filtered(
            lambda move: move.state == 'posted' and not move.is_move_sent
        )

    def _check_amount_and_confirm_order(self):
        """Override of `sale`: an order is confirmed by money that stays and suffices.

        Where an order requires no payment, Odoo confirms it whatever came in. A shopper who paid
        for an order wants all of it.

        What a payment has confirmed once is returned again: to all others Odoo sends a mail that
        their payment came in.
        """
        short = self.filtered(lambda tx: (
            tx.cn_is_attempt and tx.sale_order_ids and not tx._cn_payable().confirms()
        ))
        confirmed = super(PaymentTransaction, self - short)._check_amount_and_confirm_order()
        ours = self.filtered('cn_is_attempt')
        ours.filtered(lambda tx: tx.sale_order_ids & confirmed).cn_has_confirmed = True
        return confirmed | ours.filtered('cn_has_confirmed').sale_order_ids

    def _cn_follow_up_failed(self, error):
        """Note a failed follow-up; confirm at least the order, which the payer is waiting for."""
        self = self._cn_in_accountants_language()  # noqa: PLW0642  (texts made below are for them)
        self.write({
            'cn_follow_up_failures': self.cn_follow_up_failures + 1,
            'cn_follow_up_error': str(error)[:2000],
        })
        if self.state == 'done' and self.operation != 'refund' and (
            self.cn_verdict not in ('held', 'returned')
        ):
            try:
                with self.env.cr.savepoint():
                    self.with_context(cn_put_off_mail=True)._check_amount_and_confirm_order()
                    self.env.flush_all()
            except psycopg2.OperationalError:
                raise
            except Exception:
                _logger.exception("The order of %s could not be confirmed", self.reference)
        if self.cn_follow_up_failures >= const.FOLLOW_UP_TRIES_BEFORE_INCIDENT:
            self._cn_incident('follow_up', _(
                "%(ref)s is paid, but what follows keeps failing: %(error)s",
                ref=self.reference, error=str(error)[:500],
            ))

    def _cn_match_refund(self):
        """Clear a refund against its payment: money that went back pays no invoice any more.

        What the payment has left unallocated is taken first. Where that is not enough, its invoices
        are opened again by as much, of which their open credit notes take what they can.
        """
        source = self.source_transaction_id
        if not (self.payment_id and source.payment_id) or source._cn_payable().is_booked_elsewhere():
            return
        account = source.payment_id.destination_account_id
        paid = source.payment_id.move_id.line_ids.filtered(lambda line: line.account_id == account)
        back = self.payment_id.move_id.line_ids.filtered(
            lambda line: line.account_id == account and not line.reconciled
        )
        if not (paid and back and account.reconcile):
            return
        if self.currency_id.compare_amounts(
            -sum(paid.mapped('amount_residual_currency')), sum(back.mapped('amount_residual_currency'))
        ) < 0:
            partials = paid.matched_debit_ids.filtered(
                lambda one: one.debit_move_id.move_id.move_type == 'out_invoice'
            )
            invoiced = partials.debit_move_id
            partials.unlink()
            (paid | back).reconcile()
            notes = invoiced.move_id.reversal_move_ids.filtered(
                lambda move: move.state == 'posted' and move.move_type == 'out_refund'
            ).line_ids.filtered(lambda line: line.account_id == account)
            rest = (paid | invoiced | notes).filtered(lambda line: not line.reconciled)
            if len(rest.move_id) > 1:
                rest.reconcile()
        else:
            (paid | back).reconcile()

    def _cron_post_process(self):
        """Override of `payment` to go by who waits, and to try again at once what collided.

        Odoo takes the newest first: when there is much to do, the oldest waits for ever. And it leaves
        what collided with a shopper's request to the next run, ten minutes later: on the page "paid"
        has been shown, but there would be no order.
        """
        due = self or self.search([
            ('is_post_processed', '=', False),
            ('last_state_change', '>=', fields.Datetime.now() - timedelta(days=4)),
        ])
        # With nothing to do Odoo would search again, for nothing.
        if due:
            super(PaymentTransaction, due._cn_by_urgency())._cron_post_process()
        for _again in range(COLLISIONS):
            collided = self.search([
                ('id', 'in', self.ids) if self else ('is_post_processed', '=', False),
                ('provider_code', 'in', list(gateways.codes())),
                ('state', '=', 'done'),
                ('is_post_processed', '=', False),
                ('cn_follow_up_failures', '=', 0),
                ('last_state_change', '>=', fields.Datetime.now() - timedelta(days=4)),
            ])
            if not collided:
                break
            super(PaymentTransaction, collided._cn_by_urgency())._cron_post_process()

    def _cn_by_urgency(self):
        """Return these payments, of every provider: who waits at a screen first, then the oldest.

        :rtype: payment.transaction
        """
        now = fields.Datetime.now()

        def urgency(tx):
            at_screen = (
                tx.state in ('done', 'authorized') and tx.operation != 'refund'
                and tx.cn_verdict not in ('held', 'returned') and not tx.cn_follow_up_failures
                and tx.last_state_change and now - tx.last_state_change < AT_SCREEN
            )
            return not at_screen, tx.last_state_change or now, tx.id

        return self.sorted(urgency)

    @api.model
    def _cron_cn_follow_up(self):
        """Send mail that was put off; go on where Odoo's cron has given up after four days."""
        self.env['sale.order']._cron_cn_send_put_off_mail()
        self._cron_cn_send_invoices()
        mails.send_soon(self.env)
        due = self.search([
            ('provider_code', 'in', list(gateways.codes())),
            ('state', '=', 'done'),
            ('is_post_processed', '=', False),
            ('last_state_change', '<', fields.Datetime.now() - timedelta(days=4)),
        ], limit=100)
        if due:
            due._cron_post_process()

    @api.model
    def _cron_cn_send_invoices(self):
        """Send invoices of paid orders, each on its own."""
        paid = self.search([
            ('provider_code', 'in', list(gateways.codes())),
            ('state', '=', 'done'),
            ('is_post_processed', '=', True),
            ('operation', '!=', 'refund'),
            ('sale_order_ids', '!=', False),
            ('invoice_ids', 'any', [('state', '=', 'posted'), ('is_move_sent', '=', False)]),
            ('last_state_change', '>=', fields.Datetime.now() - SEND_FOR),
        ], limit=100)
        # The shopper's page writes to the same partner. Mail leaves after the commit only.
        again = self.env.ref('payment_cn_wallets.cron_follow_up').sudo()
        batches.one_by_one(
            paid, lambda tx: tx._cn_unsent_invoices() and tx._send_invoice(),
            lambda tx, error: tx._cn_invoice_failed(error), lambda tx: again._trigger(),
        )

    def _cn_invoice_failed(self, error):
        _logger.error("The invoice of %s could not be sent", self.id, exc_info=error)
        self._cn_follow_up_failed(error)
