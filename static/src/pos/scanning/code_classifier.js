// Part of payment_cn_wallets. License LGPL-3.

import { TERMINAL } from "../payment_line/wallet_line";
import { classify, normalise, recognise } from "./payment_codes";

// Our receipts and those in the wallets have numbers of 28 digits; some gateways prefix letters.
const RECEIPT_NUMBER = /^[A-Za-z]{0,4}[0-9]{22,32}$/;

/** One scanned text and what it is, determined once and passed on with it. */
export class ScannedCode {
    /**
     * @param {CodeClassifier} classifier
     * @param {string} text what was scanned
     */
    constructor(classifier, text) {
        this.classifier = classifier;
        this.text = text;
        this.digits = normalise(text); // "" when it can't be a payment code
        const buttons = classifier.terminals;
        // The buttons whose gateways take the wallet, in the order of the payment screen.
        this.terminals = buttons.filter(({ ranges }) => recognise(this.digits, ranges));
        /** @type {"payment"|"unknown"|"address"|"other"} see `classify` */
        this.kind = "other";
        if (this.terminals.length) {
            this.kind = "payment";
        } else if (buttons.length) {
            this.kind = classify(this.text, []); // of none of their ranges
        }
    }

    get isPayment() {
        return this.kind === "payment";
    }

    /** Whether the shop sells something with this bar code, which then comes first. */
    get isProduct() {
        this.sold ??= this.classifier.sells(this.text);
        return this.sold;
    }

    /** Payment codes may be as long, and so may a product's with its expiry date and lot (GS1). */
    get isReceiptNumber() {
        return (
            RECEIPT_NUMBER.test(this.text.trim()) &&
            !this.isPayment &&
            !this.isProduct &&
            !this.classifier.gs1Products(this.text).length
        );
    }
}

/** Knows what this till sells and which payment codes its buttons take. */
export class CodeClassifier {
    constructor(pos) {
        this.pos = pos;
    }

    /** The wallet buttons of this till, as the payment screen orders them; most tills have one. */
    get terminals() {
        return this.pos.config.payment_method_ids
            .filter((method) => method.use_payment_terminal === TERMINAL && method.payment_terminal)
            .sort((one, other) => one.sequence - other.sequence)
            .map((method) => method.payment_terminal);
    }

    get ranges() {
        return this.terminals.flatMap((terminal) => terminal.ranges);
    }

    /** @returns {ScannedCode} */
    classify(text) {
        return new ScannedCode(this, text);
    }

    /** Whether a product, or a packaging of one, has a bar code, perhaps with more behind it (GS1). */
    sells(text) {
        const has = (one) =>
            ["product.product", "product.uom"].some((model) =>
                this.pos.models[model]?.getBy("barcode", one)
            );
        return has(text) || this.gs1Products(text).some(has);
    }

    gs1Products(text) {
        try {
            const parts = this.pos.barcodeReader.parser.parse_barcode(text);
            return Array.isArray(parts)
                ? parts.filter(({ type }) => type === "product").map((part) => part.base_code)
                : [];
        } catch {
            return []; // not a GS1 code
        }
    }
}
