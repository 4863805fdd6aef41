// Part of payment_cn_wallets. License LGPL-3.

import { toRaw } from "@odoo/owl";

import { patch } from "@web/core/utils/patch";
import { PosData } from "@point_of_sale/app/services/data_service";
import { RecordStore } from "@point_of_sale/app/models/related_models/record_store";

/*
 * A record that a screen makes gets into Odoo's store as that screen sees it: wrapped, with the
 * wish to be drawn anew, which holds the screen as long as there is the record, which is all day.
 * So what goes into the store is the record itself, as it is when the till loads it.
 */
patch(RecordStore.prototype, {
    add(record) {
        return super.add(toRaw(record));
    },
});

/** The same for the model and the store that a new record refers to. */
const plainMaker = {
    _create(vals, options) {
        const made = super._create.call(toRaw(this), vals, options);
        if (options?.delaySetup) {
            return made;
        }
        return this.get(made.id) ?? made; // as whoever made it sees it
    },
};

patch(PosData.prototype, {
    async initData() {
        const [model] = Object.values(this.models);
        patch(toRaw(model).constructor.prototype, plainMaker);
        return super.initData(...arguments);
    },
});
