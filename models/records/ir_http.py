# Part of payment_cn_wallets. License LGPL-3.

from odoo import models


class IrHttp(models.AbstractModel):
    """The kiosk's browser has the sentences of this module, too."""

    _inherit = 'ir.http'

    @classmethod
    def _get_translation_frontend_modules_name(cls):
        """Override of `http_routing` to send our sentences to pages without a login."""
        return [*super()._get_translation_frontend_modules_name(), 'payment_cn_wallets']
