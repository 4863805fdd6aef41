// Part of payment_cn_wallets. License LGPL-3.

import { markRaw, reactive } from "@odoo/owl";

import { browser } from "@web/core/browser/browser";
import { delay } from "@web/core/utils/concurrency";
import { PaymentInterface } from "@point_of_sale/app/utils/payment/payment_interface";
import { register_payment_method } from "@point_of_sale/app/services/pos_store";

import { announce } from "./announcement";
import { deferredWork } from "./deferred_work";
import { DetachedLine } from "./detached_line";
import { preferredWallet, rememberWallet } from "./last_wallet";
import { displayData } from "./display_data";
import { afterDrawing } from "./drawing";
import { LineEntry } from "./line_entry";
import { completeReceipt, fitAmount, writeLine } from "./line_record";
import { BRIEF, LineViews } from "./line_views";
import { tellReturned } from "./returned_money";
import { Settlements } from "./settlements";
import { amountText, callServer, lineValues, requestArguments } from "./till_server";
import { TillState } from "./till_state";
import { tillView } from "./till_view";
import { TERMINAL, isSettled } from "./wallet_line";

// How long the customer's display says thanks, in ms.
const THANKS = 5000;

/**
 * The terminal behind the one button. Keeps a state for each payment line that is not settled, of
 * any order and whatever screen is open, and carries out what the states want: it calls the server
 * and writes to the line. Screens read `views` and listen to `settlements`; it knows none of them.
 */
export class PaymentCnWallets extends PaymentInterface {
    setup(pos, method) {
        super.setup(...arguments);
        markRaw(this);
        this.method = method;
        this.entries = new Map();
        this.detached = new Map();
        this.lineViews = new LineViews(() => this.noteTrouble());
        this.views = this.lineViews.drawn;
        this.trouble = reactive({ lost: false });
        this.settlements = new Settlements();
        const wake = () => this.wakeAll();
        browser.addEventListener("online", wake);
        browser.addEventListener("pos-network-online", wake);
        document.addEventListener("visibilitychange", wake);
    }

    get ranges() {
        return this.method.cn_till_setup?.ranges || [];
    }

    get wallets() {
        return this.method.cn_till_setup?.wallets || [];
    }

    get preferredWallet() {
        return preferredWallet(this.wallets);
    }

    get now() {
        return browser.performance.now();
    }

    // === ODOO'S INTERFACE === //

    /** Resolves when the line is paid (true), or free or gone (false). */
    sendPaymentRequest(uuid) {
        super.sendPaymentRequest(...arguments);
        this.begin(this.line({ uuid }));
        return new Promise((resolve) => (this.entries.get(uuid).onSettled = resolve));
    }

    async sendPaymentCancel(order, uuid) {
        super.sendPaymentCancel(...arguments);
        return this.release(this.line({ uuid }));
    }

    // === LINES === //

    entry(line, options) {
        let entry = this.entries.get(line.uuid);
        if (!entry) {
            const state = new TillState(amountText(line), this.now, options);
            entry = new LineEntry(line.uuid, state, (made) => ({
                call: (request) => this.call(made, request),
                publish: () => this.publish(made),
                goesOn: () => this.goesOn(made),
            }));
            this.entries.set(line.uuid, entry);
        }
        return entry;
    }

    line({ uuid }) {
        return this.pos.models["pos.payment"].getBy("uuid", uuid);
    }

    view(line) {
        return this.views[line.uuid];
    }

    /** The button was pressed: show a code, and wait for a scan. */
    begin(line) {
        this.fit(line);
        const entry = this.entry(line);
        const isFree = entry.state.phase(this.now) === "idle" && this.wallets.length;
        if (line.amount < 0) {
            entry.state.refund(this.now);
        } else if (!line.pos_order_id.isRefund && isFree) {
            entry.state.show(this.preferredWallet, this.now);
        }
        entry.runner.turn();
    }

    /** Ask for the state of a line: after a reload, or when another till began with it. */
    resume(line) {
        const mine = line.payment_method_id?.id === this.method.id;
        const known = this.entries.has(line.uuid) || this.detached.has(line.uuid);
        if (mine && !isSettled(line) && !known) {
            // A refund that was not begun has no status yet.
            if (line.amount > 0 || line.getPaymentStatus()) {
                this.entry(line, { resume: true }).runner.turn();
            }
        }
    }

