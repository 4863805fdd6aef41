# Part of payment_cn_wallets. License LGPL-3.

from odoo import _, api, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ... import gateways
from . import states

# What a payment is, and what became of it. All fields of this addon are besides.
MONEY_FIELDS = {
    'state', 'state_message', 'amount', 'currency_id', 'provider_id', 'provider_reference',
    'payment_method_id', 'operation', 'source_transaction_id', 'is_post_processed', 'payment_id',
    'sale_order_ids', 'invoice_ids', 'partner_id', 'is_live', 'last_state_change',
}

STATE_FIELDS = {'state', *states.FIELDS.values()}


class PaymentTransaction(models.Model):
    """Records that can't be bent: money and states change through the executor only.

    Whoever calls from outside, by RPC, import or a list, is not the superuser, whatever rights the
    user has. Everything in here runs as the superuser.
    """

    _inherit = 'payment.transaction'

    @api.model_create_multi
    def create(self, vals_list):
        """Override of `payment`: attempts are made by the doors of the shop, which check them.

        :raise AccessError: for everybody else
        """
        transactions = super().create(vals_list)
        transactions._cn_check_door()
        transactions._cn_begin()
        return transactions

    def write(self, vals):
        """Override of `payment` to refuse changes of money and states from outside.

        :raise AccessError: whatever rights the user has
        """
        if any(name in MONEY_FIELDS or name.startswith('cn_') for name in vals):
            self._cn_check_door()
        if 'state' in vals:
            vals = {**vals, **self.env.context.get('cn_with_state', {})}
        result = super().write(vals)
        if vals.keys() & STATE_FIELDS:
            self._cn_check_state()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_known_to_gateway(self):
        """Keep what a gateway has heard of: money may still come, or has."""
        known = self.filtered(lambda tx: tx.cn_is_attempt and (
            tx.cn_ordered_at or tx.state == 'done'
            or (tx.operation == 'refund' and tx.state != 'draft')
        ))
        if known:
            raise UserError(_(
                "%s can't be deleted: a gateway knows of it.", known[:1].reference
            ))

    def _cn_check_door(self):
        """Refuse what does not come from this addon's or Odoo's own code.

        :raise AccessError: if the user's own hand is in it
        """
        if not self.env.su and self.sudo().filtered('cn_is_attempt'):
            raise AccessError(_(
                "What a wallet paid, and what became of it, is not changed by hand. Refund it, or"
                " ask the gateway."
            ))

    def _cn_check_state(self):
        """Refuse states that make no sense together; see `states`.

        :raise ValidationError: if there are some
        """
        for tx in self:
            if tx.provider_code not in gateways.codes() or tx.operation == 'refund':
                continue
            values = {name: tx[field] for name, field in states.FIELDS.items()}
            if not states.is_allowed({'state': tx.state, **values}):
                raise ValidationError(_(
                    "%(ref)s can't be in this state: %(values)s", ref=tx.reference,
                    values=', '.join(f'{key}={value}' for key, value in {
                        'state': tx.state, **values,
                    }.items()),
                ))
