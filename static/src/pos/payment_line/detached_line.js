// Part of payment_cn_wallets. License LGPL-3.

import { browser } from "@web/core/browser/browser";

import { tellReturned } from "./returned_money";
import { tillView } from "./till_view";

/**
 * A payment whose line was removed while the server did not answer, because the queue does not wait.
 * The server is told as soon as it answers. Should this till forget the payment, the closing of the
 * session finds money without an order, and lists it.
 */
export class DetachedLine {
    /**
     * @param {import("./state_runner").StateRunner} runner of the line's state; taken over
     * @param {Object} values what the server is told of the line, see `lineValues`
     * @param {Object} services
     * @param {(request: Object, values: Object) => Promise<Object>} services.call
     * @param {Object} services.notification
     * @param {() => void} services.onEnd called when nothing is to be done for it any more
     */
    constructor(runner, values, { call, notification, onEnd }) {
        Object.assign(this, { runner, values, notification, onEnd });
        this.call = (request) => call(request, values);
        this.sendingBack = false;
        runner.owner = this;
        runner.state.abandon(runner.now);
    }

    get state() {
        return this.runner.state;
    }

    publish() {
        const { state, runner } = this;
        const view = tillView(state, runner.now);
        tellReturned(this.notification, this.values, view);
        if (state.free(runner.now)) {
            // A charge that was given up may still arrive; one that was sent back was the one.
            if (view.phase === "returned" || !state.mayBeCharged(runner.now)) {
                this.end();
            }
        } else if (view.phase === "paid" && !state.busy) {
            this.sendBack();
        }
        return view;
    }

    /** The answer to an earlier question came first: the line was paid after it had been removed. */
    sendBack() {
        if (this.sendingBack) {
            this.end(); // refused: the closing of the session lists it
            return;
        }
        this.sendingBack = true;
        this.state.abandon(this.runner.now);
        browser.setTimeout(() => this.runner.turn());
    }

    end() {
        this.runner.stop();
        this.onEnd();
    }
}
