// Part of payment_cn_wallets. License LGPL-3.

import { BarcodeDialog } from "@web/core/barcode/barcode_dialog";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";

import { findUnsettledLine } from "../payment_line/unsettled_line";
import { CodeClassifier } from "./code_classifier";
import { FieldScanner } from "./field_scanner";
import { WedgeScanner } from "./wedge_scanner";

/** What to do, in one sentence, when a scan can't be charged. */
function sentence(reason) {
    return {
        unknown: _t(
            "This till does not know this payment code. Ask the customer to open the payment code in WeChat Pay, Alipay or another wallet that you take."
        ),
        address: _t(
            "This is not a payment code: it is one for adding friends or for paying somebody. Ask the customer to open “Pay” in the wallet."
        ),
        product: _t(
            "This is no payment code. To sell another product, go back first; to be paid, scan the code on the customer's phone."
        ),
        elsewhere: _t(
            "This is a customer's payment code. Press “Payment” first, then scan it again."
        ),
        dialog: _t(
            "A customer's payment code was scanned, and nothing was charged. Close the window that is open, then scan again."
        ),
        empty: _t("Nothing is to be paid yet. Scan the products first, then the payment code."),
        settled: _t("This order is paid already."),
        charging: _t("The code is being charged already. Please wait."),
        paid: _t("This is paid already."),
        under_way: _t("A payment is under way. Wait for it, or cancel it, before you scan again."),
        no_amount: _t("Enter the amount first, then scan the code again."),
        refund: _t("This order gives money back: nothing is charged. Press “Refund”."),
    }[reason];
}

// The same code within so many ms is the same scan, or an accidental second one. Odoo's service, for
// one, waits longer than we do for more keys of a scanner that sends no end-of-line key.
const SAME_SCAN = 1000;

/** Decides what is done with a scanned code, before Odoo's rules parse it as a bar code. */
export class ScanHandler {
    constructor(pos) {
        this.pos = pos;
        this.classifier = new CodeClassifier(pos);
        this.lastCode = "";
        this.held = null; // a sale in one step: {uuid, goOn} of the order that does not go on yet
        this.wedge = new WedgeScanner(pos, this.classifier, (scan, run) => this.onKeys(scan, run));
        this.wedge.listen();
        new FieldScanner(this.classifier, (scan) => this.take(scan)).listen();
    }

    get screen() {
        return this.pos.router.state.current;
    }

    /** Whether a window is open that asks for something else; the camera's asks for the code. */
    get isBlocked() {
        return Object.values(this.pos.env.services.overlay.overlays).some(
            ({ props }) => props.subComponent && props.subComponent !== BarcodeDialog
        );
    }

    // === WHAT WAS SCANNED === //

    /** @returns {boolean} whether a scan that Odoo read is ours, or only a part of one */
    takesFromOdoo(scan) {
        return this.wedge.isFragment(scan) || this.handle(scan);
    }

    /** Every key of a scan was seen here, and none by Odoo's service. */
    take(scan) {
        if (this.screen === "ProductScreen" && !this.isBlocked) {
            // After what was scanned before it: Odoo may be looking for a product still.
            this.pos.barcodeReader.cnScan(scan);
        } else {
            this.handle(scan);
        }
    }

    /** A scan of which each key was seen. Odoo's service may have read it as well, or may yet. */
    onKeys(scan, run) {
        const onProducts = this.screen === "ProductScreen" && !this.isBlocked;
        if (!scan && (this.isBlocked || this.wedge.wasReadByOdoo(run))) {
            this.wedge.drop();
        } else if (!scan) {
            this.wedge.undoInput(run);
            if (onProducts) {
                this.pos.barcodeReader.scan(run);
            } else {
                this.tell("product");
            }
        } else if (!onProducts || scan.isPayment) {
            this.take(scan);
        } else if (this.wedge.readByOdoo !== run) {
            this.pos.barcodeReader.scan(run);
        }
    }

    /** @returns {boolean} whether the scan was dealt with here */
    handle(scan) {
        const { kind, isPayment } = scan;
        if (kind === "other") {
            return false;
        }
        // Bar codes of sixteen digits and more are rare, but what the shop sells comes first.
        const { isProduct } = scan;
        if (isPayment && !isProduct && this.isRepetition(scan.digits)) {
            return true;
        }
        this.wedge.undoInput(scan.digits || scan.text);
        if (this.screen === "PaymentScreen") {
            this.handleOnPayment(scan, isProduct ? "product" : kind);
            return true;
        }
        if (!isPayment || isProduct) {
            return false;
        }
        const [{ method }] = scan.terminals;
        if (this.isBlocked) {
            this.tell("dialog");
        } else if (this.screen === "ProductScreen" && method.cn_scan_on_products) {
            this.sellInOneStep(scan);
        } else {
            this.tell("elsewhere");
        }
        return true;
    }

