// Part of payment_cn_wallets. License LGPL-3.

import { _t } from "@web/core/l10n/translation";
import { patch } from "@web/core/utils/patch";
import { PosStore } from "@point_of_sale/app/services/pos_store";

import { holdsUp } from "./open_line";
import { isSettled, isWalletLine } from "./payment_cn_wallets";

const PAID = _t(
    "A wallet has paid a part of this order already. Finish it before you merge it with another."
);

/**
 * `pos_restaurant` merges two orders by moving the lines of one to the other, and deletes what is
 * left. Money that a wallet paid would be left behind, for nothing that was bought.
 *
 * @param {Object} pos the store; its class can't be patched, for `pos_restaurant` does that later
 */
function guardMerging(pos) {
    patch(pos, {
        async mergeOrders(source) {
            for (const line of source.payment_ids.filter(isWalletLine)) {
                if (!isSettled(line) && holdsUp(this, line)) {
                    return;
                }
                // A code that nobody paid is given up, and goes with the order.
                if (!(await line.payment_method_id.payment_terminal.release(line))) {
                    this.notification.add(PAID, { type: "danger" });
                    return;
                }
            }
            return super.mergeOrders(...arguments);
        },
    });
}

patch(PosStore.prototype, {
    async afterProcessServerData() {
        await super.afterProcessServerData(...arguments);
        if (this.mergeOrders) {
            guardMerging(this);
        }
    },
});
