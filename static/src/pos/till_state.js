// Part of payment_cn_wallets. License LGPL-3.

// What the till knows of one payment line and what it does next, without DOM, network or clock:
// every method takes the time (milliseconds of a clock that never jumps). The payment code that
// was scanned never comes in here.

export const POLL_INTERVAL = 1000;
// For money that nobody waits for: a code that ran out, an attempt that is being undone.
export const SLOW_INTERVAL = 5000;
export const LATE_MONEY = 5 * 60 * 1000;
// How long the server is waited for when nothing but a code that was shown holds a line.
export const LETTING_GO = 8000;
export const MAX_BACK_OFF = 8000;
// The cashier types an amount digit by digit: one QR code for the number, not one for each digit.
export const SETTLE = 700;
export const NOTICE_LIFE = 10000;
// Server and till count in whole seconds: small differences would make the countdown stutter.
export const CLOCK_TOLERANCE = 1500;
// When an answer is given up. The server goes on meanwhile; what became of it is asked for.
export const PATIENCE = {
    status: 10000,
    show: 15000,
    charge: 20000,
    cancel: 20000,
    hand_over: 10000,
    refund: 30000,
    force: 20000,
};

export const FINAL = new Set(["paid", "partly", "forced"]);
const POLLED = new Set(["checking", "qr", "paying", "unknown", "undoing"]);
const UNDER_WAY = new Set(["checking", "charging", "paying", "unknown", "undoing"]);
export class TillState {
    /**
     * @param {string} amount what the line asks for, in yuan, "88.80"
     * @param {number} now
     * @param {{resume: boolean}} options whether something may be under way for the line already
     */
    constructor(amount, now, { resume = false } = {}) {
        this.amount = amount;
        this.wallet = ""; // whose QR code is wanted; "" for none
        this.status = { phase: resume ? "checking" : "idle", message: "", open: 0 };
        this.commands = []; // what the cashier wants and was not sent yet
        this.inFlight = null;
        this.showAt = null;
        this.askAt = Infinity;
        this.dueAt = resume ? now : Infinity;
        this.notBefore = 0;
        this.deadline = null;
        this.expiredAt = null;
        this.lostAt = null; // when the answer to a charge was given up; the charge may still arrive
        this.failures = 0;
        this.trouble = ""; // "" | "lost" (no connection) | "server" (an answer, but an error)
        this.unanswered = false; // money may have moved, and no answer says what became of it
        this.notice = null;
        this.leaving = false;
        this.leftAt = null;
        this.ids = 0;
    }

    // === WHAT IS GOING ON === //

    get hasAmount() {
        return Number(this.amount) > 0;
    }

    /** A code on the screen that is not, or not any more, what the line asks for. */
    get stale() {
        const { phase, amount, wallet } = this.status;
        return phase === "qr" && (amount !== this.amount || wallet !== this.wallet);
    }

    /**
     * @returns {string} what the server calls it, or `checking` (after a reload), `making` (a QR
     *     code), `charging`, `expired` (the QR code), `forced` (taken for paid by a manager)
     */
    phase(now) {
        const { phase } = this.status;
        if (FINAL.has(phase)) {
            return phase;
        }
        const sending = this.commands[0]?.name || this.inFlight?.name;
        if (["charge", "refund"].includes(sending) || this.wants("charge")) {
            return "charging";
        }
        if (this.unanswered) {
            return "unknown";
        }
        if (sending === "show" || this.showAt !== null) {
            return UNDER_WAY.has(phase) ? phase : "making";
        }
        if (phase === "qr") {
            if (this.stale) {
                return "idle";
            }
            return this.secondsLeft(now) > 0 ? "qr" : "expired";
        }
        return phase === "idle" && this.expiredAt !== null ? "expired" : phase;
    }

    wants(name) {
        return this.commands.some((command) => command.name === name);
    }

    /** Whether it is wanted, or under way. */
    asks(name) {
        return this.wants(name) || this.inFlight?.name === name;
    }

    /** Whether money may be moving, so that the line must stay as it is. */
    underWay(now) {
        return UNDER_WAY.has(this.phase(now));
    }

    /** Whether nothing holds the line any more: it may be removed, or paid in another way. */
    free(now) {
        const settled = ["idle", "refused", "returned", "expired"].includes(this.phase(now));
        return settled && this.status.phase !== "qr" && !this.busy;
    }

    get busy() {
        const name = this.commands[0]?.name || this.inFlight?.name || "";
        return name === "status" && !this.leaving ? "" : name;
    }

    /** Whether money may still come of what ended without any: it is asked about, slowly. */
    mayBeLate(now) {
        return [this.expiredAt, this.lostAt].some((at) => at !== null && now - at < LATE_MONEY);
    }

