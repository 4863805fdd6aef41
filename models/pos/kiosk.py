# Part of payment_cn_wallets. License LGPL-3.

from datetime import timedelta
from uuid import UUID, uuid5

from odoo import _, api, fields, models
from odoo.exceptions import UserError

from ...const import TERMINAL
from ...gateways import money
from ...tools import reasons

# Names the one payment line of a kiosk's order; any fixed UUID would do.
LINES = UUID('6d1f5f0c-8a0e-4f27-9a3e-0c6f2f5b7d10')

# What a kiosk's customers never need. Whoever holds the kiosk's address must not flood the gateway
# with orders, nor try out payment codes of strangers.
RATE_MINUTES = 10
MOST_ATTEMPTS = 120  # of a kiosk in so many minutes
MOST_CODES = 30  # for one order: each look at another wallet's code is one
MOST_SCANS = 8  # for one order


class PosConfig(models.Model):
    """Kiosks of `pos_self_order`, which need not be installed."""

    _inherit = 'pos.config'

    def _cn_is_kiosk(self):
        """Tell whether customers order and pay here by themselves."""
        return 'self_ordering_mode' in self._fields and self.self_ordering_mode == 'kiosk'

    def _register_hook(self):
        """Add our terminal to those that a kiosk knows.

        `pos_self_order` names its terminals in a method that calls nobody else's. An override of
        it would be lost where that module is loaded after this one (as in the process that
        installs it), and would break where it is missing: so the method is extended once all
        models are there.
        """
        super()._register_hook()
        model = self.env.registry[self._name]
        theirs = getattr(model, '_supported_kiosk_payment_terminal', None)
        if theirs is None or getattr(theirs, 'cn_extends', None):
            return

        def _supported_kiosk_payment_terminal(self):
            return [*theirs(self), TERMINAL]

        _supported_kiosk_payment_terminal.cn_extends = True
        model._supported_kiosk_payment_terminal = _supported_kiosk_payment_terminal

    def _unregister_hook(self):
        """Take the extension back: the models are about to be put together anew."""
        super()._unregister_hook()
        model = self.env.registry[self._name]
        ours = vars(model).get('_supported_kiosk_payment_terminal')
        if getattr(ours, 'cn_extends', None):
            del model._supported_kiosk_payment_terminal


class PosPaymentMethod(models.Model):
    """The button on a kiosk, and what its customers may ask the server to do."""

    _inherit = 'pos.payment.method'

    @api.model
    def _load_pos_self_data_search_read(self, data, config):
        """Override of `pos_self_order` to offer the wallets on kiosks.

        That module defines this method in a mixin below all classes of this model, so this one
        comes first whichever module is loaded first. (`_load_pos_self_data_domain`, which Odoo's
        terminals override, is defined beside us: ours would be lost where we are loaded first.)
        """
        found = super()._load_pos_self_data_search_read(data, config)
        if not config._cn_is_kiosk():
            return found
        ours = config.payment_method_ids.filtered(
            lambda method: method.use_payment_terminal == TERMINAL and method._cn_wallets('qr')
        )
        return [*found, *self._load_pos_self_data_read(ours, config)]

    def _cn_at_kiosk(self, order, action, *arguments):
        """Do what a kiosk's customer asks for. The caller has checked that the order is theirs.

        :param pos.order order: the kiosk's order; what is to be paid is read from it
        :param str action: `show`, `charge`, `status`, `cancel` or `hand_over`, as of a till
        :param arguments: what the till's action takes
        :return: see `payment.transaction._cn_till_status`; besides, `order` has the order's records
            once it is closed, and `taken` is set while it is paid and not closed yet
        :rtype: dict
        :raise UserError: if the order can't be paid here
        """
        self.ensure_one()
        order = order.sudo()
        cancelled = order.state == 'cancel'
        if cancelled and action in ('show', 'charge'):
            raise UserError(_("This order was cancelled."))
        line = order._cn_kiosk_line(self)
        if order.state != 'draft' and not cancelled:
            return {'line': line['uuid'], 'phase': 'paid', 'message': '', 'open': 0,
                    'amount': line['amount'], 'order': order._cn_kiosk_records()}
        if action in ('show', 'charge'):
            order._cn_check_kiosk_order(line['uuid'])
        transactions = self.env['payment.transaction'].sudo()
        if action == 'hand_over':
            # Perhaps it was paid a second ago. However lately somebody asked: this is the last time.
            live = transactions._cn_till_live(line['uuid'])
            if live.cn_scene == 'qr' and live.state == 'draft':
                live._cn_query((0,))
        status = getattr(self.with_context(cn_kiosk=True), f'cn_{action}')(line, *arguments)
        tx = transactions._cn_till_live(line['uuid'])
        if status['phase'] != 'paid':
            return {**status, 'message': order._cn_kiosk_sentence(status)}
        tx._post_process()
        if order.state == 'draft':
            return {**status, 'phase': 'unknown', 'taken': True, 'message': '', 'ask_in': 0}
        return {**status, 'order': order._cn_kiosk_records()}


