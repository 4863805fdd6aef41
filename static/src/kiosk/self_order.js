// Part of payment_cn_wallets. License LGPL-3.

import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { rpc } from "@web/core/network/rpc";
import { patch } from "@web/core/utils/patch";
import { SelfOrder } from "@pos_self_order/app/services/self_order_service";

import { TERMINAL } from "../pos/payment_line/wallet_line";
import { KioskPayment } from "./kiosk_payment";

// After this time a reload is by another customer, in ms.
const MEMORY = 15 * 60 * 1000;
const PATIENCE = 5000;

export function isWallet(method) {
    return method?.use_payment_terminal === TERMINAL;
}

patch(SelfOrder.prototype, {
    async setup(env, { barcode }) {
        // By order. Of the customer before there may be one that is still being undone.
        this.walletPayments = new Map();
        this.walletPage = null; // the page that is open, if it is ours
        // Before Odoo's own listener, which looks for products.
        barcode.bus.addEventListener("barcode_scanned", (event) => {
            if (this.walletPage) {
                event.stopImmediatePropagation();
                this.walletPage.scan(event.detail.barcode);
            }
        });
        await super.setup(...arguments);
        if (this.kioskMode) {
            const all = (action) => [...this.walletPayments.values()].forEach(action);
            this.data.connectWebSocket("CN_WALLETS", () => all((one) => one.hint()));
            browser.addEventListener("online", () => all((one) => one.wake()));
            await this.resumeWallet();
        }
    },

    filterPaymentMethods(methods) {
        const known = super.filterPaymentMethods(...arguments);
        return this.kioskMode ? [...new Set([...known, ...methods.filter(isWallet)])] : known;
    },

    // === ONE PAYMENT === //

    /** Go on with the payment of an order, or begin it: the server knows which. */
    beginWallet(order, method) {
        const { id, access_token } = order;
        this.walletPayments.get(id)?.stop();
        this.walletMemory = { order: id, token: access_token, method: method.id, at: Date.now() };
        const payment = new KioskPayment(this, order, method, (records) => {
            this.walletPayments.delete(id);
            if (this.walletMemory?.order === id) {
                this.walletMemory = null;
            }
            if (records) {
                this.onWalletPaid(access_token, records);
            }
        });
        this.walletPayments.set(id, payment);
        return payment;
    },

    /** The customer went away: what is left of the payment is undone without its page. */
    abandonWallet(order) {
        if (this.walletMemory?.order === order.id) {
            this.walletMemory = { ...this.walletMemory, left: true };
        }
    },

    onWalletPaid(token, records) {
        this.models.connectNewData(records);
        const order = this.models["pos.order"].find((one) => one.access_token === token);
        // The page that is open may be the next customer's.
        const isOpen = this.walletPage?.order.access_token === token;
        if (isOpen || this.router.activeSlot === "default") {
            this.confirmationPage("order", this.config.self_ordering_mode, order.access_token);
            return;
        }
        // Paid when the customer had gone, and the next one is choosing: the kitchen must know.
        this.printKioskChanges(token);
        this.notification.add(_t("Order %s has been paid.", order.tracking_number), {
            type: "success",
        });
    },

    // === AFTER A RELOAD === //

    get walletMemoryKey() {
        return `payment_cn_wallets.kiosk.${this.config.id}`;
    },

    get walletMemory() {
        try {
            const memory = JSON.parse(browser.localStorage.getItem(this.walletMemoryKey));
            return memory && Date.now() - memory.at < MEMORY ? memory : null;
        } catch {
            return null;
        }
    },

    set walletMemory(memory) {
        if (memory) {
            browser.localStorage.setItem(this.walletMemoryKey, JSON.stringify(memory));
        } else {
            browser.localStorage.removeItem(this.walletMemoryKey);
        }
    },

    /**
     * A kiosk keeps no orders over a reload. If one was being paid, it is fetched again, and its
     * page, or its confirmation when it was paid meanwhile, is opened instead of the first page.
     */
    async resumeWallet() {
        const memory = this.walletMemory;
        const method = memory && this.models["pos.payment.method"].get(memory.method);
        if (!method || !this.ordering) {
            this.walletMemory = null;
            return;
        }
        if (memory.left) {
            this.giveUpWallet(memory, method);
            return;
        }
        const late = new Promise((resolve) => browser.setTimeout(resolve, PATIENCE));
        const status = await Promise.race([late, this.askForWallet(memory)]);
        if (!status || status.phase === "idle") {
            this.giveUpWallet(memory, method);
        } else if (status.order) {
            this.walletMemory = null;
            this.models.connectNewData(status.order);
            this.openAt(`confirmation/${memory.token}/order`);
            this.printKioskChanges(memory.token);
        } else {
            await Promise.race([late, this.getUserDataFromServer([memory.token])]);
            const order = this.models["pos.order"].find((one) => one.access_token === memory.token);
            if (order?.lines.length) {
                this.selectedOrderUuid = order.uuid;
                this.resumedMethodId = method.id;
                this.openAt("payment");
            } else {
                this.giveUpWallet(memory, method);
            }
        }
    },

    /** Follow a payment without a page until nothing holds it any more, or it was paid after all. */
    giveUpWallet({ order, token }, method) {
        const payment = this.beginWallet(
            { id: order, access_token: token, amount_total: 0 },
            method
        );
        this.walletMemory = { ...this.walletMemory, left: true };
        payment.leave();
    },

    /** What the server knows; to ask the gateway takes longer than a first page may. */
    async askForWallet({ order, token, method }) {
        try {
            return await rpc(
                "/pos-self-order/cn/status",
                {
                    access_token: this.access_token,
                    order_id: order,
                    order_token: token,
                    method_id: method,
                    value: false,
                },
                { silent: true }
            );
        } catch {
            return null;
        }
    },

    /** Before anything is drawn, so that the router begins there. */
    openAt(page) {
        const url = new URL(browser.location.href);
        url.pathname = `/pos-self/${this.config.id}/${page}`;
        browser.history.replaceState({}, "", url);
        this.router.path = url.pathname;
        this.router.historyPage = url.pathname;
    },
});
