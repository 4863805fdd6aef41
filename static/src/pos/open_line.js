// Part of payment_cn_wallets. License LGPL-3.

import { _t } from "@web/core/l10n/translation";
import { patch } from "@web/core/utils/patch";
import { PosStore } from "@point_of_sale/app/services/pos_store";

import { isSettled, isWalletLine } from "./payment_cn_wallets";

const UNDER_WAY = _t("A wallet payment is under way. Wait for it, or cancel it, first.");

/** @returns {Object|undefined} the order's wallet line that is not settled; there is one at most */
export function findOpenLine(order) {
    return order.payment_ids.find((line) => isWalletLine(line) && !isSettled(line));
}

/** Whether another way to pay must wait for a line; the cashier is told so. */
export function holdsUp(pos, line) {
    const held = line.payment_method_id.payment_terminal.isUnderWay(line);
    if (held) {
        pos.notification.add(UNDER_WAY, { type: "warning" });
    }
    return held;
}

patch(PosStore.prototype, {
    /**
     * Odoo's one-click payment of the product screen. It would refuse in silence while a wallet's
     * code is open: what nobody has paid makes way, as on the payment screen.
     */
    async validateOrderFast() {
        const order = this.getOrder();
        const line = findOpenLine(order);
        if (line) {
            if (holdsUp(this, line) || this.clearing === line.uuid) {
                return; // pressed twice
            }
            this.clearing = line.uuid;
            const free = await line.payment_method_id.payment_terminal.release(line);
            this.clearing = null;
            if (!free) {
                return; // it was paid after all
            }
            if (order.getPaymentlineByUuid(line.uuid)) {
                order.removePaymentline(line);
            }
        }
        return super.validateOrderFast(...arguments);
    },
});
