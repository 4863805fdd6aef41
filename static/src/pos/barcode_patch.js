// Part of payment_cn_wallets. License LGPL-3.

import { patch } from "@web/core/utils/patch";
import { BarcodeReader } from "@point_of_sale/app/services/barcode_reader_service";

patch(BarcodeReader.prototype, {
    /** The scans after a bill's need not wait until the server has looked for its order. */
    scan(code) {
        this.cnDesk?.keys.hear(code);
        const goOn = () => super.scan(code);
        return this.cnFinder?.isBill(code)
            ? this.cnFinder.find(code).then((found) => found || goOn())
            : goOn();
    },

    async _scan(code) {
        const desk = this.cnDesk;
        if (!code || !desk) {
            return super._scan(...arguments);
        }
        if (desk.isPart(code) || desk.scan(code)) {
            return;
        }
        // Where Odoo finds nothing, it is of no wallet either.
        const kind = desk.kind(code);
        this.cnStranger = ["unknown", "address"].includes(kind) ? kind : "";
        try {
            await super._scan(...arguments);
        } catch (error) {
            // The rules of GS1 throw a plain error at digits that they can't take apart.
            if (!this.cnStranger || Object.getPrototypeOf(error) !== Error.prototype) {
                throw error;
            }
            desk.tell(this.cnStranger);
        }
    },

    /** @returns {boolean} whether there was something better to say than that nothing was found */
    cnTell() {
        const reason = this.cnDesk?.screen === "PaymentScreen" ? "product" : this.cnStranger;
        if (reason) {
            this.cnDesk.tell(reason);
        }
        return Boolean(reason);
    },

    showNotFoundNotification() {
        return this.cnTell() || super.showNotFoundNotification(...arguments);
    },

    showGS1IncompatibleBarcodeWarning() {
        return this.cnTell() || super.showGS1IncompatibleBarcodeWarning(...arguments);
    },
});
