// Part of payment_cn_wallets. License LGPL-3.

import { markup } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";
import { patch } from "@web/core/utils/patch";
import { CustomerDisplay } from "@point_of_sale/customer_display/customer_display";

// A till whose clock was set back by more than this is believed again, in ms.
const CLOCK_JUMP = 60000;

patch(CustomerDisplay.prototype, {
    setup() {
        super.setup(...arguments);
        this.cnNewest = { at: 0, wallet: null };
    },

    /**
     * A till in the same browser tells everything twice: by itself, and over the server. What
     * comes over the server may be older than what is shown: a code that was given up already.
     */
    get cnWallet() {
        const { cnAt, cnWallet, finalized } = this.order;
        const behind = this.cnNewest.at - (cnAt || 0);
        if (behind <= 0 || behind > CLOCK_JUMP) {
            // In place: a template's `this` is not always the component itself.
            Object.assign(this.cnNewest, { at: cnAt || 0, wallet: finalized ? null : cnWallet });
        }
        return this.cnNewest.wallet;
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
