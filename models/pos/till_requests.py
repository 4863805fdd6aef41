# Part of payment_cn_wallets. License LGPL-3.

from odoo import _, fields, models
from odoo.exceptions import UserError

from ... import const
from ...gateways import transport
from ...tools import throttle, till_line


class PosPaymentMethod(models.Model):
    """What a till may ask the server to do for a payment line.

    Each request is repeated by the till until it is answered: it must be idempotent.
    """

    _inherit = 'pos.payment.method'

    def _cn_line(self, values, positive=False):
        """Check the caller and return the payment line that the till names.

        :param bool positive: whether it must be money that comes in
        """
        self.ensure_one()
        self.check_access('read')
        if not self.env.user.has_group('point_of_sale.group_pos_user'):
            raise UserError(_("Only cashiers can take payments."))
        method = self.sudo()
        method.fetch(['name', 'active', 'use_payment_terminal'])
        if method.use_payment_terminal != const.TERMINAL:
            raise UserError(_("%s is no button for wallets.", method.name))
        line = till_line.read(method, values)
        if positive and line.fen < 0:
            raise UserError(_("This line gives money back. Press the button to refund it."))
        if positive and not line.fen:
            raise UserError(_("There is nothing to pay."))
        return line

    def _cn_check_order(self, line):
        """Take no money for an order that another till or an online payment has closed already.

        :raise UserError: if the line is not of what it was closed with
        """
        order = self.env['payment.transaction']._cn_ended_order(
            line.uuid, line.order, line.session
        )
        if order.state == 'cancel':
            raise UserError(_("This order was cancelled."))
        if order:
            raise UserError(_(
                "This order has been paid already, at another till or online. Nothing more is charged."
            ))

    def cn_charge(self, values, code):
        """Charge the payment code that a cashier scanned.

        :param dict values: the payment line, see `tools.till_line`
        :param str code: what the scanner read
        :return: see `payment.transaction._cn_till_status`
        :rtype: dict
        """
        line = self._cn_line(values, positive=True)
        transactions = self.env['payment.transaction'].sudo()
        attempts = self._cn_attempts(line)
        live = attempts._cn_live()
        if live and (live.state == 'done' or live.cn_scene == 'code'):
            return transactions._cn_till_status(line.uuid)  # scanned twice
        self._cn_check_order(line)
        ranges = self.env['payment.cn.code.range'].sudo()
        wallet = ranges._cn_recognise(code)
        provider = line.method._cn_provider(wallet, 'code')
        if not provider:
            # The next best of the ranges may be of a wallet that is taken here.
            wallet = ranges._cn_recognise(code, line.method._cn_wallets('code'))
            provider = line.method._cn_provider(wallet, 'code')
        if not provider:
            return transactions._cn_till_status(line.uuid, _(
                "This is no payment code of a wallet that this till takes. Ask the customer to open"
                " the payment code in the wallet."
            ))
        if live:
            # Its code was on the screen: should it be paid before this charge is, the line takes it.
            live._cn_give_up(replaced=True)
        tx = transactions._cn_till_create(line, provider, wallet, 'code', earlier=len(attempts))
        if tx:
            tx._cn_till_charge(line, code)
        return transactions._cn_till_status(line.uuid)

    def cn_show(self, values, wallet_code, renew=False):
        """Have a code made for the customer to scan.

        :param str wallet_code: code of the `payment.method`
        :param bool renew: whether a new code takes the place of one that is still good
        """
        line = self._cn_line(values, positive=True)
        transactions = self.env['payment.transaction'].sudo()
        wallet = line.method._cn_wallets('qr').filtered(lambda one: one.code == wallet_code)
        provider = transactions._cn_till_route(line, wallet[:1], 'qr')
        attempts = self._cn_attempts(line)
        live = attempts._cn_live()
        if live.state != 'done':
            self._cn_check_order(line)
        if live:
            good = (
                live.cn_scene != 'qr' or live.state == 'done'
                or (not renew and live.payment_method_id == wallet
                    and live._cn_fen() == line.fen and live._cn_till_phase() == 'qr')
            )
            if good:
                return transactions._cn_till_status(line.uuid)
            # A customer who has scanned it may pay it before the new one: the line takes it then.
            live._cn_give_up(replaced=True)
        tx = transactions._cn_till_create(line, provider, wallet, 'qr', earlier=len(attempts))
        if tx:
            tx._cn_commit()
            tx._cn_place_order('127.0.0.1')
        return transactions._cn_till_status(line.uuid)

    def cn_status(self, values, ask=False):
        """Tell how a payment line stands; have the gateway asked when that is due.

        :param bool ask: False for what is known already
        """
        line = self._cn_line(values)
        transactions = self.env['payment.transaction'].sudo()
        if line.fen < 0:
            return self._cn_status_of_refund(line, ask)
        attempts = self._cn_attempts(line)
        live = attempts._cn_live()
        if ask and live.state != 'done':
            with transport.within(const.STATUS_PATIENCE):
                for old in attempts.filtered(lambda tx: tx.cn_replaced and tx.state == 'draft'):
                    old._cn_query(old._cn_till_schedule())
            live = attempts._cn_live()
        if ask and live.state in ('draft', 'pending') and live.cn_ordered_at:
            late = live.cn_scene == 'code' and live.cn_expires_at <= fields.Datetime.now()
            with transport.within(const.STATUS_PATIENCE):
                if late and not live.cn_reversing:
                    live._cn_till_undo()
                elif live.cn_reversing:
                    live._cn_advance_undoing()
                else:
                    live._cn_query(live._cn_till_schedule())
        elif ask and live.state == 'done' and not live.cn_payer_told:
            with transport.within(const.STATUS_PATIENCE):
                live._cn_query()  # the receipt is waiting
        return transactions._cn_till_status(line.uuid)

    def cn_cancel(self, values):
        """Undo what is under way for a payment line: the cashier pressed cancel.

        A refund can't be undone: its line stays until it is known what became of it.
        """
        line = self._cn_line(values)
        if line.fen < 0:
            return self._cn_status_of_refund(line, ask=False)
        transactions = self.env['payment.transaction'].sudo()
        attempts = self._cn_attempts(line)
        live = attempts._cn_live()
        # What an earlier code brings is not wanted any more either.
        attempts.filtered('cn_replaced').cn_replaced = False
        with transport.within(const.CANCEL_PATIENCE):
            if live.cn_scene == 'qr' and live.state == 'draft' and not live.cn_forced_reason:
                live._cn_give_up()
                live._cn_close()
            elif live:
                live._cn_till_undo()
        return transactions._cn_till_status(line.uuid)

    def cn_hand_over(self, values, gone=False):
        """Let go of a doubtful attempt: it is undone without the till, which goes on.

        :param bool gone: the line has been removed, so that it can't have the money any more
        """
        line = self._cn_line(values)
        if line.fen < 0:
            return self._cn_status_of_refund(line, ask=False)
        transactions = self.env['payment.transaction'].sudo()
        live = self._cn_attempts(line)._cn_live()
        if gone:
            # What was refused may turn out paid as long as the gateway lets it be paid.
            attempts = self._cn_attempts(line)
            attempts.filtered(lambda tx: tx.state in ('cancel', 'error')).cn_given_up = True
            attempts.filtered('cn_replaced').cn_replaced = False  # no line is left to take what another code brings
            if live.state == 'done':
                live._cn_lock()  # at this moment its order may come, see `_cn_claim`
                if not live.cn_pos_payment_ids:
                    live._cn_drop_line()
        live._cn_let_go()
        return transactions._cn_till_status(line.uuid)

    def cn_force(self, values, reason, pin='', manager=0):
        """Take a line for paid although no gateway says so. The gateway is asked first.

        :param str reason: why; an accountant reads it
        :param str pin: of the manager, or the bar code of the badge (`pos_hr`)
        :param int manager: the employee who does; the one at the till, `employee` in the values, when 0
        :raise UserError: for anybody but a manager, and without a reason
        """
        line = self._cn_line(values, positive=True)
        transactions = self.env['payment.transaction'].sudo()
        live = self._cn_attempts(line)._cn_live()
        if live.state in ('draft', 'pending') and live.cn_ordered_at:
            # Though somebody asked just now: the last word before nobody's word is the gateway's.
            throttle.forget(self.env.cr.dbname, live._cn_throttle_key())
            with transport.within(const.CANCEL_PATIENCE):
                live._cn_query()
        status = transactions._cn_till_status(line.uuid)
        if status['phase'] == 'paid':
            return status
        manager = line.session._cn_manager(values.get('employee'), pin, manager)
        if not manager:
            raise UserError(_(
                "No gateway says that this was paid. Only a manager can take it for paid."
            ))
        reason = ' '.join(str(reason or '').split())[:500]
        if len(reason) < 3:
            raise UserError(_("Say why this is to be taken for paid."))
        if not live:  # handed over: what is still under way is undone
            live = self._cn_attempts(line).filtered(
                lambda tx: tx.state in ('draft', 'pending') and tx.cn_scene == 'code'
            )[:1]
        if live:
            # Another till may begin to undo it at this moment: one of the two begins anew, and
            # sees the other.
            live._cn_lock()
        if live.cn_reversing or live.cn_given_up:
            raise UserError(_(
                "This payment is being undone: its money goes back. Scan again, or take other"
                " money."
            ))
        provider = live.provider_id or line.method._cn_accountable()
        if not provider:
            raise UserError(_("Choose at least one gateway for %s.", line.method.name))
        transactions._cn_report_forced(line, live, provider, manager, reason)
        return {**status, 'phase': 'forced', 'message': ''}

    def cn_refund(self, values, refunded_order):
        """Give money back to the wallet that paid.

        :param dict values: the refund order's payment line; its amount is negative
        :param str refunded_order: uuid of the order that was paid
        """
        line = self._cn_line(values)
        if line.fen >= 0:
            raise UserError(_("This line takes money. Scan a code or show one."))
        transactions = self.env['payment.transaction'].sudo()
        order = self.env['pos.order'].sudo().search([
            ('uuid', '=', str(refunded_order)), ('company_id', '=', line.session.company_id.id),
        ], limit=1)
        known = transactions._cn_till_refunds(line.uuid)
        self._cn_check_owner(line, known)
        if not known:
            self._cn_check_refund_order(line, order)
        transactions._cn_till_refund(line, order)
        return transactions._cn_refund_status(line.uuid)

    def _cn_status_of_refund(self, line, ask):
        transactions = self.env['payment.transaction'].sudo()
        refunds = transactions._cn_till_refunds(line.uuid)
        self._cn_check_owner(line, refunds)
        if ask:
            with transport.within(const.STATUS_PATIENCE):
                for refund in refunds:
                    if refund.state == 'pending' and refund.cn_outcome != 'waiting':
                        refund._cn_advance_refund()
        return transactions._cn_refund_status(line.uuid)

    # === WHOSE A LINE IS === #

    def _cn_attempts(self, line):
        """Return all attempts of a payment line, the newest first.

        :param tools.till_line.TillLine line: as the till names it
        :rtype: payment.transaction
        :raise UserError: if they were made for another order
        """
        attempts = self.env['payment.transaction'].sudo()._cn_till_attempts(line.uuid)
        self._cn_check_owner(line, attempts)
        return attempts

    def _cn_check_owner(self, line, transactions):
        """Refuse a line that comes with an order that is not its own.

        An order may be finished by another till than the one that began; it is the same order then.

        :param payment.transaction transactions: of the line
        :raise UserError: if the order is forged, or another company's
        """
        session = line.session
        strangers = transactions.filtered(lambda tx: tx.cn_till_order != line.order or (
            tx.cn_till_session_id != session
            and tx.cn_till_session_id.sudo().company_id != session.company_id
        ))
        if strangers and not self._cn_is_moved(line):
            raise UserError(_("This payment line belongs to another order."))

    def _cn_is_moved(self, line):
        """Tell whether the line's order took it from the one that it was begun in.

        `pos_restaurant` puts an order that a till sends into the one that is open at its table.
        """
        order = self.env['pos.order'].sudo().search([
            ('uuid', '=', line.order), ('company_id', '=', line.session.company_id.id),
        ], limit=1)
        at_table = 'table_id' in order._fields and order.table_id
        return line.uuid in order.payment_ids.mapped('uuid') or bool(at_table)

    def _cn_check_refund_order(self, line, order):
        """Give money back by an order that says so only: it is in the books, and names its cashier.

        The till stores it first.

        :param tools.till_line.TillLine line: its amount is negative
        :param pos.order order: what was paid
        :raise UserError: if there is no such refund order, or if it gives less back
        """
        refund = self.env['pos.order'].sudo().search([
            ('uuid', '=', line.order), ('company_id', '=', line.session.company_id.id),
            ('state', '=', 'draft'),
        ], limit=1)
        configs = line.session.config_id | line.session.config_id.trusted_config_ids
        made = self.env['payment.transaction'].sudo().search([
            ('cn_till_order', '=', line.order), ('operation', '=', 'refund'), ('state', '!=', 'error'),
        ])
        given = -line.fen / 100 - sum(made.mapped('amount'))
        if not (
            order and order in refund.lines.refunded_orderline_id.order_id
            and refund.config_id in configs
            and refund.currency_id.compare_amounts(given, -refund.amount_total) <= 0
        ):
            raise UserError(_(
                "Only a refund order gives money back, and no more than it says. Choose the order,"
                " press Refund, then the button."
            ))
