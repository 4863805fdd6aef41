// Part of payment_cn_wallets. License LGPL-3.

import { onWillUnmount, useEffect, useState } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";
import { ConnectionLostError } from "@web/core/network/rpc";
import { patch } from "@web/core/utils/patch";
import { PaymentScreen } from "@point_of_sale/app/screens/payment_screen/payment_screen";
import { PaymentScreenPaymentLines } from "@point_of_sale/app/screens/payment_screen/payment_lines/payment_lines";
import OrderPaymentValidation from "@point_of_sale/app/utils/order_payment_validation";

import { findOpenLine, holdsUp, staysHere } from "./open_line";
import { TERMINAL, isSettled, isWalletLine } from "./payment_cn_wallets";
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
        // The screen stays when another order's tab is pressed.
        useEffect(
            () => this.walletTerminals.forEach((terminal) => this.attend(terminal)),
            () => [this.props.orderUuid]
        );
        onWillUnmount(() =>
            this.walletTerminals.forEach((terminal) => {
                terminal.onPaid = null;
            })
        );
    },

    get walletTerminals() {
        return this.payment_methods_from_config
            .filter((method) => method.use_payment_terminal === TERMINAL)
            .map((method) => method.payment_terminal);
    },

    /** The line that the panel is about. */
    get walletLine() {
        const selected = this.selectedPaymentLine;
        return findOpenLine(this.currentOrder) || (isWalletLine(selected) && selected) || null;
    },

    /** Whether a code is shown or a payment is under way: on a phone there is room for nothing else. */
    get isWalletBusy() {
        const open = findOpenLine(this.currentOrder);
        if (!open) {
            return false;
        }
        const index = this.walletTerminals.indexOf(open.payment_method_id.payment_terminal);
        // A refund that was not begun has no view yet.
        return !OVER.has(this.walletViews[index]?.[open.uuid]?.phase || "idle");
    },

    /** Whether the panel's line is all there is to pay. */
    get isWalletAlone() {
        const line = this.walletLine;
        return Boolean(line && !isSettled(line) && line.amount === this.currentOrder.remainingDue);
    },

    /** Said on the button; the rest of the till goes on working. */
    isWalletOffline(method) {
        const index = this.walletTerminals.indexOf(method.payment_terminal);
        return this.walletNetwork.offline || Boolean(this.walletTrouble[index]?.lost);
    },

    attend(terminal) {
        terminal.onPaid = (line) => this.onWalletPaid(terminal, line);
        this.paymentLines.forEach((line) => {
            terminal.resume(line);
            terminal.setAmount(line);
        });
        const paid = this.paymentLines.find((line) => line.uuid === terminal.unheard);
        if (paid) {
            terminal.unheard = null;
            this.onWalletPaid(terminal, paid);
        }
    },

    async onWalletPaid(terminal, line) {
        const order = this.currentOrder;
        const oneStep = terminal.finishing === line.uuid;
        terminal.finishing = null;
        if (line.pos_order_id.uuid !== order?.uuid || order.isRefundInProcess()) {
            return;
        }
        this.numberBuffer.reset();
        // Less is due than when the charge began: whether there is change, the cashier decides.
        const exact = order.isPaid() && !order.change;
        if (exact && (oneStep || this.pos.config.auto_validate_terminal_payment)) {
            await this.validateOrder(false);
        }
    },

    async addNewPaymentLine(paymentMethod) {
        const isWallet = paymentMethod.use_payment_terminal === TERMINAL;
        const open = findOpenLine(this.currentOrder);
        if (open && isWallet) {
            this.currentOrder.selectPaymentline(open); // pressed twice
            if (!this.isRefundOrder) {
                this.beginAgain(open);
            }
            return true;
        }
        if (open) {
            const stays = staysHere(this.pos);
            if (holdsUp(this.pos, open) || !(await this.removeWalletLine(open)) || !stays()) {
                return false;
            }
        }
        if (isWallet && !this.isRefundOrder && this.currentOrder.remainingDue <= 0) {
            this.notification.add(_t("Nothing is left to be paid."), { type: "warning" });
            return false;
        }
        return super.addNewPaymentLine(...arguments);
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
            const open = findOpenLine(this.currentOrder);
            if (!line && isWalletLine(added) && !this.isRefundOrder) {
                added.payment_method_id.payment_terminal.begin(added);
            } else if (open) {
                open.payment_method_id.payment_terminal.setAmount(open); // less may be due now
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
            if (!this.pos.scanDesk?.keys.isScanning) {
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
        const method = line.payment_method_id.name;
        return isSettled(line) && line.card_type ? `${method} · ${line.card_type}` : method;
    },

    isWalletLineFixed(line) {
        return isWalletLine(line) && isSettled(line);
    },
});

patch(OrderPaymentValidation.prototype, {
    /** Nothing that may still bring money is dropped on the way to the receipt. */
    async askBeforeValidation() {
        for (const line of this.order.payment_ids.filter(isWalletLine)) {
            if (isSettled(line)) {
                continue;
            }
            const terminal = line.payment_method_id.payment_terminal;
            if (holdsUp(this.pos, line) || !(await terminal.release(line))) {
                return false;
            }
        }
        await this.tellBeforeOnline();
        return super.askBeforeValidation(...arguments);
    },

    /**
     * A line of `pos_online_payment` is paid last, and Odoo asks the server what is unpaid then: of
     * what a wallet paid meanwhile the server has the money, and not yet the line.
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
     * The server died between the payment and the order. Odoo keeps the order and sends it with the
     * next one; money that was taken by wallet is not left waiting for that: Odoo's own look for
     * the server is begun, which goes on until it is found and then sends what is kept.
     */
    handleValidationError(error) {
        if (error instanceof ConnectionLostError && this.order.payment_ids.some(isWalletLine)) {
            this.pos.data.checkConnectivity();
        }
        return super.handleValidationError(...arguments);
    },
});
