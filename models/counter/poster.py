# Part of payment_cn_wallets. License LGPL-3.

from urllib.parse import urlsplit

from odoo import models

from ...tools import poster, qr
from . import shop_code as _shop_code  # noqa: F401  (the model that is extended here comes first)


class PaymentCnShopCode(models.Model):
    """What is printed of a shop code: see `views/shop_code_posters.xml`."""

    _inherit = 'payment.cn.shop.code'

    def _cn_poster_lang(self):
        """Return the language of the poster: its own, or the company's, or the user's."""
        self.ensure_one()
        installed = dict(self.env['res.lang'].get_installed())
        wanted = (self.lang, self.company_id.partner_id.lang, self.env.lang)
        return next((lang for lang in wanted if lang in installed), 'en_US')

    def _cn_poster_path(self):
        """Return the address as a drawing: one that may be scratched.

        :return: modules of a side with the quiet zone, and the path of the dark ones
        :rtype: tuple[int, str]
        """
        self.ensure_one()
        return qr.path(self.url)

    def _cn_poster_host(self):
        """Return the name that a payer's phone shows, to be compared: a sticker over this one has another."""
        self.ensure_one()
        return urlsplit(self.url).netloc

    def _cn_poster_has_logo(self):
        """Tell whether the company has a logo of its own."""
        self.ensure_one()
        return bool(self.company_id.logo) and not self.company_id.uses_default_logo

    def _cn_poster_face(self, width, height, scan, look):
        """Return what stands where on a face of a poster.

        The wallets are named in words: what their marks may be printed on is said by their owners.

        :param float width: mm
        :param float height: mm
        :param str scan: what to do with the code
        :param str look: sentence before the host
        :rtype: tools.poster.Face
        """
        self.ensure_one()
        code = self.with_context(lang=self._cn_poster_lang())
        amount = ''
        if len(code.amount_ids) == 1:
            amount = f"{code.currency_id.format(code.amount_ids.amount)} {code.amount_ids.name or ''}".strip()
        return poster.face(
            width, height, name=code.shop_name, label=code.label or '', amount=amount, scan=str(scan).strip(),
            wallets=' · '.join(code._cn_wallets().mapped('name')), look=str(look).strip(),
            host=self._cn_poster_host(), logo=self._cn_poster_has_logo(),
        )
