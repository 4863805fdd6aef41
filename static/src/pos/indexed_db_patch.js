// Part of payment_cn_wallets. License LGPL-3.

import { patch } from "@web/core/utils/patch";
import IndexedDB from "@point_of_sale/app/models/utils/indexed_db";

/*
 * After every change of an order, Odoo takes all that was sold since the morning out of the
 * browser's memory once more, each order, line and payment twice. After some hundred sales the
 * browser is busy with that all the time, and a scan waits. What is out stays out.
 */
patch(IndexedDB.prototype, {
    /** The keys that were taken out of a store, and not put into it again since. */
    cnGone(storeName) {
        this.cnGoneKeys ??= new Map();
        if (!this.cnGoneKeys.has(storeName)) {
            this.cnGoneKeys.set(storeName, new Set());
        }
        return this.cnGoneKeys.get(storeName);
    },

    /** These are put into a store, again perhaps. */
    cnPut(storeName, records) {
        const gone = this.cnGone(storeName);
        for (const { uuid, id } of records || []) {
            gone.delete(uuid);
            gone.delete(id);
        }
    },

    async delete(storeName, keys) {
        const gone = this.cnGone(storeName);
        const left = (keys || []).filter((key) => !gone.has(key));
        // At once: what is put in meanwhile is there afterwards.
        left.forEach((key) => gone.add(key));
        const results = await super.delete(storeName, left);
        if (results && !results.every(({ status }) => status === "fulfilled")) {
            left.forEach((key) => gone.delete(key));
        }
        return results;
    },

    create(storeName, records) {
        this.cnPut(storeName, records);
        return super.create(...arguments);
    },

    reset() {
        this.cnGoneKeys = new Map();
        return super.reset(...arguments);
    },
});
