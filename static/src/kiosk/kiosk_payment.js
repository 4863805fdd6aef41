// Part of payment_cn_wallets. License LGPL-3.

import { markRaw, reactive } from "@odoo/owl";

import { browser } from "@web/core/browser/browser";
import { rpc } from "@web/core/network/rpc";

import { recognise } from "../pos/scanning/payment_codes";
import { explain } from "../pos/payment_line/till_server";
import { TillState } from "../pos/payment_line/till_state";
import { tillView } from "../pos/payment_line/till_view";

/**
 * One order's payment at a kiosk: the till's state machine, and the server's doors for kiosks. The
 * server knows what is to be paid, and which payment line it is: all that is said here is which
 * order, and what the customer pressed.
 */
export class KioskPayment {
    /**
     * @param {{access_token: string}} kiosk
     * @param {{id: number, access_token: string, amount_total: number}} order
     * @param {{id: number, cn_till_setup: Object}} method
     * @param {(records: Object|null) => void} onEnd called once: with the records of the closed order
     *     when it was paid, with null when it was left and nothing holds it any more
     */
    constructor(kiosk, order, method, onEnd) {
        markRaw(this);
        this.tokens = {
            access_token: kiosk.access_token,
            order_id: order.id,
            order_token: order.access_token,
            method_id: method.id,
        };
        this.setup = method.cn_till_setup;
        this.onEnd = onEnd;
        // What became of it is asked first: it may have been begun before a reload.
        this.state = new TillState(order.amount_total.toFixed(2), this.now, { resume: true });
        this.begun = false;
        this.code = "";
        this.taken = false; // paid, and the order not closed yet
        this.undone = false; // by the customer
        this.barred = ""; // why the server has nothing more to do with it
        this.ended = false;
        this.released = [];
        this.view = reactive(tillView(this.state, this.now));
        this.turn();
    }

    get now() {
        return browser.performance.now();
    }

    get wallets() {
        return this.setup.wallets;
    }

    // === WHAT THE CUSTOMER DOES === //

    show(wallet) {
        this.undone = false;
        this.act((state) => state.show(wallet, this.now));
    }

    showAgain() {
        this.show(this.view.wallet || this.wallets[0].code);
    }

    cancel() {
        this.undone = true;
        this.act((state) => state.cancel(this.now));
    }

    handOver() {
        this.undone = true;
        this.act((state) => state.handOver(this.now));
    }

    /** @returns {boolean} whether it was a payment code, and could be charged now */
    scan(code) {
        if (!recognise(code, this.setup.ranges)) {
            return false;
        }
        const refusal = this.state.scan(this.now);
        if (!refusal) {
            this.code = code; // kept until it is sent, which is at once
        }
        this.turn();
        return !refusal;
    }

    /**
     * The customer goes back or away: what is under way is undone.
     *
     * @returns {Promise<boolean>} whether the order is free again; false when it was paid after all
     */
    leave() {
        if (this.ended) {
            return Promise.resolve(this.state.phase(this.now) !== "paid");
        }
        const { promise, resolve } = Promise.withResolvers();
        this.released.push(resolve);
        this.act((state) => state.leave(this.now));
        return promise;
    }

    act(action) {
        action(this.state);
        this.turn();
    }

    /** A push message came about a payment at this kiosk: poll, it may be this one. */
    hint() {
        this.wake();
    }

    wake() {
        this.act((state) => state.wake(this.now));
    }

    /** Stop following it, without a request to the server. */
    stop() {
        this.ended = true;
        browser.clearTimeout(this.timer);
    }

    // === THE CLOCK === //

    turn() {
        browser.clearTimeout(this.timer);
        if (this.ended) {
            return;
        }
        const { request, wait } = this.state.next(this.now);
        if (request) {
            this.send(request);
            return this.turn();
        }
        this.publish();
        const tick = this.view.countdown || this.view.alert ? 500 : Infinity;
        const pause = Math.min(wait ?? Infinity, tick);
        if (!this.ended && pause !== Infinity) {
            this.timer = browser.setTimeout(() => this.turn(), Math.max(20, pause));
        }
    }

    async send(request) {
        const { state } = this;
        const { name } = request;
        const id = state.sent(request, this.now);
        const show = { wallet: request.wallet, renew: Boolean(request.renews) };
        const value = { show, charge: this.code, status: Boolean(request.ask) }[name];
        this.code = "";
        try {
            const status = await rpc(
                `/pos-self-order/cn/${name}`,
                { ...this.tokens, value: value ?? null },
                { silent: true }
            );
            state.amount = status.amount || state.amount; // what is due, the server knows
            this.taken = Boolean(status.taken);
            this.records = status.order;
            this.barred = "";
            state.received(id, status, this.now);
            this.begin();
        } catch (error) {
            const { kind, text } = explain(error);
            state.failed(id, kind, text, this.now);
            this.refused(name, kind, text);
        }
        this.turn();
    }

    /**
     * A refused code is a sentence, and the customer goes on. Where the server does not even say how
     * the payment stands (the order was cancelled, say), nothing can be done here any more: what
     * may come in still is the server's to send back.
     */
    refused(name, kind, text) {
        if (kind === "refused" && !["show", "charge"].includes(name)) {
            this.barred = text;
            if (this.released.length) {
                this.stop();
                this.onEnd(null);
                this.released.forEach((resolve) => resolve(true));
            }
        }
    }

    /**
     * It is known now whether something was under way. If nothing was, the first code appears by
     * itself; if the customer has gone back already, this is the time to undo what was found.
     */
    begin() {
        const { state, begun, now } = this;
        this.begun = true;
        if (!begun && state.leaving) {
            state.leaving = false;
            state.leave(now);
        } else if (!begun && state.phase(now) === "idle") {
            state.show(this.wallets[0].code, now);
        }
    }

    publish() {
        const { taken, undone, barred } = this;
        const view = { ...tillView(this.state, this.now), taken, undone, barred };
        if (JSON.stringify(view) !== JSON.stringify(this.view)) {
            Object.assign(this.view, view);
        }
        const paid = view.phase === "paid";
        if (paid || (this.state.leaving && this.state.free(this.now))) {
            this.stop();
            this.onEnd(paid ? this.records : null);
            this.released.forEach((resolve) => resolve(!paid));
        }
    }
}
