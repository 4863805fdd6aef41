// Part of payment_cn_wallets. License LGPL-3.

/**
 * Write an order with its lines and payments to the browser's IndexedDB, so that they outlive this
 * tab. Odoo writes all orders of the session a moment later, which takes the longer the more orders
 * there are.
 *
 * All requests, and the commit, are issued before this returns: IndexedDB handles them before
 * anything that the tab requests of it later. So nobody has to wait for the result, which is queued
 * behind everything that the tab draws.
 *
 * @param {Object} data the till's data service
 * @param {Object} order `pos.order`
 * @returns {Promise<boolean>} whether it was written; never rejected
 */
export function storeOrder(data, order) {
    const records = Object.entries({
        "pos.order": [order],
        "pos.order.line": order.lines,
        "pos.payment": order.payment_ids,
    }).filter(([, some]) => some.length);
    const transaction = data.indexedDB.getNewTransaction(records.map(([model]) => model));
    if (!transaction) {
        return Promise.resolve(false); // no IndexedDB, or it can't be opened
    }
    const { promise, resolve } = Promise.withResolvers();
    const ended = (written) => {
        data.indexedDB.activeTransactions.delete(transaction);
        resolve(written);
    };
    transaction.oncomplete = () => ended(true);
    transaction.onabort = () => ended(false);
    try {
        for (const [model, some] of records) {
            const store = transaction.objectStore(model);
            for (const record of some) {
                store.put(JSON.parse(JSON.stringify(record.serializeForIndexedDB())));
            }
        }
        transaction.commit();
    } catch {
        transaction.abort(); // something that can't be stored; the same as a full disk
    }
    return promise;
}
