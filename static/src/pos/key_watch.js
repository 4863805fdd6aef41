// Part of payment_cn_wallets. License LGPL-3.

import { browser } from "@web/core/browser/browser";

import { KeyGate, MAX_GAP, ODOO_GAP, SHORTEST_BAR_CODE, isWhole } from "./scanner";
import { Typed, numberPopup } from "./typed";

// From noticing that a scanner is silent to believing it, in ms. Browsers that tell whether keys are
// waiting to be dealt with (Chromium) need not be given time to do that.
const SECOND_LOOK = 15;
const WATCHED = ["PaymentScreen", "ProductScreen"];
// Keys of an amount that is typed right before a scan.
const LONGEST_AMOUNT = 8;

/**
 * Keeps the digits of a scan out of amounts and quantities, and reads the scanners that are too
 * slow for Odoo: it takes keys apart that come more than 150 ms after each other.
 */
export class KeyWatch {
    constructor(desk) {
        this.desk = desk;
        this.pos = desk.pos;
        this.gate = new KeyGate(
            (code) => desk.isCode(code) || Boolean(this.beginningOfScan(code)),
            (code) => desk.kind(code) === "payment" || Boolean(this.beginningOfScan(code)),
            (code) => isWhole(code, desk.ranges)
        );
        this.before = null;
        this.pauses = new Map(); // keys before a pause in this run -> what was typed until then
        this.timer = null;
        this.ended = false; // the last key was one with which scanners end, or they fell silent
        this.heard = ""; // what Odoo has read since the first key of this run
    }

    start() {
        // Before Odoo's scanner service.
        window.addEventListener(
            "keydown",
            (ev) => {
                this.ended = ["Enter", "Tab"].includes(ev.key);
            },
            { capture: true }
        );
        // After Odoo's scanner service, which listens on the body and is the first choice; before
        // its hotkeys, which listen on the window: Enter would confirm a pop-up.
        document.addEventListener("keydown", (ev) => this.onKeyDown(ev));
        // Before the number buffer, which listens on the window.
        window.addEventListener("keyup", (ev) => this.onKeyUp(ev), { capture: true });
    }

    /** More digits in a row than an amount has. */
    get isScanning() {
        return this.gate.run.length > 4;
    }

    get isWatching() {
        return WATCHED.includes(this.desk.screen) || Boolean(numberPopup(this.pos.numberBuffer));
    }

    /** On Android, Odoo itself gives the focus to an input of its own when keys come. */
    isTyping(target) {
        return (
            target.matches?.("input, textarea, [contenteditable=true]") &&
            !target.matches(".o-barcode-input")
        );
    }

    hear(code) {
        this.heard = code;
    }

    onKeyDown(ev) {
        if (!ev.key || this.isTyping(ev.target)) {
            return;
        }
        if (this.ended && this.gate.isEcho(ev.timeStamp)) {
            this.swallow(ev); // the scan's own end
            return;
        }
        if (!this.isWatching) {
            return;
        }
        browser.clearTimeout(this.timer);
        const gap = ev.timeStamp - this.gate.last;
        const found = this.gate.press(ev.key, ev.timeStamp);
        if (found === "start") {
            this.before = new Typed(this.pos);
            this.pauses.clear();
            this.heard = "";
        } else if (found) {
            this.swallow(ev);
            this.read(found);
            return;
        } else if (gap > ODOO_GAP && ev.key.length === 1) {
            this.notePause();
        }
        this.timer = browser.setTimeout(() => this.lookTwice(), this.gate.pause);
    }

    /** What came before a pause may have been an amount, what begins with this key the scan. */
    notePause() {
        const keys = this.gate.run.length - 1;
        if (keys <= LONGEST_AMOUNT) {
            this.pauses.set(keys, new Typed(this.pos));
        }
    }

    /**
     * @param {string} run
     * @returns {number|undefined} after how many keys of it a payment code begins, if it is none
     */
    beginningOfScan(run) {
        if (this.desk.kind(run) !== "payment") {
            return [...this.pauses.keys()].find(
                (keys) => this.desk.kind(run.slice(keys)) === "payment"
            );
        }
    }

    /** What the scanner may have typed so far: the whole run, or what follows one of its pauses. */
    get runs() {
        const { run } = this.gate;
        return [run, ...[...this.pauses.keys()].map((keys) => run.slice(keys))];
    }

    /** An amount that was typed right before a scan stays. */
    cutAmount() {
        const keys = this.beginningOfScan(this.gate.run);
        if (keys) {
            this.before = this.pauses.get(keys);
            this.gate.run = this.gate.run.slice(keys);
        }
    }

    /** Not a press of the button that has the focus, nor of one with a hotkey. */
    swallow(ev) {
        ev.preventDefault();
        ev.stopPropagation();
    }

    get secondLook() {
        const nothingWaits = navigator.scheduling?.isInputPending?.() === false;
        return nothingWaits ? 0 : SECOND_LOOK;
    }

    /** The scanner is silent, or the browser was busy: then its keys are dealt with first. */
    lookTwice() {
        const rest = MAX_GAP - this.gate.pause;
        this.timer = browser.setTimeout(() => {
            if (!this.endScan()) {
                this.timer = browser.setTimeout(() => this.endScan(), rest);
            }
        }, this.secondLook);
    }

    endScan() {
        const over = this.gate.silent(browser.performance.now());
        if (over) {
            this.gate.endless = true;
            this.ended = true;
            this.read("scan");
        }
        return over;
    }

    /**
     * @param {"scan"|"slow"} found what may be a payment code, or another code whose keys were
     *     so far apart that Odoo can't have read it
     */
    read(found) {
        this.cutAmount();
        const { run } = this.gate;
        const { screen, isBlocked } = this.desk;
        if (found === "slow" && (isBlocked || this.wasRead(run))) {
            this.gate.run = "";
        } else if (screen !== "ProductScreen" || isBlocked) {
            if (found === "slow") {
                this.forget(run);
                this.desk.tell("product");
            } else {
                this.desk.scan(run);
            }
        } else if (this.desk.kind(run) === "payment" || this.heard !== run) {
            // After what was scanned before it: Odoo may be looking for a product still.
            if (found === "slow") {
                this.forget(run);
            }
            (this.pos.barcodeReader || this.desk).scan(run);
        }
    }

    /** Whether Odoo made something of a run: a quantity may have been typed right before a scan. */
    wasRead(run) {
        const { heard } = this;
        return (
            heard &&
            run.endsWith(heard) &&
            (heard.length >= SHORTEST_BAR_CODE || this.desk.sells(heard))
        );
    }

    onKeyUp(ev) {
        if (this.gate.isEcho(ev.timeStamp)) {
            ev.stopImmediatePropagation();
        }
    }

    /** A scan was dealt with: take back what its digits did, and what they are about to do. */
    forget(code) {
        const buffer = this.pos.numberBuffer;
        const { run } = this.gate;
        clearTimeout(buffer._timeout);
        buffer.eventsBuffer = [];
        delete buffer.handler;
        browser.clearTimeout(this.timer);
        // Where something was typed before, it stays, but for a pop-up's; a camera types nothing.
        if (run === code || (this.before?.popup && code && run.endsWith(code))) {
            this.before?.restore(this.desk.screen);
        }
        this.before = null;
        this.gate.dealtWith(browser.performance.now());
    }
}
