// Part of payment_cn_wallets. License LGPL-3.

// The state machine of one payment line, without DOM, network or clock: every method is passed the
// time (milliseconds of a monotonic clock). The payment code that was scanned is never stored here.

import { FINAL, LETTING_GO, POLLED, TillPhase, UNDER_WAY } from "./till_phase";

export const POLL_INTERVAL = 1000;
// For payments that nobody waits for: a QR code that expired, an attempt that is being undone.
export const SLOW_INTERVAL = 5000;
export const MAX_BACK_OFF = 8000;
// The cashier types an amount digit by digit: one QR code for the number, not one for each digit.
export const SETTLE = 700;
export const ALERT_DURATION = 10000;
// Server and till count in whole seconds: small differences would make the countdown stutter.
export const CLOCK_TOLERANCE = 1500;
// Time-outs of requests, in ms. The server may go on with a request: its outcome is then polled.
export const PATIENCE = {
    status: 10000,
    show: 15000,
    charge: 20000,
    cancel: 20000,
    hand_over: 10000,
    refund: 30000,
    force: 20000,
};

export class TillState extends TillPhase {
    // === WHAT THE CASHIER DOES === //

    /** @returns {string} why a code can't be charged now; "" when it can */
    refusalOfScan(now) {
        const phase = this.phase(now);
        if (FINAL.has(phase)) {
            return "paid";
        }
        if (phase === "charging") {
            return "charging";
        }
        const waits = UNDER_WAY.has(phase) && !this.canGoOn(now);
        if (this.leaving || waits || this.wants("hand_over")) {
            return "under_way";
        }
        return this.hasAmount ? "" : "no_amount";
    }

    mayShow(now) {
        return !this.refusalOfScan(now) && !this.canGoOn(now);
    }

    /** Whether a scan means *go on without it*: what is being undone needs nobody who waits. */
    canGoOn(now) {
        return this.phase(now) === "undoing" && !this.trouble && this.canHandOver(now);
    }

    /** A code was scanned. Sent after the answer about a QR code: the server would reject one of two. */
    scan(now) {
        const refusal = this.refusalOfScan(now);
        if (!refusal) {
            this.showAt = null;
            if (this.canGoOn(now)) {
                this.command("hand_over", now);
            }
            this.command("charge", now);
        }
        return refusal;
    }

    refund(now) {
        if (!this.busy && ["idle", "refused"].includes(this.phase(now))) {
            this.command("refund", now);
        }
    }

    /** Show a wallet's QR code; a new one if that wallet's is shown already. */
    show(wallet, now) {
        if (!this.mayShow(now)) {
            return;
        }
        // Even if it has expired here: the server counts in whole seconds and may hold it for valid.
        this.renews = wallet === this.wallet && this.status.phase === "qr";
        this.notBefore = now;
        this.wallet = wallet;
        this.showAt = this.hasAmount ? now : null;
        this.alert = null;
    }

    setAmount(amount, now) {
        if (amount === this.amount) {
            return;
        }
        this.amount = amount;
        if (!this.wallet || !this.mayShow(now)) {
            this.showAt = null;
        } else {
            this.showAt = this.stale || this.status.phase !== "qr" ? now + SETTLE : null;
        }
    }

    canCancel(now) {
        return ["paying", "unknown"].includes(this.phase(now)) && !this.busy;
    }

    cancel(now) {
        if (this.canCancel(now)) {
            this.command("cancel", now);
        }
    }

    /** Without the server nothing can be cancelled, and customers must not have to wait for it. */
    canHandOver(now) {
        const phase = this.phase(now);
        if (this.trouble) {
            return UNDER_WAY.has(phase) && phase !== "charging";
        }
        return ["unknown", "undoing"].includes(phase) && !this.busy;
    }

    handOver(now) {
        if (this.canHandOver(now) && !this.asks("hand_over")) {
            this.command("hand_over", now);
        }
    }

