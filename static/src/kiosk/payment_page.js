// Part of payment_cn_wallets. License LGPL-3.

import { onMounted } from "@odoo/owl";

import { patch } from "@web/core/utils/patch";
import { PaymentPage } from "@pos_self_order/app/pages/payment_page/payment_page";

import { isWallet } from "./self_order";
import { WalletPage } from "./wallet_page";

PaymentPage.components = { ...PaymentPage.components, WalletPage };

patch(PaymentPage.prototype, {
    setup() {
        super.setup(...arguments);
        onMounted(() => {
            const method = this.selfOrder.resumedMethodId;
            this.selfOrder.resumedMethodId = null;
            this.resumed = Boolean(method);
            if (method && this.state.selection) {
                this.selectMethod(method);
            }
        });
    },

    get showsWallet() {
        return !this.state.selection && isWallet(this.selectedPaymentMethod);
    },

    /** After a reload this is the browser's first page: what lies before it is none of ours. */
    back() {
        if (!this.resumed) {
            return super.back(...arguments);
        }
        this.selfOrder.currentOrder.uiState.lineChanges = {};
        this.router.navigate("cart");
    },

    async startPayment() {
        if (!isWallet(this.selectedPaymentMethod)) {
            return super.startPayment(...arguments);
        }
        this.selfOrder.paymentError = false; // our page takes it from here
    },
});
