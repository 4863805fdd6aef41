# Part of payment_cn_wallets. License LGPL-3.

from odoo import fields, models
from odoo.fields import Command

from odoo.addons.payment.logging import get_payment_logger

from ... import const, gateways
from ...gateways import money
from ...gateways.base import (
    CallFailed,
    Device,
    GatewayError,
    Outcome,
    ReasonKind,
    Scene,
)
from ...tools import reasons
from ...tools.problems import Problem

_logger = get_payment_logger(__name__, const.SENSITIVE_KEYS)

TIES = {'order': 'sale_order_ids', 'invoice': 'invoice_ids'}


class PaymentTransaction(models.Model):
    """Attempts of the shop's own app and mini program: scenes of their own, no way of their own for money."""

    _inherit = 'payment.transaction'

    # === BEGINNING === #

    def _cn_app_begin(self, caller, kind, document, wallet, scene, gateway_code='', deposit=False):
        """Create an attempt for a document. What it is for and how much is looked up.

        :param Caller caller: who asks
        :param str kind: `order` or `invoice`
        :param document: the record
        :param str wallet: value of `Wallet`
        :param str scene: `app` or `mini`
        :param str gateway_code: which gateway; the first that is offered, when empty
        :param bool deposit: the deposit that confirms an order, in place of all that is due
        :rtype: payment.transaction
        :raise Problem: when it can't be paid so
        """
        if document.currency_id.name != 'CNY':
            raise Problem('not-offered', "The wallets take CNY only.")
        if kind == 'order' and document.state in ('draft', 'sent') and document.is_expired:
            raise Problem('nothing-due', "The quotation has expired.")
        total = document.amount_total
        if document.currency_id.compare_amounts(total, 0) <= 0:
            raise Problem('nothing-due')
        provider, method = self._cn_app_provider(caller, document, wallet, scene, gateway_code)
        ties = {TIES[kind]: [Command.set(document.ids)]}
        attempt = self.create({
            'reference': self._compute_reference(provider.code, prefix=None, **ties),
            'provider_id': provider.id,
            'payment_method_id': method.id,
            'amount': total,
            'currency_id': document.currency_id.id,
            'partner_id': document.partner_id.id,
            'operation': 'online_redirect',
            'landing_route': document.get_portal_url(),
            'cn_scene': scene,
            **ties,
        })
        payable = attempt._cn_payable()
        payable.lock()
        # Only a record can be asked what is due without it: begun with the whole, it is cut to that.
        fen = payable.due() or 0
        if deposit:
            fen = self._cn_app_deposit(kind, document, fen)
        if fen <= 0:
            raise Problem('nothing-due')
        if fen != attempt._cn_fen():
            attempt.amount = float(money.to_yuan(fen))
            attempt._cn_begin()
        if not attempt._cn_is_offered():
            raise Problem('not-offered')
        return attempt

    def _cn_app_deposit(self, kind, document, due):
        """Return what confirms an order, fen."""
        if kind != 'order' or document.state not in ('draft', 'sent') or not document.prepayment_percent:
            raise Problem('invalid', "Only an order that is not confirmed has a deposit.")
        whole = money.fen_from_float(document.amount_total)
        needed = money.fen_from_float(document._get_prepayment_required_amount())
        return min(due, needed - (whole - due))

    def _cn_app_provider(self, caller, document, wallet, scene, gateway_code):
        """Return the gateway and the method that the shop offers for this.

        :raise Problem: not-offered
        """
        code = const.PAYMENT_METHOD_CODES.get(wallet, wallet)
        offered = caller.providers(self.env['payment.provider'].sudo().with_user(
            self.env.ref('base.public_user')
        ).sudo()._get_compatible_providers(
            document.company_id.id, document.partner_id.id, document.amount_total,
            currency_id=document.currency_id.id,
        ))
        for provider in offered.filtered('cn_is_gateway'):
            method = provider.payment_method_ids.filtered(lambda one: one.active and one.code == code)
            if not method or gateway_code not in ('', provider.code):
                continue
            try:
                gateway = provider._cn_gateway()
            except ValueError:
                _logger.exception("The credentials of provider %s can't be used", provider.id)
                continue
            if gateway.offers(gateways.base.Wallet(wallet), Scene(scene), Device.PHONE):
                return provider.with_env(self.env), method[:1].with_env(self.env)
        raise Problem('not-offered')

    # === WHO PAYS === #

    def _cn_app_payer(self, payer_id, login_code):
        """Note who pays, where the order must name the payer.

        :param str payer_id: as the merchant's own server says
        :param str login_code: of the mini program, for the wallet to say
        :raise Problem: when nobody says so
        """
        gateway = self._cn_gateway()
        if self.cn_payer_id or self.cn_ordered_at or not gateway.needs_payer(
            self._cn_wallet(), Scene(self.cn_scene)
        ):
            return
        if not payer_id:
            if not login_code:
                raise Problem('invalid', "payer_id or login_code: a mini program's order names the payer.")
            self._cn_commit()  # nothing is open while the network is waited for
            payer_id = self._cn_app_ask_payer(gateway, login_code)
        self._cn_set_payer(payer_id)

    def _cn_app_ask_payer(self, gateway, login_code):
        try:
            return gateway.payer_of_login(login_code)
        except CallFailed as error:
            _logger.info("%s does not say who pays %s: %s", gateway.code, self.reference, error)
            if error.reason.kind in (ReasonKind.NOT_SENT, ReasonKind.NO_ANSWER, ReasonKind.SYSTEM):
                raise Problem('unreachable', headers={'Retry-After': '5'}) from None
            raise Problem('payer', error.reason.kind.value) from None
        except (GatewayError, ValueError) as error:
            _logger.info("%s can't be asked who pays %s: %s", gateway.code, self.reference, error)
            raise Problem('payer', "login_code can't be used with this gateway: send payer_id.") from None

    # === GOING ON === #

    def _cn_app_order(self, client_ip):
        """Place the order; what went before for the same, in the app, is given up.

        :param str client_ip: the payer's address
        :return: the attempt to pay: this one, or one for the same whose parameters are still good
        :rtype: payment.transaction
        :raise Problem: when the gateway could not be reached, or what is due has changed
        """
        self.ensure_one()
        self._cn_place_order(client_ip)
        attempt = self._cn_last_successor()
        if not attempt.cn_ordered_at:
            if attempt.cn_reason_kind == ReasonKind.NOT_SENT.value:
                self._cn_commit()  # that its number is unused
                raise Problem('unreachable', headers={'Retry-After': '5'})
            raise Problem('changed')
        if attempt._cn_has_step():
            before = attempt._cn_payable().siblings().filtered(lambda tx: (
                tx.cn_scene in ('app', 'mini') and tx.state == 'draft' and not tx.cn_given_up
            ))
            for tx in before:
                tx._cn_give_up(attempt)
        return attempt

    def _cn_app_ask(self):
        """Ask the gateway what became of the attempt, unless it was asked just now."""
        self.ensure_one()
        if self.cn_verdict == 'held':
            self._cn_reconsider()
        elif self.state in ('draft', 'pending'):
            self._cn_query(self._cn_ask_schedule())

    def _cn_app_cancel(self):
        """Have nobody pay the attempt any more, as far as the gateway can see to that.

        :raise Problem: already-paid; what was learnt is committed before
        """
        self.ensure_one()
        if self.state == 'draft' and not self._cn_close():
            self._cn_lock()
            self._cn_give_up()
        if self.state == 'done':
            self._cn_commit()  # what the gateway said just now
            raise Problem('already-paid', payment=self._cn_app_view())

    # === WHAT IS TOLD === #

    def _cn_app_status(self):
        """Return where the attempt stands, in one word; the interface's description says what each means.

        :rtype: str
        """
        if self.state == 'done':
            if self.cn_verdict in ('held', 'returned'):
                return self.cn_verdict
            return 'paid' if self._cn_kept_fen() else 'refunded'
        if self.state in ('cancel', 'error'):
            if self.cn_reason_kind == ReasonKind.EXPIRED.value:
                return 'expired'
            return 'cancelled' if self.state == 'cancel' else 'failed'
        if self.cn_next_id:
            return 'replaced'
        if self.cn_given_up or (self.cn_expires_at and self.cn_expires_at <= fields.Datetime.now()):
            return 'closing'
        known = self.cn_ordered_at and self._cn_has_step() and self.state == 'draft'
        return 'waiting' if known and self.cn_outcome != Outcome.PAID.value else 'unknown'

    def _cn_app_view(self):
        """Return what the caller is told of the attempt.

        :return: amounts in fen
        :rtype: dict
        """
        self.ensure_one()
        status = self._cn_app_status()
        kind = 'order' if self.sale_order_ids else 'invoice'
        document = self[TIES[kind]][:1]
        reason = self.cn_reason_kind if status in ('failed', 'expired', 'cancelled', 'unknown') else False
        return {
            'number': self.cn_out_trade_no,
            'status': status,
            'amount': self._cn_fen(),
            'kept_amount': self._cn_kept_fen(),
            'currency': self.currency_id.name,
            'document': {'kind': kind, 'id': document.id, 'name': document.name},
            'wallet': self._cn_wallet().value,
            'gateway': self.provider_code,
            'scene': self.cn_scene,
            'created_at': self._cn_app_time(self.create_date),
            'expires_at': self._cn_app_time(self.cn_expires_at),
            'payable_until': self._cn_app_time(self.cn_dead_at),
            'paid_at': self._cn_app_time(self.cn_paid_at),
            'replaced_by': self._cn_last_successor().cn_out_trade_no if self.cn_next_id else None,
            'reason': {
                'kind': reason, 'text': reasons.explain_to_payer(self.env, reason),
            } if reason else None,
            'sdk': self.sudo().cn_sdk_params if status == 'waiting' else None,
            'test': not self.is_live,
        }

    @staticmethod
    def _cn_app_time(moment):
        return f'{moment.replace(microsecond=0).isoformat()}Z' if moment else None
