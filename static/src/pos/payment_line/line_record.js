// Part of payment_cn_wallets. License LGPL-3.

// Writes to the record of a payment line, which other tills, the display and the receipt read.

import { browser } from "@web/core/browser/browser";

import { FINAL } from "./till_phase";

// How long a receipt waits for the payer's amount, in ms.
const RECEIPT_TIMEOUT = 1500;

/**
 * A wallet gives no change: a line asks for no more than is due. One that asked for all that was due
 * goes on doing so when the order grows; one of which the cashier typed a part stays as it is.
 *
 * @param {Object} line
 * @param {{amount: number, isAll: boolean}|null} before what this returned last
 * @returns {{amount: number, isAll: boolean}|null} null when it is no line of a sale that is open
 */
export function fitAmount(line, before) {
    const order = line.pos_order_id;
    const untouched = before?.amount === line.amount;
    if (!order || order.finalized || order.isRefund || !(line.amount > 0 || untouched)) {
        return null;
    }
    // Odoo takes a line without a status for paid.
    const due = Math.max(0, order.remainingDue + (line.isDone() ? line.amount : 0));
    if (line.amount > due || (untouched && before.isAll && line.amount < due)) {
        line.setAmount(due);
    }
    return { amount: line.amount, isAll: order.currency.isZero(line.amount - due) };
}

/**
 * @param {Object} line `pos.payment`
 * @param {Object} view see `tillView`
 * @param {boolean} underWay whether money may be moving
 * @param {Object|null} display see `displayData`
 */
export function writeLine(line, view, underWay, display) {
    const done = FINAL.has(view.phase);
    if (done) {
        writePayment(line, view);
    }
    const open = underWay ? "waiting" : line.amount < 0 ? "retry" : "pending";
    const status = done ? "done" : open;
    if (line.getPaymentStatus() !== status && !line.pos_order_id.finalized) {
        line.setPaymentStatus(status);
    }
    if (JSON.stringify(line.cnDisplay) !== JSON.stringify(display)) {
        line.cnDisplay = display;
    }
}

function writePayment(line, { receipt, walletName, amount }) {
    if (line.pos_order_id.finalized) {
        return;
    }
    // What was charged is what was paid, whatever the line says by now. Of a refund, what was taken
    // by the gateways is what goes back: the rest stays due.
    if (Number(amount) !== line.amount) {
        line.setAmount(Number(amount));
    }
    if (receipt?.number) {
        line.update({
            card_type: receipt.parts?.map(({ wallet }) => wallet).join(", ") || receipt.wallet || walletName,
            payment_ref_no: receipt.number,
            transaction_id: receipt.gateway_number || receipt.number,
        });
        line.cn_receipt = receipt;
    }
}

/**
 * Some gateways tell of a coupon only when they are queried. The receipt waits, but not long.
 *
 * @param {Object} line
 * @param {Promise<Object>} status the server's answer to a query of the gateway
 */
export async function completeReceipt(line, status) {
    const timeout = new Promise((resolve) => browser.setTimeout(resolve, RECEIPT_TIMEOUT));
    const answer = await Promise.race([
        status.catch(() => null), // the receipt then says what is known
        timeout,
    ]);
    if (answer?.receipt?.number && line.pos_order_id?.finalized === false) {
        line.cn_receipt = answer.receipt;
    }
}
