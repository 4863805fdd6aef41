// Part of payment_cn_wallets. License LGPL-3.

import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";

import { lineValues } from "./till_server";
import { tillView } from "./till_view";

/**
 * The server can't be reached, and the queue does not wait: the line goes now, and the server is
 * told as soon as it answers. Should this till forget it, the closing of the session finds money
 * without an order, and lists it.
 *
 * @param {Object} terminal see `PaymentCnWallets`
 * @param {Object} entry what the terminal keeps of the line
 * @param {Object} line payment line
 */
export function detach(terminal, entry, line) {
    entry.values = lineValues(terminal.pos, line);
    entry.state.abandon(terminal.now);
    line.cnDisplay = null;
    terminal.lineViews.remove(entry.uuid);
    line.pos_order_id.removePaymentline(line);
    terminal.answer(entry, true);
    terminal.turn(entry);
}

/** @returns {Object} the view of a line that is gone, until nothing is to be done for it any more */
export function followDetached(terminal, entry) {
    const view = tillView(entry.state, terminal.now);
    if (view.phase === "returned") {
        terminal.pos.notification.add(
            _t(
                "The customer of order %(order)s had paid %(amount)s by wallet before you went on without it. The money is being sent back.",
                { order: entry.values.reference, amount: view.amount }
            ),
            { type: "danger", sticky: true }
        );
    }
    if (entry.state.free(terminal.now)) {
        // A charge that was given up may arrive yet; one that was sent back was the one.
        if (view.phase === "returned" || !entry.state.mayBeCharged(terminal.now)) {
            terminal.forget(entry);
        }
    } else if (view.phase === "paid" && !entry.state.busy) {
        sendBack(terminal, entry);
    }
    return view;
}

/** The answer to an earlier question came first: the line was paid after it had gone. */
function sendBack(terminal, entry) {
    if (entry.sendingBack) {
        return terminal.forget(entry); // refused: the closing of the session lists it
    }
    entry.sendingBack = true;
    entry.state.abandon(terminal.now);
    entry.timer = browser.setTimeout(() => terminal.turn(entry));
}
