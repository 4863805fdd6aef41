// Part of payment_cn_wallets. License LGPL-3.

import { toRaw } from "@odoo/owl";

import { browser } from "@web/core/browser/browser";
import { patch } from "@web/core/utils/patch";
import { CustomerDisplayPosAdapter } from "@point_of_sale/app/customer_display/customer_display_adapter";
import { PosStore } from "@point_of_sale/app/services/pos_store";

import { deferredWork } from "../payment_line/deferred_work";

// A display that has just been opened listens after so many ms: soon, on a slow machine, at the latest.
const LISTENS = [300, 1500, 4000];

let tellAgain = () => {}; // what the display was told last

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
        tellAgain = () => super.dispatch(...arguments);
        deferredWork.run("customer display", tellAgain);
    },
});

patch(PosStore.prototype, {
    async setup() {
        await super.setup(...arguments);
        this.data.connectWebSocket("CN_DISPLAY_OPENED", ({ device }) => {
            if (device === browser.localStorage.getItem("device_uuid")) {
                LISTENS.forEach((wait) => browser.setTimeout(() => tellAgain(), wait));
            }
        });
    },
});
