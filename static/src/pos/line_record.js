// Part of payment_cn_wallets. License LGPL-3.

// What is written to a payment line: the order, its other tills, the display and the receipt see it.

import { browser } from "@web/core/browser/browser";

import { displayData } from "./display_data";
import { lineValues } from "./till_server";
import { FINAL } from "./till_phase";

// How long a receipt waits for who paid what, in ms.
const RECEIPT_PATIENCE = 1500;

/** @returns {boolean} whether it is a line of a sale, which now asks for no more than is due */
export function fitAmount(line) {
    const order = line.pos_order_id;
    if (!(line.amount > 0 && order && !order.finalized && !order.isRefund)) {
        return false;
    }
    // Odoo takes a line without a status for paid.
    const due = Math.max(0, order.remainingDue + (line.isDone() ? line.amount : 0));
    if (line.amount > due) {
        line.setAmount(due);
    }
    return true;
}

/**
 * @param {import("./payment_cn_wallets").PaymentCnWallets} terminal
 * @param {Object} line `pos.payment`
 * @param {Object} view see `tillView`
 * @param {boolean} underWay whether money may be moving
 */
export function writeLine(terminal, line, view, underWay) {
    const done = FINAL.has(view.phase);
    if (done) {
        writePayment(line, view);
    }
    const open = underWay ? "waiting" : line.amount < 0 ? "retry" : "pending";
    const status = done ? "done" : open;
    if (line.getPaymentStatus() !== status && !line.pos_order_id.finalized) {
        line.setPaymentStatus(status);
    }
    const display = displayData(terminal, line, view);
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
            card_type: receipt.wallet || walletName,
            payment_ref_no: receipt.number,
            transaction_id: receipt.gateway_number || receipt.number,
        });
        line.cn_receipt = receipt;
    }
}

/** Some gateways tell of a coupon only when they are asked. The receipt waits, but not long. */
export async function completeReceipt({ method, pos, env }, line) {
    const patience = new Promise((resolve) => browser.setTimeout(resolve, RECEIPT_PATIENCE));
    const answer = env.services.orm.silent
        .call("pos.payment.method", "cn_status", [[method.id], lineValues(pos, line), true])
        .catch(() => null); // the receipt then says what is known
    const status = await Promise.race([answer, patience]);
    if (status?.receipt?.number && line.pos_order_id?.finalized === false) {
        line.cn_receipt = status.receipt;
    }
}
