// Part of payment_cn_wallets. License LGPL-3.

import { toRaw } from "@odoo/owl";

import { patch } from "@web/core/utils/patch";
import { CustomerDisplayPosAdapter } from "@point_of_sale/app/customer_display/customer_display_adapter";

import { deferredWork } from "../payment_line/deferred_work";

patch(CustomerDisplayPosAdapter.prototype, {
    /** Override to tell the customer what to do with the wallet. */
    formatOrderData(order) {
        super.formatOrderData(...arguments);
        const shown = order.payment_ids.map((line) => line.cnDisplay).filter(Boolean);
        const open = shown.find((display) => display.phase !== "paid");
        // Null wipes away what the display showed before.
        this.data.cnWallet = toRaw(open || shown.at(-1)) || null;
        this.data.cnAt = performance.timeOrigin + performance.now();
    },

    dispatch() {
        deferredWork.run("customer display", () => super.dispatch(...arguments));
    },
});
