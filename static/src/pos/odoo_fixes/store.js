// Part of payment_cn_wallets. License LGPL-3.

import { patch } from "@web/core/utils/patch";
import { PosStore } from "@point_of_sale/app/services/pos_store";

import { indexedDbDeletes } from "./indexed_db_deletes";
import { OdooFixes } from "./odoo_fix";
import { rawRecords } from "./raw_records";
import { screenSubscriptions } from "./screen_subscriptions";

const odooFixes = new OdooFixes([indexedDbDeletes, rawRecords, screenSubscriptions]);

patch(PosStore.prototype, {
    /** The till's setting is loaded by now, and no screen was opened yet. */
    async afterProcessServerData() {
        odooFixes.start(this);
        return super.afterProcessServerData(...arguments);
    },
});
