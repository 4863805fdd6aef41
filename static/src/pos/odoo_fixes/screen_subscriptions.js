// Part of payment_cn_wallets. License LGPL-3.

import { onWillDestroy, useComponent, useState } from "@odoo/owl";

import { browser } from "@web/core/browser/browser";
import { patch } from "@web/core/utils/patch";
import { FeedbackScreen } from "@point_of_sale/app/screens/feedback_screen/feedback_screen";
import { PaymentScreen } from "@point_of_sale/app/screens/payment_screen/payment_screen";
import { ReceiptScreen } from "@point_of_sale/app/screens/receipt_screen/receipt_screen";

import { changedFunctions } from "./odoo_fix";

// How long after its end a screen's own work may go on, in ms: the order is sent, the next begun.
const WORK_AFTER_END = [5000, 60000];

/** Drop the references to the elements of a component that is destroyed, and of its children. */
function dropElements(node) {
    if (!(node?.children && node.refs && "bdom" in node)) {
        return; // not OWL's node as we know it
    }
    Object.values(node.children).forEach(dropElements);
    node.children = Object.create(null);
    node.bdom = null;
    Object.keys(node.refs).forEach((name) => delete node.refs[name]);
}

/** Unsubscribe the component once more after its end, when its own work is over. */
export function useLateUnsubscribe() {
    const node = useComponent().__owl__;
    onWillDestroy(() => {
        // Added by `useState`. OWL exports no other way to unsubscribe.
        const unsubscribe = node.willDestroy.filter(
            ({ name }) => name === "bound clearReactivesForCallback"
        );
        for (const pause of WORK_AFTER_END) {
            browser.setTimeout(() => {
                unsubscribe.forEach((action) => action());
                dropElements(node);
            }, pause);
        }
    });
}

/**
 * Odoo's screens from the payment to the receipt go on reading the store while another screen takes
 * their place, and OWL takes that for a new subscription: each of them is notified of every order
 * that changes, and kept for it with all its elements, so that a scan takes the longer the more
 * orders the session has. With this, the subscription is withdrawn once more, in the way in which
 * OWL does it at the end of a component; and as the values that Odoo computed for an order refer to
 * the screens that asked for them, a screen that ended keeps no elements.
 *
 * @type {import("./odoo_fix").OdooFix}
 */
export const screenSubscriptions = {
    name: "screen_subscriptions",
    reliesOn:
        "useState in web/static/lib/owl/owl.js and setup of PaymentScreen, FeedbackScreen and" +
        " ReceiptScreen in point_of_sale/static/src/app/screens",

    targets() {
        return { useState, screens: { FeedbackScreen, PaymentScreen, ReceiptScreen } };
    },

    difference({ useState: hook, screens }) {
        return changedFunctions({
            useState: [hook, "node.willDestroy.push(clearReactivesForCallback.bind(null,"],
            ...Object.fromEntries(
                Object.entries(screens).map(([name, Screen]) => [
                    `${name}.setup`,
                    [Screen?.prototype.setup, "setup("],
                ])
            ),
        });
    },

    apply({ screens }) {
        for (const Screen of Object.values(screens)) {
            patch(Screen.prototype, {
                setup() {
                    super.setup(...arguments);
                    useLateUnsubscribe();
                },
            });
        }
    },
};
