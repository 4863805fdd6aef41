# Part of payment_cn_wallets. License LGPL-3.

from odoo import _, models
from odoo.exceptions import UserError

from ...const import MODULE, TERMINAL

# So many open payments are named.
NAMED = 5


class IrModuleModule(models.Model):
    _inherit = 'ir.module.module'

    def button_uninstall(self):
        """Override of `base` to keep this addon while money depends on it, whichever module takes it along.

        :raise UserError: what has to be settled first
        """
        if MODULE in (self | self.downstream_dependencies()).mapped('name'):
            self._cn_check_settled()
        return super().button_uninstall()

    def _cn_check_settled(self):
        """Refuse while a code could still be paid, or money that came is not where it belongs.

        :raise UserError: with all that is open
        """
        sessions = self.env['pos.session'].sudo().search([
            ('state', '!=', 'closed'),
            ('config_id.payment_method_ids.use_payment_terminal', '=', TERMINAL),
        ])
        payments = self.env['payment.transaction'].sudo().search([
            ('provider_id.cn_is_gateway', '=', True),
            '|', '|', ('cn_next_query_at', '!=', False), ('cn_verdict', '=', 'held'),
            '&', ('state', '=', 'done'), '|', ('is_post_processed', '=', False), ('cn_unclaimed_at', '!=', False),
        ])
        reasons = []
        if sessions:
            reasons.append(_(
                "Close the sessions of %s: their payment buttons need this app.",
                ', '.join(sessions.config_id.mapped('display_name')),
            ))
        if payments:
            reasons.append(_(
                "Wait until these payments and refunds are settled, or settle them (%(number)s in all):"
                " %(names)s. Codes that were shown can still be paid, and what comes in would be lost.",
                number=len(payments), names=', '.join(payments[:NAMED].mapped('reference')),
            ))
        if reasons:
            raise UserError('\n\n'.join([_("The payments of wallets can't be uninstalled yet."), *reasons]))
