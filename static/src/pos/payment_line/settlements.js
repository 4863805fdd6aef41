// Part of payment_cn_wallets. License LGPL-3.

import { EventBus } from "@odoo/owl";

/**
 * Lines that were settled, until somebody goes on with their order. Triggers "settled" for whoever
 * shows the order, who takes the line; "unattended" when nobody did; and "attended" when such a line
 * is taken later. The last two come with {uuid, finishes}.
 */
export class Settlements extends EventBus {
    constructor() {
        super();
        this.lines = new Map();
    }

    /**
     * @param {string} uuid of the line
     * @param {boolean} finishes whether its order is to end with the receipt in any case
     */
    add(uuid, finishes) {
        this.lines.set(uuid, { finishes });
        this.trigger("settled");
        if (this.lines.has(uuid)) {
            this.trigger("unattended", { uuid, finishes });
        }
    }

    /** @returns {{finishes: boolean}|undefined} told once; undefined for any other line */
    take({ uuid }) {
        const settlement = this.lines.get(uuid);
        if (settlement) {
            this.lines.delete(uuid);
            this.trigger("attended", { uuid, ...settlement });
        }
        return settlement;
    }
}
