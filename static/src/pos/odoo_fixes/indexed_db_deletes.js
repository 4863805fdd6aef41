// Part of payment_cn_wallets. License LGPL-3.

import { patch } from "@web/core/utils/patch";
import IndexedDB from "@point_of_sale/app/models/utils/indexed_db";

import { changedFunctions } from "./odoo_fix";

/** Report every record that is written in a transaction, whoever writes it. */
function watchWrites(transaction, onPut) {
    const { objectStore } = transaction;
    transaction.objectStore = (name) => {
        const store = objectStore.call(transaction, name);
        if (!Object.hasOwn(store, "put")) {
            const { put } = store;
            store.put = (record, ...more) => {
                onPut(name, record);
                return put.call(store, record, ...more);
            };
        }
        return store;
    };
}

/**
 * After every change of an order, `PosData.synchronizeLocalDataInIndexedDB` deletes all finished
 * orders of the session from the browser's IndexedDB once more, each order, line and payment twice.
 * After some hundred sales the browser is busy with that all the time, and a scan waits. With this,
 * a key that was deleted is not deleted again unless something was written under it since.
 *
 * @type {import("./odoo_fix").OdooFix}
 */
export const indexedDbDeletes = {
    name: "indexed_db_deletes",
    reliesOn:
        "IndexedDB.delete, promises, getNewTransaction and reset in" +
        " point_of_sale/static/src/app/models/utils/indexed_db.js",

    targets() {
        return { IndexedDB };
    },

    difference({ IndexedDB: { prototype } }) {
        return changedFunctions({
            "IndexedDB.delete": [prototype.delete, 'returnthis.promises(storeName,uuids,"delete")'],
            "IndexedDB.promises": [
                prototype.promises,
                "this.getNewTransaction([storeName]",
                "transaction.objectStore(storeName)",
                "store[method](",
                'status:"fulfilled"',
            ],
            "IndexedDB.getNewTransaction": [
                prototype.getNewTransaction,
                "this.db.transaction(dbStore",
                "returntransaction",
            ],
            "IndexedDB.reset": [prototype.reset, "deleteDatabase("],
        });
    },

    apply({ IndexedDB: { prototype } }) {
        patch(prototype, {
            /** The keys that were deleted from a store and not written since. */
            cnDeleted(storeName) {
                this.cnDeletedKeys ??= new Map();
                if (!this.cnDeletedKeys.has(storeName)) {
                    this.cnDeletedKeys.set(storeName, new Set());
                }
                return this.cnDeletedKeys.get(storeName);
            },

            getNewTransaction() {
                const transaction = super.getNewTransaction(...arguments);
                if (transaction) {
                    watchWrites(transaction, (storeName, { uuid, id }) => {
                        const deleted = this.cnDeleted(storeName);
                        deleted.delete(uuid);
                        deleted.delete(id);
                    });
                }
                return transaction;
            },

            async delete(storeName, keys) {
                const deleted = this.cnDeleted(storeName);
                const left = (keys || []).filter((key) => !deleted.has(key));
                // Before the answer: what is written meanwhile is there afterwards.
                left.forEach((key) => deleted.add(key));
                const results = await super.delete(storeName, left);
                if (results && !results.every(({ status }) => status === "fulfilled")) {
                    left.forEach((key) => deleted.delete(key));
                }
                return results;
            },

            reset() {
                this.cnDeletedKeys = new Map();
                return super.reset(...arguments);
            },
        });
    },
};
