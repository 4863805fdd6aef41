// Part of payment_cn_wallets. License LGPL-3.

import { browser } from "@web/core/browser/browser";

// The longest deferral, in ms. Most charges are answered within it.
const LIMIT = 250;

/**
 * Defers what is not urgent while somebody waits for the answer to a scan, until that is drawn. What
 * is written to an order is also sent to the server, for the customer's display, and every such
 * request makes the till redraw its header, which takes the longer the more orders the session has:
 * both would delay the answer.
 */
export class DeferredWork {
    constructor() {
        this.actions = new Map();
        this.timer = null;
    }

    get isDeferring() {
        return this.timer !== null;
    }

    start() {
        this.timer ??= browser.setTimeout(() => this.flush(), LIMIT);
    }

    flush() {
        browser.clearTimeout(this.timer);
        this.timer = null;
        const actions = [...this.actions.values()];
        this.actions.clear();
        actions.forEach((action) => action());
    }

    /**
     * Run an action now, or with the next flush.
     *
     * @param {string} key of each key, the last action counts
     * @param {() => void} action
     */
    run(key, action) {
        if (this.isDeferring) {
            this.actions.delete(key);
            this.actions.set(key, action);
        } else {
            action();
        }
    }
}

export const deferredWork = new DeferredWork();
