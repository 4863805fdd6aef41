// Part of payment_cn_wallets. License LGPL-3.

import { toRaw } from "@odoo/owl";

import { patch } from "@web/core/utils/patch";
import { RecordStore } from "@point_of_sale/app/models/related_models/record_store";

import { changedFunctions } from "./odoo_fix";

/**
 * A record that a screen creates gets into Odoo's store as that screen sees it: in OWL's reactive
 * proxy, which holds the screen's subscription, and so the screen with all its elements, as long as
 * the record exists, which is all day. With this the store gets the record itself, as it does when
 * the till loads it; the same holds for the model and the store that a new record refers to.
 *
 * @type {import("./odoo_fix").OdooFix}
 */
export const rawRecords = {
    name: "raw_records",
    reliesOn:
        "RecordStore.add in point_of_sale/static/src/app/models/related_models/record_store.js and" +
        " Model._create in point_of_sale/static/src/app/models/related_models/index.js",

    targets({ models }) {
        const [model] = Object.values(models);
        return { RecordStore, modelPrototype: toRaw(model).constructor.prototype };
    },

    difference({ RecordStore: { prototype }, modelPrototype }) {
        return changedFunctions({
            "RecordStore.add": [prototype.add, "add(record){returnthis._updateIndex(record,"],
            "Model._create": [
                modelPrototype._create,
                "_create(vals,opts={}){",
                "delaySetup=false",
                "record=this[STORE_SYMBOL].add(record)",
            ],
            "Model.get": [modelPrototype.get, "get("],
        });
    },

    apply({ RecordStore: { prototype }, modelPrototype }) {
        patch(prototype, {
            add(record) {
                return super.add(toRaw(record));
            },
        });
        patch(modelPrototype, {
            _create(vals, options) {
                const made = super._create.call(toRaw(this), vals, options);
                if (options?.delaySetup) {
                    return made;
                }
                return this.get(made.id) ?? made; // as whoever creates it sees it
            },
        });
    },
};
