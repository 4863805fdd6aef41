// Part of payment_cn_wallets. License LGPL-3.

import { onWillDestroy, useComponent } from "@odoo/owl";

import { browser } from "@web/core/browser/browser";
import { patch } from "@web/core/utils/patch";
import { FeedbackScreen } from "@point_of_sale/app/screens/feedback_screen/feedback_screen";
import { PaymentScreen } from "@point_of_sale/app/screens/payment_screen/payment_screen";
import { ReceiptScreen } from "@point_of_sale/app/screens/receipt_screen/receipt_screen";

// How long after its end a screen's own work may go on, in ms: the order is sent, the next begun.
const WORK_AFTER_END = [5000, 60000];

/** Let go of the elements of a component that is destroyed, and of those of its children. */
function release(node) {
    Object.values(node.children).forEach(release);
    node.children = Object.create(null);
    node.bdom = null;
    Object.keys(node.refs).forEach((name) => delete node.refs[name]);
}

/**
 * Odoo's screens from the payment to the receipt go on reading the store while they give way to
 * another screen, and OWL takes that for an interest in every later change: each of them is told
 * of every order that changes, and kept for it with all its elements, so that a scan takes the
 * longer the more was sold since the morning. So the interest is withdrawn once more, in the way in
 * which OWL did at the end of the screen; and as the values that Odoo computed for an order refer to
 * the screens that asked for them, a screen that ended keeps no elements.
 */
function useRealEnd() {
    const node = useComponent().__owl__;
    onWillDestroy(() => {
        // Of `useState`. OWL exports no other way to withdraw it.
        const withdrawals = node.willDestroy.filter(
            ({ name }) => name === "bound clearReactivesForCallback"
        );
        for (const pause of WORK_AFTER_END) {
            browser.setTimeout(() => {
                withdrawals.forEach((withdraw) => withdraw());
                release(node);
            }, pause);
        }
    });
}

for (const Screen of [PaymentScreen, FeedbackScreen, ReceiptScreen]) {
    patch(Screen.prototype, {
        setup() {
            super.setup(...arguments);
            useRealEnd();
        },
    });
}
