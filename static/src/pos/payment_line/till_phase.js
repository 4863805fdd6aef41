// Part of payment_cn_wallets. License LGPL-3.

// The state of one payment line of the till, as far as it is read; `TillState` changes it.

// How long a payment is polled that may still arrive although nobody waits for it, in ms.
export const LATE_MONEY = 5 * 60 * 1000;
// How long nobody has to be told that a gateway has not answered a refund, in ms.
export const USUAL_REFUND = 8000;
// How long the removal of a line waits for the server when only a QR code was shown for it, in ms.
export const LETTING_GO = 8000;

export const FINAL = new Set(["paid", "partly", "forced"]);
export const POLLED = new Set(["checking", "qr", "paying", "unknown", "undoing"]);
export const UNDER_WAY = new Set(["checking", "charging", "paying", "unknown", "undoing"]);

export class TillPhase {
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
        this.renews = false; // whether a new code of the same wallet is wanted
        this.askAt = Infinity;
        this.dueAt = resume ? now : Infinity;
        this.notBefore = 0;
        this.deadline = null;
        this.expiredAt = null;
        this.refundedAt = null; // when a refund was sent
        this.lostAt = null; // when the answer to a charge was given up; the charge may still arrive
        this.failures = 0;
        this.trouble = ""; // "" | "lost" (no connection) | "server" (an answer, but an error)
        this.unanswered = false; // money may have moved, and no answer says what became of it
        this.alert = null;
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
        if (phase === "unknown" && this.refundedAt !== null && now - this.refundedAt < USUAL_REFUND) {
            return "charging";
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

    /** Whether a request is queued or in flight. */
    asks(name) {
        return this.wants(name) || this.inFlight?.name === name;
    }

    /** Whether money may be moving, so that the line must stay as it is. */
    underWay(now) {
        return UNDER_WAY.has(this.phase(now));
    }

    /** Whether no payment is possible any more: the line may be removed, or paid in another way. */
    free(now) {
        const settled = ["idle", "refused", "returned", "expired"].includes(this.phase(now));
        return settled && this.status.phase !== "qr" && !this.busy;
    }

    get busy() {
        const name = this.commands[0]?.name || this.inFlight?.name || "";
        return name === "status" && !this.leaving ? "" : name;
    }

    /** Whether a payment that ended without money may still be made: it is polled slowly. */
    mayBeLate(now) {
        return [this.expiredAt, this.lostAt].some((at) => at !== null && now - at < LATE_MONEY);
    }

    /** Whether a charge whose answer timed out may still be made. */
    mayBeCharged(now) {
        return this.lostAt !== null && now - this.lostAt < LATE_MONEY;
    }

    /**
     * Whether a line that is to be removed need not wait for what is still to be done: for a charge
     * that may still arrive, or a QR code that was shown, when the server does not answer.
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
}
