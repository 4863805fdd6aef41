// Part of payment_cn_wallets. License LGPL-3.

import { Component, markup, onWillStart, onWillUnmount, useEffect, useState } from "@odoo/owl";

import { browser } from "@web/core/browser/browser";
import { BarcodeDialog } from "@web/core/barcode/barcode_dialog";
import { isBarcodeScannerSupported } from "@web/core/barcode/barcode_video_scanner";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";
import { TextInputPopup } from "@point_of_sale/app/components/popups/text_input_popup/text_input_popup";
import { usePos } from "@point_of_sale/app/hooks/pos_hook";
import { makeAwaitable } from "@point_of_sale/app/utils/make_awaitable_dialog";

import { isSettled } from "../payment_line/wallet_line";
import { askManager, managers } from "./manager_popup";
import { CODE_PHASES, ICONS, TONES } from "./phase_looks";

/** Shows one wallet payment: the code, its state, and the actions that are possible. */
export class WalletPanel extends Component {
    static template = "payment_cn_wallets.WalletPanel";
    static props = { line: Object, remove: Function };

    setup() {
        this.pos = usePos();
        this.terminal = this.props.line.payment_method_id.payment_terminal;
        this.dialog = useService("dialog");
        this.views = useState(this.terminal.views);
        this.camera = useState({ there: false });
        onWillStart(() => {
            this.findCamera();
        });
        useEffect(
            () => this.terminal.setAmount(this.props.line),
            () => [this.props.line.amount]
        );
        // The customer paid the code on the screen meanwhile, or another scanner was quicker.
        useEffect(
            (canScan) => {
                if (!canScan) {
                    this.closeCamera?.();
                }
            },
            () => [this.canScan]
        );
        onWillUnmount(() => this.closeCamera?.());
    }

    get view() {
        return this.views[this.props.line.uuid] || this.settledView;
    }

    /** The view of a line that was settled before this screen was opened. */
    get settledView() {
        const { line } = this.props;
        return { phase: isSettled(line) ? "paid" : "idle", walletName: line.card_type || "" };
    }

    get isRefund() {
        const { line } = this.props;
        return line.amount < 0 || Boolean(line.pos_order_id?.isRefund);
    }

    /** Once settled, the amount charged or refunded: the line is written after that is drawn. */
    get amount() {
        const { settled, amount } = this.view;
        const final = settled && Number(amount);
        return this.env.utils.formatCurrency(Math.abs(final || this.props.line.amount));
    }

    /** The same object for the same code, else it would be redrawn with every tick of the countdown. */
    get qr() {
        if (this.drawn?.svg !== this.view.qr) {
            this.drawn = { svg: this.view.qr, code: markup(this.view.qr) };
        }
        return this.drawn.code;
    }

    get showsCode() {
        return CODE_PHASES.includes(this.view.phase) && !this.isRefund;
    }

    get wallet() {
        return this.terminal.wallets.find((one) => one.code === this.view.wallet);
    }

    get invitation() {
        return _t("or the customer scans this code with %s", this.wallet.name);
    }

    get icon() {
        const { phase } = this.view;
        // Where nothing has begun, the till asks for a scan.
        return this.isRefund && phase === "idle" ? "fa-reply" : ICONS[phase] || "fa-barcode";
    }

    get tone() {
        return TONES[this.view.phase] || "calm";
    }

    get title() {
        const { phase, unanswered, walletName } = this.view;
        if (this.isRefund) {
            return this.refundTitle;
        }
        switch (phase) {
            case "paid":
                return walletName ? _t("Paid with %s", walletName) : _t("Paid");
            case "forced":
                return _t("Taken for paid by a manager");
            case "charging":
                return _t("Charging…");
            case "checking":
                return _t("Finding out what became of this payment…");
            case "paying":
                return walletName
                    ? _t("The customer is entering the password in %s", walletName)
                    : _t("The customer is entering the password");
            case "unknown":
                return unanswered
                    ? _t("The server has not answered yet")
                    : _t("It is not known yet whether this was paid");
            case "undoing":
                return _t("The payment is being undone");
            case "refused":
                return _t("Not paid");
            case "returned":
                return _t("Paid, and sent back");
            default:
                return _t("Scan the customer's payment code");
        }
    }

