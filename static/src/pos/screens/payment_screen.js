// Part of payment_cn_wallets. License LGPL-3.

import { useEffect, useState } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";
import { ConnectionLostError } from "@web/core/network/rpc";
import { useBus } from "@web/core/utils/hooks";
import { patch } from "@web/core/utils/patch";
import { PaymentScreen } from "@point_of_sale/app/screens/payment_screen/payment_screen";
import { PaymentScreenPaymentLines } from "@point_of_sale/app/screens/payment_screen/payment_lines/payment_lines";
import OrderPaymentValidation from "@point_of_sale/app/utils/order_payment_validation";

import { findUnsettledLine, mustWaitFor, staysHere } from "../payment_line/unsettled_line";
import { TERMINAL, isSettled, isWalletLine } from "../payment_line/wallet_line";
import { isScannerTyping } from "../scanning/scan_handler";
import { CounterPopup } from "./counter_popup";
import { WalletPanel } from "./wallet_panel";

// Phases in which the panel asks for a scan or another way to pay, and shows no code.
const OVER = new Set(["idle", "refused", "returned", "expired"]);

PaymentScreen.components = { ...PaymentScreen.components, WalletPanel };

patch(PaymentScreen.prototype, {
    setup() {
        super.setup(...arguments);
        this.walletNetwork = useState(this.pos.data.network);
        this.walletTrouble = this.walletTerminals.map((terminal) => useState(terminal.trouble));
        this.walletViews = this.walletTerminals.map((terminal) => useState(terminal.views));
        this.counterList = useState(this.pos.counterPayments.list);
        // The screen stays when another order's tab is pressed.
        useEffect(
            () => this.walletTerminals.forEach((terminal) => this.attend(terminal)),
            () => [this.props.orderUuid]
        );
        for (const terminal of this.walletTerminals) {
            useBus(terminal.settlements, "settled", () => this.goOnWithSettled(terminal));
        }
    },

    get walletTerminals() {
        return this.payment_methods_from_config
            .filter((method) => method.use_payment_terminal === TERMINAL)
            .map((method) => method.payment_terminal);
    },

    /** The line that the panel is about. */
    get walletLine() {
        const selected = this.selectedPaymentLine;
        return findUnsettledLine(this.currentOrder) || (isWalletLine(selected) && selected) || null;
    },

    /** Whether a code is shown or a payment is under way: on a phone there is room for nothing else. */
    get isWalletBusy() {
        const unsettled = findUnsettledLine(this.currentOrder);
        if (!unsettled) {
            return false;
        }
        const index = this.walletTerminals.indexOf(unsettled.payment_method_id.payment_terminal);
        // A refund that was not begun has no view yet.
        return !OVER.has(this.walletViews[index]?.[unsettled.uuid]?.phase || "idle");
    },

    /** Whether the panel's line asks for all that is due. */
    get isWalletAlone() {
        const line = this.walletLine;
        return Boolean(line && !isSettled(line) && line.amount === this.currentOrder.remainingDue);
    },

    /** Nothing is scanned to give money back. */
    walletButtonName(method) {
        if (!this.isRefundOrder || method.use_payment_terminal !== TERMINAL) {
            return method.name;
        }
        return this.walletTerminals.length > 1
            ? _t("Refund to the wallet (%s)", method.name)
            : _t("Refund to the wallet");
    },

    /** Shown on the button; the rest of the till keeps working. */
    isWalletOffline(method) {
        const index = this.walletTerminals.indexOf(method.payment_terminal);
        return this.walletNetwork.offline || Boolean(this.walletTrouble[index]?.lost);
    },

    attend(terminal) {
        this.paymentLines.forEach((line) => {
            terminal.resume(line);
            terminal.setAmount(line);
        });
        this.goOnWithSettled(terminal);
    },

    /** Go on with what was paid on this order, now or before this screen was opened. */
    goOnWithSettled({ settlements }) {
        for (const line of [...(this.currentOrder?.payment_ids || [])]) {
            const settlement = settlements.take(line);
            if (settlement) {
                this.onWalletPaid(settlement);
            }
        }
    },

    async onWalletPaid({ finishes }) {
        const order = this.currentOrder;
        if (order.isRefundInProcess()) {
            return;
        }
        this.numberBuffer.reset();
        // Less is due than when the charge began: whether there is change, the cashier decides.
        const exact = order.isPaid() && !order.change;
        if (exact && (finishes || this.pos.config.auto_validate_terminal_payment)) {
            await this.validateOrder(false);
        }
    },

    async addNewPaymentLine(paymentMethod) {
        const isWallet = paymentMethod.use_payment_terminal === TERMINAL;
        const unsettled = findUnsettledLine(this.currentOrder);
        if (unsettled && isWallet) {
            this.currentOrder.selectPaymentline(unsettled); // pressed twice
            if (!this.isRefundOrder) {
                this.beginAgain(unsettled);
            }
            return true;
        }
        if (unsettled) {
            const stays = staysHere(this.pos);
            if (mustWaitFor(this.pos, unsettled) || !(await this.removeWalletLine(unsettled)) || !stays()) {
                return false;
            }
        }
        if (isWallet && !this.isRefundOrder && this.currentOrder.remainingDue <= 0) {
            this.notification.add(_t("Nothing is left to be paid."), { type: "warning" });
            return false;
        }
        return super.addNewPaymentLine(...arguments);
    },

    /** What came in by the shop codes that lie at this till. */
    openCounterPayments() {
        const unsettled = findUnsettledLine(this.currentOrder);
        this.dialog.add(CounterPopup, {
            due: this.currentOrder.remainingDue + (unsettled?.amount || 0),
            claim: (payment) => this.claimCounterPayment(payment),
        });
    },

    /** @returns {Promise<boolean>} whether the order is paid by it, or it is being found out */
    async claimCounterPayment(payment) {
        const order = this.currentOrder;
        const unsettled = findUnsettledLine(order);
        if (unsettled && (mustWaitFor(this.pos, unsettled) || !(await this.removeWalletLine(unsettled)))) {
            return false;
        }
        this.numberBuffer.reset();
        const refusal = await this.pos.counterPayments.claim(order, payment);
        if (refusal) {
            this.notification.add(refusal, { type: "danger" });
        }
        return !refusal;
    },

    /** What was to be paid may have changed, down to nothing, and grown again since. */
    beginAgain(line) {
        const terminal = line.payment_method_id.payment_terminal;
        if (line.amount === 0 && terminal.isEditable(line)) {
            line.setAmount(this.currentOrder.remainingDue);
            this.numberBuffer.set(line.amount.toString());
            terminal.setAmount(line);
        }
        terminal.begin(line);
    },

    async sendPaymentRequest(line) {
        if (!isWalletLine(line)) {
            return super.sendPaymentRequest(...arguments);
        }
        this.numberBuffer.capture();
        line.payment_method_id.payment_terminal.begin(line);
    },

    updateSelectedPaymentline() {
        const line = this.selectedPaymentLine;
        if (!line && this.numberBuffer.get() === null) {
            return; // a key that deletes, and there is nothing
        }
        if (!isWalletLine(line)) {
            super.updateSelectedPaymentline(...arguments);
            const added = this.selectedPaymentLine;
            const unsettled = findUnsettledLine(this.currentOrder);
            if (!line && isWalletLine(added) && !this.isRefundOrder) {
                added.payment_method_id.payment_terminal.begin(added);
            } else if (unsettled) {
                unsettled.payment_method_id.payment_terminal.setAmount(unsettled); // less may be due now
            }
            return;
        }
        const terminal = line.payment_method_id.payment_terminal;
        if (this.isRefundOrder || !terminal.isEditable(line)) {
            return; // charged, paid, or perhaps with the gateway: what is typed changes nothing
        }
        super.updateSelectedPaymentline(...arguments);
        const due = this.currentOrder.remainingDue;
        if (line.amount > due) {
            // A wallet gives no change.
            line.setAmount(due);
            this.numberBuffer.set(due.toString());
            if (!isScannerTyping(this.pos)) {
                this.notification.add(_t("A wallet pays at most what is due."), {
                    type: "warning",
                });
            }
        } else if (line.amount < 0) {
            line.setAmount(0);
        }
    },

    async deletePaymentLine(uuid) {
        const line = this.paymentLines.find((one) => one.uuid === uuid);
        if (!isWalletLine(line)) {
            return super.deletePaymentLine(...arguments);
        }
        await this.removeWalletLine(line);
    },

    /** @returns {Promise<boolean>} whether it is gone, perhaps after it was undone */
    async removeWalletLine(line) {
        const order = line.pos_order_id;
        const free = await line.payment_method_id.payment_terminal.release(line);
        if (free && order.getPaymentlineByUuid(line.uuid)) {
            order.removePaymentline(line);
        }
        if (free && this.currentOrder?.uuid === order.uuid) {
            this.numberBuffer.reset();
        }
        return free;
    },
});

