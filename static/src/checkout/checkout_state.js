// Part of payment_cn_wallets. License LGPL-3.

// What the page knows and what it does next, without DOM, network or clock: every method takes
// the time (milliseconds of a clock that never jumps), so that all of it can be tested.

export const POLL_INTERVAL = 1000;
export const HIDDEN_INTERVAL = 5000;
export const MAX_BACK_OFF = 5000;
export const START_AGAIN_AFTER = 3000;
export const FEEDBACK_LIFE = 12000;
// Long enough to see the tick, short enough that poll and delay together stay below 1.5 s.
export const REDIRECT_DELAY = 300;
// Server and page both count in whole seconds. Following every sync would make the countdown
// stutter, so small differences are left alone.
export const CLOCK_TOLERANCE = 1500;

const MINUTE = 60 * 1000;
const LIVE_PHASES = new Set(["preparing", "waiting", "confirming", "paid"]);
// "preparing" too: when the gateway's answer to the order was lost, asking gets things going.
// "changed": the old code is closed that way. "paid": money that was held, since it did not suffice,
// may be enough for an order that has changed again.
const ASKABLE_PHASES = new Set([
    "preparing",
    "waiting",
    "confirming",
    "unknown",
    "expired",
    "changed",
    "paid",
]);

/**
 * Nobody holds a payment code in front of these phases any more, but money may still arrive late
 * or from another tab: quick at first, then slower, so that a forgotten tab costs nothing.
 *
 * @param {string} phase
 * @param {number} age milliseconds since the phase began
 * @returns {number} milliseconds between two polls
 */
export function pollInterval(phase, age) {
    if (LIVE_PHASES.has(phase)) {
        return POLL_INTERVAL;
    }
    if (phase === "unknown") {
        return age < 10 * MINUTE ? POLL_INTERVAL : 3 * POLL_INTERVAL;
    }
    if (age < MINUTE) {
        return POLL_INTERVAL;
    }
    return age < 10 * MINUTE ? 3 * POLL_INTERVAL : 15 * POLL_INTERVAL;
}

/**
 * @param {number} seconds
 * @returns {string} mm:ss, with hours only when there are any
 */
export function formatCountdown(seconds) {
    const whole = Math.max(0, Math.floor(seconds));
    const parts = [Math.floor(whole / 60) % 60, whole % 60];
    if (whole >= 3600) {
        parts.unshift(Math.floor(whole / 3600));
    }
    return parts.map((part) => String(part).padStart(2, "0")).join(":");
}

// The same in tools/addresses.py: what one refuses, the other must not show.
const ADDRESS = /^([a-z][a-z0-9+.-]*):[^\x00-\x20\x7f]+$/i; // eslint-disable-line no-control-regex
const NEVER = new Set(["javascript", "data", "vbscript", "blob", "file", "about", "view-source"]);
// Our own page that leads on to the wallet's.
const GO = /^\/payment\/cn\/go\/\d+\/\w+$/;

/**
 * A pay address comes from a gateway and may open an app (weixin://, alipays://), but it must
 * never run as script in the shop's page.
 *
 * @param {string} url
 * @returns {string} the address, or "" when it can't be trusted
 */
export function safePayUrl(url) {
    const address = (url || "").replace(/^ +| +$/g, "");
    const scheme = ADDRESS.exec(address)?.[1].toLowerCase();
    return GO.test(address) || (scheme && !NEVER.has(scheme)) ? address : "";
}

/**
 * @param {string} url
 * @param {string} origin
 * @returns {string} the address when it stays in this shop, else ""
 */
export function localUrl(url, origin) {
    try {
        const target = new URL(url || "", `${origin}/`);
        return url && target.origin === origin ? target.href : "";
    } catch {
        return "";
    }
}

export class CheckoutState {
    /**
     * @param {Object} snapshot what the server rendered the page with
     * @param {number} now
     */
    constructor(snapshot, now) {
        this.hidden = false;
        this.begin(snapshot, now);
    }

    /** Forget everything of the attempt before: used at load and when a new code replaces one. */
    begin(snapshot, now) {
        this.snapshot = {};
        this.deadline = null;
        this.phaseSince = now;
        this.dueAt = now;
        this.failures = 0;
        this.trouble = ""; // "" | "lost" (no connection) | "server" (an answer, but an error)
        this.inFlight = null;
        this.wanted = null;
        this.checkDue = false;
        this.startedAt = null;
        this.feedback = null;
        this.message = "";
        this.lastQr = "";
        this.renewalRefused = false;
        this.leaving = false;
        this.absorb("load", snapshot, now);
        this.dueAt = now; // the page may have been loading for a while
    }

