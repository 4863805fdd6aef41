// Part of payment_cn_wallets. License LGPL-3.

// What was scanned, and whether keys come from a scanner. No DOM, no clock.

// Odoo takes keys within 150 ms for a scan. Bluetooth scanners with a weak battery are slower, and
// so is a busy till. Nobody types the sixteen digits of a payment code, at whatever pace.
export const MAX_GAP = 800;
// A scanner without an end of line has ended when it pauses so much longer than it did before, and
// so long at least, in ms. Odoo's own service waits 150 ms. Where a longer code would be a code as
// well, a till that is busy for a moment must not cut it short: the careful pause is for scanners
// that are known to send no end of line, and until that is known it is the longest. Alipay allows
// 16 to 24 digits, but phones show 18: after these there is less to be careful about.
export const PAUSE_FACTOR = 2;
export const SHORTEST_PAUSE = 25;
export const CAREFUL_PAUSE = 100;
export const USUAL_LENGTH = 18;
export const USUAL_PAUSE = 30;
// Of a bar code of some product. Nobody types so many digits without a dot into an amount.
export const SHORTEST_BAR_CODE = 8;
const BAR_CODE = new RegExp(`^[0-9A-Za-z]{${SHORTEST_BAR_CODE},}$`);
// Where no two keys were further apart than that, in ms, Odoo's own service has read them.
export const ODOO_GAP = 100;
// With these a person takes back what was typed.
const TAKEN_BACK = ["Backspace", "Delete", "Escape"];
// Keys that are released after the scan was dealt with belong to it.
export const ECHO = 300;

// Codes by which a shop or a person is paid (收款码), and other addresses that wallets show.
const WALLET_ADDRESS = /^(wxp:|weixin:|alipays?:|https?:.*(alipay|wechat|weixin|qq\.com|jd\.com|95516))/i;

/**
 * @param {string} scanned
 * @returns {string} the digits; "" when it can't be a payment code
 */
export function normalise(scanned) {
    const code = String(scanned ?? "").replace(/[ \t\r\n]+/g, "");
    return /^[0-9]{10,32}$/.test(code) ? code : "";
}

/**
 * The longest prefix that fits wins, then the order of the ranges. As on the server.
 *
 * @param {string} scanned
 * @param {{wallet: string, first: string, last: string, shortest: number, longest: number}[]} ranges
 * @returns {string} code of the wallet; "" when it is no payment code of these
 */
export function recognise(scanned, ranges) {
    const code = normalise(scanned);
    let best = null;
    for (const range of code ? ranges : []) {
        const prefix = code.slice(0, range.first.length);
        if (
            code.length >= range.shortest &&
            code.length <= range.longest &&
            prefix >= range.first &&
            prefix <= range.last &&
            (!best || range.first.length > best.first.length)
        ) {
            best = range;
        }
    }
    return best ? best.wallet : "";
}

/**
 * Some wallets' codes are of several lengths, and a scanner may stop for breath in the middle.
 *
 * @param {string} digits the beginning of what a scanner types
 * @param {Object[]} ranges as for `recognise`
 * @returns {boolean} whether more digits would still make a payment code
 */
export function mayGoOn(digits, ranges) {
    return (
        /^[0-9]+$/.test(digits) &&
        ranges.some(({ first, last, longest }) => {
            const prefix = digits.slice(0, first.length);
            return digits.length < longest && prefix >= first && prefix <= last;
        })
    );
}

/**
 * @param {string} code digits
 * @param {Object[]} ranges as for `recognise`
 * @returns {boolean} whether it is a payment code, and no longer one begins with it
 */
export function isWhole(code, ranges) {
    return Boolean(recognise(code, ranges)) && !mayGoOn(code, ranges);
}

/**
 * @returns {"payment"|"unknown"|"address"|"other"} a payment code; digits that may be one of a
 *     wallet that is not taken; a code by which a wallet is paid; anything else
 */
export function classify(scanned, ranges) {
    if (recognise(scanned, ranges)) {
        return "payment";
    }
    const code = normalise(scanned);
    // Bar codes of products have at most 14 digits.
    if (code.length >= 16 && code.length <= 24) {
        return "unknown";
    }
    return WALLET_ADDRESS.test(String(scanned ?? "").trim()) ? "address" : "other";
}

/** Follows the keys, and finds the scans that are too slow for Odoo's own scanner service. */
export class KeyGate {
    /**
     * @param {(code: string) => boolean} isCode looks like a payment code of some wallet
     * @param {(code: string) => boolean} isPayment is one that is taken here
     * @param {(code: string) => boolean} isWhole no longer one begins with it
     */
    constructor(isCode, isPayment = () => false, isWhole = () => false) {
        this.isCode = isCode;
        this.isPayment = isPayment;
        this.isWhole = isWhole;
        this.run = "";
        this.last = -Infinity;
        this.widest = 0;
        this.quietUntil = -Infinity;
        this.endless = false; // the last scan came without a key at its end
    }

    /**
     * @param {string} key as in a keyboard event
     * @param {number} time of the event
     * @returns {"start"|"scan"|"slow"|""} a first digit: what it changes may have to be taken back;
     *     a scan is complete, it is `run`; so is one of something else that was too slow for Odoo
     */
    press(key, time) {
        const end = key === "Enter" || key === "Tab";
        if (TAKEN_BACK.includes(key)) {
            this.run = "";
        }
        if (!end && key.length !== 1) {
            return ""; // Shift and the like, which some scanners send
        }
        const gap = time - this.last;
        const goesOn = gap <= MAX_GAP;
        this.last = time;
        if (end) {
            if (goesOn && this.isCode(this.run)) {
                this.endless = false;
                return "scan";
            }
            if (goesOn && this.widest > ODOO_GAP && BAR_CODE.test(this.run)) {
                return "slow";
            }
            this.run = "";
            return "";
        }
        if (goesOn && this.run) {
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

    /** Scanners without an end of line: whether the run so far is a scan, and is over. */
    silent(time) {
        const pause = time - this.last;
        return (
            (pause >= this.pause && this.isPayment(this.run)) ||
            (pause >= MAX_GAP && this.isCode(this.run))
        );
    }

    /** The scan was read: what still comes of it is not worth anything. */
    dealtWith(time) {
        this.run = "";
        this.last = -Infinity;
        this.quietUntil = time + ECHO;
    }

    /** Whether a key that is released now is an echo of a scan. */
    isEcho(time) {
        return time < this.quietUntil;
    }
}
