# Part of payment_cn_wallets. License LGPL-3.

from odoo import api, fields, models


class PaymentTransaction(models.Model):
    """What a manager took for paid though no gateway said so."""

    _inherit = 'payment.transaction'

    cn_forced_reason = fields.Char(
        string="Taken for paid because", readonly=True, copy=False,
        help="A manager closed the till's order without the gateway's word.",
    )

    @api.model
    def _cn_report_forced(self, line, live, provider, manager, reason):
        """Put a line that somebody took for paid on the accountants' list.

        Its attempt stays alive: should the money come after all, it belongs to this line.
        """
        provider = provider._cn_in_accountants_language()
        live.write({'cn_forced_reason': reason})
        provider.env['payment.cn.incident'].sudo()._cn_report(
            'unproven',
            provider.env._(
                "%(user)s took %(amount)s of %(order)s for paid by wallet without a gateway's word."
                " The reason given: %(reason)s",
                user=manager, order=line.reference, reason=reason,
                amount=line.session.currency_id.format(line.fen / 100),
            ),
            transaction=live or None, provider=provider, till_line=line.uuid,
        )

    def _cn_prove_forced(self):
        """Note that the gateway has confirmed what a manager took for paid."""
        self.cn_pos_payment_ids.transaction_id = self.provider_reference or self.cn_out_trade_no
        self._cn_close_incidents(('unproven',), self.env._(
            "The gateway says that %s was paid after all.", self.reference
        ))
