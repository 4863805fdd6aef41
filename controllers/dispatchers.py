# Part of payment_cn_wallets. License LGPL-3.
"""How requests reach the doors that are no pages."""

from odoo.http import HttpDispatcher


class RawBodyDispatcher(HttpDispatcher):
    """Hands requests on without looking into their body.

    Signatures cover the raw bytes, and a body that some parser chokes on must be answered too. There
    is no form, so nothing looks for a CSRF token: routes see to it themselves that none is needed.
    """

    routing_type = 'cn_raw'

    @classmethod
    def is_compatible_with(cls, request):
        """Only routes that name this type use it."""
        return True

    def dispatch(self, endpoint, args):
        """Override of `http` to leave form and files unparsed."""
        self.request.params = dict(args)
        return self.request.registry['ir.http']._dispatch(endpoint)
