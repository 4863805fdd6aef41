# Part of payment_cn_wallets. License LGPL-3.

import psycopg2

from odoo import fields, models

# At most so many open payments are asked about while a cashier waits for the session to close.
ASK_AT_CLOSING = 20


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
            session.cn_transaction_count = len(session.sudo().cn_transaction_ids)

    # === CLOSING === #

    def _validate_session(self, *args, **kwargs):
        """Override of `point_of_sale` to settle, or else list, what is open at the gateways."""
        for session in self.sudo():
            session._cn_settle()
            session._cn_report_open()
        return super()._validate_session(*args, **kwargs)

    def get_closing_control_data(self):
        """Override of `point_of_sale` to show totals for each wallet and gateway, and what is open."""
        data = super().get_closing_control_data()
        session = self.sudo()
        data['cn_wallets'] = {
            'totals': session._cn_totals(),
            'open': [
                {
                    'reference': tx.cn_till_reference or tx.reference, 'amount': tx.amount,
                    'wallet': tx.payment_method_id.name, 'gateway': tx.provider_id.name,
                } for tx in session._cn_open()
            ],
        }
        return data

    def _cn_open(self):
        """Return the attempts whose money may still come, or went somewhere unknown."""
        return self.cn_transaction_ids.filtered(lambda tx: (
            tx.cn_ordered_at and tx.operation != 'refund' and not tx.cn_forced_reason and (
                tx.state == 'pending' or (tx.state == 'draft' and not tx.cn_given_up)
            )
        ))

    def _cn_settle(self):
        """Ask the gateways what became of what is open, as far as that is quick."""
        for tx in self._cn_open()[:ASK_AT_CLOSING]:
            try:
                if tx.cn_scene == 'qr' and tx.state == 'draft':
                    tx._cn_give_up()
                    tx._cn_close() or tx._cn_query()
                elif tx.cn_reversing:
                    tx._cn_advance_undoing()
                else:
                    tx._cn_query()
            except psycopg2.OperationalError:
                self.env.cr.rollback()  # somebody else is at it

    def _cn_report_open(self):
        """Put on the accountants' list what the session leaves behind."""
        self.ensure_one()
        for tx in self._cn_open():
            tx = tx._cn_in_accountants_language()
            name, amount = tx.cn_till_reference or tx.reference, tx.currency_id.format(tx.amount)
            tx._cn_incident('unknown', tx.env._(
                "%(session)s was closed while it was not known whether %(ref)s (%(amount)s) was"
                " paid. It is asked about further; what still comes is sent back.",
                session=self.name, ref=name, amount=amount,
            ))
            tx.write({'cn_given_up': True, 'cn_reversing': True})
        for tx in self._cn_orphans():
            tx = tx._cn_in_accountants_language()
            name, amount = tx.cn_till_reference or tx.reference, tx.currency_id.format(tx.amount)
            tx._cn_incident('unproven', tx.env._(
                "%(ref)s (%(amount)s) was paid at the till, but no order of %(session)s has it. It"
                " is sent back.",
                session=self.name, ref=name, amount=amount,
            ))
            tx._cn_return_money()

    def _cn_orphans(self):
        """Return paid attempts that no order of the session has."""
        return self.cn_transaction_ids.filtered(lambda tx: (
            tx.operation != 'refund' and tx.state == 'done' and not tx.cn_given_up
            and not tx.cn_pos_payment_ids
        ))

    def _cn_totals(self):
        """Return what came in and went back, for each wallet and gateway.

        :rtype: list[dict]
        """
        self.ensure_one()
        totals = {}
        for tx in self.cn_transaction_ids:
            counts = tx.state == 'done' or (tx.operation == 'refund' and tx.state == 'pending')
            if tx.cn_given_up or not counts:
                continue
            key = (tx.provider_id, tx.payment_method_id)
            row = totals.setdefault(key, {
                'gateway': tx.provider_id.name, 'wallet': tx.payment_method_id.name,
                'number': 0, 'amount': 0.0, 'refunds': 0, 'refunded': 0.0,
            })
            if tx.operation == 'refund':
                row['refunds'] += 1
                row['refunded'] = tx.currency_id.round(row['refunded'] - tx.amount)
            else:
                row['number'] += 1
                row['amount'] = tx.currency_id.round(row['amount'] + tx.amount)
        return sorted(totals.values(), key=lambda row: (row['gateway'], row['wallet']))

    # === ACTIONS === #

    def action_cn_transactions(self):
        """Show the session's wallet payments and refunds.

        :rtype: dict
        """
        self.ensure_one()
        domain = [('cn_till_session_id', '=', self.id)]
        return {
            'name': self.env._("Wallet payments"),
            'type': 'ir.actions.act_window',
            'res_model': 'payment.transaction',
            'view_mode': 'list,form',
            'domain': domain,
        }
