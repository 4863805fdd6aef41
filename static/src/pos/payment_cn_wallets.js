// Part of payment_cn_wallets. License LGPL-3.

import { markRaw, reactive } from "@odoo/owl";

import { browser } from "@web/core/browser/browser";
import { PaymentInterface } from "@point_of_sale/app/utils/payment/payment_interface";
import { register_payment_method } from "@point_of_sale/app/services/pos_store";

import { announce } from "./announcement";
import { detach, followDetached } from "./detached_line";
import { afterDrawing } from "./drawing";
import { LineViews } from "./line_views";
import { completeReceipt, fitAmount, writeLine } from "./line_record";
import { remember } from "./memory";
import { rush } from "./rush";
import { amountText, explain, lineValues, moreArguments } from "./till_server";
import { FINAL } from "./till_phase";
import { TillState } from "./till_state";
import { tillView } from "./till_view";
import { TERMINAL, isSettled, isWalletLine } from "./wallet_line";

export { TERMINAL, isSettled, isWalletLine };

const THANKS = 5000;
const LAST_WALLET = "payment_cn_wallets.wallet";

/**
 * The one button. Keeps a state for each payment line that is not settled, on whichever order,
 * whatever screen is open, and does what the states want: asks the server, writes to the line.
 */
export class PaymentCnWallets extends PaymentInterface {
    setup(pos, method) {
        super.setup(...arguments);
        markRaw(this);
        this.method = method;
        this.entries = new Map();
        this.lineViews = new LineViews(() => this.noteTrouble());
        this.views = this.lineViews.drawn;
        this.trouble = reactive({ lost: false });
        this.onPaid = null; // set by the payment screen that is open
        this.finishing = null; // the line that is to end with the receipt, wherever it began
        this.unheard = null; // the same, paid before there was a payment screen
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

    get now() {
        return browser.performance.now();
    }

    // === ODOO'S INTERFACE === //

    /** Resolves when the line is paid (true), or free or gone (false). */
    sendPaymentRequest(uuid) {
        super.sendPaymentRequest(...arguments);
        this.begin(this.line({ uuid }));
        return new Promise((resolve) => (this.entries.get(uuid).resolve = resolve));
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
            entry = { uuid: line.uuid, state, timer: null, code: "", reason: "", resolve: null };
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
        if (line.pos_order_id.isRefund || line.amount < 0) {
            if (line.amount < 0) {
                entry.state.refund(this.now);
            }
        } else if (entry.state.phase(this.now) === "idle" && this.wallets.length) {
            entry.state.show(this.preferredWallet(), this.now);
        }
        this.turn(entry);
    }

    preferredWallet() {
        const last = browser.localStorage.getItem(LAST_WALLET);
        return (this.wallets.find((one) => one.code === last) || this.wallets[0]).code;
    }

    /** Find out what became of a line: after a reload, or when another till began with it. */
    resume(line) {
        const mine = line.payment_method_id?.id === this.method.id;
        if (mine && !isSettled(line) && !this.entries.has(line.uuid)) {
            // A refund that was not begun has no status yet.
            if (line.amount > 0 || line.getPaymentStatus()) {
                this.turn(this.entry(line, { resume: true }));
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

    /** Whether the amount may be changed, or the line be taken away without further ado. */
    isEditable(line) {
        const state = this.entries.get(line.uuid)?.state;
        return !isSettled(line) && !state?.underWay(this.now) && !state?.leaving;
    }

    isUnderWay(line) {
        return Boolean(this.entries.get(line.uuid)?.state.underWay(this.now));
    }

    /** A wallet gives no change: what is not charged yet asks for no more than is due. */
    fit(line) {
        if (this.isEditable(line) && fitAmount(line)) {
            this.entries.get(line.uuid)?.state.setAmount(amountText(line), this.now);
        }
    }

    setAmount(line) {
        const entry = this.entries.get(line.uuid);
        if (entry && !isSettled(line)) {
            entry.state.setAmount(amountText(line), this.now);
            this.turn(entry);
        }
    }

    /**
     * @param {string} code what was scanned; kept until it is sent, which is at once
     * @returns {string} why not, see `TillState.refusalOfScan`
     */
    charge(line, code) {
        this.fit(line);
        const entry = this.entry(line);
        entry.state.setAmount(amountText(line), this.now);
        const refusal = entry.state.scan(this.now);
        if (!refusal) {
            entry.code = code;
        }
        this.turn(entry);
        return refusal;
    }

    /** Resolves when what was last asked about a line is answered, or can't be. */
    answered(line) {
        return this.entries.get(line.uuid)?.asked;
    }

    show(line, wallet) {
        browser.localStorage.setItem(LAST_WALLET, wallet);
        this.act(line, (state) => state.show(wallet, this.now));
    }

    cancel(line) {
        this.act(line, (state) => state.cancel(this.now));
    }

    handOver(line) {
        const entry = this.entry(line);
        if (entry.state.trouble) {
            detach(this, entry, line);
        } else {
            this.act(line, (state) => state.handOver(this.now));
        }
    }

    force(line, reason, pin = "") {
        Object.assign(this.entry(line), { reason, pin });
        this.act(line, (state) => state.force(this.now));
    }

    act(line, action) {
        const entry = this.entry(line);
        action(entry.state);
        this.turn(entry);
    }

    /**
     * Let go of a line that is to be removed. What is under way is undone first.
     *
     * @returns {Promise<boolean>} whether it may be removed, or is gone already; false when it was
     *     paid after all, is being charged, or the server refuses to let go of it
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
        const { promise, resolve } = Promise.withResolvers();
        entry.released = [...(entry.released || []), resolve];
        this.turn(entry);
        return promise;
    }

    // === THE CLOCK === //

    hint(uuid) {
        const entry = this.entries.get(uuid);
        if (entry) {
            entry.state.wake(this.now);
            this.turn(entry);
        }
    }

    hintAll() {
        [...this.entries.keys()].forEach((uuid) => this.hint(uuid));
    }

    wakeAll() {
        if (document.visibilityState !== "hidden") {
            this.hintAll();
        }
    }

    turn(entry) {
        browser.clearTimeout(entry.timer);
        const line = this.line(entry);
        if (!(line || entry.values) || this.entries.get(entry.uuid) !== entry) {
            return this.forget(entry);
        }
        if (!entry.values) {
            this.fit(line);
            if (entry.state.mayDetach(this.now)) {
                return detach(this, entry, line);
            }
        }
        const { request, wait } = entry.state.next(this.now);
        if (request) {
            entry.asked = this.send(entry, line, request);
            return this.turn(entry);
        }
        const view = entry.values ? followDetached(this, entry) : this.publish(entry, line);
        if (this.entries.get(entry.uuid) === entry) {
            const tick = view.countdown || view.notice ? 500 : Infinity;
            const pause = Math.min(wait ?? Infinity, tick);
            if (pause !== Infinity) {
                entry.timer = browser.setTimeout(() => this.turn(entry), Math.max(20, pause));
            }
        }
    }

    async send(entry, line, request) {
        const { state } = entry;
        const id = state.sent(request, this.now);
        const code = entry.code;
        if (request.name === "charge") {
            entry.code = ""; // from here on only the request has it
            rush.begin();
        }
        try {
            if (["charge", "show", "refund"].includes(request.name)) {
                this.publish(entry, line);
                this.remember(entry, line);
            }
            const values = entry.values || lineValues(this.pos, line);
            const status = await this.env.services.orm.silent.call(
                "pos.payment.method",
                `cn_${request.name}`,
                [[this.method.id], values, ...moreArguments(entry, line, request, code)]
            );
            state.received(id, status, this.now);
        } catch (error) {
            const { kind, text } = explain(error);
            state.failed(id, kind, text, this.now);
        }
        this.turn(entry);
    }

    /** The line outlives this tab from the first time on that money may move for it. */
    async remember(entry, line) {
        if (!entry.remembered) {
            entry.remembered = true;
            entry.remembered = await remember(this.pos.data, line.pos_order_id);
        }
    }

    // === WHAT COMES OF IT === //

    publish(entry, line) {
        const view = tillView(entry.state, this.now);
        const settled = FINAL.has(view.phase);
        if (settled && !entry.settled) {
            entry.settled = true;
            rush.begin();
            afterDrawing(() => {
                rush.end();
                this.settled(entry, this.line(entry) || line, view);
            });
        }
        if (this.lineViews.put(entry.uuid, view)) {
            if (!settled && view.phase !== "charging") {
                rush.end();
            }
            rush.put(entry.uuid, () => {
                const now = this.line(entry); // its order may have been loaded anew
                if (now?.pos_order_id) {
                    writeLine(this, now, view, entry.state.underWay(this.now));
                }
            });
        }
        const free = !settled && entry.state.free(this.now);
        if (settled || free || !entry.state.leaving) {
            this.answer(entry, free);
            if (free && entry.state.leaving) {
                this.forget(entry);
            }
        }
        return view;
    }

    /** Tell those who wait for a line to be let go of. */
    answer(entry, free) {
        entry.released?.forEach((resolve) => resolve(free));
        entry.released = null;
    }

    noteTrouble() {
        this.trouble.lost = Object.values(this.views).some((one) => one.trouble === "lost");
    }

    /** What the server said of an order may be older than what it said of the payment. */
    restore(line) {
        const view = this.views[line.uuid];
        const settled = FINAL.has(view?.phase) && !this.entries.has(line.uuid);
        if (settled && !isSettled(line) && !line.pos_order_id?.finalized) {
            writeLine(this, line, view, false);
        }
    }

    /** "Paid" is on the screen and written: what follows keeps the browser busy. */
    async settled(entry, line, view) {
        this.entries.delete(entry.uuid);
        entry.resolve?.(true);
        // The customer has been thanked; what is left to be paid is to be seen again.
        browser.setTimeout(() => (line.cnDisplay = null), THANKS);
        if (view.phase === "paid" && line.amount > 0 && this.method.cn_announce) {
            announce(view);
        }
        if (view.receipt?.complete === false) {
            const told = completeReceipt(this, line);
            if (line.pos_order_id?.isPaid()) {
                await told; // else the receipt is not the next thing
            }
        }
        if (this.onPaid) {
            this.onPaid(line);
        } else if (this.finishing === line.uuid) {
            this.unheard = line.uuid;
        }
    }

    forget(entry) {
        browser.clearTimeout(entry.timer);
        if (this.entries.get(entry.uuid) === entry) {
            this.entries.delete(entry.uuid);
            this.lineViews.remove(entry.uuid);
        }
        this.answer(entry, true);
        entry.resolve?.(false);
    }
}

register_payment_method(TERMINAL, PaymentCnWallets);
