// Part of payment_cn_wallets. License LGPL-3.

import { browser } from "@web/core/browser/browser";

import { InputSnapshot, numberPopup } from "./input_snapshot";
import { KeySequence, MAX_GAP, ODOO_GAP, SHORTEST_BAR_CODE } from "./key_sequence";
import { isWhole, mayGoOn } from "./payment_codes";

// From noticing that a scanner is silent to believing it, in ms. Browsers that report whether input
// is pending (Chromium) need no time for that.
const SECOND_LOOK = 15;
const WATCHED = ["PaymentScreen", "ProductScreen"];
// Keys of an amount that is typed right before a scan.
const LONGEST_AMOUNT = 8;

/**
 * A keyboard-wedge scanner: one whose codes arrive as key presses. Keeps the digits of a scan out of
 * amounts and quantities, and reads the scanners that are too slow for Odoo, which separates keys
 * that come more than 150 ms after each other.
 */
export class WedgeScanner {
    /**
     * @param {Object} pos the store
     * @param {import("./code_classifier").CodeClassifier} classifier
     * @param {(scan: import("./code_classifier").ScannedCode|null, run: string) => void} onScan
     *     called with each complete scan; with null for a bar code of another kind, in `run`, whose
     *     keys were so far apart that Odoo can't have read it
     */
    constructor(pos, classifier, onScan) {
        this.pos = pos;
        this.classifier = classifier;
        this.onScan = onScan;
        this.keys = new KeySequence(
            (run) => this.find(run),
            (run) => isWhole(run, classifier.ranges)
        );
        this.before = null; // the input before the first key of this run
        this.pauses = new Map(); // number of keys before a pause in this run -> the input until then
        this.timer = null;
        this.ended = false; // the last key was an end-of-line key, or the scanner fell silent
        this.readByOdoo = ""; // what Odoo's service has read since the first key of this run
    }

    listen() {
        // Before Odoo's scanner service.
        window.addEventListener(
            "keydown",
            (ev) => {
                this.ended = ["Enter", "Tab"].includes(ev.key);
            },
            { capture: true }
        );
        // After Odoo's scanner service, which listens on the body and has precedence; before its
        // hotkeys, which listen on the window: Enter would confirm a pop-up.
        document.addEventListener("keydown", (ev) => this.onKeyDown(ev));
        // Before the number buffer, which listens on the window.
        window.addEventListener("keyup", (ev) => this.onKeyUp(ev), { capture: true });
    }

    get screen() {
        return this.pos.router.state.current;
    }

    /** More digits in a row than an amount has. */
    get isScanning() {
        return this.keys.run.length > 4;
    }

    get isWatching() {
        return WATCHED.includes(this.screen) || Boolean(numberPopup(this.pos.numberBuffer));
    }

    /** On Android, Odoo itself focuses an input of its own when keys come. */
    isTyping(target) {
        return (
            target.matches?.("input, textarea, [contenteditable=true]") &&
            !target.matches(".o-barcode-input")
        );
    }

    noteReadByOdoo(text) {
        this.readByOdoo = text;
    }

    /**
     * Odoo takes a scan for complete when no key came for 150 ms. Here the keys are followed to
     * their end: half a code must not be charged, or be reported as no payment code.
     *
     * @param {import("./code_classifier").ScannedCode} scan what Odoo read
     * @returns {boolean} whether it is only a part of what the scanner types
     */
    isFragment(scan) {
        const { text, isPayment } = scan;
        const { run } = this.keys;
        const { ranges } = this.classifier;
        if (!text || !this.isWatching || !run.endsWith(text)) {
            return false;
        }
        if (this.screen !== "PaymentScreen") {
            // What may be a product is Odoo's, without delay.
            return run === text
                ? isPayment && !this.ended && mayGoOn(text, ranges)
                : !isPayment && !scan.isProduct && this.classifier.classify(run).isPayment;
        }
        if (run === text) {
            return !this.ended && mayGoOn(text, ranges);
        }
        if (isPayment) {
            return false; // complete by itself: an amount was typed just before it
        }
        const runs = [run, ...[...this.pauses.keys()].map((count) => run.slice(count))];
        return runs.some(
            (one) => mayGoOn(one, ranges) || this.classifier.classify(one).kind !== "other"
        );
    }

