// Part of payment_cn_wallets. License LGPL-3.

import { browser } from "@web/core/browser/browser";

// How long an answer to the customer may wait for the browser's disk, in ms.
const PATIENCE = 1000;

/**
 * Write an order with its lines and payments to the browser's memory, so that they outlive this
 * tab. Odoo writes all orders of the session a moment later; that takes the longer the more were
 * sold since the morning, and this is what a customer waits for.
 *
 * @param {Object} data the till's data service
 * @param {Object} order `pos.order`
 * @returns {Promise<boolean>} whether it was written in time; never rejected
 */
export async function remember(data, order) {
    const records = {
        "pos.order": [order],
        "pos.order.line": order.lines,
        "pos.payment": order.payment_ids,
    };
    const writing = Object.entries(records).map(([model, some]) =>
        data.indexedDB.create(
            model,
            some.map((record) => record.serializeForIndexedDB())
        )
    );
    const written = Promise.all(writing).then(
        (stores) => stores.flat().every((one) => !one || one.status === "fulfilled"),
        () => false
    );
    const late = new Promise((resolve) => browser.setTimeout(() => resolve(false), PATIENCE));
    return Promise.race([written, late]);
}
