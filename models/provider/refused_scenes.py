# Part of payment_cn_wallets. License LGPL-3.

from odoo import models

from ... import const, gateways
from ...tools import throttle


class PaymentProvider(models.Model):
    """What is remembered of scenes that a gateway refused."""

    _inherit = 'payment.provider'

    def _cn_refusal_key(self, live, wallet, scene, device):
        """Return the name under which a refused scene is remembered.

        :param bool live: False in the sandbox
        :param str wallet: value of a `Wallet`
        :param str scene: value of a `Scene`
        :param str device: key of `const.SCENES`
        :rtype: str
        """
        self.ensure_one()
        mode = 'live' if live else 'test'
        return f'refused-{self.id}-{mode}-{wallet}-{scene}-{device}'

    def _cn_forget_refusals(self):
        """Forget which scenes were refused: contract or credentials may have changed."""
        self.ensure_one()
        for wallet, scene in gateways.get(self.code).channels:
            for device in const.SCENES:
                for live in (True, False):
                    throttle.forget(self.env.cr.dbname, self._cn_refusal_key(
                        live, wallet.value, scene.value, device
                    ))