    handleOnPayment(scan, kind) {
        if (kind !== "payment") {
            this.tell(kind);
        } else if (this.isBlocked) {
            this.tell("dialog");
        } else {
            this.charge(scan);
        }
    }

    isRepetition(code) {
        const same = code === this.lastCode;
        if (!same) {
            this.lastCode = code;
            browser.clearTimeout(this.repetitionTimer);
            this.repetitionTimer = browser.setTimeout(() => (this.lastCode = ""), SAME_SCAN);
        }
        return same;
    }

    // === CHARGING === //

    /** The line that waits for money, if its button takes the code; a new one when there is none. */
    lineFor(scan) {
        const order = this.pos.getOrder();
        if (order.isRefund) {
            this.tell("refund");
            return null;
        }
        const [{ method }] = scan.terminals;
        const unsettled = findUnsettledLine(order);
        if (unsettled) {
            return this.takes(unsettled, scan, method) ? unsettled : null;
        }
        if (order.remainingDue <= 0) {
            this.tell(order.lines.length ? "settled" : "empty");
        } else {
            const added = order.addPaymentline(method);
            if (added.status) {
                return added.data;
            }
            this.pos.notification.add(added.data, { type: "warning" });
        }
        return null;
    }

    /** A shop may have its wallets on several buttons, each with its contracts. */
    takes(line, scan, method) {
        const { name, payment_terminal } = line.payment_method_id;
        if (scan.terminals.includes(payment_terminal)) {
            return true;
        }
        if (payment_terminal.isUnderWay(line)) {
            this.tell("under_way");
        } else {
            this.pos.notification.add(
                _t(
                    "“%(button)s” does not take this wallet. Press “%(other)s”, then scan the code again.",
                    { button: name, other: method.name }
                ),
                { type: "warning" }
            );
        }
        return false;
    }

    /**
     * @param {Object} scan
     * @param {Object} options see `PaymentCnWallets.charge`
     * @returns {Object|null} the line that is being charged
     */
    charge(scan, options) {
        const line = this.lineFor(scan);
        const refusal =
            line && line.payment_method_id.payment_terminal.charge(line, scan.digits, options);
        // The same code twice within a second is accidental: the screen says enough.
        if (refusal && refusal !== "charging") {
            this.tell(refusal);
        }
        return line && !refusal ? line : null;
    }

    /** From the products to the receipt with one scan. */
    async sellInOneStep(scan) {
        const order = this.pos.getOrder();
        if (order.isRefund) {
            return this.tell("refund");
        }
        if (!order.lines.length || order.remainingDue <= 0) {
            return this.tell(order.lines.length ? "settled" : "empty");
        }
        const unsettled = findUnsettledLine(order);
        // The order may have grown since its code was shown.
        if (unsettled?.payment_method_id.payment_terminal.isEditable(unsettled)) {
            unsettled.setAmount(order.remainingDue);
        }
        const showPayment = await this.readyToPay(order);
        const isHere = () => this.pos.getOrder()?.uuid === order.uuid;
        const line = showPayment && isHere() && this.charge(scan, { finishes: true });
        if (line) {
            // To draw the payment screen takes as long as most gateways do, and would delay the answer.
            await line.payment_method_id.payment_terminal.answeredOrSlow(line);
            if (!isHere() || this.screen !== "ProductScreen") {
                return; // the cashier went on: she hears of it where the order is
            }
        }
        showPayment?.();
    }

    /**
     * Odoo's button “Payment”, which asks for what is missing, such as serial numbers.
     *
     * @returns {Promise<?Function>} goes to the payment screen; null when the order is not ready
     */
    async readyToPay({ uuid }) {
        const held = { uuid, goOn: null };
        this.held = held;
        try {
            await this.pos.pay();
        } finally {
            this.held = null;
        }
        return held.goOn;
    }

    tell(reason) {
        this.pos.notification.add(sentence(reason), { type: "warning" });
    }
}

/** Whether digits that come just now are a scanner's, not the cashier's. */
export function isScannerTyping(pos) {
    return Boolean(pos.scanHandler?.wedge.isScanning);
}
