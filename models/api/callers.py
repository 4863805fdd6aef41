# Part of payment_cn_wallets. License LGPL-3.
"""Who calls the app's interface, and what that lets them see and do. Plain objects, no records."""

from abc import ABC, abstractmethod

from ...tools.problems import Problem

# What can be paid -> the model.
MODELS = {'order': 'sale.order', 'invoice': 'account.move'}


class Caller(ABC):
    """Somebody who was let in.

    :param env: with the rights of whoever calls; what is looked up for them is returned as superuser
    """

    def __init__(self, env):
        self.env = env

    # Whether the payer's id and address are believed: from the merchant's server, never from a device.
    is_server = False

    @property
    @abstractmethod
    def name(self):
        """Return what tells callers apart."""

    @abstractmethod
    def documents(self, kind):
        """Return (records with the caller's rights, domain) of what the caller may pay."""

    @abstractmethod
    def owns(self, attempt):
        """Tell whether the caller may see an attempt."""

    def providers(self, providers):
        """Return those of some gateways that the caller may use."""
        return providers

    def need(self, use):  # noqa: B027  (mostly nothing is refused)
        """Refuse what the caller may not do.

        :param str use: `pay` or `ask`
        :raise Problem: not-allowed
        """

    def document(self, kind, record_id=None, name=None):
        """Return one document. Unknown and forbidden are the same.

        :param str kind: key of `MODELS`
        :raise Problem: not-found
        """
        records, domain = self.documents(kind)
        if record_id is not None:
            domain = [*domain, ('id', '=', record_id)]
        else:
            domain = [*domain, ('name', '=', name)]
        found = records.search(domain, limit=2)
        if len(found) != 1:
            raise Problem('not-found', "There is no such document, or it can't be paid by this caller.")
        return found.sudo()

    def attempt(self, number):
        """Return an attempt that was begun through this interface.

        :param str number: merchant order number
        :raise Problem: not-found
        """
        attempt = self.env['payment.transaction'].sudo().search([
            ('cn_out_trade_no', '=', number), ('cn_scene', 'in', ('app', 'mini')),
        ], limit=1)
        if not attempt or not self.owns(attempt):
            raise Problem('not-found', "There is no such payment, or it is not this caller's.")
        return attempt


def _payable(kind):
    if kind == 'order':
        return [('state', '!=', 'cancel')]
    return [('move_type', '=', 'out_invoice'), ('state', '=', 'posted')]


class Server(Caller):
    """The merchant's own server, with a key: documents of the key's company.

    :param payment.cn.app.key key: valid
    """

    is_server = True

    def __init__(self, env, key):
        super().__init__(env(su=True))
        self.key = key.sudo()

    @property
    def name(self):
        """Override."""
        return f'key:{self.key.id}'

    def documents(self, kind):
        """Override: of the company."""
        return self.env[MODELS[kind]], [*_payable(kind), ('company_id', '=', self.key.company_id.id)]

    def owns(self, attempt):
        """Override: of the company, through a gateway that the key may use."""
        allowed = not self.key.provider_ids or attempt.provider_id in self.key.provider_ids
        documents = attempt.sale_order_ids.company_id | attempt.invoice_ids.company_id
        return documents == self.key.company_id and allowed

    def providers(self, providers):
        """Override: those that the key names."""
        return providers & self.key.provider_ids if self.key.provider_ids else providers

    def need(self, use):
        """Override: some keys only ask."""
        if use == 'pay' and self.key.use != 'pay':
            raise Problem('not-allowed', "This key may only ask.")


class Shopper(Caller):
    """A shopper who is logged in: what Odoo's access rules let them see, and of that only their own."""

    @property
    def name(self):
        """Override."""
        return f'user:{self.env.uid}'

    def documents(self, kind):
        """Override: of the shopper's own firm or family. The access rules decide besides."""
        own = self.env.user.partner_id.commercial_partner_id
        records = self.env[MODELS[kind]]
        if not records.has_access('read'):
            raise Problem('not-found', "There is no such document, or it can't be paid by this caller.")
        return records, [*_payable(kind), ('partner_id', 'child_of', own.ids)]

    def owns(self, attempt):
        """Override."""
        own = self.env.user.partner_id.commercial_partner_id
        return attempt.partner_id.commercial_partner_id == own
