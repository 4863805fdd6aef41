// Part of payment_cn_wallets. License LGPL-3.

import { browser } from "@web/core/browser/browser";

// How long others may have to wait, in ms. Most charges are answered within that.
const LIMIT = 250;

/**
 * Somebody waits for the answer to a scan: what nobody waits for is put off until it is drawn. What
 * is written to an order goes to the server as well, for the customer's display, and every such
 * request has the till draw its head line, which takes the longer the more was sold since the
 * morning: both would be in the way.
 */
export class Rush {
    constructor() {
        this.actions = new Map();
        this.timer = null;
    }

    get isOn() {
        return this.timer !== null;
    }

    begin() {
        this.timer ??= browser.setTimeout(() => this.end(), LIMIT);
    }

    end() {
        browser.clearTimeout(this.timer);
        this.timer = null;
        const actions = [...this.actions.values()];
        this.actions.clear();
        actions.forEach((action) => action());
    }

    /**
     * Do something now, or at the end of the rush.
     *
     * @param {string} key what is done: the last one of each counts
     * @param {() => void} action
     */
    put(key, action) {
        if (this.isOn) {
            this.actions.delete(key);
            this.actions.set(key, action);
        } else {
            action();
        }
    }
}

export const rush = new Rush();
