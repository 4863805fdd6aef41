// Part of payment_cn_wallets. License LGPL-3.

import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { advanceTime, freezeTime } from "@odoo/hoot-mock";

import { DeferredWork } from "@payment_cn_wallets/pos/payment_line/deferred_work";

describe.current.tags("headless");

beforeEach(freezeTime);

const step = (text) => () => expect.step(text);

test("without a deferral everything runs at once", () => {
    new DeferredWork().run("display", step("display"));
    expect.verifySteps(["display"]);
});

test("deferred actions run with the flush, the last of each key, in that order", () => {
    const work = new DeferredWork();
    work.start();
    work.run("line", step("line, charging"));
    work.run("display", step("display"));
    work.run("line", step("line, paid"));
    expect.verifySteps([]);
    work.flush();
    expect.verifySteps(["display", "line, paid"]);
    work.run("line", step("line, at once"));
    work.flush();
    expect.verifySteps(["line, at once"]);
});

test("nobody waits for longer than a quarter of a second", async () => {
    const work = new DeferredWork();
    work.start();
    work.run("line", step("line"));
    await advanceTime(200);
    work.start(); // another answer: the first one's patience counts
    await advanceTime(49);
    expect.verifySteps([]);
    await advanceTime(1);
    expect.verifySteps(["line"]);
    expect(work.isDeferring).toBe(false);
});

test("a deferred action may start a deferral of its own", async () => {
    const work = new DeferredWork();
    work.start();
    work.run("line", () => {
        work.start();
        work.run("display", step("display"));
    });
    work.flush();
    expect.verifySteps([]);
    await advanceTime(250);
    expect.verifySteps(["display"]);
});
