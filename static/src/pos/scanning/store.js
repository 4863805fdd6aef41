// Part of payment_cn_wallets. License LGPL-3.

import { patch } from "@web/core/utils/patch";
import { PosStore } from "@point_of_sale/app/services/pos_store";

import { walletTerminals } from "../payment_line/wallet_line";
import { OrderFinder } from "./order_finder";
import { ScanHandler } from "./scan_handler";

patch(PosStore.prototype, {
    async afterProcessServerData() {
        await super.afterProcessServerData(...arguments);
        if (walletTerminals(this).length) {
            this.scanHandler = new ScanHandler(this);
            this.orderFinder = new OrderFinder(this);
            if (this.barcodeReader) {
                this.barcodeReader.cnHandler = this.scanHandler;
                this.barcodeReader.cnFinder = this.orderFinder;
            }
        }
    },

    /** In a sale in one step the payment screen is not shown before the charge is answered. */
    navigate(routeName, routeParams) {
        const held = this.scanHandler?.held;
        if (routeName === "PaymentScreen" && held && held.uuid === routeParams?.orderUuid) {
            held.goOn = () => super.navigate(...arguments);
            return true;
        }
        return super.navigate(...arguments);
    },
});
