// Part of payment_cn_wallets. License LGPL-3.

import { Component, markup, onMounted, onWillUnmount, useState } from "@odoo/owl";

import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";
import { useSelfOrder } from "@pos_self_order/app/services/self_order_service";

import { CODE_PHASES, ICONS as PHASE_ICONS, TONES as PHASE_TONES } from "../pos/screens/phase_looks";
import { formatCountdown } from "../pos/payment_line/till_view";

// How long the page waits for a customer who does not touch it, seconds: where nothing can happen any
// more, with a code on the screen, which the customer needs both hands to pay, and where money was
// taken but the order does not get finished, when the customer was sent to the staff long ago.
const ABANDONED = { over: 45, qr: 180, taken: 90 };
const WARNING = 40;
// How long a paid order may take to be closed before the customer is sent to the staff, seconds.
const SLOW = 15;
const OVER = ["expired", "refused", "returned", "idle", "barred"];
// A customer who is asked to wait is told so, and one without a code is told that something is amiss.
const ICONS = {
    ...PHASE_ICONS,
    unknown: "fa-hourglass-half",
    idle: "fa-exclamation-circle",
    barred: "fa-exclamation-circle",
};
const TONES = { ...PHASE_TONES, idle: "doubt", barred: "doubt" };

/** What a kiosk's customer sees while paying: the code, what is going on, and what can be done. */
export class WalletPage extends Component {
    static template = "payment_cn_wallets.KioskWalletPage";
    static props = { method: Object, back: Function };

    setup() {
        this.selfOrder = useSelfOrder();
        this.router = useService("router");
        this.order = this.selfOrder.currentOrder;
        this.payment = this.selfOrder.beginWallet(this.order, this.props.method);
        this.view = useState(this.payment.view);
        this.state = useState({ leaving: false, waited: 0, said: "" });
        onMounted(() => {
            this.selfOrder.walletPage = this;
            this.clock = browser.setInterval(() => this.tick(), 1000);
        });
        onWillUnmount(() => {
            this.selfOrder.walletPage = null;
            browser.clearInterval(this.clock);
            this.payment.leave(); // by the browser's own ways; else it has ended already
        });
    }

    // === WHAT IS SEEN === //

    get wallets() {
        return this.payment.wallets;
    }

    get wallet() {
        return this.wallets.find((one) => one.code === this.view.wallet);
    }

    /** As the till's, but `barred` where the server has nothing more to do with it. */
    get phase() {
        if (this.view.taken || this.view.phase === "paid") {
            return "paid";
        }
        return this.view.barred ? "barred" : this.view.phase;
    }

    get showsCode() {
        return CODE_PHASES.includes(this.phase);
    }

    get amount() {
        return this.selfOrder.formatMonetary(Number(this.view.amount));
    }

    get qr() {
        return markup(this.view.qr);
    }

    get icon() {
        return ICONS[this.phase];
    }

    get tone() {
        return TONES[this.phase] || "calm";
    }

    get title() {
        switch (this.phase) {
            case "qr":
                return _t("Scan to pay with %s", this.wallet?.name || "");
            case "expired":
                return _t("This code has run out");
            case "charging":
                return _t("Paying…");
            case "paying":
                return _t("Please confirm on your phone");
            case "unknown":
                return _t("We are asking whether you have paid");
            case "undoing":
                return _t("The payment is being cancelled");
            case "refused":
                return _t("Not paid");
            case "returned":
                return _t("The money is being sent back to you");
            case "idle":
                return this.view.undone
                    ? _t("The payment was cancelled")
                    : _t("No code could be made");
            case "barred":
                return this.view.barred;
            case "paid":
                return _t("Paid. Thank you!");
            default:
                return _t("One moment…");
        }
    }

    get detail() {
        switch (this.phase) {
            case "qr":
                return _t("Open the app on your phone, choose Scan, and point it at this code.");
            case "unknown":
                return _t("This takes a few seconds. Please don't pay twice.");
            case "refused":
                return this.view.message || _t("Try again, or choose another way to pay.");
            case "returned":
                return _t("You had paid, but the order did not want it any more.");
            case "idle":
                return _t("Try again, or choose another wallet.");
            case "barred":
                return _t("Start over, or ask our staff.");
            case "paid":
                return this.paidDetail;
            default:
                return "";
        }
    }

    get paidDetail() {
        if (this.view.taken && this.state.waited > SLOW) {
            return _t("Please show this to our staff. Order %s", this.order.tracking_number || "");
        }
        return this.view.taken ? _t("Your order is being finished…") : "";
    }

    /** Nothing happens here any more unless somebody touches the screen. */
    get isOver() {
        return OVER.includes(this.phase) && (!this.view.busy || this.phase === "barred");
    }

    /** Seconds until the kiosk is free for the next customer. */
    get patience() {
        const phase = this.isOver ? "over" : this.view.taken ? "taken" : this.phase;
        return (ABANDONED[phase] ?? Infinity) - this.state.waited;
    }

    get goesIn() {
        return this.patience < WARNING ? formatCountdown(this.patience) : "";
    }

    get canGoBack() {
        const settled = this.isOver || ["qr", "making"].includes(this.phase);
        return settled && !this.state.leaving && this.phase !== "barred";
    }

    get showsTabs() {
        return this.wallets.length > 1 && (this.showsCode || this.canTryAgain);
    }

    /** Of a doubtful payment the customer is not asked whether to cancel it: it is one button. */
    get canCancel() {
        const { canCancel, canHandOver, taken, trouble } = this.view;
        return canCancel && !canHandOver && !taken && !trouble && this.phase !== "barred";
    }

    get canHandOver() {
        const { canHandOver, taken, trouble } = this.view;
        return canHandOver && !taken && !trouble && this.phase !== "barred";
    }

    get canTryAgain() {
        return ["expired", "refused", "returned", "idle"].includes(this.phase) && !this.view.busy;
    }

    /** When the server can't be reached, or the kitchen does not get it, nobody is held here. */
    get canStartOver() {
        const stuck = this.view.taken && this.state.waited > SLOW;
        return Boolean(stuck || this.view.trouble || this.phase === "barred");
    }

    // === WHAT IS DONE === //

    tick() {
        this.state.waited = this.patience === Infinity ? 0 : this.state.waited + 1;
        if (this.patience <= 0) {
            this.startOver();
        }
    }

    touch() {
        this.state.waited = this.view.taken ? this.state.waited : 0;
        this.state.said = "";
    }

    choose(wallet) {
        if (wallet !== this.view.wallet || this.canTryAgain) {
            this.payment.show(wallet);
        }
    }

    scan(code) {
        this.touch();
        if (!this.payment.scan(code)) {
            this.state.said = this.payment.state.refusalOfScan(this.payment.now)
                ? ""
                : _t("This is no payment code. Open the payment code in your wallet.");
        }
    }

    async back() {
        this.state.leaving = true;
        if (await this.payment.leave()) {
            this.props.back();
        }
    }

    startOver() {
        this.selfOrder.abandonWallet(this.order);
        this.router.navigate("default");
    }
}
