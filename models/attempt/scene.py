# Part of payment_cn_wallets. License LGPL-3.

import logging
from datetime import timedelta

from odoo import _, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import consteq

from ... import const
from ...gateways.base import Device, ReasonKind, Scene
from ...tools import addresses, devices, qr, throttle

_logger = logging.getLogger(__name__)


class PaymentTransaction(models.Model):
    """How a payer on the web pays: which scene, who pays, and what the browser is handed."""

    _inherit = 'payment.transaction'

    # A key of const.SCENES.
    cn_device = fields.Char(string="Payer's browser", readonly=True, copy=False)
    # The wallet could not be opened in the way that was tried first.
    cn_is_detour = fields.Boolean(string="Second choice", readonly=True, copy=False)
    # What these two hold was signed for one payer, and lets whoever has it open the cashier.
    cn_sdk_params = fields.Json(
        string="Parameters of the wallet's browser",
        readonly=True, copy=False, groups='base.group_system',
    )
    cn_pay_form = fields.Json(
        string="Form for the wallet's page",
        readonly=True, copy=False, groups='base.group_system',
    )
    cn_page_is_here = fields.Boolean(
        string="Wallet's page is for a computer", readonly=True, copy=False
    )

    # === ADDRESSES === #

    def _cn_go_path(self):
        """Return our page that leads to the wallet's; it can be scanned too."""
        self.ensure_one()
        return f'/payment/cn/go/{self.id}/{self._cn_token()}'

    def _cn_back_from_wallet_path(self):
        """Return where the wallet's page sends the payer back to."""
        self.ensure_one()
        return f'/payment/cn/back/{self.id}/{self._cn_token()}'

    # === SCENES === #

    def _cn_gateway_device(self):
        """Return the payer's device in the words of gateways.

        :rtype: gateways.base.Device
        """
        self.ensure_one()
        try:
            return Device(self.cn_device)
        except ValueError:
            return Device.PHONE  # a wallet's browser that is none of this payment's

    def _cn_scenes(self, device=None):
        """Return the scenes in which this wallet can be paid with, the best one first.

        :param str device: key of `const.SCENES`; the attempt's own when None
        :return: scenes that the merchant has, without those that were refused lately
        :rtype: list[str]
        """
        self.ensure_one()
        device = device or self.cn_device or ('computer' if self.cn_scene == 'qr' else 'phone')
        try:
            gateway = self._cn_gateway()
        except ValueError:
            _logger.exception("The credentials of provider %s can't be used", self.provider_id.id)
            return []
        wallet = self._cn_wallet()
        at = Device(device) if device != 'foreign_wallet' else Device.PHONE
        offered = [
            scene for scene in const.SCENES[device] if gateway.offers(wallet, Scene(scene), at)
        ]
        # When all of them were refused, the first one is as good as any to find out anew.
        return [scene for scene in offered if not self._cn_is_refused(scene, device)] or offered[:1]

    def _cn_pick_scene(self, user_agent):
        """Return the scene that suits the payer's device and the gateway.

        :param str user_agent: the browser's User-Agent header
        :rtype: str
        :raise ValidationError: if the gateway can't carry this wallet here
        """
        scenes = self._cn_scenes(devices.of_payer(user_agent, self._cn_wallet().value))
        if scenes:
            return scenes[0]
        raise ValidationError(_(
            "%(gateway)s does not offer %(wallet)s here. Choose another method.",
            gateway=self.provider_id.name, wallet=self.payment_method_id.name,
        ))

    def _cn_next_scene(self):
        """Return the scene to try when the present one turned out closed, or False."""
        self.ensure_one()
        order = const.SCENES.get(self.cn_device) or const.SCENES['phone']
        left = order[order.index(self.cn_scene) + 1:] if self.cn_scene in order else ()
        return next((scene for scene in self._cn_scenes() if scene in left), False)

    def _cn_first_scene(self):
        """Return the scene that suits the payer's device best when this is a later one, or False.

        Who had a code shown on a phone may go back to what opens the wallet there.
        """
        scenes = self._cn_scenes()
        late = self.cn_scene in scenes and scenes.index(self.cn_scene) > 0
        return late and scenes[0]

    def _cn_scene_again(self):
        """Return the scene for a new attempt: the same, unless it was refused lately."""
        self.ensure_one()
        if self.cn_scene and self.cn_device and self._cn_is_refused(self.cn_scene, self.cn_device):
            return self._cn_next_scene() or self.cn_scene
        return self.cn_scene

    # === SCENES THAT ARE REFUSED === #

    def _cn_refusal_key(self, scene, device):
        return self.provider_id._cn_refusal_key(
            self.is_live, self._cn_wallet().value, scene, device
        )

    def _cn_is_refused(self, scene, device):
        """Tell whether the gateway said lately that the merchant has no contract for a scene."""
        return throttle.seconds_left(
            self.env.cr.dbname, self._cn_refusal_key(scene, device), (const.REFUSED_SCENE_SECONDS,)
        ) > 0

    def _cn_order_in_some_scene(self, client_ip):
        """Place the order; go on with the next scene when the merchant has no contract for this.

        The refusal is remembered for an hour, so that not every shopper runs into it.

        :param str client_ip: the payer's address
        :return: the attempt to go on with: this one, or one with a number and a scene of its own
        :rtype: payment.transaction
        """
        attempt = self
        for _scene in Scene:
            attempt._cn_place_order(client_ip)
            if attempt.state != 'error' or attempt._cn_has_step() or attempt.cn_next_id or (
                attempt.cn_reason_kind != ReasonKind.NOT_ENABLED.value
            ):
                break
            device = attempt.cn_device or 'phone'
            throttle.acquire(
                self.env.cr.dbname, attempt._cn_refusal_key(attempt.cn_scene, device),
                (const.REFUSED_SCENE_SECONDS,),
            )
            scene = attempt._cn_next_scene()
            # Nobody expected a code; whoever expected the wallet to open is told.
            successor = scene and attempt._cn_renew(
                cn_scene=scene, cn_is_detour=attempt.cn_scene != 'qr'
            )
            if not successor or successor == attempt:
                break
            _logger.info(
                "%s: no contract for %s, going on with %s",
                attempt.provider_code, attempt.cn_scene, scene,
            )
            attempt._cn_commit()
            attempt = successor
        return attempt

    # === WHO PAYS === #

    def _cn_wants_payer(self):
        """Tell whether the order must name who pays.

        :rtype: bool
        """
        self.ensure_one()
        return self.cn_scene == 'in_app' and self._cn_gateway().needs_payer(
            self._cn_wallet(), Scene.IN_APP
        )

    def _cn_lacks_payer(self):
        """Tell whether the wallet has to be asked who pays before the order can be placed."""
        self.ensure_one()
        return (
            self.cn_scene == 'in_app' and self.state == 'draft' and not self.cn_ordered_at
            and not self.cn_next_id and not self.sudo().cn_payer_id and self._cn_wants_payer()
        )

    def _cn_set_payer(self, payer_id):
        """Note who pays, unless that is known.

        :param str payer_id: as the wallet told it just now
        :return: whether the attempt is this payer's
        :rtype: bool
        """
        self._cn_lock()
        if not self.cn_payer_id and not self.cn_ordered_at:
            self.cn_payer_id = payer_id
        return consteq((self.cn_payer_id or '').encode(), payer_id.encode())

    def _cn_go_on_without_payer(self):
        """Take the next scene, since nobody says who pays. The number has not been used yet."""
        self._cn_lock()
        if not self._cn_lacks_payer():
            return
        scene = self._cn_next_scene()
        if scene:
            self.write({'cn_scene': scene, 'cn_is_detour': True})
        else:
            self._set_error(_("The wallet did not tell who pays."))

    def _cn_belongs_elsewhere(self, in_wallet, payer_here):
        """Return a sentence for a browser that can't pay this attempt, or ''."""
        if self.cn_scene in ('app', 'mini'):
            return _("This payment was begun in the shop's app. Try again to pay here.")
        if self.cn_scene != 'in_app':
            return ''
        if not in_wallet:
            return _("This payment was begun inside the wallet's app. Try again to pay here.")
        if self.cn_ordered_at and self.sudo().cn_payer_id and not payer_here:
            return _("Somebody else began this payment. Try again to pay it yourself.")
        return ''

    # === WHAT THE BROWSER IS HANDED === #

    def _cn_lifetime(self, gateway):
        """Return for how many seconds the page offers to pay."""
        timings = gateway.timings
        return (self.cn_scene == 'h5' and timings.page_lifetime) or timings.qr_lifetime

    def _cn_order_end(self):
        """Return until when the gateway shall take the money (naive UTC).

        Who opened the wallet's page in its last minute still needs time there.
        """
        gateway = self._cn_gateway()
        return self.cn_ordered_at + timedelta(seconds=gateway.timings.qr_lifetime)

    def _cn_step_values(self, step):
        """Return what to store of the answer to an order.

        :param gateways.base.NextStep step: what the payer's side needs
        :rtype: dict
        """
        safe = addresses.safe_form_url if step.form else addresses.safe_pay_url
        pay_url = safe(step.pay_url)
        return {
            'cn_code_url': step.code_url or False,
            'cn_pay_url': pay_url or False,
            'cn_pay_form': dict(step.form) if step.form and pay_url else False,
            'cn_sdk_params': dict(step.sdk_params) if step.sdk_params else False,
            'cn_page_is_here': step.here,
        }

    def _cn_has_step(self):
        """Tell whether the payer has anything to pay by."""
        self.ensure_one()
        return bool(self.cn_code_url or self.cn_pay_url or self.sudo().cn_sdk_params)

    def _cn_detour_message(self):
        if not self.cn_is_detour:
            return ''
        return _(
            "%s could not be opened right here. Please pay this way instead.",
            self.payment_method_id.name,
        )

    def _cn_kind(self, phone):
        """Return what the page shows: `qr`, `link`, `link_qr`, `page` or `cashier`."""
        known = self._cn_has_step()
        if self.cn_scene == 'in_app':
            cashier = not self.cn_pay_url if known else self._cn_wants_payer()
            return 'cashier' if cashier else 'page'
        if not (self.cn_pay_url if known else self.cn_scene == 'h5'):
            return 'qr'
        if self.cn_device == 'wallet' or (self.cn_page_is_here and not phone):
            return 'page'
        if phone:
            return 'link'
        return 'qr' if self.cn_code_url else 'link_qr'

    def _cn_ways(self, phase, *, phone):
        """Return the part of the page's snapshot that says how to pay.

        :param str phase: of the page
        :param bool phone: whether the page is on a phone
        :rtype: dict
        """
        self.ensure_one()
        kind = self._cn_kind(phone)
        waiting = phase == 'waiting'
        next_scene = self._cn_next_scene() if waiting and kind not in ('qr', 'link_qr') else False
        code = ''
        if phase in ('waiting', 'confirming') and kind in ('qr', 'link', 'link_qr'):
            code = self.cn_code_url or ''
            # A code of a phone's page is the last resort: another phone may not be let in.
            if not code and not (kind == 'link' and next_scene == 'qr'):
                code = self._cn_scannable_url()
        pay_url = ''
        if waiting and self.cn_pay_url:
            pay_url = self._cn_go_path() if self.sudo().cn_pay_form else self.cn_pay_url
        return {
            'kind': kind,
            'qr_svg': qr.svg(code) if code else '',
            'pay_url': pay_url,
            'sdk_params': self.sudo().cn_sdk_params if waiting and kind == 'cashier' else None,
            'other': next_scene or '',
            'first': (waiting and phone and kind == 'qr' and self._cn_first_scene()) or '',
        }

    def _cn_scannable_url(self):
        """Return an address for cameras that leads to the wallet's page."""
        if not self.cn_pay_url:
            return ''
        if self.sudo().cn_pay_form or len(self.cn_pay_url) > const.LONGEST_SCANNED_URL:
            return self._cn_absolute_url(self._cn_go_path())
        return self.cn_pay_url
