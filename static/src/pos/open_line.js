// Part of payment_cn_wallets. License LGPL-3.

import { _t } from "@web/core/l10n/translation";
import { patch } from "@web/core/utils/patch";
import { PosStore } from "@point_of_sale/app/services/pos_store";

import { isSettled, isWalletLine } from "./payment_cn_wallets";

export const UNDER_WAY = _t("A wallet payment is under way. Wait for it, or cancel it, first.");

/** @returns {Object|undefined} the order's wallet line that is not settled; there is one at most */
export function findOpenLine(order) {
    return order.payment_ids.find((line) => isWalletLine(line) && !isSettled(line));
}

/** Whether another way to pay must wait for a line; the cashier is told so. */
export function holdsUp(pos, line) {
    const terminal = line.payment_method_id.payment_terminal;
    terminal.adopt(line);
    const held = terminal.isUnderWay(line);
    if (held) {
        pos.notification.add(UNDER_WAY, { type: "warning" });
    }
    return held;
}

/**
 * Whether the cashier is still where she pressed something: while a line was let go of, she may
 * have gone on with another order, which must not be paid in its place.
 *
 * @param {Object} pos the store
 * @returns {() => boolean}
 */
export function staysHere(pos) {
    const place = () => `${pos.router.state.current} ${pos.getOrder()?.uuid}`;
    const here = place();
    return () => place() === here;
}

patch(PosStore.prototype, {
    /** What the server last heard of a line may be older than what this till knows. */
    async afterProcessServerData() {
        await super.afterProcessServerData(...arguments);
        const payments = this.models["pos.payment"];
        payments.addEventListener("update", ({ id }) =>
            // Not before all is loaded: what is written while Odoo loads is not kept.
            Promise.resolve().then(() => {
                const line = payments.get(id);
                if (isWalletLine(line) && !isSettled(line)) {
                    line.payment_method_id.payment_terminal?.restore(line);
                }
            })
        );
    },

    /** Another till may have begun with an order: find out before its cashier goes on with it. */
    setOrder(order) {
        super.setOrder(...arguments);
        if (order && !order.finalized) {
            order.payment_ids
                .filter(isWalletLine)
                .forEach((line) => line.payment_method_id.payment_terminal?.adopt(line));
        }
    },

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
            const stays = staysHere(this);
            const free = await line.payment_method_id.payment_terminal.release(line);
            this.clearing = null;
            if (!free) {
                return; // it was paid after all
            }
            if (order.getPaymentlineByUuid(line.uuid)) {
                order.removePaymentline(line);
            }
            if (!stays()) {
                return;
            }
        }
        return super.validateOrderFast(...arguments);
    },
});
