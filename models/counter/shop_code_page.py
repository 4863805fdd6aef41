# Part of payment_cn_wallets. License LGPL-3.

from datetime import timedelta

from odoo import _, fields, models
from odoo.exceptions import UserError

from odoo.addons.payment import utils as payment_utils

from ... import const
from ...gateways import money, text
from ...tools import devices
from . import shop_code as _shop_code  # noqa: F401  (the model that is extended here comes first)


class PaymentCnShopCode(models.Model):
    """What the page of a shop code offers, and how a payment begins there.

    Opening the page makes nothing: wallets' servers repeat what their users open. A payer is a
    browser: what is begun in it follows on what was begun in it before, so that there is one live
    attempt at most, and paying again after having paid is said in as many words.
    """

    _inherit = 'payment.cn.shop.code'

    # === WHAT IS OFFERED === #

    def _cn_offers(self, user_agent):
        """Return the wallets that can be paid with in a browser, and the scene for each.

        A code for the payer's own screen is of no use: only what opens the wallet here is offered.

        :param str user_agent: the browser's User-Agent header
        :return: in order
        :rtype: list[dict]
        """
        self.ensure_one()
        offers = []
        for wallet, provider in self._cn_ways().items():
            device = devices.of_payer(user_agent, self._cn_trial(wallet, provider)._cn_wallet().value)
            scene = self._cn_scene_at(wallet, provider, device)
            if scene:
                offers.append({
                    'wallet': wallet, 'provider': provider, 'scene': scene, 'device': device,
                })
        return offers

    def _cn_wallets(self):
        """Return the wallets that can be paid with somewhere: in their own apps, or on phones.

        :rtype: payment.method
        """
        self.ensure_one()
        return self.env['payment.method'].union(*(
            wallet for wallet, provider in self._cn_ways().items()
            if any(self._cn_scene_at(wallet, provider, device) for device in const.SHOP_CODE_DEVICES)
        ))

    def _cn_trial(self, wallet, provider):
        """Return an attempt that is nowhere, to be asked what it could be."""
        return self.env['payment.transaction'].sudo().new({
            'provider_id': provider.id, 'payment_method_id': wallet.id,
            'is_live': provider.state == 'enabled',
        })

    def _cn_scene_at(self, wallet, provider, device):
        """Return the scene that opens a wallet on the payer's own screen, or None.

        :param str device: key of `const.SCENES`
        """
        if device not in const.SHOP_CODE_DEVICES:
            return None
        scenes = self._cn_trial(wallet, provider)._cn_scenes(device)
        return next((scene for scene in scenes if scene != 'qr'), None)

    def _cn_amounts(self):
        """Return the amounts to choose from, fen; empty when the payer types one."""
        self.ensure_one()
        return [money.fen_from_float(one.amount) for one in self.amount_ids]

    def _cn_read_amount(self, typed):
        """Return what a payer wants to pay, fen.

        :param str typed: yuan
        :raise UserError: in words for the payer
        """
        self.ensure_one()
        try:
            fen = money.to_fen(str(typed).strip().rstrip('.'))
        except ValueError:
            fen = 0
        if fen <= 0:
            raise UserError(_("Enter an amount above zero."))
        offered = self._cn_amounts()
        if offered and fen not in offered:
            raise UserError(_("Choose one of the amounts."))
        most = money.fen_from_float(self.maximum_amount)
        if most and fen > most:
            raise UserError(_(
                "At most %s can be paid here at once.", self.currency_id.format(self.maximum_amount)
            ))
        return fen

    # === WHO PAYS === #

    def _cn_last(self, payer):
        """Return what this browser has begun or paid here last.

        :param str payer: names the browser, and nobody else knows it
        :return: what it may pay now or has paid, and whether it has; empty when nothing was begun
        :rtype: tuple[payment.transaction, bool]
        """
        transactions = self.env['payment.transaction'].sudo()
        last, paid = transactions, True
        while paid:  # each payment begins another chain of attempts
            key = self._cn_payer_key(payer, last)
            head = transactions.search([('cn_payer_key', '=', key)], limit=1)
            if not head:
                break
            last = head._cn_last_successor()
            kept = last._cn_paid_in_family()
            last, paid = (kept, True) if kept else (last, False)
        return last, paid and bool(last)

    def _cn_payer_key(self, payer, after):
        """Return what names the next payment of a browser: the same however often it is begun."""
        return payment_utils.generate_access_token(
            'cn_shop_code', self.id, payer, after.id or 0, env=self.env
        )

    def _cn_begin(self, payer, offer, fen, note, *, after):
        """Begin a payment, or go on with the one that this browser has begun.

        Nothing is asked of the gateway here: the attempt is not committed yet.

        :param str payer: see `_cn_last`
        :param dict offer: one of `_cn_offers`
        :param int fen: what is to be paid, fen
        :param str note: for the shop, as the payer typed it
        :param int after: id of the payment after which another one is wanted, as the page said; 0
        :return: the attempt to go on with; one that is paid when it was not known to be
        :rtype: payment.transaction
        """
        self.ensure_one()
        last, paid = self._cn_last(payer)
        if paid and last.id != after:
            return last
        values = {
            'provider_id': offer['provider'].id,
            'payment_method_id': offer['wallet'].id,
            'amount': float(money.to_yuan(fen)),
            'cn_scene': offer['scene'],
            'cn_device': offer['device'],
            'cn_payer_note': text.cut(str(note or ''), const.PAYER_NOTE_BYTES) or False,
        }
        if last and not paid:
            return self._cn_change(last, values)
        reference = self.env['payment.transaction'].sudo()._compute_reference(
            offer['provider'].code, prefix=payment_utils.singularize_reference_prefix(f'C{self.id}'),
        )
        return self.env['payment.transaction'].sudo().create({
            **values,
            'reference': reference,
            'currency_id': self.currency_id.id,
            'partner_id': self.company_id._cn_walk_in().id,
            'operation': 'online_redirect',
            'landing_route': self._cn_path(),
            'cn_shop_code_id': self.id,
            'cn_payer_key': self._cn_payer_key(payer, last),
            'cn_back_route': self._cn_path(),
        })

    def _cn_change(self, attempt, values):
        """Go on with an attempt that this browser has begun, or take another one in its place."""
        same = attempt.state == 'draft' and not attempt.cn_given_up and all(
            attempt._fields[name].convert_to_write(attempt[name], attempt) == value
            for name, value in values.items() if name != 'amount'
        ) and attempt._cn_fen() == money.fen_from_float(values['amount'])
        soon = fields.Datetime.now() + timedelta(seconds=const.REUSE_MIN_SECONDS)
        if same and (not attempt.cn_ordered_at or attempt.cn_expires_at > soon):
            return attempt
        return attempt._cn_renew(**values)