    // === WHAT TO SHOW === //

    secondsLeft(now) {
        return this.deadline === null ? 0 : Math.max(0, (this.deadline - now) / 1000);
    }

    /**
     * The code dies by our own clock too, so that an offline page does not offer a dead code.
     * While the payer is confirming, the wallet has the last word.
     */
    phase(now) {
        const { phase } = this.snapshot;
        return phase === "waiting" && this.secondsLeft(now) <= 0 ? "expired" : phase;
    }

    /**
     * @param {number} now
     * @param {{phone: boolean, wantsCode: boolean}} device
     * @returns {Object} everything the page draws
     */
    view(now, { phone = false, wantsCode = false } = {}) {
        const { kind, amount, qr_svg, pay_url, can_renew, sdk_params, other, first } =
            this.snapshot;
        const phase = this.phase(now);
        // A dead code stays where it was, dimmed, although the server does not send it any more.
        const qr = qr_svg || (phase === "expired" ? this.lastQr : "");
        const left = this.secondsLeft(now);
        const payUrl = safePayUrl(pay_url);
        const way = ["page", "cashier"].includes(kind)
            ? kind
            : this.wayAround(phase, qr && (!phone || wantsCode), payUrl);
        const leadsOn = way === "open" || way === "page";
        const feedback = this.feedbackAt(now);
        return {
            phase,
            way,
            amount,
            payUrl,
            qr,
            // A wallet's page can also be opened beside its code, but only where that may work.
            canOpen:
                Boolean(payUrl) && way !== "cashier" && (leadsOn || phone || kind !== "qr"),
            cashier: (phase === "waiting" && way === "cashier" && sdk_params) || null,
            canShowCode: leadsOn && Boolean(qr || other === "qr"),
            // Only for whom the cashier did not open: it is not a choice between equals.
            canGoAnotherWay: feedback === "not_opened" && Boolean(other),
            canGoBack: phase === "waiting" && phone && Boolean(first),
            canRenew: Boolean(can_renew) || phase === "expired",
            // "Don't pay again" and other ways to pay do not go together; nor do they when nothing is due.
            canLeave: !["unknown", "changed"].includes(phase) || Boolean(can_renew),
            details: phase !== "changed" || !can_renew,
            countdown: phase === "waiting" ? formatCountdown(left) : "",
            soon: phase === "waiting" && left <= 60,
            busy: this.busy,
            feedback,
            answer: feedback === "message" ? this.feedback.text : "",
            message: this.message,
            trouble: phase === "paid" ? "" : this.trouble,
        };
    }

    /** A code to scan, or the wallet's page: which one comes first. */
    wayAround(phase, codeFirst, payUrl) {
        const { kind } = this.snapshot;
        // While a code can be paid, an address that we can't use leaves the code as the only way.
        const linkFirst = kind === "link" && (phase !== "waiting" || !this.snapshot.qr_svg);
        if (!codeFirst && (payUrl || linkFirst)) {
            return "open";
        }
        return kind === "link_qr" ? "camera" : "scan";
    }

    get busy() {
        if (this.leaving) {
            return "leave";
        }
        if (this.checkAsked) {
            return "check";
        }
        const name = this.wanted || this.inFlight;
        // Our own questions to the gateway are nobody's business.
        return ["renew", "start"].includes(name) ? name : "";
    }

    /** The shopper pressed "check now" and waits for the answer. */
    get checkAsked() {
        return this.feedback?.kind === "checking";
    }

    feedbackAt(now) {
        return this.feedback && now < this.feedback.until ? this.feedback.kind : "";
    }

    /** Where to go, and how soon; null while there is nowhere to go. */
    redirection() {
        const { phase, next_url } = this.snapshot;
        if (!next_url || this.leaving) {
            return null;
        }
        return { url: next_url, delay: phase === "paid" ? REDIRECT_DELAY : 0 };
    }

    // === WHAT TO DO NEXT === //

    /**
     * @returns {{request: string|null, wait: number|null}} a request to send now, or how long to
     *     wait; both null while a request is under way or nothing is left to ask
     */
    next(now) {
        if (this.inFlight || this.leaving || this.redirection()) {
            return { request: null, wait: null };
        }
        if (this.wanted) {
            return { request: this.wanted, wait: null };
        }
        if (this.dueAt > now) {
            return { request: null, wait: this.dueAt - now };
        }
        if (this.checkDue) {
            return { request: "check", wait: null };
        }
        if (this.snapshot.phase === "preparing") {
            // Placing the order is repeated (the server makes it one) in case whoever began it
            // died half-way; polls in between notice that another tab was quicker.
            const placing = this.startedAt !== null && now - this.startedAt < START_AGAIN_AFTER;
            return { request: placing ? "poll" : "start", wait: null };
        }
        return { request: "poll", wait: null };
    }