    /** A line of another till, which may have begun with it. One of this tab is known already. */
    adopt(line) {
        if (line.isSynced) {
            this.resume(line);
        }
    }

    resumeAll() {
        for (const order of this.pos.models["pos.order"].getAll()) {
            if (!order.finalized) {
                order.payment_ids.forEach((line) => this.resume(line));
            }
        }
    }

    /** Whether the amount may be changed, or the line be removed at once. */
    isEditable(line) {
        const state = this.entries.get(line.uuid)?.state;
        return !isSettled(line) && !state?.underWay(this.now) && !state?.leaving;
    }

    isUnderWay(line) {
        return Boolean(this.entries.get(line.uuid)?.state.underWay(this.now));
    }

    /** What is not charged yet follows what is due, see `fitAmount`. */
    fit(line) {
        if (this.isEditable(line)) {
            const entry = this.entries.get(line.uuid);
            const fitted = fitAmount(line, entry?.fitted || null);
            if (entry && fitted) {
                entry.fitted = fitted;
                entry.state.setAmount(amountText(line), this.now);
            }
        }
    }

    setAmount(line) {
        const entry = this.entries.get(line.uuid);
        if (entry && !isSettled(line)) {
            entry.state.setAmount(amountText(line), this.now);
            entry.runner.turn();
        }
    }

    /**
     * @param {string} code what was scanned; kept until it is sent, which is at once
     * @param {boolean} [options.finishes] whether the order ends with the receipt when it is paid
     * @returns {string} why not, see `TillState.refusalOfScan`
     */
    charge(line, code, { finishes = false } = {}) {
        this.fit(line);
        const entry = this.entry(line);
        entry.state.setAmount(amountText(line), this.now);
        const refusal = entry.state.scan(this.now);
        if (!refusal) {
            entry.code = code;
            entry.finishes ||= finishes;
        }
        entry.runner.turn();
        return refusal;
    }

    /** Resolves when the last request for a line is answered, but soon in any case. */
    answeredOrSlow(line) {
        return Promise.race([this.entries.get(line.uuid)?.runner.answered, delay(BRIEF)]);
    }

    show(line, wallet) {
        rememberWallet(wallet);
        this.act(line, (state) => state.show(wallet, this.now));
    }

    cancel(line) {
        this.act(line, (state) => state.cancel(this.now));
    }

    handOver(line) {
        const entry = this.entry(line);
        if (entry.state.trouble) {
            this.detach(entry, line);
        } else {
            this.act(line, (state) => state.handOver(this.now));
        }
    }

    force(line, details) {
        Object.assign(this.entry(line), details);
        this.act(line, (state) => state.force(this.now));
    }

    act(line, action) {
        const entry = this.entry(line);
        action(entry.state);
        entry.runner.turn();
    }

    /**
     * Release a line that is to be removed. A payment that is under way is undone first.
     *
     * @returns {Promise<boolean>} whether it may be removed, or is gone already; false when it was
     *     paid after all, is being charged, or the server refuses to release it
     */
    release(line) {
        if (isSettled(line)) {
            return Promise.resolve(false);
        }
        this.adopt(line);
        const entry = this.entries.get(line.uuid);
        if (!entry) {
            return Promise.resolve(true);
        }
        entry.state.leave(this.now);
        const released = entry.untilReleased();
        entry.runner.turn();
        return released;
    }

    // === REQUESTS === //

    hintAll() {
        [...this.entries.values(), ...this.detached.values()].forEach(({ runner }) => runner.wake());
    }

    wakeAll() {
        if (document.visibilityState !== "hidden") {
            this.hintAll();
        }
    }

    /** Whether a line is still to be followed here. */
    goesOn(entry) {
        const line = this.line(entry);
        if (!line || this.entries.get(entry.uuid) !== entry) {
            this.forget(entry);
            return false;
        }
        this.fit(line);
        if (entry.state.mayDetach(this.now)) {
            this.detach(entry, line);
            return false;
        }
        return true;
    }