    /** The line was removed: whatever the outcome, the money is not wanted any more. */
    abandon(now) {
        if (!this.free(now) && !this.asks("hand_over")) {
            this.commands = []; // drop whatever was queued
            this.showAt = null;
            this.leaving = true;
            this.command("hand_over", now);
        }
    }

    force(now) {
        if (["unknown", "paying"].includes(this.phase(now)) && !this.busy) {
            this.command("force", now);
        }
    }

    /** The line is to be removed: see `free`. What may have money in it is undone first. */
    leave(now) {
        const phase = this.phase(now);
        if (this.leaving || FINAL.has(phase) || phase === "charging") {
            return;
        }
        this.leaving = true;
        this.leftAt = now;
        this.showAt = null;
        this.alert = null;
        if (this.status.phase === "qr" || this.inFlight?.name === "show") {
            this.letGo(now);
        } else if (["paying", "unknown"].includes(phase) && !this.asks("cancel")) {
            this.command("cancel", now);
        }
    }

    /** Give up a QR code that was shown. It may have just been paid: the gateway is queried first. */
    letGo(now) {
        if (!this.asks("hand_over")) {
            this.commands.push({ name: "status", ask: true });
            this.command("hand_over", now);
        }
    }

    say(text, now) {
        this.alert = text ? { text, until: now + ALERT_DURATION } : null;
    }

    command(name, now) {
        this.commands.push({ name });
        this.notBefore = now;
        this.alert = null;
    }

    /** An answer after its time-out is not used, but the state has probably changed: poll at once. */
    askNow(now) {
        this.failures = 0;
        this.notBefore = now;
        if (!FINAL.has(this.status.phase)) {
            this.dueAt = now;
        }
    }

    /** A push message came, the network is back, or the tab is visible again: poll at once. */
    wake(now) {
        this.failures = 0;
        this.notBefore = now;
        // A refused payment may have been made after all.
        if (this.dueAt !== Infinity || ["qr", "refused"].includes(this.status.phase)) {
            this.dueAt = now;
        }
    }

    // === WHAT TO DO NEXT === //

    /**
     * @returns {{request: Object|null, wait: number|null}} a request to send now, or how long to
     *     wait; both null when there is nothing left to ask
     */
    next(now) {
        if (this.inFlight) {
            const { id, name, at, ordered } = this.inFlight;
            const left = at + PATIENCE[name] - now;
            if (left <= 0) {
                this.failed(id, "lost", "", now);
            } else if (name !== "status" || ordered || !this.commands.length) {
                const letting = this.leaving ? this.leftAt + LETTING_GO - now : 0;
                return { request: null, wait: letting > 0 ? Math.min(left, letting) : left };
            }
        }
        const [command] = this.commands;
        if (command) {
            return this.at(this.notBefore, now, command);
        }
        if (this.showAt !== null) {
            const show = { name: "show", wallet: this.wallet, renews: this.renews };
            return this.at(Math.max(this.showAt, this.notBefore), now, show);
        }
        if (this.dueAt === Infinity) {
            return { request: null, wait: null };
        }
        return this.at(this.dueAt, now, { name: "status", ask: now >= this.askAt });
    }

    at(time, now, request) {
        return time <= now ? { request, wait: null } : { request: null, wait: time - now };
    }

    /**
     * Note that a request was sent; the answer to a poll that is still in flight is ignored.
     *
     * @returns {number} to be given back with the answer
     */
    sent(request, now) {
        const ordered = request === this.commands[0];
        if (ordered) {
            this.commands.shift();
        }
        if (request.name === "show") {
            this.showAt = null;
            this.renews = false;
            this.alert = null;
        } else if (request.name === "refund") {
            this.refundedAt = now;
        }
        this.ids += 1;
        this.inFlight = { ...request, ordered, id: this.ids, at: now };
        return this.ids;
    }

    // === ANSWERS === //

    received(id, status, now) {
        if (this.inFlight?.id !== id) {
            this.askNow(now);
            return;
        }
        const request = this.inFlight;
        this.inFlight = null;
        this.failures = 0;
        this.trouble = "";
        const lost = this.unanswered;
        this.unanswered = false;
        this.absorb(status, request, now);
        if (lost && request.name === "status" && ["idle", "qr"].includes(status.phase)) {
            // Until something else is done: the cashier may look at the customer just now.
            this.alert = { text: "", notArrived: true, until: Infinity };
        }
    }

