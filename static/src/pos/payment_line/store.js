// Part of payment_cn_wallets. License LGPL-3.

import { _t } from "@web/core/l10n/translation";
import { patch } from "@web/core/utils/patch";
import { PosStore } from "@point_of_sale/app/services/pos_store";

import { CounterPayments } from "./counter_payments";
import { UNDER_WAY, findUnsettledLine, mustWaitFor, staysHere } from "./unsettled_line";
import { isSettled, isWalletLine, walletTerminals } from "./wallet_line";

/** Operations on whole orders that have, or may have, a wallet payment. */
patch(PosStore.prototype, {
    async setup() {
        this.counterPayments = new CounterPayments(this);
        await super.setup(...arguments);
        // The message does not name the payment: guests' phones receive it, too.
        this.data.connectWebSocket("CN_WALLETS", () =>
            walletTerminals(this).forEach((terminal) => terminal.hintAll())
        );
        this.data.connectWebSocket("CN_COUNTER", () => this.counterPayments.refresh());
    },

    /** A line as the server sends it may be older than what this till knows of it. */
    async afterProcessServerData() {
        await super.afterProcessServerData(...arguments);
        const payments = this.models["pos.payment"];
        payments.addEventListener("update", ({ id }) =>
            // After Odoo has loaded all of it: what is written during that is overwritten.
            Promise.resolve().then(() => {
                const line = payments.get(id);
                if (isWalletLine(line) && !isSettled(line)) {
                    line.payment_method_id.payment_terminal?.restore(line);
                }
            })
        );
        walletTerminals(this).forEach((terminal) => terminal.resumeAll());
        this.counterPayments.begin();
    },

    /** Another till may have begun with an order: find out before its cashier goes on with it. */
    setOrder(order) {
        super.setOrder(...arguments);
        if (order && !order.finalized) {
            order.payment_ids
                .filter(isWalletLine)
                .forEach((line) => line.payment_method_id.payment_terminal?.adopt(line));
        }
    },

    /**
     * Odoo's one-click payment of the product screen. It would refuse without a message while a
     * wallet's code is open: what nobody has paid makes way, as on the payment screen.
     */
    async validateOrderFast() {
        const order = this.getOrder();
        const line = findUnsettledLine(order);
        if (line) {
            if (mustWaitFor(this, line) || this.releasedForFast === line.uuid) {
                return; // pressed twice
            }
            this.releasedForFast = line.uuid;
            const stays = staysHere(this);
            const free = await line.payment_method_id.payment_terminal.release(line);
            this.releasedForFast = null;
            if (!free) {
                return; // it was paid after all
            }
            if (order.getPaymentlineByUuid(line.uuid)) {
                order.removePaymentline(line);
            }
            if (!stays()) {
                return;
            }
        }
        return super.validateOrderFast(...arguments);
    },

    /** A wallet payment can't be changed into another one afterwards. */
    canEditPayment(order) {
        return !order.payment_ids.some(isWalletLine) && super.canEditPayment(...arguments);
    },

    /** Orders that have, or may have, a wallet payment are not deleted. */
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
