# Part of payment_cn_wallets. License LGPL-3.

from datetime import timedelta

from odoo import _, api, fields, models
from odoo.tools import ormcache

from odoo.addons.payment.logging import get_payment_logger

from ... import const, gateways
from ...gateways import money
from ...gateways.base import Operation, Outcome, ReasonKind
from ...tools import reasons, throttle
from ..payables import payable_of
from .decision import Action, Facts, News, Stage, Undoing, decide, kept_of, want_of

_logger = get_payment_logger(__name__, const.SENSITIVE_KEYS)

UNPAID_FOR_GOOD = {ReasonKind.CANCELLED, ReasonKind.EXPIRED}


class PaymentTransaction(models.Model):
    """The executor: what was decided about the money of an attempt is done here and nowhere else."""

    _inherit = 'payment.transaction'

    cn_verdict = fields.Selection(
        string="What became of the money",
        selection=[
            ('kept', "Kept"),
            ('part', "Kept in part"),
            ('held', "Held: too little"),
            ('returned', "Sent back"),
        ],
        readonly=True, copy=False,
    )
    cn_held_until = fields.Datetime(
        string="Held until", readonly=True, copy=False,
        help="The money did not suffice. If the rest has not come by then, it goes back by itself.",
    )
    cn_reversal_sent = fields.Boolean(
        string="Reversal sent", readonly=True, copy=False,
        help="The gateway was asked to undo the charge. If it was paid, that may send the money back.",
    )
    cn_reversal_number = fields.Char(
        string="Reversal's number", readonly=True, copy=False,
        help="Of the reversal at the gateway, where it has one of its own.",
    )
    cn_reversal_refunded = fields.Boolean(
        string="Sent back by the reversal", readonly=True, copy=False,
        help="The payer had paid when the gateway undid the charge, and has the money back.",
    )
    cn_settled_amount = fields.Monetary(
        string="Received or given back", currency_field='currency_id', store=True,
        compute='_compute_cn_settled_amount',
        help="What was not confirmed by a gateway is nothing: sums of this are sums of money.",
    )

    # === COUNTING === #

    @api.depends('state', 'amount')
    def _compute_cn_settled_amount(self):
        for tx in self:
            tx.cn_settled_amount = tx.amount if tx.state == 'done' else 0

    def _cn_kept(self):
        """Return what stays of a payment of any provider, in its currency; 0 until it is confirmed.

        Money that went back, or is on its way back, counts nowhere.

        :rtype: float
        """
        self.ensure_one()
        if self.state not in ('done', 'authorized') or self.operation in ('refund', 'validation'):
            return 0.0
        if self.cn_is_attempt:
            back = self.cn_refund_reserved
        else:  # Odoo's other providers tie refunds to what was paid, and count them nowhere
            back = -sum(self.child_transaction_ids.filtered(
                lambda tx: tx.operation == 'refund' and tx.state == 'done'
            ).mapped('amount'))
        return max(0.0, self.currency_id.round(self.amount - back))

    def _cn_kept_fen(self):
        """Return what stays of a payment, fen.

        :rtype: int
        """
        return money.fen_from_float(self._cn_kept())

    # === DECIDING === #

    def _cn_payable(self):
        """Return what the attempt pays.

        :rtype: models.payables.Payable
        """
        self.ensure_one()
        return payable_of(self)

    def _cn_apply(self, result):
        """Take in what the gateway said about the attempt: the only way to a new state.

        Repeating it, in whatever order, changes nothing more.

        :param gateways.base.PaymentResult result: verified answer or notice
        :return: None
        """
        self._cn_lock()
        self = self._cn_in_accountants_language()  # noqa: PLW0642  (texts made below are for them)
        news, left = self._cn_news(result)
        payable = self._cn_payable()
        if news in (News.PAID, News.PART_LEFT) and self._cn_stage() != Stage.BOOKED:
            payable.lock()
        self._cn_decide(payable, news, left, result)

    def _cn_decide(self, payable, news, left=0, result=None, stage=None):
        """Look the decision up and do it.

        :param Payable payable: what the attempt pays
        :param News news: what was said
        :param int left: what was sent back past this database, fen
        :param PaymentResult result: what the gateway said; None when the documents changed
        :param Stage stage: what this database has of the attempt, where it is not what its state says
        :return: the decision
        :rtype: Decision
        """
        stage, due, there = stage or self._cn_stage(), None, self._cn_fen() - left
        facts = Facts(
            news=news, stage=stage, undoing=self._cn_undoing(),
            given_up=stage == Stage.OVER or bool(self.cn_given_up),
            overdue=bool(self.cn_held_until and self.cn_held_until <= fields.Datetime.now()),
        )
        if stage == Stage.HELD:
            there = self._cn_kept_fen()
        if news in (News.PAID, News.PART_LEFT) and stage != Stage.BOOKED and (
            facts.undoing == Undoing.NO
        ):
            due = payable.due()
            if due is not None and not payable.takes_part and (due < there or left):
                due = 0
            facts = Facts(**{**vars(facts), 'want': want_of(
                there, due, due is None or payable.serves(min(there, due))
            )})
        decision = decide(facts)
        if decision.action not in (Action.WAIT, Action.NOTE, Action.IGNORE):
            _logger.info("%s: %s, %s", self.reference, decision.row, decision.action.value)
        self._cn_execute(decision, payable, due, there, left, result)
        return decision

    def _cn_stage(self):
        if self.state == 'done':
            return Stage.HELD if self.cn_verdict == 'held' else Stage.BOOKED
        return Stage.OVER if self.state in ('cancel', 'error') else Stage.OPEN

    def _cn_undoing(self):
        """Return whether a reversal may have sent the money back, or has."""
        if self.cn_reversal_refunded:
            return Undoing.SENT_BACK
        asked = self.cn_reversal_sent and (
            self._cn_can_reverse()
            or gateways.get(self.provider_code).supports(Operation.QUERY_REVERSAL)
        )
        return Undoing.ASKED if asked else Undoing.NO

    def _cn_news(self, result):
        """Return what an answer says, and what was sent back past this database.

        :rtype: tuple[News, int]
        """
        if result.outcome in (Outcome.WAITING, Outcome.UNKNOWN):
            return News(result.outcome.value), 0
        total, ours = self._cn_fen(), money.fen_from_float(self.cn_refund_reserved)
        left = 0
        if result.refunded:
            left = result.refunded_amount
            if left is None and result.outcome == Outcome.REFUSED:
                left = total  # closed, since all of it went back
            if left is None:
                return (News.PAID if ours else News.SOME_LEFT), 0
            left = min(left, total) - ours
        if left > 0:
            return (News.ALL_LEFT if left + ours >= total else News.PART_LEFT), left
        if result.outcome == Outcome.REFUSED:
            # Some gateways call a payment closed once it has been refunded.
            return (News.PAID if result.refunded or (ours and self.state == 'done') else News.REFUSED), 0
        return (News.PAID if result.amount == total else News.OTHER_AMOUNT), 0

    # === DOING === #

    def _cn_execute(self, decision, payable, due, there, left, result):
        """Do what was decided."""
        action, stage = decision.action, self._cn_stage()
        if not self.env.context.get('cn_till_told'):  # the first word: nobody was told anything before
            self._cn_settle_incidents(decision, bool(result) and result.outcome == Outcome.WAITING)
        if action in (Action.KEEP_ALL, Action.KEEP_DUE, Action.HOLD, Action.RETURN_ALL):
            late = stage == Stage.OVER or self.cn_given_up
            self._cn_take_money(action, payable, kept_of(action, there, due), left, result)
            if decision.tell == 'late' and late and payable.tells_late():
                self._cn_report_late()
        elif action == Action.WAIT:
            if stage == Stage.OPEN and result:
                self._cn_note(result)
        elif action == Action.NOTE:
            if stage in (Stage.BOOKED, Stage.HELD):
                self._cn_note(result, extra={'cn_outcome': Outcome.PAID.value})
            else:
                self._cn_note(result, extra={'cn_next_query_at': self._cn_asked_again_at(result)})
        elif action == Action.END:
            self._cn_end(decision, payable, result)
        elif action == Action.ASK_REVERSAL:
            self._cn_note(result, extra={'cn_next_query_at': fields.Datetime.now()})
            throttle.forget(self.env.cr.dbname, self._cn_throttle_key())
        elif action == Action.FOLLOW:
            self._cn_follow_left(left)
        elif action == Action.REPORT:
            self._cn_report(decision, result)

    def _cn_take_money(self, action, payable, kept, left, result):
        """Note that the money is there, and what becomes of it.

        :param int kept: how much stays, fen
        :param int left: what the gateway's console sent back before, fen
        """
        values = {'cn_held_until': False, 'cn_verdict': {
            Action.KEEP_ALL: 'part' if left or self.cn_refund_reserved else 'kept',
            Action.KEEP_DUE: 'part', Action.HOLD: 'held', Action.RETURN_ALL: 'returned',
        }[action]}
        if action == Action.HOLD:
            now = fields.Datetime.now()
            values['cn_held_until'] = now + timedelta(days=self.provider_id.sudo().cn_hold_days)
            values['cn_next_query_at'] = self._cn_look_again_at(values['cn_held_until'])
        was_held = self.cn_verdict == 'held'
        is_news = was_held or self.state != 'done'
        if self.state == 'done':
            self.write(values)
        else:
            # Whoever is told nothing of a coupon must not take the whole amount for one.
            values |= self._cn_news_of(result, {
                'cn_next_query_at': values.get('cn_next_query_at', False),
                'cn_payer_amount': self.cn_payer_amount or self.amount,
            })
            # State, answer and verdict are one write: between them the record would make no sense.
            self.with_context(cn_with_state=values)._set_done(extra_allowed_states=('cancel',))
            throttle.forget(self.env.cr.dbname, self._cn_throttle_key())
            self._cn_note_missing_numbers()
        if left:
            # Who hears that the rest does not suffice, or goes back, hears of this with it.
            self._cn_follow_left(left, tell=action == Action.KEEP_ALL)
        if action == Action.RETURN_ALL:
            payable.let_go()
        else:
            payable.take()
        back = self._cn_kept_fen() - kept
        if back:
            self._cn_return(back)
        if action == Action.RETURN_ALL:
            payable.returned()
        elif action == Action.HOLD:
            self._cn_report_held(payable)
        if was_held and action != Action.HOLD:
            self.is_post_processed = False
            self._cn_close_incidents(('held',), _("What was held for %s is settled.", payable.name()))
        payable.changed()
        if is_news and action in (Action.KEEP_ALL, Action.KEEP_DUE):
            self._cn_announce('kept', kept)
        self._cn_trigger_follow_up()

    def _cn_announce(self, event, fen):
        """Tell the merchant's own systems what became of money, where one of them listens."""
        if event in self._cn_heard(self.company_id.id):
            self.env['payment.cn.webhook.message'].sudo()._cn_put(self, event, fen)

    @api.model
    @ormcache('company_id')
    def _cn_heard(self, company_id):
        """Return which events some system of a company listens to. Remembered: mostly none does."""
        hooks = self.env['payment.cn.webhook'].sudo().search([('company_id', '=', company_id)])
        return frozenset(event for event in ('kept', 'returned') if any(hooks.mapped(f'sends_{event}')))

    def _cn_look_again_at(self, end):
        """Return when held money is looked at again, should nobody do it before."""
        soon = fields.Datetime.now() + timedelta(seconds=const.HELD_CHECK_SECONDS)
        return min(soon, end)

    def _cn_reconsider(self):
        """Look again at money that no document has for good.

        Held money: its documents may have changed, or its time may be over. Money of a till's or a
        kiosk's line: the line may have been removed, or its order paid in another way.

        :return: None
        """
        self.ensure_one()
        self = self._cn_in_accountants_language()  # noqa: PLW0642  (texts made below are for them)
        payable = self._cn_payable()
        payable.lock()
        self._cn_lock()
        if self.state != 'done' or self.cn_verdict == 'returned':
            return
        if self.cn_verdict == 'held':
            self.cn_next_query_at = self._cn_look_again_at(self.cn_held_until)
        self._cn_decide(payable, News.PAID, stage=Stage.HELD)

    def _cn_end(self, decision, payable, result):
        """Note that the attempt holds no money."""
        self._cn_note(result, extra={
            'cn_outcome': Outcome.REFUSED.value,
            'cn_next_query_at': self._cn_asked_again_at(result),
            'cn_reversal_refunded': self.cn_reversal_refunded or decision.row == 'reversed',
            # It is certain that no reversal is under way any more.
            'cn_reversal_sent': self.cn_reversal_sent and not result.closed,
        })
        if self.state not in ('cancel', 'error'):
            message = reasons.explain(self.env, result.reason) if result.reason else ''
            if result.closed or result.refunded or (
                result.reason and result.reason.kind in UNPAID_FOR_GOOD
            ):
                self._set_canceled(state_message=message)
            else:
                self._set_error(message)
        payable.changed()

    def _cn_asked_again_at(self, result):
        """A wallet's word may be overtaken by a late payment: ask once more when nobody can pay."""
        still_payable = (
            not result.closed and self.cn_dead_at and self.cn_dead_at > fields.Datetime.now()
        )
        return self.cn_dead_at if still_payable else False

    def _cn_trigger_follow_up(self):
        """Have the order confirmed, the invoice made and the payment posted at once, elsewhere.

        Nothing follows a payment that a till closes and its session books.
        """
        if self._cn_payable().is_closed_by_till():
            self._post_process()
            return
        cron = self.env.ref('payment.cron_post_process_payment_tx', raise_if_not_found=False)
        if cron:
            cron.sudo()._trigger()

    # === NOTING === #

    def _cn_note(self, result, extra=None):
        """Write down an answer; nothing is written when it says nothing new."""
        if changed := self._cn_news_of(result, extra):
            self.write(changed)

    def _cn_news_of(self, result, extra=None):
        """Return what an answer says that was not known, as values of fields.

        :rtype: dict
        """
        kind = result.reason.kind.value if result.reason else False
        values = {
            'cn_outcome': result.outcome.value,
            'cn_reason_kind': kind,
            'cn_reason': reasons.words(result.reason),
            **(extra or {}),
        }
        for name, value in (
            ('provider_reference', result.gateway_trade_no),
            ('cn_wallet_reference', result.wallet_trade_no),
            ('cn_bill_bar_code', result.bill_bar_code),
            ('cn_payer_id', result.payer_id),
            ('cn_reversal_number', result.reversal_number),
        ):
            if value:
                values[name] = value
        if result.payer_amount is not None:
            values['cn_payer_amount'] = float(money.to_yuan(result.payer_amount))
            values['cn_payer_told'] = True
        if result.paid_at:
            values['cn_paid_at'] = self._cn_naive(result.paid_at)
        changed = {name: value for name, value in values.items() if self[name] != value}
        if changed and result.raw:
            changed['cn_raw'] = dict(result.raw)
        return changed

    # === REVERSALS === #

    def _cn_can_reverse(self):
        """Tell whether the gateway takes a reversal now, or can still be asked about one.

        :rtype: bool
        """
        if not self.cn_ordered_at:
            return False
        gateway = gateways.get(self.provider_code)
        age = (fields.Datetime.now() - self.cn_ordered_at).total_seconds()
        return gateway.supports(Operation.REVERSE) and (
            gateway.timings.earliest_reverse <= age < gateway.timings.latest_reverse
        )
