# Part of payment_cn_wallets. License LGPL-3.

from odoo import api, models


class ReportSaleDetails(models.AbstractModel):
    """Odoo's report of a session, or of a time: what each wallet brought through each gateway."""

    _inherit = 'report.point_of_sale.report_saledetails'

    @api.model
    def get_sale_details(
        self, date_start=False, date_stop=False, config_ids=False, session_ids=False, **kwargs
    ):
        """Override of `point_of_sale` to add the wallets' totals, see `pos.payment._cn_totals`."""
        details = super().get_sale_details(
            date_start=date_start, date_stop=date_stop, config_ids=config_ids,
            session_ids=session_ids, **kwargs
        )
        orders = self.env['pos.order'].search(
            self._get_domain(date_start, date_stop, config_ids, session_ids, **kwargs)
        )
        details['cn_wallets'] = orders.payment_ids.sudo()._cn_totals()
        for row in details['cn_wallets']:
            row['net'] = row['amount'] - row['refunded']
        return details
