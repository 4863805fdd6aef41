// Part of payment_cn_wallets. License LGPL-3.

import { markup } from "@odoo/owl";

import { patch } from "@web/core/utils/patch";
import { CustomerDisplay } from "@point_of_sale/customer_display/customer_display";

patch(CustomerDisplay.prototype, {
    get cnWallet() {
        return this.order.finalized ? null : this.order.cnWallet;
    },

    get cnQr() {
        return markup(this.cnWallet.qr);
    },
});