    get refundTitle() {
        switch (this.view.phase) {
            case "paid":
                return _t("Refunded");
            case "partly":
                return _t("Refunded in part");
            case "charging":
                return _t("Refunding…");
            case "unknown":
                return _t("Not known yet whether the refund was taken");
            case "refused":
                return _t("Not refunded");
            default:
                return _t("Refund to the wallet that paid");
        }
    }

    get detail() {
        const { phase, unanswered, message, refusal } = this.view;
        if (unanswered) {
            return _t("What became of the payment shows as soon as it answers.");
        }
        if (phase === "paid" || phase === "forced") {
            return this.isRefund ? message : this.paidDetail;
        }
        if (phase === "refused") {
            return message || _t("Scan again, or choose another way to pay.");
        }
        if (phase === "unknown" && !this.isRefund) {
            // Without the server nobody asks: another sentence says so.
            return this.view.trouble ? "" : _t("The wallet has not told yet. We keep asking.");
        }
        if (phase === "paying" || phase === "undoing") {
            return ""; // the title says it
        }
        if (phase === "idle" && refusal === "no_amount" && !this.isRefund) {
            return _t("Enter the amount first.");
        }
        return message || "";
    }

    get paidDetail() {
        const { line } = this.props;
        const order = line.pos_order_id;
        // What is paid is drawn before it is written to the line, and due until then.
        if (isSettled(line) && order?.remainingDue > 0) {
            const amount = this.env.utils.formatCurrency(order.remainingDue);
            return _t("%s is left: choose how it is paid.", amount);
        }
        return "";
    }

    get isManager() {
        return this.pos.getCashier()?._role === "manager";
    }

    /** Where employees work at the till, a manager comes to it and shows a PIN or badge. */
    get canForce() {
        const { phase, busy, trouble } = this.view;
        const somebody = this.isManager || managers(this.pos).length > 0;
        return somebody && phase === "unknown" && !busy && !trouble && !this.isRefund;
    }

    get canScan() {
        const { phase, refusal } = this.view;
        return !refusal && !["paid", "forced"].includes(phase) && !this.isRefund;
    }

    get canShow() {
        const { phase, refusal } = this.view;
        const still = ["idle", "refused", "returned", "expired"].includes(phase);
        return still && !refusal && this.terminal.wallets.length > 0 && !this.isRefund;
    }

    get canRefund() {
        const { phase, busy } = this.view;
        return this.props.line.amount < 0 && ["idle", "refused"].includes(phase) && !busy;
    }

    show(wallet) {
        if (wallet === this.view.wallet && ["qr", "making"].includes(this.view.phase)) {
            return; // its code is on the screen; for a new one there is a button
        }
        this.terminal.show(this.props.line, wallet);
    }

    showAgain() {
        this.terminal.show(this.props.line, this.view.wallet || this.terminal.preferredWallet);
    }

    cancel() {
        this.terminal.cancel(this.props.line);
    }

    handOver() {
        this.terminal.handOver(this.props.line);
    }

    refund() {
        this.terminal.begin(this.props.line);
    }

    async force() {
        const reason = await makeAwaitable(this.dialog, TextInputPopup, {
            title: _t("Why is this to be taken for paid?"),
            placeholder: _t("For example: seen on the customer's phone, receipt number …"),
        });
        const who = reason && (await askManager(this.pos, this.dialog));
        if (who) {
            this.terminal.force(this.props.line, { reason, ...who });
        }
    }

    async findCamera() {
        if (!isBarcodeScannerSupported()) {
            return;
        }
        try {
            const devices = await browser.navigator.mediaDevices.enumerateDevices();
            this.camera.there = devices.some((device) => device.kind === "videoinput");
        } catch {
            this.camera.there = false;
        }
    }

    scanByCamera() {
        this.closeCamera = this.dialog.add(
            BarcodeDialog,
            {
                facingMode: "environment",
                onResult: (code) => this.pos.barcodeReader.scan(code),
                onError: () => {}, // the dialog says why
            },
            { onClose: () => (this.closeCamera = null) }
        );
    }
}
