# Part of payment_cn_wallets. License LGPL-3.

from urllib.parse import urlsplit

from werkzeug.urls import iri_to_uri

from odoo import _, api, fields, models

from ...gateways import addresses


class PaymentProvider(models.Model):
    """The shop's own addresses, as gateways and payers are told them, and what is missing there."""

    _inherit = 'payment.provider'

    cn_notice_url = fields.Char(
        string="Notice address",
        help="The gateway sends payment notices to this address. It is sent along with each order;"
             " enter it in the gateway's console if it asks for one.",
        compute='_compute_cn_notice_url',
    )
    cn_setup_problem = fields.Char(
        string="What is missing in the setup", compute='_compute_cn_setup_problem',
        groups='base.group_system',
    )

    # === COMPUTE METHODS === #

    @api.depends('code', 'website_id.domain')
    def _compute_cn_notice_url(self):
        for provider in self:
            provider.cn_notice_url = provider.cn_is_gateway and provider._origin.id and (
                f'{provider._cn_base_url()}/payment/cn/notice/{provider._origin.id}'
            )

    @api.depends('cn_notice_url', 'state', 'cn_sandbox_url', 'journal_id')
    @api.depends_context('lang')
    def _compute_cn_setup_problem(self):
        for provider in self:
            provider.cn_setup_problem = (
                provider.cn_is_gateway and provider.state != 'disabled'
                and ' '.join(provider._cn_setup_problems())
            )

    # === ADDRESSES === #

    def _cn_base_url(self, website=None):
        """Return the shop's configured address: a website's own domain, or `web.base.url`.

        Never what a request calls the server, which Odoo's `get_base_url` of providers goes by: a
        till in the shop's own network uses a name that nobody else can reach, and a visitor could
        choose where notices go.

        :param website: the website on which the document is paid, if any
        :rtype: str
        """
        self.ensure_one()
        domains = [one.domain for one in (website, self.sudo().website_id) if one and one.domain]
        address = domains[0] if domains else self.sudo().company_id.get_base_url()
        return iri_to_uri(address or '').rstrip('/')

    def _cn_why_nothing_arrives(self):
        """Return a sentence about a notice address that can't serve, or False.

        :rtype: str|bool
        """
        self.ensure_one()
        address, sandbox = self._cn_base_url(), self.sudo().cn_sandbox_url or ''
        live = self.state == 'enabled' or not sandbox
        if not live and addresses.is_loopback(urlsplit(sandbox.strip()).hostname or ''):
            return False  # a sandbox on this machine reaches everything that this machine does
        if not addresses.is_public(urlsplit(address).hostname or ''):
            return _(
                "Nobody outside reaches %(address)s: no notice arrives, payers don't come back, and"
                " some gateways refuse the order. Set the system parameter web.base.url, or the"
                " domain of the website, to the shop's public https address.", address=address,
            )
        if urlsplit(address).scheme != 'https':
            return _(
                "%(address)s is not https: notices may not arrive, and some gateways refuse the"
                " order. Set the system parameter web.base.url, or the domain of the website, to"
                " the shop's public https address.", address=address,
            )
        return False

    def _cn_setup_problems(self):
        """Return sentences about what is missing beside the credentials.

        :rtype: list[str]
        """
        self.ensure_one()
        problems = [self._cn_why_nothing_arrives()]
        if self.state != 'disabled' and not self.journal_id:
            problems.append(_(
                "%s has no payment journal. Choose one in its configuration.", self.name
            ))
        return [problem for problem in problems if problem]

    @api.onchange('state')
    def _onchange_cn_setup(self):
        """Say what is missing when payments are switched on."""
        problems = self.cn_is_gateway and self.state == 'enabled' and self._cn_setup_problems()
        if not problems:
            return None
        return {'warning': {
            'title': _("Something is missing yet"), 'message': '\n'.join(problems),
        }}
