// Part of payment_cn_wallets. License LGPL-3.

// Tells the keys of a keyboard-wedge scanner from those of a person. No DOM, no clock.

// Odoo takes keys within 150 ms for a scan. Bluetooth scanners with a weak battery are slower, and
// so is a busy till. Nobody types the sixteen digits of a payment code, at whatever pace.
export const MAX_GAP = 800;
// A scanner without an end-of-line key has ended when it pauses for this multiple of its widest gap
// so far, and at least for the milliseconds below. Odoo's own service waits 150 ms. Where a longer
// code would be valid as well, a till that is busy for a moment must not cut it short: the careful
// pause applies to scanners that are known to send no end-of-line key; until that is known, MAX_GAP
// does. Alipay allows 16 to 24 digits, but phones show 18: after these there is less to wait for.
export const PAUSE_FACTOR = 2;
export const SHORTEST_PAUSE = 25;
export const CAREFUL_PAUSE = 100;
export const USUAL_LENGTH = 18;
export const USUAL_PAUSE = 30;
// Of a product's bar code. Nobody types so many digits without a decimal point into an amount.
export const SHORTEST_BAR_CODE = 8;
const BAR_CODE = new RegExp(`^[0-9A-Za-z]{${SHORTEST_BAR_CODE},}$`);
// Where no gap between two keys exceeds this, in ms, Odoo's own service has read the scan.
export const ODOO_GAP = 100;
// With these a person corrects what was typed.
const CORRECTIONS = ["Backspace", "Delete", "Escape"];
// Keys released within this time after a scan was read belong to it, in ms.
export const ECHO = 300;

/** Follows key presses and finds the scans that are too slow for Odoo's own scanner service. */
export class KeySequence {
    /**
     * @param {(run: string) => {kind: string}|null} find what a scanner typed, if it resembles a
     *     wallet's payment code; of kind "payment" if it is one that is taken here
     * @param {(run: string) => boolean} isWhole whether it is a payment code of which no longer one
     *     is the continuation
     */
    constructor(find, isWhole = () => false) {
        this.find = find;
        this.isWhole = isWhole;
        this.run = "";
        this.match = null; // what was found in the run when the scan was complete
        this.last = -Infinity;
        this.widest = 0;
        this.quietUntil = -Infinity;
        this.endless = false; // the last scan came without an end-of-line key
    }

    /**
     * @param {string} key as in a keyboard event
     * @param {number} time of the event
     * @returns {"start"|"scan"|"slow"|""} "start": a first key, whose effect may have to be undone;
     *     "scan": a scan is complete, see `run` and `match`; "slow": another bar code is complete,
     *     whose keys were too far apart for Odoo
     */
    press(key, time) {
        const end = key === "Enter" || key === "Tab";
        if (CORRECTIONS.includes(key)) {
            this.run = "";
        }
        if (!end && key.length !== 1) {
            return ""; // Shift and other modifiers, which some scanners send
        }
        const gap = time - this.last;
        const continues = gap <= MAX_GAP;
        this.last = time;
        if (end) {
            this.match = continues ? this.find(this.run) : null;
            if (this.match) {
                this.endless = false;
                return "scan";
            }
            if (continues && this.widest > ODOO_GAP && BAR_CODE.test(this.run)) {
                return "slow";
            }
            this.run = "";
            return "";
        }
        if (continues && this.run) {
            this.widest = Math.max(this.widest, gap);
            this.run += key;
            return "";
        }
        this.widest = 0;
        this.run = key;
        return "start";
    }

    /** How long this scanner has to be silent to have ended, in ms. */
    get pause() {
        if (!this.isWhole(this.run) && !this.endless) {
            return MAX_GAP;
        }
        return Math.min(MAX_GAP, Math.max(this.shortestPause, PAUSE_FACTOR * this.widest));
    }

    get shortestPause() {
        if (this.isWhole(this.run)) {
            return SHORTEST_PAUSE;
        }
        return this.run.length === USUAL_LENGTH ? USUAL_PAUSE : CAREFUL_PAUSE;
    }

    /** Scanners without an end-of-line key: whether the run so far is a scan, and is complete. */
    isComplete(time) {
        const silence = time - this.last;
        if (silence < this.pause) {
            return false;
        }
        this.match = this.find(this.run);
        return Boolean(this.match) && (silence >= MAX_GAP || this.match.kind === "payment");
    }

    /** The scan was read: its digits are forgotten, and the keys that still belong to it ignored. */
    reset(time) {
        this.run = "";
        this.match = null;
        this.last = -Infinity;
        this.quietUntil = time + ECHO;
    }

    /** Whether a key that is released at this time belongs to a scan that was read. */
    isEcho(time) {
        return time < this.quietUntil;
    }
}
