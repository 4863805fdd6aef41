// Part of payment_cn_wallets. License LGPL-3.

import { browser } from "@web/core/browser/browser";

import { explain } from "./till_server";

// How often a countdown or a message that will disappear is redrawn, in ms.
const TICK = 500;

/**
 * Drives one `TillState`: sends the requests that it wants, passes it the answers, and comes back
 * when it has something to do. What is done with the outcome is the owner's business.
 *
 * @typedef {Object} Owner
 * @property {(request: Object) => Promise<Object>} call sends a request, returns the server's status
 * @property {() => Object} publish shows the state; returns the view, see `tillView`
 * @property {() => boolean} [goesOn] asked before each step: false when the state is of no interest
 *     any more, or has gone to another owner
 */
export class StateRunner {
    /**
     * @param {import("./till_state").TillState} state
     * @param {Owner} owner
     */
    constructor(state, owner) {
        this.state = state;
        this.owner = owner;
        this.timer = null;
        this.stopped = false;
        this.answered = null; // resolves when the last request is answered, or can't be
    }

    get now() {
        return browser.performance.now();
    }

    stop() {
        this.stopped = true;
        browser.clearTimeout(this.timer);
    }

    wake() {
        this.state.wake(this.now);
        this.turn();
    }

    turn() {
        browser.clearTimeout(this.timer);
        if (this.stopped || this.owner.goesOn?.() === false) {
            return;
        }
        const { request, wait } = this.state.next(this.now);
        if (request) {
            this.answered = this.send(request);
            this.turn();
            return;
        }
        const view = this.owner.publish();
        const pause = Math.min(wait ?? Infinity, view.countdown || view.alert ? TICK : Infinity);
        if (!this.stopped && pause !== Infinity) {
            browser.clearTimeout(this.timer);
            this.timer = browser.setTimeout(() => this.turn(), Math.max(20, pause));
        }
    }

    async send(request) {
        const { state } = this;
        const id = state.sent(request, this.now);
        try {
            const status = await this.owner.call(request);
            state.received(id, status, this.now);
        } catch (error) {
            const { kind, text } = explain(error);
            state.failed(id, kind, text, this.now);
        }
        this.turn();
    }
}
