# Part of payment_cn_wallets. License LGPL-3.

from datetime import timedelta

from odoo import fields, models
from odoo.tools import format_datetime

from odoo.addons.payment import utils as payment_utils

from ... import const
from ...tools import days


class PaymentTransaction(models.Model):
    """Payments by a shop code: what the payer said, the receipt, and who is told."""

    _inherit = 'payment.transaction'

    cn_shop_code_id = fields.Many2one(
        string="Shop code", comodel_name='payment.cn.shop.code', ondelete='restrict', readonly=True,
        copy=False, index='btree_not_null',
    )
    cn_payer_note = fields.Char(string="Payer's note", readonly=True, copy=False)
    # Names the browser without telling which one it is: see `_cn_payer_key`.
    cn_payer_key = fields.Char(
        string="Payer's browser, hashed", readonly=True, copy=False, groups='base.group_system'
    )

    # The last line of defence against two live attempts of one payer.
    _cn_payer_key_uniq = models.UniqueIndex('(cn_payer_key) WHERE cn_payer_key IS NOT NULL')

    # === RECEIPT === #

    def _cn_receipt_path(self):
        """Return the page on which a payer by shop code reads what was paid, or ''.

        :rtype: str
        """
        self.ensure_one()
        if not self.cn_shop_code_id:
            return ''
        token = payment_utils.generate_access_token(
            'cn_receipt', self.id, self.cn_out_trade_no, env=self.env
        )
        return f'/payment/cn/receipt/{self.id}/{token}'

    def _cn_receipt(self):
        """Return what a receipt says: no more than the payer knows anyway.

        :return: empty when there is none, or not any more
        :rtype: dict
        """
        self.ensure_one()
        paid_at = self.cn_paid_at or self.last_state_change
        if self.state != 'done' or not self.cn_shop_code_id or not paid_at or (
            paid_at + timedelta(seconds=const.RECEIPT_SECONDS) < fields.Datetime.now()
        ):
            return {}
        back = self._cn_fen() - self._cn_kept_fen()
        return {
            'shop': self.cn_shop_code_id.shop_name,
            'label': self.cn_shop_code_id.label or '',
            'amount': self._cn_format(self._cn_fen()),
            'at': format_datetime(
                self.env, paid_at, tz=days.zone_of(self.company_id), dt_format='yyyy-MM-dd HH:mm:ss'
            ),
            'wallet': self.payment_method_id.name,
            'number': self.cn_out_trade_no,
            'returned': self._cn_format(back) if back else '',
        }

    # === WHO IS TOLD === #

    def _cn_tell_counter(self):
        """Tell those at the counter, in Odoo, that money came in.

        :return: None
        """
        self.ensure_one()
        config = self.cn_shop_code_id.config_id.sudo()
        if config:
            config._notify('CN_COUNTER', {})  # guests' phones receive it, too: whose it is, the till asks
        for user in self.cn_shop_code_id.user_ids:
            here = self.with_context(lang=user.lang)
            note = f" · {self.cn_payer_note}" if self.cn_payer_note else ''
            user._bus_send('simple_notification', {
                'type': 'success',
                'title': here.env._("%(amount)s received", amount=here._cn_format(here._cn_fen())),
                'message': f"{self.cn_shop_code_id.name} · {here.payment_method_id.name}{note}",
            })

    def _cn_paid_just_now(self):
        """Tell whether the payer is likely to be still here with the receipt of this.

        :rtype: bool
        """
        self.ensure_one()
        paid_at = self.cn_paid_at or self.last_state_change
        return bool(paid_at) and (
            fields.Datetime.now() - paid_at < timedelta(seconds=const.PAID_NOTE_SECONDS)
        )
