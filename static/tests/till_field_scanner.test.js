// Part of payment_cn_wallets. License LGPL-3.

import { describe, expect, getFixture, test } from "@odoo/hoot";
import { advanceTime } from "@odoo/hoot-mock";
import { patchWithCleanup } from "@web/../tests/web_test_helpers";
import { browser } from "@web/core/browser/browser";

import { FieldScanner } from "@payment_cn_wallets/pos/scanning/field_scanner";

describe.current.tags("headless");

const WECHAT = "134567890123456789";
const SOLD = "134567890123450000";
const RANGES = [{ wallet: "wechat_pay", first: "13", last: "13", shortest: 18, longest: 18 }];

/** A search field, and a scanner or a person who types into it at a pace, in ms a key. */
function makeField(text = "") {
    let clock = 1000;
    patchWithCleanup(browser, { performance: { now: () => clock } });
    const field = document.createElement("input");
    field.value = text;
    field.addEventListener("input", () => expect.step(`searched: ${field.value}`));
    getFixture().append(field);
    const classify = (run) => {
        const isPayment = /^13\d{16}$/.test(run);
        return { text: run, kind: isPayment ? "payment" : "other", isPayment, isProduct: run === SOLD };
    };
    const scanner = new FieldScanner({ ranges: RANGES, classify }, (scan) =>
        expect.step(`scanned ${scan.text}`)
    );
    const press = (key) => {
        const ev = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
        Object.defineProperty(ev, "timeStamp", { value: clock });
        Object.defineProperty(ev, "target", { value: field });
        scanner.onKeyDown(ev);
        if (key.length === 1) {
            field.value += key;
        } else if (!ev.defaultPrevented) {
            expect.step(key);
        }
    };
    const type = (keys, pace = 5) => {
        for (const key of keys) {
            clock += pace;
            press(key);
        }
    };
    const wait = (time) => {
        clock += time;
        return advanceTime(time);
    };
    return { field, type, wait };
}

test("a payment code is taken out of the field, and Enter searches for nothing", () => {
    const { field, type } = makeField("tea");
    type([...WECHAT, "Enter"]);
    expect(field.value).toBe("tea");
    expect.verifySteps(["searched: tea", `scanned ${WECHAT}`]);
});

test("so is one of a scanner without Enter", async () => {
    const { field, type, wait } = makeField();
    type(WECHAT);
    await wait(1000);
    expect(field.value).toBe("");
    expect.verifySteps(["searched: ", `scanned ${WECHAT}`]);
});

test("what a person types stays", async () => {
    const { field, type, wait } = makeField();
    type(WECHAT, 250);
    await wait(1000);
    type(["Enter"]);
    expect(field.value).toBe(WECHAT);
    expect.verifySteps(["Enter"]);
});

test("so do a product's bar code and other text", async () => {
    for (const text of [SOLD, "6901234567892", "green tea"]) {
        const { field, type, wait } = makeField();
        type(text);
        type(["Enter"]);
        await wait(1000);
        expect(field.value).toBe(text);
        expect.verifySteps(["Enter"]);
    }
});