class PosOrder(models.Model):
    """An order that is paid without a cashier."""

    _inherit = 'pos.order'

    def _cn_due(self):
        """Return what is still to be paid of an order in the database, yuan.

        :rtype: float
        """
        self.ensure_one()
        paid = sum(self.payment_ids.mapped('amount'))
        return self.currency_id.round(self._get_rounded_amount(self.amount_total) - paid)

    def _cn_kiosk_line(self, method):
        """Return the payment line of a kiosk's order, as a till would name it.

        An order has one for each button, always the same: reloaded, pressed twice or open on two
        screens, it is one charge.

        :param pos.payment.method method: the button
        :rtype: dict
        """
        self.ensure_one()
        uuid = str(uuid5(LINES, f'{self.uuid}/{method.id}'))
        live = self.env['payment.transaction'].sudo()._cn_till_live(uuid)
        due = self._cn_due()
        amount = due if self.currency_id.compare_amounts(due, 0) > 0 else live.amount
        return {
            'uuid': uuid,
            'order': self.uuid,
            'reference': self.tracking_number or self.pos_reference or '',
            'amount': f'{money.to_yuan(money.fen_from_float(amount)):.2f}',
            'session': self.session_id.id,
            'partner': self.partner_id.id or 0,
            'cashier': 'kiosk',
        }

    def _cn_foreign_lines(self):
        """Return the payment lines of which no gateway knows: ours, or that of an online payment.

        :rtype: pos.payment
        """
        self.ensure_one()
        foreign = self.payment_ids.filtered(lambda line: not line._cn_proof())
        if 'online_account_payment_id' in foreign._fields:
            foreign = foreign.filtered(lambda line: (
                line.online_account_payment_id.sudo().pos_order_id != self
            ))
        return foreign

    def _cn_check_kiosk_order(self, uuid):
        """Refuse orders that say that somebody else's money is in them, and floods.

        :param str uuid: of the payment line
        :raise UserError: with what the customer can do
        """
        self.ensure_one()
        # Only what came through a gateway lowers what is to be paid.
        if self._cn_foreign_lines():
            raise UserError(_("This order can't be paid here. Please ask our staff."))
        transactions = self.env['payment.transaction'].sudo()
        since = fields.Datetime.now() - timedelta(minutes=RATE_MINUTES)
        lately = transactions.search_count([
            ('cn_kiosk', '=', True), ('create_date', '>', since),
            ('cn_till_session_id.config_id', '=', self.config_id.id),
        ], limit=MOST_ATTEMPTS)
        attempts = transactions._cn_till_attempts(uuid)
        scans = attempts.filtered(lambda tx: tx.cn_scene == 'code')
        if lately >= MOST_ATTEMPTS or len(attempts) >= MOST_CODES or len(scans) >= MOST_SCANS:
            raise UserError(_("That was tried too often. Please ask our staff."))

    def _cn_kiosk_sentence(self, status):
        """Return what a customer reads; the till's sentences are for cashiers."""
        if status['phase'] != 'refused':
            return ''
        tx = self.env['payment.transaction'].sudo()._cn_till_attempts(status['line'])[:1]
        return reasons.explain_to_payer(self.env, tx.cn_reason_kind)

    def _cn_kiosk_records(self):
        """Return the order as a kiosk's browser keeps it.

        :rtype: dict
        """
        self.ensure_one()
        config = self.config_id
        return {
            records._name: records._load_pos_self_data_read(records, config)
            for records in (self, self.lines, self.payment_ids)
        }