    /** Note that a request is under way: never more than one. */
    sent(request, now) {
        this.inFlight = request;
        this.wanted = null;
        this.checkDue = false;
        if (request === "start") {
            this.startedAt = now;
        }
    }

    /** The shopper pressed a button. It is served as soon as the request under way is done. */
    ask(request, now) {
        if (this.busy && this.busy !== "start") {
            return;
        }
        if (this.inFlight !== request) {
            this.wanted = request;
        }
        this.feedback =
            request === "check" ? { kind: "checking", text: "", until: Infinity } : null;
        this.phaseSince = now; // somebody is there: back to the quick rhythm
    }

    /**
     * The wallet's cashier was left, or did not open. What is said of it stays until something else
     * happens.
     */
    cashierLeft(how, now) {
        this.feedback = { kind: how, text: "", until: Infinity };
        this.wake(now);
    }

    /** Tab shown again, network back, page restored: ask at once. */
    wake(now) {
        this.dueAt = now;
        this.failures = 0;
    }

    /** A request was given up because the device slept through its answer. */
    dropped(now) {
        this.inFlight = null;
        this.wake(now);
    }

    // === ANSWERS === //

    /**
     * @param {string} request the request that was answered
     * @param {Object} snapshot
     * @param {number} now
     * @param {boolean} moved the answer is about a new attempt that took over
     */
    received(request, snapshot, now, moved = false) {
        this.inFlight = null;
        this.failures = 0;
        this.trouble = "";
        if (moved) {
            this.begin(snapshot, now);
            return;
        }
        // A renewal that was refused says why. Polls, which still see the old attempt as it is,
        // must not wipe that away within a second.
        const news = snapshot.next_url || snapshot.phase === "paid";
        if (this.renewalRefused && request === "poll" && !news) {
            this.dueAt = now + pollInterval("refused", now - this.phaseSince);
            return;
        }
        this.renewalRefused = request === "renew" && snapshot.phase === "refused";
        this.absorb(request, snapshot, now);
    }

    failed(request, kind, now) {
        this.inFlight = null;
        this.failures += 1;
        this.trouble = kind;
        const backOff = Math.min(POLL_INTERVAL * 2 ** (this.failures - 1), MAX_BACK_OFF);
        this.dueAt = now + (this.hidden ? Math.max(backOff, HIDDEN_INTERVAL) : backOff);
        if (request === "start") {
            this.startedAt = null;
        }
        if (request === "renew" || (request === "check" && this.checkAsked)) {
            this.feedback = { kind: "failed", text: "", until: now + FEEDBACK_LIFE };
        }
    }

    absorb(request, snapshot, now) {
        const asked = request === "check" && this.checkAsked;
        const changed = snapshot.phase !== this.snapshot.phase;
        if (changed) {
            this.phaseSince = now;
        }
        if (asked || (changed && !this.checkAsked)) {
            this.feedback = null;
        }
        this.snapshot = snapshot;
        this.lastQr = snapshot.qr_svg || this.lastQr;
        const deadline = now + (snapshot.expires_in || 0) * 1000;
        if (
            this.deadline === null ||
            !snapshot.expires_in ||
            Math.abs(deadline - this.deadline) > CLOCK_TOLERANCE
        ) {
            this.deadline = deadline;
        }
        if (asked && !changed) {
            const text = snapshot.message || "";
            this.feedback = {
                kind: text ? "message" : "not_yet",
                text,
                until: now + FEEDBACK_LIFE,
            };
        }
        // What the server says to a question that nobody asked is not worth a line on the page,
        // unless the matter itself has changed.
        if (request !== "check" || changed) {
            this.message = snapshot.message || "";
        }
        this.checkDue =
            ["load", "poll"].includes(request) &&
            ASKABLE_PHASES.has(snapshot.phase) &&
            typeof snapshot.ask_in === "number" &&
            snapshot.ask_in <= 0;
        const interval = pollInterval(snapshot.phase, now - this.phaseSince);
        this.dueAt = this.checkDue
            ? now
            : now + (this.hidden ? Math.max(interval, HIDDEN_INTERVAL) : interval);
    }
}
