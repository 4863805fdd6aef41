// Part of payment_cn_wallets. License LGPL-3.

import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { advanceTime, freezeTime } from "@odoo/hoot-mock";

import { Rush } from "@payment_cn_wallets/pos/rush";

describe.current.tags("headless");

beforeEach(freezeTime);

const step = (text) => () => expect.step(text);

test("without a rush everything is done at once", () => {
    new Rush().put("display", step("display"));
    expect.verifySteps(["display"]);
});

test("in a rush it is done at the end, the last of each kind, and in that order", () => {
    const rush = new Rush();
    rush.begin();
    rush.put("line", step("line, charging"));
    rush.put("display", step("display"));
    rush.put("line", step("line, paid"));
    expect.verifySteps([]);
    rush.end();
    expect.verifySteps(["display", "line, paid"]);
    rush.put("line", step("line, at once"));
    rush.end();
    expect.verifySteps(["line, at once"]);
});

test("nobody waits for longer than a quarter of a second", async () => {
    const rush = new Rush();
    rush.begin();
    rush.put("line", step("line"));
    await advanceTime(200);
    rush.begin(); // another answer: the first one's patience counts
    await advanceTime(49);
    expect.verifySteps([]);
    await advanceTime(1);
    expect.verifySteps(["line"]);
    expect(rush.isOn).toBe(false);
});

test("what is put off may begin a rush of its own", async () => {
    const rush = new Rush();
    rush.begin();
    rush.put("line", () => {
        rush.begin();
        rush.put("display", step("display"));
    });
    rush.end();
    expect.verifySteps([]);
    await advanceTime(250);
    expect.verifySteps(["display"]);
});
