# Part of payment_cn_wallets. License LGPL-3.

from odoo import fields, models


class ResCompany(models.Model):
    _inherit = 'res.company'

    cn_walk_in_id = fields.Many2one(
        string="Walk-in customer", comodel_name='res.partner', ondelete='restrict', copy=False,
        help="Whose credit a payment by shop code is until it is claimed for an order or invoice.",
    )

    def _cn_walk_in(self):
        """Return the customer who stands for all that nobody knows; made when there is none.

        :rtype: res.partner
        """
        self.ensure_one()
        company = self.sudo()
        if not company.cn_walk_in_id:
            # Two who come here at once: the second one fails, starts again, and sees the first one's.
            company.env.cr.execute('UPDATE res_company SET id = id WHERE id = %s', [company.id])
            language = company.partner_id.lang or self.env.lang
            company.cn_walk_in_id = self.env['res.partner'].sudo().create({
                'name': self.with_context(lang=language).env._("Walk-in customer"),
                'company_id': company.id,
                'country_id': company.country_id.id,
                'lang': language,
            })
        return company.cn_walk_in_id