    /** Whether a charge may yet be made whose answer nobody waited for. */
    mayBeCharged(now) {
        return this.lostAt !== null && now - this.lostAt < LATE_MONEY;
    }

    /**
     * Whether a line that is to go leaves work behind that it need not wait for: a charge that may
     * arrive yet, or a code that was on the screen, of a server that does not answer.
     */
    mayDetach(now) {
        if (!this.leaving || this.underWay(now) || Number(this.amount) < 0) {
            return false;
        }
        if (this.free(now)) {
            return this.mayBeCharged(now);
        }
        const waited = Boolean(this.trouble) || now >= this.leftAt + LETTING_GO;
        return waited && !FINAL.has(this.status.phase);
    }

    secondsLeft(now) {
        return this.deadline === null ? 0 : Math.max(0, (this.deadline - now) / 1000);
    }

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
        if (this.leaving || UNDER_WAY.has(phase) || this.wants("hand_over")) {
            return "under_way";
        }
        return this.hasAmount ? "" : "no_amount";
    }

    /** A code was scanned. Waits for a QR code that is being made: the server would mix them up. */
    scan(now) {
        const refusal = this.refusalOfScan(now);
        if (!refusal) {
            this.showAt = null;
            this.command("charge", now);
        }
        return refusal;
    }

    refund(now) {
        if (!this.busy && ["idle", "refused"].includes(this.phase(now))) {
            this.command("refund", now);
        }
    }

    /** Show a wallet's QR code; another one than before when that is still good but not wanted. */
    show(wallet, now) {
        if (this.refusalOfScan(now)) {
            return;
        }
        if (wallet === this.wallet && this.phase(now) === "qr") {
            this.command("hand_over", now);
        }
        this.wallet = wallet;
        this.showAt = this.hasAmount ? now : null;
        this.notice = null;
    }

    setAmount(amount, now) {
        if (amount === this.amount) {
            return;
        }
        this.amount = amount;
        if (!this.wallet || this.refusalOfScan(now)) {
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

    /** Without the server nothing can be cancelled, and a queue does not wait. */
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

    /** The line is gone: whatever came of it, nobody wants the money any more. */
    abandon(now) {
        if (!this.free(now) && !this.asks("hand_over")) {
            this.commands = []; // whatever else was wanted
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
        this.notice = null;
        if (this.status.phase === "qr" || this.inFlight?.name === "show") {
            this.letGo(now);
        } else if (["paying", "unknown"].includes(phase) && !this.asks("cancel")) {
            this.command("cancel", now);
        }
    }

    /** Of a code that was on the screen. Perhaps it was paid a second ago: that is asked first. */
    letGo(now) {
        if (!this.asks("hand_over")) {
            this.commands.push({ name: "status", ask: true });
            this.command("hand_over", now);
        }
    }

    say(text, now) {
        this.notice = text ? { text, until: now + NOTICE_LIFE } : null;
    }

    command(name, now) {
        this.commands.push({ name });
        this.notBefore = now;
        this.notice = null;
    }

    /** An answer that comes too late is not believed; but something did happen. */
    askNow(now) {
        this.failures = 0;
        this.notBefore = now;
        if (!FINAL.has(this.status.phase)) {
            this.dueAt = now;
        }
    }

    /** A hint of the server, the network is back, the tab is seen again: ask at once. */
    wake(now) {
        this.failures = 0;
        this.notBefore = now;
        if (this.dueAt !== Infinity || this.status.phase === "qr") {
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
            const show = { name: "show", wallet: this.wallet };
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
     * Note that a request is on its way; a question that is still under way is forgotten.
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
            this.notice = null;
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
        this.unanswered = false;
        this.absorb(status, request, now);
    }

    absorb(status, { name, ask }, now) {
        const before = this.status.phase;
        const { phase, message } = status;
        this.status = status;
        if (FINAL.has(phase)) {
            this.commands = [];
            this.showAt = this.notice = null;
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
        // What was said to a scan must not be wiped away by the next question.
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
            // Not later than the gateway may be asked: without notices that is what is waited for.
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
        const { name, ask, ordered } = this.inFlight;
        this.inFlight = null;
        if (kind === "refused") {
            this.trouble = "";
            if (!["show", "status"].includes(name)) {
                this.commands = [];
            } // else what was wanted after it gets an answer of its own
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
        } else if (["cancel", "hand_over"].includes(name) || (name === "status" && ordered)) {
            this.commands.unshift({ name, ask }); // harmless when it is done twice
        } else {
            // Never charged twice: what became of it is asked for, the code is gone.
            if (["charge", "refund"].includes(name)) {
                this.unanswered = true;
                this.lostAt = now;
            }
            this.dueAt = again;
        }
    }
}