    absorb(status, { name, ask }, now) {
        const before = this.status.phase;
        const { phase, message } = status;
        this.status = status;
        if (FINAL.has(phase)) {
            this.commands = [];
            this.showAt = this.alert = null;
            this.leaving = false;
            this.dueAt = Infinity;
            return;
        }
        if (phase === "qr") {
            this.wallet ||= status.wallet; // found after a reload
            const wanted = this.hasAmount && !this.leaving;
            if (this.stale && wanted && name === "status" && !this.busy) {
                this.showAt ??= now;
            }
        }
        if (before === "qr" && phase === "idle" && name === "status") {
            this.expiredAt = now;
        } else if (phase !== "idle" || name !== "status") {
            this.expiredAt = null;
        }
        // The message about a scan must not be replaced by that of the next poll.
        if (message && ["charge", "show"].includes(name) && ["idle", "qr"].includes(phase)) {
            this.say(message, now);
        }
        if (this.leaving && before === "checking" && ["paying", "unknown"].includes(phase)) {
            this.command("cancel", now);
        } else if (this.leaving && before === "checking" && phase === "qr") {
            this.letGo(now);
        }
        this.setDeadline(status, now);
        this.askAt = now + (status.ask_in || 0) * 1000;
        if (ask) {
            this.askAt = Math.max(this.askAt, now + POLL_INTERVAL);
        }
        if (POLLED.has(phase)) {
            // Not later than the gateway may be queried: without notices only a query brings the outcome.
            this.dueAt = Math.max(now, Math.min(this.askAt, now + POLL_INTERVAL));
        } else {
            this.dueAt = this.mayBeLate(now) || status.open ? now + SLOW_INTERVAL : Infinity;
        }
    }

    setDeadline({ left }, now) {
        const deadline = left ? now + left * 1000 : null;
        if (!deadline || Math.abs(deadline - (this.deadline || 0)) > CLOCK_TOLERANCE) {
            this.deadline = deadline;
        }
    }

    /**
     * @param {number} id
     * @param {"lost"|"server"|"refused"} kind no answer; an error that says nothing; a refusal,
     *     with a sentence, before anything was done
     * @param {string} text
     * @param {number} now
     */
    failed(id, kind, text, now) {
        if (this.inFlight?.id !== id) {
            return;
        }
        const { name, ask, ordered, renews } = this.inFlight;
        this.inFlight = null;
        if (kind === "refused") {
            this.trouble = "";
            if (!["show", "status"].includes(name)) {
                this.commands = [];
            } // else the queued commands are still sent
            this.leaving = this.leaving && this.commands.length > 0;
            if (!this.wants("charge")) {
                this.say(text, now);
            }
            const open = this.unanswered || POLLED.has(this.status.phase);
            this.dueAt = open ? now + SLOW_INTERVAL : Infinity;
            return;
        }
        this.failures += 1;
        this.trouble = kind;
        const again = now + Math.min(POLL_INTERVAL * 2 ** (this.failures - 1), MAX_BACK_OFF);
        this.notBefore = again;
        if (name === "show") {
            this.showAt = this.leaving ? null : again;
            this.renews ||= renews; // done twice, it only makes another code
        } else if (name === "hand_over" && this.wants("charge")) {
            // A scan that nobody got is not charged whenever the network comes back.
            this.commands = [];
            this.alert = { text: "", notArrived: true, until: Infinity };
            this.dueAt = again;
        } else if (["cancel", "hand_over"].includes(name) || (name === "status" && ordered)) {
            this.commands.unshift({ name, ask }); // idempotent
        } else {
            // Never sent twice: the outcome is polled. The payment code is not kept.
            if (["charge", "refund"].includes(name)) {
                this.unanswered = true;
                this.lostAt = now;
            }
            this.dueAt = again;
        }
    }
}
