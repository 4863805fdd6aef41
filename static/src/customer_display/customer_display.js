// Part of payment_cn_wallets. License LGPL-3.

import { markup } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";
import { patch } from "@web/core/utils/patch";
import { CustomerDisplay } from "@point_of_sale/customer_display/customer_display";

patch(CustomerDisplay.prototype, {
    get cnWallet() {
        return this.order.finalized ? null : this.order.cnWallet;
    },

    get cnWords() {
        const { phase, walletName } = this.cnWallet;
        switch (phase) {
            case "qr":
                return _t("Scan with %s, or show your payment code", walletName);
            case "making":
                return _t("One moment, please");
            case "charging":
                return _t("Your payment is being made");
            case "paying":
                return _t("Please enter the password on your phone");
            case "waiting":
                return _t("We are waiting for %s. Please don't pay again.", walletName);
            default:
                return _t("Paid with %s. Thank you!", walletName);
        }
    },

    get cnIcon() {
        return {
            making: "fa-circle-o-notch fa-spin",
            charging: "fa-circle-o-notch fa-spin",
            paying: "fa-mobile",
            waiting: "fa-hourglass-half",
            paid: "fa-check-circle o_cn_display_paid",
        }[this.cnWallet.phase];
    },

    get cnQr() {
        return markup(this.cnWallet.qr);
    },
});