    async call(entry, request) {
        const line = this.line(entry);
        const details = entry.takeDetails(request.name);
        if (request.name === "charge") {
            deferredWork.start();
        }
        if (["charge", "show", "refund"].includes(request.name)) {
            this.publish(entry);
            entry.store(this.pos.data, line.pos_order_id);
        }
        const more = requestArguments(request, line, details);
        if (request.name === "refund") {
            // The server gives money back by an order that it has, and by no other.
            await this.pos.syncAllOrders({ orders: [line.pos_order_id], throw: true });
        }
        return this.ask(request.name, lineValues(this.pos, line), more);
    }

    ask(name, values, more) {
        return callServer(this.env.services.orm, this.method.id, name, values, more);
    }

    /** The line is removed now; the server is told when it can be reached. */
    detach(entry, line) {
        const { uuid, runner } = entry;
        const detached = new DetachedLine(runner, lineValues(this.pos, line), {
            call: (request, values) =>
                this.ask(request.name, values, requestArguments(request, null, { isGone: true })),
            notification: this.pos.notification,
            onEnd: () => this.detached.delete(uuid),
        });
        this.detached.set(uuid, detached);
        this.entries.delete(uuid);
        line.cnDisplay = null;
        this.lineViews.remove(uuid);
        line.pos_order_id.removePaymentline(line);
        entry.answerRelease(true);
        entry.onSettled?.(false);
        runner.turn();
    }

    // === WHAT COMES OF IT === //

    publish(entry) {
        const line = this.line(entry);
        const view = tillView(entry.state, this.now);
        if (view.settled && !entry.settled) {
            entry.settled = true;
            deferredWork.start();
            afterDrawing(() => {
                deferredWork.flush();
                this.settled(entry, this.line(entry) || line, view);
            });
        }
        if (this.lineViews.put(entry.uuid, view)) {
            if (!view.settled && view.phase !== "charging") {
                deferredWork.flush();
            }
            deferredWork.run(entry.uuid, () => {
                const now = this.line(entry); // its order may have been loaded anew
                if (now?.pos_order_id) {
                    this.write(now, view, entry.state.underWay(this.now));
                }
            });
        }
        const free = !view.settled && entry.state.free(this.now);
        if (view.settled || free || !entry.state.leaving) {
            entry.answerRelease(free);
            if (free && entry.state.leaving) {
                tellReturned(this.pos.notification, lineValues(this.pos, line), view);
                this.forget(entry);
            }
        }
        return view;
    }

    write(line, view, underWay) {
        const { name = view.walletName } = this.wallets.find((one) => one.code === view.wallet) || {};
        const display = displayData(line, view, name, this.pos.currency.id);
        writeLine(line, view, underWay, display);
    }

    noteTrouble() {
        this.trouble.lost = Object.values(this.views).some((one) => one.trouble === "lost");
    }

    /** The order as the server sent it may be older than the status of the payment. */
    restore(line) {
        const view = this.views[line.uuid];
        const settled = view?.settled && !this.entries.has(line.uuid);
        if (settled && !isSettled(line) && !line.pos_order_id?.finalized) {
            this.write(line, view, false);
        }
    }

    /** Called when "paid" is drawn and written: what follows occupies the browser. */
    async settled(entry, line, view) {
        this.entries.delete(entry.uuid);
        entry.onSettled?.(true);
        // The customer has been thanked; what is left to be paid is to be seen again.
        browser.setTimeout(() => (line.cnDisplay = null), THANKS);
        if (view.phase === "paid" && line.amount > 0 && this.method.cn_announce) {
            announce(view);
        }
        if (view.receipt?.complete === false) {
            const status = this.ask("status", lineValues(this.pos, line), [true]);
            const completed = completeReceipt(line, status);
            if (line.pos_order_id?.isPaid()) {
                await completed; // else the receipt is not the next thing
            }
        }
        this.settlements.add(line.uuid, entry.finishes);
    }

    forget(entry) {
        entry.runner.stop();
        if (this.entries.get(entry.uuid) === entry) {
            this.entries.delete(entry.uuid);
            this.lineViews.remove(entry.uuid);
        }
        entry.answerRelease(true);
        entry.onSettled?.(false);
    }
}

register_payment_method(TERMINAL, PaymentCnWallets);