patch(PaymentScreenPaymentLines.prototype, {
    isWalletLine,

    /** What the line is called: the wallet, once it is known. */
    walletLineName(line) {
        const method = line.amount < 0 ? _t("Refund to the wallet") : line.payment_method_id.name;
        return isSettled(line) && line.card_type ? `${method} · ${line.card_type}` : method;
    },

    isWalletLineFixed(line) {
        return isWalletLine(line) && isSettled(line);
    },
});

patch(OrderPaymentValidation.prototype, {
    /** No line that may still be paid is dropped on the way to the receipt. */
    async askBeforeValidation() {
        for (const line of this.order.payment_ids.filter(isWalletLine)) {
            if (isSettled(line)) {
                continue;
            }
            const terminal = line.payment_method_id.payment_terminal;
            if (mustWaitFor(this.pos, line) || !(await terminal.release(line))) {
                return false;
            }
        }
        await this.tellBeforeOnline();
        return super.askBeforeValidation(...arguments);
    },

    /**
     * A line of `pos_online_payment` is paid last, for the amount that is unpaid at the server then:
     * of a wallet payment the server has the transaction, but not yet the line.
     */
    async tellBeforeOnline() {
        const lines = this.order.payment_ids;
        const waits = (line) =>
            line.payment_method_id.is_online_payment && line.getPaymentStatus() !== "done";
        if (lines.some(waits) && lines.some((line) => isWalletLine(line) && isSettled(line))) {
            this.pos.addPendingOrder([this.order.id]);
            await this.pos.syncAllOrders({ orders: [this.order] });
        }
    },

    /**
     * The connection was lost between the payment and the order. Odoo keeps the order and sends it
     * with the next one. A wallet payment should not wait for that: Odoo's connectivity check is
     * started, which repeats until the server answers and then sends what was kept.
     */
    handleValidationError(error) {
        if (error instanceof ConnectionLostError && this.order.payment_ids.some(isWalletLine)) {
            this.pos.data.checkConnectivity();
        }
        return super.handleValidationError(...arguments);
    },
});