    onKeyDown(ev) {
        if (!ev.key || this.isTyping(ev.target)) {
            return;
        }
        if (this.ended && this.keys.isEcho(ev.timeStamp)) {
            this.swallow(ev); // the scan's own end-of-line key
            return;
        }
        if (!this.isWatching) {
            return;
        }
        browser.clearTimeout(this.timer);
        const gap = ev.timeStamp - this.keys.last;
        const found = this.keys.press(ev.key, ev.timeStamp);
        if (found === "start") {
            this.before = new InputSnapshot(this.pos);
            this.pauses.clear();
            this.readByOdoo = "";
        } else if (found) {
            this.swallow(ev);
            this.report();
            return;
        } else if (gap > ODOO_GAP && ev.key.length === 1) {
            this.notePause();
        }
        this.timer = browser.setTimeout(() => this.lookTwice(), this.keys.pause);
    }

    /** What came before a pause may have been an amount, and what begins with this key the scan. */
    notePause() {
        const count = this.keys.run.length - 1;
        if (count <= LONGEST_AMOUNT) {
            this.pauses.set(count, new InputSnapshot(this.pos));
        }
    }

    /**
     * @param {string} run
     * @returns {{kind: string, scan: Object, typed: number}|null} a scan that resembles a payment
     *     code, and how many keys were typed by hand right before it
     */
    find(run) {
        const whole = this.classifier.classify(run);
        if (!whole.isPayment) {
            for (const typed of this.pauses.keys()) {
                const scan = this.classifier.classify(run.slice(typed));
                if (scan.isPayment) {
                    return { kind: scan.kind, scan, typed };
                }
            }
        }
        return whole.kind === "other" ? null : { kind: whole.kind, scan: whole, typed: 0 };
    }

    /** Not a press of the button that has the focus, nor of one with a hotkey. */
    swallow(ev) {
        ev.preventDefault();
        ev.stopPropagation();
    }

    get secondLook() {
        const nothingPending = navigator.scheduling?.isInputPending?.() === false;
        return nothingPending ? 0 : SECOND_LOOK;
    }

    /** The scanner is silent, or the browser was busy: then pending keys are handled first. */
    lookTwice() {
        const rest = MAX_GAP - this.keys.pause;
        this.timer = browser.setTimeout(() => {
            if (!this.endScan()) {
                this.timer = browser.setTimeout(() => this.endScan(), rest);
            }
        }, this.secondLook);
    }

    endScan() {
        const complete = this.keys.isComplete(browser.performance.now());
        if (complete) {
            this.keys.endless = true;
            this.ended = true;
            this.report();
        }
        return complete;
    }

    report() {
        const { match, run } = this.keys;
        if (!match) {
            this.onScan(null, run);
            return;
        }
        if (match.typed) {
            // An amount that was typed right before a scan stays.
            this.before = this.pauses.get(match.typed);
            this.keys.run = run.slice(match.typed);
        }
        this.onScan(match.scan, this.keys.run);
    }

    /** Whether Odoo made something of a run: a quantity may have been typed right before a scan. */
    wasReadByOdoo(run) {
        const text = this.readByOdoo;
        return (
            text &&
            run.endsWith(text) &&
            (text.length >= SHORTEST_BAR_CODE || this.classifier.sells(text))
        );
    }

    onKeyUp(ev) {
        if (this.keys.isEcho(ev.timeStamp)) {
            ev.stopImmediatePropagation();
        }
    }

    /** The keys so far are nobody's scan. */
    drop() {
        this.keys.run = "";
    }

    /** A scan was dealt with: undo what its digits did, and what they are about to do. */
    undoInput(text) {
        const buffer = this.pos.numberBuffer;
        const { run } = this.keys;
        clearTimeout(buffer._timeout);
        buffer.eventsBuffer = [];
        delete buffer.handler;
        browser.clearTimeout(this.timer);
        // Where something was typed before, it stays, except in a pop-up; a camera types nothing.
        if (run === text || (this.before?.popup && text && run.endsWith(text))) {
            this.before?.restore(this.screen);
        }
        this.before = null;
        this.keys.reset(browser.performance.now());
    }
}
