// Part of payment_cn_wallets. License LGPL-3.

import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { useState } from "@odoo/owl";
import { patchWithCleanup } from "@web/../tests/web_test_helpers";
import { createRelatedModels } from "@point_of_sale/app/models/related_models";
import { RecordStore } from "@point_of_sale/app/models/related_models/record_store";
import IndexedDB from "@point_of_sale/app/models/utils/indexed_db";

import { indexedDbDeletes } from "@payment_cn_wallets/pos/odoo_fixes/indexed_db_deletes";
import { OdooFixes } from "@payment_cn_wallets/pos/odoo_fixes/odoo_fix";
import { rawRecords } from "@payment_cn_wallets/pos/odoo_fixes/raw_records";
import { screenSubscriptions } from "@payment_cn_wallets/pos/odoo_fixes/screen_subscriptions";

describe.current.tags("headless");

const FIXES = [indexedDbDeletes, rawRecords, screenSubscriptions];

/** The models of a till, as far as the fixes look at them. */
function makePos(config = {}) {
    const fields = { id: { name: "id", type: "integer" } };
    const { models } = createRelatedModels({ "pos.order": fields }, {}, {});
    return { config, models };
}

beforeEach(() => {
    patchWithCleanup(console, { warn: (text) => expect.step(text) });
});

/** The fixes with classes of their own to patch, as they are in Odoo but for what is changed. */
function isolated(changes) {
    class OwnDatabase {
        db = null;
    }
    for (const name of ["delete", "promises", "getNewTransaction", "reset", "create"]) {
        OwnDatabase.prototype[name] = IndexedDB.prototype[name];
    }
    class OwnStore {}
    OwnStore.prototype.add = RecordStore.prototype.add;
    class OwnScreen {
        setup() {}
    }
    const model = Object.values(makePos().models)[0];
    const { _create, get } = Object.getPrototypeOf(model);
    const targets = {
        indexed_db_deletes: { IndexedDB: OwnDatabase },
        raw_records: { RecordStore: OwnStore, modelPrototype: { _create, get } },
        screen_subscriptions: { useState, screens: { OwnScreen } },
    };
    changes?.(targets);
    const fixes = FIXES.map((fix) => ({ ...fix, targets: () => targets[fix.name] }));
    const before = {
        delete: OwnDatabase.prototype.delete,
        add: OwnStore.prototype.add,
        create: targets.raw_records.modelPrototype._create,
        setup: OwnScreen.prototype.setup,
    };
    const patched = () => ({
        indexed_db_deletes: OwnDatabase.prototype.delete !== before.delete,
        raw_records:
            OwnStore.prototype.add !== before.add ||
            targets.raw_records.modelPrototype._create !== before.create,
        screen_subscriptions: OwnScreen.prototype.setup !== before.setup,
    });
    return { fixes: new OdooFixes(fixes), patched, OwnDatabase };
}

describe("the shape of Odoo's code", () => {
    for (const fix of FIXES) {
        test(`${fix.name}: is what the fix relies on, in the Odoo in use`, () => {
            expect(fix.difference(fix.targets(makePos()))).toBe("");
        });
    }

    test("as expected: everything is patched, once, and nothing is said", () => {
        const { fixes, patched } = isolated();
        fixes.start(makePos());
        fixes.start(makePos());
        expect(fixes.applied).toEqual(FIXES.map(({ name }) => name));
        expect(Object.values(patched())).toEqual([true, true, true]);
        expect.verifySteps([]);
    });

    for (const [name, change, word] of [
        [
            "indexed_db_deletes",
            (targets) => {
                targets.indexed_db_deletes.IndexedDB.prototype.delete = function (storeName, uuids) {
                    return this.remove(storeName, uuids);
                };
            },
            "IndexedDB.delete",
        ],
        [
            "raw_records",
            (targets) => {
                delete targets.raw_records.modelPrototype._create;
            },
            "Model._create",
        ],
        [
            "screen_subscriptions",
            (targets) => {
                targets.screen_subscriptions.useState = (state) => state;
            },
            "useState",
        ],
    ]) {
        test(`${name}: where it differs nothing is patched, and one line is logged`, () => {
            const { fixes, patched } = isolated(change);
            fixes.start(makePos());
            fixes.start(makePos());
            const expected = Object.fromEntries(FIXES.map((fix) => [fix.name, fix.name !== name]));
            expect(patched()).toEqual(expected);
            const { reliesOn } = FIXES.find((fix) => fix.name === name);
            expect.verifySteps([
                `payment_cn_wallets: the fix "${name}" is not applied, because this Odoo differs` +
                    ` in ${word}. It relies on ${reliesOn}.`,
            ]);
        });
    }

    test("switched off, nothing is patched and nothing is said", () => {
        const { fixes, patched } = isolated();
        fixes.start(makePos({ cn_odoo_fixes: false }));
        expect(fixes.applied).toEqual([]);
        expect(Object.values(patched())).toEqual([false, false, false]);
        expect.verifySteps([]);
    });
});

describe("deletes in the browser's database", () => {
    /** A database that notes what is done in it, behind Odoo's own code. */
    function makeDatabase() {
        const { fixes, OwnDatabase } = isolated();
        fixes.start(makePos());
        const database = new OwnDatabase();
        database.activeTransactions = new Set();
        const request = (step) => {
            expect.step(step);
            const made = {};
            Promise.resolve().then(() => made.onsuccess?.());
            return made;
        };
        class ObjectStore {
            constructor(name) {
                this.name = name;
            }

            put({ uuid }) {
                return request(`put ${this.name} ${uuid}`);
            }

            delete(key) {
                return request(`delete ${this.name} ${key}`);
            }
        }
        const transaction = () => ({ objectStore: (name) => new ObjectStore(name) });
        database.db = { transaction };
        return database;
    }

    test("a key is deleted once", async () => {
        const database = makeDatabase();
        await database.delete("pos.order", ["a", "b"]);
        await database.delete("pos.order", ["a", "b", "c"]);
        await database.delete("pos.payment", ["a"]);
        expect.verifySteps([
            "delete pos.order a",
            "delete pos.order b",
            "delete pos.order c",
            "delete pos.payment a",
        ]);
    });

    test("and again when something was written under it, whoever wrote it", async () => {
        const database = makeDatabase();
        await database.delete("pos.order", ["a", "b"]);
        await database.create("pos.order", [{ uuid: "a" }]);
        database.getNewTransaction(["pos.order"]).objectStore("pos.order").put({ uuid: "b" });
        await database.delete("pos.order", ["a", "b"]);
        expect.verifySteps([
            "delete pos.order a",
            "delete pos.order b",
            "put pos.order a",
            "put pos.order b",
            "delete pos.order a",
            "delete pos.order b",
        ]);
    });
});
