// Part of payment_cn_wallets. License LGPL-3.

import { BarcodeDialog } from "@web/core/barcode/barcode_dialog";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { delay } from "@web/core/utils/concurrency";
import { patch } from "@web/core/utils/patch";
import { PosStore } from "@point_of_sale/app/services/pos_store";

import { KeyWatch } from "./key_watch";
import { BRIEF } from "./line_views";
import { OrderFinder } from "./order_finder";
import { UNDER_WAY, findOpenLine } from "./open_line";
import { TERMINAL, isSettled, isWalletLine } from "./payment_cn_wallets";
import { classify, mayGoOn, normalise, recognise } from "./scanner";

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

// A code that comes again within so many ms is the same scan, or a nervous hand. Odoo's service, for
// one, waits longer than we do for more keys of a scanner that sends no end of line.
const SAME_SCAN = 1000;

/** Where payment codes go: before bar codes are taken apart by Odoo's rules. */
export class ScanDesk {
    constructor(pos) {
        this.pos = pos;
        this.lastCode = "";
        this.held = null; // a sale in one step: {uuid, goOn} of the order that does not go on yet
        this.keys = new KeyWatch(this);
        this.keys.start();
    }

    /** The buttons of this till, as the payment screen has them; most tills have one. */
    get terminals() {
        return this.pos.config.payment_method_ids
            .filter((method) => method.use_payment_terminal === TERMINAL && method.payment_terminal)
            .sort((one, other) => one.sequence - other.sequence)
            .map((method) => method.payment_terminal);
    }

    get ranges() {
        return this.terminals.flatMap((terminal) => terminal.ranges);
    }

