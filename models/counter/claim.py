# Part of payment_cn_wallets. License LGPL-3.

from odoo import _, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class PaymentTransaction(models.Model):
    """Claiming what came in by a shop code: it pays an order or an invoice from then on.

    The amount is what was paid. What the document makes of it is decided as for any other payment: what is too
    much goes back, what is less is a part.
    """

    _inherit = 'payment.transaction'

    cn_claimed_by = fields.Many2one(
        string="Claimed by", comodel_name='res.users', readonly=True, copy=False
    )
    cn_claimed_at = fields.Datetime(string="Claimed", readonly=True, copy=False)
    cn_claimable = fields.Boolean(string="Can be claimed", compute='_compute_cn_claimable')

    cn_claimed_for = fields.Char(
        string="Claimed for", compute='_compute_cn_claimed_for', compute_sudo=True
    )

    @api.depends('cn_claimed_at', 'sale_order_ids', 'invoice_ids', 'cn_till_reference')
    def _compute_cn_claimed_for(self):
        for tx in self:
            tx.cn_claimed_for = tx.cn_claimed_at and tx._cn_payable().name()

    @api.depends(
        'cn_shop_code_id', 'cn_claimed_at', 'state', 'operation', 'cn_verdict', 'cn_refund_reserved',
        'sale_order_ids', 'invoice_ids',
    )
    def _compute_cn_claimable(self):
        for tx in self:
            # What was given back in part is matched with that in the books, and stays where it is.
            tx.cn_claimable = bool(
                tx.cn_shop_code_id and not tx.cn_claimed_at and tx.state == 'done'
                and tx.operation != 'refund' and tx.cn_verdict == 'kept' and not tx.cn_refund_reserved
                and not (tx.sudo().sale_order_ids or tx.sudo().invoice_ids)
            )

    # === ACTION METHODS === #

    def action_cn_claim(self):
        """Ask for what it was paid.

        :rtype: dict
        """
        self.ensure_one()
        return {
            'name': _("Claim a counter payment"),
            'type': 'ir.actions.act_window',
            'res_model': 'payment.cn.claim',
            'view_mode': 'form',
            'target': 'new',
            'context': {'default_transaction_id': self.id},
        }

    # === CLAIMING === #

    def _cn_due_of(self, document):
        """Return what an order or an invoice lacks, fen.

        :param document: a sale order or an invoice
        :rtype: int
        """
        self.ensure_one()
        name = self._cn_claim_field(document)
        return self.sudo().new({
            'amount': self.amount, 'currency_id': self.currency_id.id, name: [Command.set(document.ids)],
        })._cn_payable().due() or 0

    @staticmethod
    def _cn_claim_field(document):
        return 'sale_order_ids' if document._name == 'sale.order' else 'invoice_ids'

    def _cn_claim_for(self, document):
        """Let the payment pay an order or an invoice. Of two who claim it, the second one is told.

        :param document: a sale order or an invoice that the user may change
        :return: None
        :raise UserError: if somebody was quicker, or the document wants none of it
        """
        self.ensure_one()
        document.check_access('write')
        tx, user = self.sudo(), self.env.user
        tx._cn_touch(document)
        tx._cn_lock()
        if not tx.cn_claimable:
            raise UserError(tx._cn_why_not_claimable())
        if document.company_id != tx.company_id or document.currency_id != tx.currency_id:
            raise UserError(_("%s is another company's, or in another currency.", document.display_name))
        if tx._cn_due_of(document) <= 0:
            raise UserError(_("Nothing is due for %s any more.", document.display_name))
        partner = document.partner_invoice_id if document._name == 'sale.order' else document.partner_id
        tx._cn_move_credit(partner.commercial_partner_id)
        tx.write({
            self._cn_claim_field(document): [Command.set(document.ids)],
            'partner_id': partner.id,
            'cn_claimed_by': user.id,
            'cn_claimed_at': fields.Datetime.now(),
            'is_post_processed': False,
        })
        payable = tx._cn_payable()
        tx.cn_meant = payable.meant() if tx._cn_kept_fen() < payable.due() else 'all'
        document.sudo().message_post(author_id=user.partner_id.id, body=_(
            "The counter payment %(ref)s of %(amount)s was claimed for this.",
            ref=tx.reference, amount=tx._cn_format(tx._cn_fen()),
        ))
        tx._cn_reconsider()

    def _cn_why_not_claimable(self):
        """Return a sentence for who comes too late."""
        if self.cn_claimed_at:
            return _("%s has claimed this payment before.", self.cn_claimed_by.name)
        return _("This payment can't be claimed any more: it was refunded, in part or whole.")

    def _cn_move_credit(self, partner):
        """Make what is booked already this customer's credit, in the same entry.

        :param res.partner partner: whose document it pays
        :raise UserError: if the entry can't be changed any more, as Odoo says it
        """
        payment = self.payment_id
        if payment and payment.partner_id != partner:
            payment.action_draft()
            payment.partner_id = partner
            payment.action_post()

    def _cn_claim_sentence(self, document):
        """Return what will become of the money.

        :param document: a sale order or an invoice
        :rtype: str
        """
        due, fen = self._cn_due_of(document), self._cn_kept_fen()
        if due <= 0:
            return _("Nothing is due for %s any more.", document.display_name)
        values = {
            'document': document.display_name, 'due': self._cn_format(due),
            'amount': self._cn_format(min(due, fen)), 'rest': self._cn_format(abs(fen - due)),
        }
        if fen > due:
            return _(
                "%(document)s lacks %(due)s. That is kept; %(rest)s go back to the payer's wallet at once.",
                **values,
            )
        if fen < due:
            return _("%(document)s lacks %(due)s. %(amount)s are a part of it; %(rest)s stay due.", **values)
        return _("%(document)s lacks %(due)s: exactly this.", **values)
