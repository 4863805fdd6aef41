# Part of payment_cn_wallets. License LGPL-3.

import secrets
from datetime import timedelta

from odoo import _, models
from odoo.exceptions import UserError

from ... import const, gateways
from ...gateways import times
from ...gateways.base import OrderRequest, Scene
from ...tools import reasons

# How long the order can be paid that shows whether orders are accepted. Nobody sees its code.
ORDER_LIFE = timedelta(minutes=5)


class PaymentProvider(models.Model):
    """*Test connection*: what is right, what is wrong, and what nothing shows without money."""

    _inherit = 'payment.provider'

    def action_cn_test_connection(self):
        """Make real signed calls and tell in plain words what came of them, key by key.

        :return: a client notification
        :rtype: dict
        """
        self.ensure_one()
        self.check_access('write')
        missing = [
            field.name for field in gateways.get(self.code).credential_fields
            if field.required and not self._cn_credentials()[field.name]
        ]
        if missing:
            raise UserError(_("Fill in first: %s", self._cn_labels(missing)))
        live = not self.sudo().cn_sandbox_url if self.state == 'disabled' else None
        try:
            gateway = self._cn_gateway(live)
        except ValueError as error:  # incomplete or unusable: saving a switched-off provider allows it
            raise UserError(str(error)) from error
        is_sandbox = live is False or self.state == 'test'
        kind, sentences = self._cn_connection_told(gateway, is_sandbox)
        return {
            'type': 'ir.actions.client',
            'tag': 'display_notification',
            'params': {
                'type': kind, 'message': ' '.join(sentences), 'sticky': kind != 'success',
            },
        }

    def _cn_connection_told(self, gateway, is_sandbox):
        """Return how it went, and the sentences that say so.

        :param gateways.base.Gateway gateway: with these credentials
        :param bool is_sandbox: whether no real money moves there
        :rtype: tuple[str, list[str]]
        """
        probe = gateway.probe()
        if not probe.ok:
            return 'danger', [reasons.explain(self.env, probe.reason), *self._cn_told_of(probe)]
        kind, proven = 'success', set(probe.proven)
        sentences = [
            _("The sandbox answered and accepted the signature. No real money moves there.")
            if is_sandbox else _("The gateway answered and accepted the signature.")
        ]
        refused = []
        wallets = self._cn_wallets_to_try(gateway)
        for wallet, method in wallets:
            ordered = gateway.probe_order(self._cn_order_to_try(wallet))
            proven |= ordered.proven
            if not ordered.ok:
                refused.append(_(
                    "Orders by %(wallet)s are refused: %(reason)s", wallet=method.name,
                    reason=reasons.explain(self.env, ordered.reason),
                ))
                refused += self._cn_told_of(ordered)
        if refused:
            kind, sentences = 'danger', [*refused, *sentences]
        if proven:
            names = [one.name for one in gateway.credential_fields if one.name in proven]
            sentences.append(_("Proved: %s.", self._cn_labels(names)))
        if unproved := gateway.unproved(proven):
            kind = 'warning' if kind == 'success' else kind
            sentences.append(_(
                "Not proved: %s. Only a payment, its notice or a refund can show that.",
                self._cn_labels(unproved),
            ))
        if problems := self._cn_setup_problems():
            kind = 'warning' if kind == 'success' else kind
            sentences += problems
        return kind, sentences

    def _cn_told_of(self, probe):
        """Return which credentials are to blame, as a list of no sentence or one."""
        if not probe.blamed:
            return []
        return [_("Have a look at: %s.", self._cn_labels(probe.blamed))]

    def _cn_wallets_to_try(self, gateway):
        """Return the wallets that are switched on and can be ordered by a code.

        :rtype: list[tuple[gateways.base.Wallet, payment.method]]
        """
        codes = {
            const.PAYMENT_METHOD_CODES.get(wallet.value, wallet.value): wallet
            for wallet, scene in gateway.channels if scene == Scene.QR
        }
        return [
            (codes[method.code], method)
            for method in self.payment_method_ids.filtered('active') if method.code in codes
        ]

    def _cn_order_to_try(self, wallet):
        """Return the order of one fen that shows whether orders are accepted."""
        return OrderRequest(
            out_trade_no=f'probe{secrets.token_hex(12)}',
            amount=1,
            subject=_("Test connection"),
            wallet=wallet,
            scene=Scene.QR,
            notify_url=self.cn_notice_url,
            return_url=self._cn_base_url(),
            client_ip='127.0.0.1',
            expires_at=times.now() + ORDER_LIFE,
        )

    def _cn_labels(self, names):
        """Return what the form calls some credentials, in one text."""
        fields = [f'{self.code}_{name}' for name in names]
        labels = self.fields_get(fields, ['string'])
        return self.env._(", ").join(labels[field]['string'] for field in fields)