    /** Whose contract the wallet is of. */
    terminalFor(code) {
        return this.terminals.find((terminal) => recognise(code, terminal.ranges));
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

    kind(code) {
        return this.terminals.length ? classify(code, this.ranges) : "other";
    }

    isCode(code) {
        return this.kind(code) !== "other";
    }

    /** Whether a product, or a packaging of one, has a code, perhaps with more behind it (GS1). */
    sells(code) {
        const has = (one) =>
            ["product.product", "product.uom"].some((model) =>
                this.pos.models[model]?.getBy("barcode", one)
            );
        return has(code) || this.gs1Products(code).some(has);
    }

    gs1Products(code) {
        try {
            const parts = this.pos.barcodeReader.parser.parse_barcode(code);
            return Array.isArray(parts)
                ? parts.filter(({ type }) => type === "product").map((part) => part.base_code)
                : [];
        } catch {
            return []; // none of GS1's
        }
    }

    /**
     * Odoo takes a scan for complete when no key came for 150 ms. Here the keys are watched to
     * their end: half a code must not be charged, or called no payment code.
     *
     * @param {string} code what Odoo read
     * @returns {boolean} whether it is a part of what the scanner types
     */
    isPart(code) {
        const { run } = this.keys.gate;
        if (!this.keys.isWatching || !run.endsWith(code)) {
            return false;
        }
        const isPayment = this.kind(code) === "payment";
        if (this.screen !== "PaymentScreen") {
            // What may be a product is Odoo's, and at once.
            return run === code
                ? isPayment && !this.keys.ended && mayGoOn(code, this.ranges)
                : !isPayment && !this.sells(code) && this.kind(run) === "payment";
        }
        if (run === code) {
            return !this.keys.ended && mayGoOn(code, this.ranges);
        }
        if (isPayment) {
            return false; // whole by itself: an amount was typed just before it
        }
        return this.keys.runs.some((one) => this.isCode(one) || mayGoOn(one, this.ranges));
    }

    /** @returns {boolean} whether the scan was dealt with here */
    scan(code) {
        const kind = this.kind(code);
        // Bar codes of sixteen digits and more are rare, but what the shop sells comes first.
        const isSold = kind !== "other" && this.sells(code);
        if (kind === "payment" && !isSold && this.isSameScan(normalise(code))) {
            return true;
        }
        if (kind !== "other") {
            this.keys.forget(normalise(code) || code);
        }
        if (this.screen === "PaymentScreen") {
            return this.scanToPay(code, isSold ? "product" : kind);
        }
        if (kind !== "payment" || isSold) {
            return false;
        }
        const sellsHere =
            this.screen === "ProductScreen" &&
            this.terminalFor(code).method.cn_scan_on_products;
        if (this.isBlocked) {
            this.tell("dialog");
        } else if (sellsHere) {
            this.sellInOneStep(code);
        } else {
            this.tell("elsewhere");
        }
        return true;
    }

    isSameScan(code) {
        const same = code === this.lastCode;
        if (!same) {
            this.lastCode = code;
            browser.clearTimeout(this.sameTimer);
            this.sameTimer = browser.setTimeout(() => (this.lastCode = ""), SAME_SCAN);
        }
        return same;
    }

    scanToPay(code, kind) {
        if (kind === "payment" && this.isBlocked) {
            this.tell("dialog");
        } else if (kind === "payment") {
            this.charge(code);
        } else if (kind !== "other") {
            this.tell(kind);
        }
        return kind !== "other";
    }

    /** The line that waits for money, if its button takes the code; a new one when there is none. */
    openLine(code) {
        const order = this.pos.getOrder();
        if (order.isRefund) {
            this.tell("refund");
            return null;
        }
        const { method } = this.terminalFor(code);
        const open = findOpenLine(order);
        if (open) {
            return this.takes(open, code, method) ? open : null;
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
    takes(line, code, method) {
        const { name, payment_terminal } = line.payment_method_id;
        if (recognise(code, payment_terminal.ranges)) {
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

    charge(code) {
        const line = this.openLine(code);
        const refusal = line && line.payment_method_id.payment_terminal.charge(line, code);
        // The same code twice within a second is a nervous hand: the screen says enough.
        if (refusal && refusal !== "charging") {
            this.tell(refusal);
        }
        return line && !refusal ? line : null;
    }

    /** From the products to the receipt with one scan. */
    async sellInOneStep(code) {
        const order = this.pos.getOrder();
        if (order.isRefund) {
            return this.tell("refund");
        }
        if (!order.lines.length || order.remainingDue <= 0) {
            return this.tell(order.lines.length ? "settled" : "empty");
        }
        const open = findOpenLine(order);
        // The order may have grown since its code was shown.
        if (open?.payment_method_id.payment_terminal.isEditable(open)) {
            open.setAmount(order.remainingDue);
        }
        const showPayment = await this.readyToPay(order);
        const isHere = () => this.pos.getOrder()?.uuid === order.uuid;
        const line = showPayment && isHere() && this.charge(code);
        if (line) {
            const terminal = line.payment_method_id.payment_terminal;
            terminal.finishing = line.uuid;
            // To draw the payment screen takes as long as most gateways do, and would delay the answer.
            await Promise.race([terminal.answered(line), delay(BRIEF)]);
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

patch(PosStore.prototype, {
    async setup() {
        await super.setup(...arguments);
        // Not said of which payment: guests' phones hear it, too.
        this.data.connectWebSocket("CN_WALLETS", () =>
            this.getWalletTerminals().forEach((terminal) => terminal.hintAll())
        );
    },

    async afterProcessServerData() {
        await super.afterProcessServerData(...arguments);
        if (this.getWalletTerminals().length) {
            this.scanDesk = new ScanDesk(this);
            this.orderFinder = new OrderFinder(this);
            if (this.barcodeReader) {
                this.barcodeReader.cnDesk = this.scanDesk;
                this.barcodeReader.cnFinder = this.orderFinder;
            }
            this.getWalletTerminals().forEach((terminal) => terminal.resumeAll());
        }
    },

    navigate(routeName, routeParams) {
        const held = this.scanDesk?.held;
        if (routeName === "PaymentScreen" && held && held.uuid === routeParams?.orderUuid) {
            held.goOn = () => super.navigate(...arguments);
            return true;
        }
        return super.navigate(...arguments);
    },

    getWalletTerminals() {
        return this.models["pos.payment.method"]
            .filter((method) => method.use_payment_terminal === TERMINAL)
            .map((method) => method.payment_terminal)
            .filter(Boolean);
    },

    /** What a wallet paid is not turned into another payment afterwards. */
    canEditPayment(order) {
        return !order.payment_ids.some(isWalletLine) && super.canEditPayment(...arguments);
    },

    /** Orders with money in them, or perhaps, are not thrown away. */
    async _onBeforeDeleteOrder(order) {
        for (const line of order.payment_ids.filter(isWalletLine)) {
            if (!(await line.payment_method_id.payment_terminal?.release(line))) {
                this.notification.add(
                    isSettled(line)
                        ? _t("This order was paid by wallet. Finish it, then refund it.")
                        : UNDER_WAY,
                    { type: "danger" }
                );
                return false;
            }
        }
        return super._onBeforeDeleteOrder(...arguments);
    },
});
