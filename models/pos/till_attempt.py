# Part of payment_cn_wallets. License LGPL-3.

import dataclasses
from contextlib import nullcontext
from datetime import timedelta

import psycopg2

from odoo import _, api, fields, models
from odoo.exceptions import UserError
from odoo.modules import module

from odoo.addons.payment.logging import get_payment_logger

from ... import const, gateways
from ...gateways import money
from ...gateways.base import ChargeRequest, Operation, Outcome, ReasonKind, RefundResult
from ...tools import throttle

_logger = get_payment_logger(__name__, const.SENSITIVE_KEYS)

# What `payment` copies of the payer: a cashier waits, and partners have a hundred fields.
PAYER = (
    'name', 'parent_id', 'lang', 'email', 'street', 'street2', 'zip', 'city', 'state_id',
    'country_id', 'phone',
)


class PaymentTransaction(models.Model):
    """The till: attempts that are made for a payment line, known by the line's uuid.

    The line itself may still be in the browser only. Of all attempts of a line at most one is
    live, which the database sees to: the others ended without money, or were given up, and what
    those still bring goes back by itself.
    """

    _inherit = 'payment.transaction'

    cn_till_line = fields.Char(
        string="Payment line of the till", readonly=True, copy=False, index='btree_not_null'
    )
    cn_till_order = fields.Char(
        string="Order of the till", readonly=True, copy=False, index='btree_not_null'
    )
    cn_till_reference = fields.Char(string="Till reference", readonly=True, copy=False)
    cn_till_session_id = fields.Many2one(
        string="Till session", comodel_name='pos.session', readonly=True, copy=False,
        index='btree_not_null', ondelete='restrict',
    )
    cn_till_method_id = fields.Many2one(
        string="Till payment method", comodel_name='pos.payment.method', readonly=True, copy=False,
    )
    cn_till_cashier = fields.Char(string="Cashier", readonly=True, copy=False)
    cn_pos_payment_ids = fields.One2many(
        string="Till payments", comodel_name='pos.payment', inverse_name='cn_transaction_id',
        readonly=True,
    )
    cn_reversing = fields.Boolean(
        string="Being undone",
        help="The cashier cancelled, or the payer took too long. What it still brings goes back.",
        readonly=True, copy=False,
    )
    cn_replaced = fields.Boolean(
        string="Replaced at the till", readonly=True, copy=False,
        help="Another code or charge took its place on the screen. Should the customer pay it before"
             " the other one, the payment line takes it.",
    )

    # One payment line, one charge: whatever two tills, two presses or two scans do.
    _cn_till_line_uniq = models.UniqueIndex(
        "(cn_till_line) WHERE cn_till_line IS NOT NULL AND cn_out_trade_no IS NOT NULL"
        " AND cn_given_up IS NOT TRUE AND state IN ('draft', 'pending', 'authorized', 'done')"
    )
    _cn_till_refund_uniq = models.UniqueIndex(
        "(cn_till_line, source_transaction_id)"
        " WHERE cn_till_line IS NOT NULL AND cn_out_refund_no IS NOT NULL"
    )

    # === LINES === #

    @api.model
    def _cn_till_attempts(self, uuid):
        """Return all attempts of a payment line, the newest first."""
        return self.search(
            [('cn_till_line', '=', uuid), ('cn_out_trade_no', '!=', False)], order='id desc'
        )

    @api.model
    def _cn_till_live(self, uuid):
        """Return the attempt of a payment line that can still bring its money, or that did."""
        return self._cn_till_attempts(uuid)._cn_live()

    def _cn_live(self):
        """Return the one of a line's attempts that can still bring its money, or that did."""
        return self.filtered(lambda tx: (
            tx.state in ('draft', 'pending', 'authorized', 'done') and not tx.cn_given_up
        ))[:1]

    @api.model
    def _cn_till_create(self, line, provider, wallet, scene, earlier=0):
        """Write the intent to collect a payment line down.

        :param tools.till_line.TillLine line: what is to be paid
        :param payment.provider provider: through whom
        :param payment.method wallet: with what
        :param str scene: `code` or `qr`
        :param int earlier: how many attempts the line had before
        :return: the attempt; none when somebody else was quicker with this line
        :rtype: payment.transaction
        """
        values = self._cn_attempt_values(line, provider, wallet, scene)
        # As `payment` would number it, without looking for the ones before: a cashier waits.
        reference = f'{line.reference}-{earlier}' if earlier else line.reference
        # Two parts of one order that begin at the same moment find the same reference free.
        for prefix in (reference, f'{line.reference}-{line.uuid[:8]}'):
            try:
                return self._cn_till_insert(prefix, values)
            except psycopg2.errors.UniqueViolation:
                # Committed after this request began, so that it can't be seen yet.
                if not module.current_test:
                    self.env.cr.rollback()
                    self.env.invalidate_all()
                if self._cn_till_live(line.uuid):
                    return self.browse()
        raise UserError(_("Somebody else is charging this order at this moment. Try again."))

    def _cn_till_insert(self, prefix, values):
        provider = self.env['payment.provider'].browse(values['provider_id'])
        self.env.flush_all()  # what this line had before was given up, and makes room
        # A test's transaction can't be begun anew.
        with self.env.cr.savepoint() if module.current_test else nullcontext():
            return self.with_company(provider.company_id).create({
                **values, 'reference': self._compute_reference(provider.code, prefix=prefix),
            }).with_env(self.env)

    @api.model
    def _cn_attempt_values(self, line, provider, wallet, scene):
        """Return what a new attempt of a payment line is made of.

        The charge of a scanned code is on its way as soon as this is committed.

        :rtype: dict
        """
        partner = line.partner or self.env['res.partner'].browse(
            self.env['ir.model.data']._xmlid_to_res_id('base.public_partner')
        )
        partner.fetch(PAYER)
        values = {
            'provider_id': provider.id,
            'company_id': provider.company_id.id,
            'payment_method_id': wallet.id,
            'amount': float(money.to_yuan(line.fen)),
            'currency_id': line.session.config_id.currency_id.id,
            'partner_id': partner.id,
            'operation': 'offline',
            'cn_scene': scene,
            'cn_till_line': line.uuid,
            'cn_till_order': line.order,
            'cn_till_reference': line.reference,
            'cn_till_session_id': line.session.id,
            'cn_till_method_id': line.method.id,
            'cn_till_cashier': line.cashier,
            # Set by the doors of kiosks: no till will close the order.
            'cn_kiosk': bool(self.env.context.get('cn_kiosk')),
        }
        if scene == 'code':
            timings, now = gateways.get(provider.code).timings, fields.Datetime.now()
            values |= {
                'state': 'pending',
                'cn_ordered_at': now,
                'cn_expires_at': now + timedelta(seconds=timings.poll_limit),
                'cn_dead_at': now + timedelta(seconds=timings.dead_after),
                'cn_outcome': Outcome.UNKNOWN.value,
                'cn_next_query_at': now + timedelta(seconds=const.WATCH_SCHEDULE[0]),
            }
        return values

    # === CHARGING A SCANNED CODE === #

    def _cn_till_charge(self, line, code):
        """Charge a payment code, once. The attempt is new; it is committed before the call.

        :param tools.till_line.TillLine line: what this attempt was made for
        :param str code: what was scanned; never stored or logged
        :return: None
        """
        self.ensure_one()
        gateway = self._cn_gateway()
        charge = ChargeRequest(
            out_trade_no=self.cn_out_trade_no,
            amount=line.fen,
            subject=self._cn_subject(),
            document=self._cn_payable().name(),
            auth_code=code,
            wallet=self._cn_wallet(),
            client_ip='127.0.0.1',
            notify_url=self.provider_id.cn_notice_url or '',
            **self._cn_payable().place(),
        )
        self._cn_commit()
        # The pages' questions begin with the first wait, not at once.
        throttle.acquire(self.env.cr.dbname, self._cn_throttle_key(), (0,))
        # Only the gateway's word makes sure that nothing was charged.
        result = self._cn_begin_at_gateway(gateway, gateway.charge, charge, Outcome.UNKNOWN)
        _logger.info(
            "Charge of %(ref)s at %(gateway)s: %(outcome)s",
            {'ref': charge.out_trade_no, 'gateway': gateway.code, 'outcome': result.outcome.value},
        )
        if result.reason and result.reason.kind == ReasonKind.NOT_SENT:
            result = dataclasses.replace(result, outcome=Outcome.REFUSED, closed=True)
        # The till is told by the answer to its request; who else follows the line asks every second.
        self.with_context(cn_till_told=True)._cn_take_in(result)

    # === UNDOING === #

    def _cn_till_undo(self):
        """Note that this attempt is not wanted any more, and begin to undo it.

        :return: None
        """
        self.ensure_one()
        self._cn_lock()
        if self.state not in ('draft', 'pending') or self.cn_reversing or self.cn_forced_reason:
            return  # what a manager took for paid is booked: its money must not go back
        self.write({'cn_reversing': True, 'cn_next_query_at': fields.Datetime.now()})
        self._cn_commit()
        throttle.forget(self.env.cr.dbname, self._cn_throttle_key())
        self._cn_advance_undoing()

    def _cn_advance_undoing(self):
        """Reverse or close the attempt, or, where the gateway can't, ask what became of it.

        Money that is found is sent back: see `payables.till_line`. A reversal may have sent it back
        itself, so where one was sent it is asked about before anything else is (`Undoing.ASKED`).

        :return: whether the gateway was asked
        :rtype: bool
        """
        self.ensure_one()
        if self.cn_forced_reason:
            return self._cn_query(const.UNDO_SCHEDULE)  # an order has it
        if self.cn_scene != 'code':
            return self._cn_close() or self._cn_query(const.UNDO_SCHEDULE)
        gateway = self._cn_gateway()
        asks = self.cn_reversal_sent and gateway.supports(Operation.QUERY_REVERSAL)
        if not (asks or self._cn_can_reverse()) or self._cn_is_of_other_merchant():
            return self._cn_query(const.UNDO_SCHEDULE)
        if not throttle.acquire(
            self.env.cr.dbname, self._cn_throttle_key(), const.UNDO_SCHEDULE
        ):
            return False
        number, gateway_number = self.cn_out_trade_no, self.provider_reference or ''
        reversal_number = self.cn_reversal_number or ''
        self.cn_reversal_sent = True
        self._cn_commit()
        result, can_reverse = None, self._cn_can_reverse()
        if asks:
            result = gateway.query_reversal(
                number, reversal_number=reversal_number, gateway_trade_no=gateway_number
            )
        told = result and (
            result.reversing or result.outcome == Outcome.REFUSED
            or (result.outcome == Outcome.PAID and gateway.reversal_is_certain)
        )
        if not result or (can_reverse and not told):
            # It may never have arrived. Repeating one that did arrive does no harm.
            result = gateway.reverse(number, gateway_trade_no=gateway_number)
        self._cn_take_in(result, self._cn_apply_reversal)
        return True

    def _cn_apply_reversal(self, result):
        """Take in the answer to a reversal: a payer who had paid may have the money back by it."""
        gateway = gateways.get(self.provider_code)
        if result.outcome == Outcome.PAID and not result.reversing and gateway.reversal_is_certain:
            self.cn_reversal_sent = False  # the shop has the money, and nothing is under way
        self._cn_apply(result)
        # A reversal gives all of it back; of a part, somebody in the gateway's console did.
        if not result.refunded or result.refunded_amount not in (None, self._cn_fen()):
            return
        self.cn_reversal_refunded = True
        # "Paid" came a moment before, and the money was about to be sent back.
        for refund in self.child_transaction_ids:
            if refund.cn_out_refund_no == self._cn_return_number() and refund.state != 'done':
                refund._cn_apply_refund(RefundResult(Outcome.PAID))

    def _cn_till_wake(self):
        """Tell the tills of this session to ask.

        Guests who order with their phones hear it, too: nothing is said of whose payment it is.
        """
        if not self.env.context.get('cn_till_told'):
            self.cn_till_session_id.config_id.sudo()._notify('CN_WALLETS', {})

    # === ACTIONS OF THE TILL === #

    @api.model
    def _cn_till_route(self, line, wallet, scene):
        """Return the provider through which this till takes a wallet.

        :raise UserError: if none of its gateways does
        """
        provider = line.method._cn_provider(wallet, scene)
        if not provider:
            raise UserError(_("This till does not take %s.", wallet.name))
        return provider
