// Part of payment_cn_wallets. License LGPL-3.

import { browser } from "@web/core/browser/browser";

import { KeySequence } from "./key_sequence";
import { isWhole } from "./payment_codes";

// What a scanner types into like a person. Odoo's own service, and `WedgeScanner`, leave these alone.
const FIELDS = "input:not(.o-barcode-input)";
// A person may well type a long number into a search field, but not that quickly, in ms a key.
const TYPIST = 200;

/** Finds the payment codes that are scanned while the cursor is in a field, such as the search. */
export class FieldScanner {
    /**
     * @param {import("./code_classifier").CodeClassifier} classifier
     * @param {(scan: import("./code_classifier").ScannedCode) => void} onScan called when the field
     *     has been given back what it had
     */
    constructor(classifier, onScan) {
        this.classifier = classifier;
        this.onScan = onScan;
        this.keys = new KeySequence(
            (run) => this.find(run),
            (run) => isWhole(run, classifier.ranges)
        );
        this.timer = null;
    }

    listen() {
        // Before the field does something about Enter.
        document.addEventListener("keydown", (ev) => this.onKeyDown(ev), { capture: true });
    }

    find(run) {
        if (this.keys.widest > TYPIST) {
            return null;
        }
        const scan = this.classifier.classify(run);
        return scan.isPayment && !scan.isProduct ? scan : null;
    }

    onKeyDown(ev) {
        if (!ev.key || !ev.target.matches?.(FIELDS)) {
            return;
        }
        browser.clearTimeout(this.timer);
        if (this.keys.press(ev.key, ev.timeStamp) === "scan") {
            ev.preventDefault();
            ev.stopPropagation();
            this.report(ev.target);
        } else {
            this.timer = browser.setTimeout(() => {
                if (this.keys.isComplete(browser.performance.now())) {
                    this.report(ev.target);
                }
            }, this.keys.pause);
        }
    }

    report(field) {
        const { match, run } = this.keys;
        this.keys.reset(browser.performance.now());
        erase(field, run);
        this.onScan(match);
    }
}

/** Take what was typed last out of a field. */
function erase(field, text) {
    const end = field.selectionStart ?? field.value.length;
    if (field.value.slice(0, end).endsWith(text)) {
        field.value = field.value.slice(0, end - text.length) + field.value.slice(end);
        field.dispatchEvent(new InputEvent("input", { bubbles: true }));
    }
}
