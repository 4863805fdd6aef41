# Part of payment_cn_wallets. License LGPL-3.

import logging

from odoo import _, api, fields, models
from odoo.exceptions import UserError

from ...const import TERMINAL

_logger = logging.getLogger(__name__)

# Nobody but this file writes these, whatever a browser or a program sends along.
OURS = ('cn_transaction_id', 'cn_incident_id')
# What a payment at a gateway stands for: it can't become another one afterwards.
FROZEN = ('amount', 'payment_method_id', 'pos_order_id', 'uuid')
CLOSED = ('paid', 'done')


class PosPayment(models.Model):
    """A payment line that came into the database, and the attempt that stands behind it."""

    _inherit = 'pos.payment'

    cn_transaction_id = fields.Many2one(
        string="Wallet transaction", comodel_name='payment.transaction', readonly=True, copy=False,
        index='btree_not_null',
    )
    cn_incident_id = fields.Many2one(
        string="Reported as unproven", comodel_name='payment.cn.incident', readonly=True, copy=False,
        help="An accountant was told that no gateway confirmed this payment.",
    )
    cn_receipt = fields.Json(
        string="Receipt of the wallet", compute='_compute_cn_receipt',
        help="What the till prints, also when it prints again.",
    )

    @api.depends('cn_transaction_id.state')
    def _compute_cn_receipt(self):
        for payment in self:
            tx = payment.sudo().cn_transaction_id
            if tx.operation == 'refund':
                payment.cn_receipt = tx._cn_refund_receipt()
            else:  # what a manager took for paid has nothing to show
                payment.cn_receipt = tx.state == 'done' and tx._cn_till_receipt()

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `point_of_sale` to find the attempts of new lines.

        What ties a line to money is found here. It is set to nothing rather than left out: a
        default in the context would take its place.
        """
        nothing = dict.fromkeys(OURS, False)
        payments = super().create([{**vals, **nothing} for vals in vals_list])
        payments._cn_link()
        return payments

    def write(self, vals):
        """Override of `point_of_sale` to find the attempts of lines that were saved unpaid.

        An order may be kept, and another till go on with it.

        :raise UserError: if a payment that was made at a gateway would become another one
        """
        vals = {name: value for name, value in vals.items() if name not in OURS}
        if self.filtered(lambda payment: payment._cn_would_change(vals)):
            self._cn_refuse_change()
        result = super().write(vals)
        if 'amount' in vals:
            # A refund that became smaller: a gateway refused its part. What it consists of is looked
            # up again.
            self.filtered(lambda payment: (
                payment._cn_may_shrink()
            ))._cn_note({'cn_transaction_id': False})
        if vals.keys() & {'payment_status', 'payment_method_id', 'amount'}:
            self._cn_link()
        return result

    def unlink(self):
        """Override of `point_of_sale` to keep the lines whose money is there with their order.

        Where an online payment comes to nothing, `pos_online_payment` removes all lines of the
        order that is being paid; the till goes on with it, and believes that they are there.

        :raise UserError: if the order has been closed with them
        """
        tied = self.filtered(lambda payment: payment.sudo().cn_transaction_id)
        if closed := tied.filtered(lambda payment: payment.pos_order_id.state in CLOSED):
            closed._cn_refuse_change()
        kept = tied.filtered(lambda payment: payment.pos_order_id.state == 'draft')
        return super(PosPayment, self - kept).unlink()

    # === MONEY BEHIND A LINE === #

    def _cn_link(self):
        """Tie lines to what the gateways confirmed; the browser's word is not enough."""
        lines = self._cn_wallet_lines().sudo().filtered(lambda line: not line.cn_transaction_id)
        transactions = self.env['payment.transaction'].sudo()
        for payment in lines:
            live = transactions._cn_till_live(payment.uuid)
            refunds, taken = transactions._cn_refunds_of(payment)
            tx = refunds[:1] or live
            proven = live.state == 'done' or taken
            said = sum(refunds.mapped('amount')) if refunds else live.amount
            same = tx and not payment.currency_id.compare_amounts(said, payment.amount)
            # One that was refused is tied all the same: it may be tried again.
            refused = refunds and not taken and payment.payment_status == 'done'
            tied = proven or refused or live.cn_forced_reason
            if tx and same and tied and payment._cn_is_meant(tx):
                payment._cn_note({
                    'cn_transaction_id': tx.id,
                    'transaction_id': tx.provider_reference or tx.cn_out_trade_no,
                    'payment_ref_no': tx.cn_out_refund_no or tx.cn_out_trade_no,
                    'card_type': tx.payment_method_id.name,
                })
                (refunds or live)._cn_claim()
                if not refused:
                    payment._cn_settle_report()
        self._cn_wallet_lines()._cn_report_unproven()

    def _cn_note(self, vals):
        """Write down what is ours, past our own `write`. From outside nobody can call this."""
        super().write(vals)  # pylint: disable=super-method-mismatch

    def _cn_is_meant(self, tx):
        """Tell whether a transaction was made for this line's order.

        `pos_restaurant` puts an order that a till sends into the one that is open at its table.
        """
        self.ensure_one()
        order = self.pos_order_id
        if tx.cn_till_session_id.company_id != order.company_id:
            return False
        at_table = 'table_id' in order._fields and order.table_id
        named = [('uuid', '=', tx.cn_till_order)]
        return tx.cn_till_order == order.uuid or bool(
            at_table and not self.env['pos.order'].search_count(named, limit=1)
        )

    def _cn_proof(self):
        """Return the transaction of this very line; empty when there is none.

        :rtype: payment.transaction
        """
        self.ensure_one()
        tx = self.sudo().cn_transaction_id
        own = tx.cn_till_line == self.uuid and (
            tx.cn_till_session_id.company_id == self.company_id
        )
        return tx if own else tx.browse()

    def _cn_would_change(self, vals):
        """Tell whether a payment that was made at a gateway would become another one."""
        self.ensure_one()
        if not self.sudo().cn_transaction_id:
            return False
        frozen = FROZEN[1:] if self._cn_may_shrink() else FROZEN
        return any(
            self.currency_id.compare_amounts(vals[name], self.amount) if name == 'amount'
            else self._fields[name].convert_to_write(self[name], self) != vals[name]
            for name in frozen if name in vals
        )

    def _cn_may_shrink(self):
        """Tell whether this is a refund of an open order: a gateway may yet refuse its part of it."""
        self.ensure_one()
        refund = self.sudo().cn_transaction_id.operation == 'refund'
        return refund and self.pos_order_id.state == 'draft'

    def _cn_refuse_change(self):
        raise UserError(_(
            "What was paid with %s can't be changed, moved or removed. Refund it instead.",
            ", ".join(self.sudo().cn_transaction_id.payment_method_id.mapped('name')),
        ))

    def _cn_unproven(self):
        """Return the wallet lines that no gateway confirmed and nobody answered for.

        :rtype: pos.payment
        """
        return self._cn_wallet_lines().filtered(lambda line: (
            not line.currency_id.is_zero(line.amount)
            and (not line.sudo().cn_transaction_id or line._cn_was_refused())
        ))

    def _cn_was_refused(self):
        """Tell whether a gateway refused a refund of this line."""
        self.ensure_one()
        tx = self.sudo().cn_transaction_id
        return tx.operation == 'refund' and 'error' in tx._cn_till_refunds(self.uuid).mapped('state')

    def _cn_wallet_lines(self):
        """Return those of our buttons.

        :rtype: pos.payment
        """
        return self.filtered(lambda line: line.payment_method_id.use_payment_terminal == TERMINAL)

    def _cn_parts(self):
        """Return what this line consists of at the gateways.

        :return: transactions, each with its amount in yuan, negative for refunds; an empty one for
            a line that no gateway confirmed
        :rtype: list[tuple[payment.transaction, float]]
        """
        self.ensure_one()
        tx = self._cn_proof()
        transactions = tx._cn_till_refunds(self.uuid) if tx.operation == 'refund' else tx
        parts = [(one, one.amount) for one in transactions]
        rest = self.currency_id.round(self.amount - sum(transactions.mapped('amount')))
        return parts if parts and not rest else [*parts, (tx.browse(), rest)]

    def _cn_totals(self):
        """Return what came in and went back, for each wallet and gateway.

        Their sum is that of the lines. What no wallet paid is not counted as if one had: lines that a
        manager took for paid have a row of their own, and so have those that nobody answered for.

        :return: rows of `kind` (`paid`, `forced` or `unproven`), `name`, `gateway`, `wallet`, `number`,
            `amount`, `refunds`, `refunded`; yuan
        :rtype: list[dict]
        """
        totals = {}
        for payment in self._cn_wallet_lines():
            for tx, amount in payment._cn_parts():
                kind = payment._cn_kind_of_part(tx)
                gateway = tx.provider_id.name if kind == 'paid' else ''
                wallet = tx.payment_method_id.name if kind == 'paid' else ''
                row = totals.setdefault((kind, gateway, wallet), {
                    'kind': kind, 'gateway': gateway, 'wallet': wallet, 'number': 0, 'amount': 0.0,
                    'refunds': 0, 'refunded': 0.0, 'name': {
                        'paid': ', '.join(dict.fromkeys((wallet, gateway))),
                        'forced': _("Taken for paid by a manager"),
                        'unproven': _("Wallet, not confirmed by a gateway"),
                    }[kind],
                })
                number, total = ('number', 'amount') if amount > 0 else ('refunds', 'refunded')
                row[number] += 1
                row[total] = payment.currency_id.round(row[total] + abs(amount))
        # What nobody confirmed comes last.
        order = ('paid', 'forced', 'unproven')
        return [totals[key] for key in sorted(totals, key=lambda key: (order.index(key[0]), key))]

    def _cn_kind_of_part(self, tx):
        """Return what stands behind a part of this line: see `_cn_totals`.

        :param payment.transaction tx: of the part; may be empty
        :rtype: str
        """
        self.ensure_one()
        if tx.state == 'done' or (tx.operation == 'refund' and tx.state != 'error'):
            return 'paid'
        answered_for = tx.cn_forced_reason or self.sudo().cn_incident_id.till_line == self.uuid
        return 'forced' if answered_for else 'unproven'

    def _cn_report_unproven(self):
        """Tell an accountant, once, of lines of closed orders that no gateway confirmed.

        An order that has no name yet is being stored: its end comes right after.
        """
        for line in self._cn_unproven().sudo():
            order = line.pos_order_id
            if line.cn_incident_id or order.state not in CLOSED or order.name == '/':
                continue
            # A manager took it for paid though there was no attempt: the accountant knows.
            if known := line.env['payment.cn.incident'].search(
                [('till_line', '=', line.uuid), ('kind', '=', 'unproven')], limit=1
            ):
                line._cn_note({'cn_incident_id': known.id})
                continue
            provider = line.payment_method_id._cn_accountable()
            env = provider._cn_in_accountants_language().env if provider else self.env
            message = env._(
                "%(order)s was closed with %(amount)s by wallet, but no gateway confirmed it.",
                order=order.name, amount=line.currency_id.with_env(env).format(line.amount),
            )
            if provider:
                line._cn_note({'cn_incident_id': env['payment.cn.incident'].sudo()._cn_report(
                    'unproven', message, provider=provider,
                ).id})
            else:  # all gateways were removed: nobody is in charge, and the order is stored still
                _logger.warning("%s", message)

    def _cn_settle_report(self):
        """Take off the accountants' list what was confirmed after all."""
        incident = self.cn_incident_id
        others = [('cn_incident_id', '=', incident.id), ('cn_transaction_id', '=', False)]
        if incident.state == 'open' and not self.search_count(others, limit=1):
            tx = self.cn_transaction_id._cn_in_accountants_language()
            incident._cn_settle(tx.env._("The gateway says that %s was paid after all.", tx.reference))
