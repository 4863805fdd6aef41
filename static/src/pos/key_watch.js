// Part of payment_cn_wallets. License LGPL-3.

import { browser } from "@web/core/browser/browser";

import { isWalletLine } from "./payment_cn_wallets";
import { KeyGate, MAX_GAP, isWhole } from "./scanner";

// From noticing that a scanner is silent to believing it, in ms.
const SECOND_LOOK = 15;

/**
 * Keeps the digits of a scan out of the amounts, and reads the scanners that are too slow for
 * Odoo: it takes keys apart that come more than 150 ms after each other.
 */
export class KeyWatch {
    constructor(desk) {
        this.desk = desk;
        this.pos = desk.pos;
        this.gate = new KeyGate(
            (code) => desk.isCode(code),
            (code) => desk.kind(code) === "payment",
            (code) => isWhole(code, desk.terminal?.ranges || [])
        );
        this.before = null;
        this.timer = null;
        this.ended = false; // the last key was one with which scanners end
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
        // After Odoo's scanner service, which listens on the body and is the first choice.
        window.addEventListener("keydown", (ev) => this.onKeyDown(ev));
        // Before the number buffer, which listens on the window.
        window.addEventListener("keyup", (ev) => this.onKeyUp(ev), { capture: true });
    }

    /** More digits in a row than an amount has. */
    get isScanning() {
        return this.gate.run.length > 4;
    }

    onKeyDown(ev) {
        const typing = ev.target.matches?.("input, textarea, [contenteditable=true]");
        if (!ev.key || typing || this.desk.screen !== "PaymentScreen") {
            return;
        }
        browser.clearTimeout(this.timer);
        const found = this.gate.press(ev.key, ev.timeStamp);
        if (found === "start") {
            this.before = this.amounts();
        } else if (found === "scan") {
            ev.preventDefault(); // not a press of the button that has the focus
            this.desk.scan(this.gate.run);
            return;
        }
        this.timer = browser.setTimeout(() => this.lookTwice(), this.gate.pause);
    }

    /** The scanner is silent, or the browser was busy: then its keys are dealt with first. */
    lookTwice() {
        const rest = MAX_GAP - this.gate.pause;
        this.timer = browser.setTimeout(() => {
            if (!this.endScan()) {
                this.timer = browser.setTimeout(() => this.endScan(), rest);
            }
        }, SECOND_LOOK);
    }

    endScan() {
        const over = this.gate.silent(browser.performance.now());
        if (over) {
            this.gate.endless = true;
            this.desk.scan(this.gate.run);
        }
        return over;
    }

    onKeyUp(ev) {
        if (this.gate.isEcho(ev.timeStamp)) {
            ev.stopImmediatePropagation();
        }
    }

    /** A scan was dealt with: take back what its digits did, and what they are about to do. */
    forget(code) {
        const buffer = this.pos.numberBuffer;
        clearTimeout(buffer._timeout);
        buffer.eventsBuffer = [];
        delete buffer.handler;
        browser.clearTimeout(this.timer);
        if (this.gate.run === code) {
            this.restore(); // nothing was typed before, and it was no camera
        }
        this.before = null;
        this.gate.dealtWith(browser.performance.now());
    }

    amounts() {
        const lines = this.pos.getOrder()?.payment_ids || [];
        return new Map(lines.map((line) => [line.uuid, line.amount]));
    }

    restore() {
        const order = this.pos.getOrder();
        const { before } = this;
        for (const line of before ? [...order.payment_ids] : []) {
            const terminal = line.payment_method_id.payment_terminal;
            if (terminal && !(isWalletLine(line) && terminal.isEditable(line))) {
                continue;
            }
            if (!before.has(line.uuid)) {
                order.removePaymentline(line); // Odoo adds one for a digit that it can't place
            } else if (before.get(line.uuid) !== line.amount) {
                line.setAmount(before.get(line.uuid));
                this.pos.numberBuffer.reset();
            }
        }
    }
}
