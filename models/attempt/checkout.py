# Part of payment_cn_wallets. License LGPL-3.

from odoo import _, fields, models
from odoo.tools import format_date

from odoo.addons.payment import utils as payment_utils

from ... import const
from ...gateways import money
from ...gateways.base import ReasonKind
from ...tools import days, reasons, throttle

# After so many orders whose answers were lost, the shopper is asked what to do.
MAX_LOST_ORDERS = 3

# Phases of the page in which another code can be had.
RENEWABLE = ('expired', 'refused', 'unreachable', 'unknown', 'waiting', 'changed', 'short', 'returned')


class PaymentTransaction(models.Model):
    """The shopper's page: what it shows, and what its buttons do."""

    _inherit = 'payment.transaction'

    # === ADDRESSES === #

    def _cn_token(self):
        """Return what proves that a browser may see and drive this attempt.

        :rtype: str
        """
        self.ensure_one()
        return payment_utils.generate_access_token(
            'cn_checkout', self.id, self.cn_out_trade_no, env=self.env
        )

    def _cn_checkout_path(self):
        self.ensure_one()
        return f'/payment/cn/checkout/{self.id}/{self._cn_token()}'

    def _cn_return_path(self):
        self.ensure_one()
        return f'/payment/cn/return/{self.id}/{self._cn_token()}'

    def _cn_absolute_url(self, path):
        """Return the full address of a page, on the website where its document is paid."""
        website = self.sudo().sale_order_ids.website_id[:1] | self.sudo().invoice_ids.website_id[:1]
        return f"{self.provider_id._cn_base_url(website[:1])}{path}"

    def _cn_back_path(self):
        """Return the page on which another method can be chosen.

        :rtype: str
        """
        self.ensure_one()
        if self.cn_back_route:
            return self.cn_back_route
        for docs in self._cn_payable().documents():
            document = docs[:1]
            if document._name == 'sale.order' and document.website_id and document.state == 'draft':
                return '/shop/payment'
            return document.get_portal_url()
        return '/my'

    def _cn_details_path(self):
        """Return the page of what is paid: what of it has come, and what went back.

        :rtype: str
        """
        self.ensure_one()
        own = self._cn_receipt_path() or '/my'
        return next((docs[:1].get_portal_url() for docs in self._cn_payable().documents()), own)

    # === WHAT THE PAGE SHOWS === #

    def _cn_paid_in_family(self):
        """Return the attempt that paid: this one, or another one that left nothing due."""
        self.ensure_one()
        if self.state == 'done':
            return self
        due = self._cn_payable().due()
        if due is None or due > 0:
            return self.browse()
        return self._cn_payable().siblings().filtered(lambda tx: tx._cn_kept_fen() > 0)[:1]

    def _cn_has_changed(self):
        """Tell whether what is due is not what this attempt would pay: the cart, say, has changed."""
        self.ensure_one()
        due = self._cn_payable().due() if self.cn_meant else None
        fen = self._cn_fen()
        return due is not None and (due < fen or (due > fen and self.cn_meant == 'all'))

    def _cn_snapshot(self, *, phone=False, in_wallet=False, payer_here=False):
        """Return what the page has to know. Writes nothing.

        :param bool phone: whether the browser is a phone's, which can't scan its own screen
        :param bool in_wallet: whether it is the one inside the wallet's app
        :param bool payer_here: whether the wallet told this very browser who pays
        :return: see the keys; times in seconds
        :rtype: dict
        """
        self.ensure_one()
        phase, message, next_url = self._cn_phase()
        if phase in ('preparing', 'waiting') and not next_url:
            elsewhere = self._cn_belongs_elsewhere(in_wallet, payer_here)
            if elsewhere:
                phase, message = 'refused', elsewhere
            elif self._cn_lacks_payer():
                next_url = self._cn_checkout_path()
        now = fields.Datetime.now()
        expires_in = (self.cn_expires_at - now).total_seconds() if self.cn_expires_at else 0
        return {
            'tx_id': self.id,
            'token': self._cn_token(),
            'phase': phase,
            'amount': self._cn_format(self._cn_fen()),
            **self._cn_ways(phase, phone=phone),
            'reload': self._cn_lacks_payer(),
            'expires_in': max(0, int(expires_in)),
            'ask_in': self._cn_ask_in(),
            'message': message,
            'next_url': next_url,
            'can_renew': phase in RENEWABLE and (
                phase not in ('changed', 'returned') or self._cn_may_replace()
            ),
        }

    def _cn_phase(self):
        """Return (phase, sentence, address to go to)."""
        paid = self._cn_paid_in_family()
        if paid and not (self.cn_next_id and paid.cn_verdict in ('held', 'returned')):
            return paid._cn_phase_when_paid()
        if self.cn_next_id:
            return 'waiting', '', self._cn_last_successor()._cn_checkout_path()
        if self._cn_has_changed():
            return 'changed', self._cn_change_message(), ''
        if self.state in ('cancel', 'error'):
            phase = 'expired' if self.cn_reason_kind == ReasonKind.EXPIRED.value else 'refused'
            return phase, reasons.explain_to_payer(self.env, self.cn_reason_kind), ''
        if not self.cn_ordered_at:
            if self.cn_reason_kind == ReasonKind.NOT_SENT.value:
                return 'unreachable', reasons.explain_to_payer(self.env, self.cn_reason_kind), ''
            return 'preparing', '', ''
        if not self._cn_has_step():
            return 'preparing', _("The payment service is slow to answer. One moment…"), ''
        if self.cn_expires_at <= fields.Datetime.now():
            return 'expired', '', ''
        return 'waiting', self._cn_detour_message(), ''

    def _cn_phase_when_paid(self):
        kept, payable = self._cn_kept_fen(), self._cn_payable()
        if self.cn_verdict == 'held':
            if self._cn_may_suffice():
                return 'paid', '', ''  # the page asks at once, and is told what became of it
            return 'short', self._cn_short_message(), ''
        due = payable.due() if not kept else None
        if not kept and (due is None or due > 0 or not payable.siblings().filtered(
            lambda tx: tx._cn_kept_fen() > 0
        )):
            return 'returned', self._cn_returned_message(), ''
        return 'paid', '', self._cn_return_path()

    def _cn_may_suffice(self):
        """Tell whether held money is enough by now, or not wanted, so that it is looked at again."""
        payable = self._cn_payable()
        kept, due = self._cn_kept_fen(), payable.due()
        return due is None or due <= kept or payable.serves(kept)

    def _cn_short_message(self):
        """Return what a customer reads of money that does not suffice: what is missing, and until when.

        :return: three lines
        :rtype: str
        """
        self.ensure_one()
        kept, due = self._cn_kept_fen(), self._cn_payable().due()
        day = format_date(self.env, days.day_of(self.company_id, self.cn_held_until))
        return '\n'.join((
            _(
                "%(received)s of %(total)s has been received.",
                received=self._cn_format(kept), total=self._cn_format(due),
            ),
            _("Please pay the other %s to confirm.", self._cn_format(due - kept)),
            _("Otherwise it goes back on %s.", day),
        ))

    def _cn_returned_message(self):
        """Return what a customer reads of money that went back, or is on its way.

        :rtype: str
        """
        refunds = self.child_transaction_ids.filtered(
            lambda tx: tx.cn_out_refund_no and tx.state in ('draft', 'pending', 'done')
        )
        return '\n'.join(refund._cn_return_sentence() for refund in refunds)

    def _cn_change_message(self):
        due = self._cn_payable().due()
        return '\n'.join((
            _("%s is due now.", self._cn_format(due)) if due > 0 else _("Nothing is due any more."),
            _("Please don't pay the old amount of %s.", self._cn_format(self._cn_fen())),
        ))

    def _cn_last_successor(self):
        tx, seen = self, self
        while tx.cn_next_id and tx.cn_next_id not in seen:
            tx = tx.cn_next_id
            seen |= tx
        return tx

    def _cn_ask_schedule(self):
        return self.provider_id._cn_gateway(live=self.is_live).timings.poll_schedule

    def _cn_ask_in(self):
        """Seconds until a page may have the gateway asked."""
        if self.cn_verdict == 'held' and self._cn_may_suffice():
            return 0.0
        if not self.cn_ordered_at or self.state != 'draft':
            return 3600.0
        return round(throttle.seconds_left(
            self.env.cr.dbname, self._cn_throttle_key(), self._cn_ask_schedule()
        ), 2)

    # === WHAT ITS BUTTONS DO === #

    def _cn_checkout_start(self, client_ip):
        """Place the order when it has not been placed.

        :param str client_ip: the payer's address
        :return: the attempt to go on with
        :rtype: payment.transaction
        """
        self.ensure_one()
        return self._cn_order_in_some_scene(client_ip)

    def _cn_checkout_check(self, *, pressed, client_ip):
        """Ask the gateway, on behalf of a page that waits.

        When the answer to the order was lost there is no code to show. Nobody has seen one, so
        nobody can pay by it: a new attempt takes over, and the old one stays watched.

        :param bool pressed: a person pressed the button: back-off does not apply
        :return: the attempt to go on with
        :rtype: payment.transaction
        """
        self.ensure_one()
        schedule = (const.MIN_QUERY_INTERVAL,) if pressed else self._cn_ask_schedule()
        if self.cn_verdict == 'held':
            self._cn_reconsider()
        elif not (self._cn_has_changed() and self._cn_close()):
            self._cn_query(schedule)
        lost = (
            self.state == 'draft'
            and self.cn_ordered_at
            and not self._cn_has_step()
            and not self.cn_next_id
        )
        if not lost or len(self._cn_lost_before()) >= MAX_LOST_ORDERS:
            return self
        attempt = self._cn_renew()
        if attempt != self:
            self._cn_commit()
            attempt = attempt._cn_order_in_some_scene(client_ip)
        return attempt

    def _cn_lost_before(self):
        return self._cn_payable().siblings().filtered(lambda tx: (
            tx.cn_next_id and tx.cn_ordered_at and not tx._cn_has_step()
            and tx.cn_reason_kind != ReasonKind.NOT_ENABLED.value
        ))

    def _cn_renew(self, **changes):
        """Retire this attempt and make a new one for the same document.

        The old one is closed where the gateway can close. Where it can't, it stays watched until
        nobody can pay it any more, and money that it still brings is booked or sent back.

        :param changes: values of the new attempt that differ, its scene for instance
        :return: the new attempt, or this one when it turned out paid or can't be replaced
        :rtype: payment.transaction
        """
        self.ensure_one()
        if self.cn_next_id:
            return self._cn_last_successor()
        if self.cn_ordered_at and self.state == 'draft' and not self._cn_close():
            self._cn_query()
        self._cn_payable().lock()
        self._cn_lock()
        if self.cn_next_id:
            return self._cn_last_successor()
        paid = self._cn_paid_in_family()
        kept = paid.filtered(lambda tx: tx.cn_verdict != 'held' and tx._cn_kept_fen() > 0)
        if kept or not self._cn_may_replace():
            return self
        documents = self._cn_payable().renewal_values()
        attempt = self.create({
            'reference': self._compute_reference(
                self.provider_code, prefix=None if documents else self.reference, **documents
            ),
            'provider_id': self.provider_id.id,
            'payment_method_id': self.payment_method_id.id,
            'amount': float(money.to_yuan(self._cn_next_fen())),
            'currency_id': self.currency_id.id,
            'partner_id': self.partner_id.id,
            'operation': self.operation,
            'landing_route': self.landing_route,
            **documents,
            'cn_scene': self._cn_scene_again(),
            'cn_device': self.cn_device,
            'cn_back_route': self.cn_back_route,
            **changes,
        })
        # The landing page of a plain payment link names the transaction that it is about.
        attempt.landing_route = (attempt.landing_route or '').replace(
            f'tx_id={self.id}&', f'tx_id={attempt.id}&'
        )
        self._cn_give_up(attempt)
        return attempt

    def _cn_may_replace(self):
        """Tell whether anything is due that another code could be for."""
        return self._cn_next_fen() > 0

    def _cn_next_fen(self):
        """Return what another code would be for, fen: money of this attempt that is held is not asked for again."""
        return max(0, self._cn_payable().next_amount() - self._cn_kept_fen())

    def _cn_give_up(self, successor=None, replaced=False):
        """Note that the payer went on without this attempt.

        :param payment.transaction successor: the attempt that takes over
        :param bool replaced: whether another one takes its place on a till's screen
        """
        self.ensure_one()
        if self.state != 'draft':
            if successor:
                self.cn_next_id = successor
            return
        values = {'cn_given_up': True}
        if replaced:
            values['cn_replaced'] = True
        if successor:
            values['cn_next_id'] = successor.id
        if self.cn_ordered_at:
            values['cn_next_query_at'] = fields.Datetime.now()
        self.write(values)
