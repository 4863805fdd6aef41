// Part of payment_cn_wallets. License LGPL-3.

import { patch } from "@web/core/utils/patch";
import { BarcodeReader } from "@point_of_sale/app/services/barcode_reader_service";

patch(BarcodeReader.prototype, {
    scan(text) {
        this.cnHandler?.wedge.noteReadByOdoo(text);
        return super.scan(...arguments);
    },

    async _scan(text) {
        if (!text || !this.cnHandler) {
            return super._scan(...arguments);
        }
        return this.cnDispatch(this.cnHandler.classifier.classify(text));
    },

    /** A scan that is classified already, after the scans before it. */
    cnScan(scan) {
        return this.mutex.exec(() => this.cnDispatch(scan));
    },

    async cnDispatch(scan) {
        if (this.cnHandler.screen === "PaymentScreen" || !scan.isReceiptNumber) {
            return this.cnHandle(scan);
        }
        // Not awaited: later scans do not wait until the server has looked for the order.
        this.cnFinder
            .find(scan)
            .then((found) => found || this.mutex.exec(() => this.cnHandle(scan)));
    },

    async cnHandle(scan) {
        const { cnHandler } = this;
        if (cnHandler.takesFromOdoo(scan)) {
            return;
        }
        // Where Odoo finds nothing, it is of no wallet either.
        this.cnForeign = ["unknown", "address"].includes(scan.kind) ? scan.kind : "";
        try {
            await super._scan(scan.text);
        } catch (error) {
            // The rules of GS1 throw a plain error at digits that they can't parse.
            if (!this.cnForeign || Object.getPrototypeOf(error) !== Error.prototype) {
                throw error;
            }
            cnHandler.tell(this.cnForeign);
        }
    },

    /** @returns {boolean} whether there was something better to say than that nothing was found */
    cnExplain() {
        const reason = this.cnHandler?.screen === "PaymentScreen" ? "product" : this.cnForeign;
        if (reason) {
            this.cnHandler.tell(reason);
        }
        return Boolean(reason);
    },

    showNotFoundNotification() {
        return this.cnExplain() || super.showNotFoundNotification(...arguments);
    },

    showGS1IncompatibleBarcodeWarning() {
        return this.cnExplain() || super.showGS1IncompatibleBarcodeWarning(...arguments);
    },
});
