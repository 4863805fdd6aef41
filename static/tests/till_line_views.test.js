// Part of payment_cn_wallets. License LGPL-3.

import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { advanceTime, freezeTime } from "@odoo/hoot-mock";

import { BRIEF, LineViews } from "@payment_cn_wallets/pos/payment_line/line_views";

describe.current.tags("headless");

beforeEach(freezeTime);

const LINE = "line";

function makeViews() {
    const views = new LineViews(() => expect.step(views.drawn[LINE]?.phase || "nothing"));
    return views;
}

test("a view is drawn at once, and once", () => {
    const views = makeViews();
    expect(views.put(LINE, { phase: "qr" })).toBe(true);
    expect(views.put(LINE, { phase: "qr" })).toBe(false);
    expect.verifySteps(["qr"]);
});

test("a charge that is answered quickly goes from the code to the answer", async () => {
    const views = makeViews();
    views.put(LINE, { phase: "qr" });
    expect(views.put(LINE, { phase: "charging" })).toBe(true);
    await advanceTime(BRIEF - 1);
    expect(views.drawn[LINE].phase).toBe("qr");
    views.put(LINE, { phase: "paid" });
    expect.verifySteps(["qr", "paid"]);
    await advanceTime(BRIEF);
    expect.verifySteps([]);
});

test("one that takes longer is drawn, by its latest view, however often it changes", async () => {
    const views = makeViews();
    views.put(LINE, { phase: "idle" });
    views.put(LINE, { phase: "charging", busy: "" });
    await advanceTime(BRIEF - 1);
    views.put(LINE, { phase: "charging", busy: "charge" });
    await advanceTime(1);
    expect(views.drawn[LINE]).toEqual({ phase: "charging", busy: "charge" });
    views.put(LINE, { phase: "charging", busy: "charge", trouble: "lost" });
    expect.verifySteps(["idle", "charging", "charging"]);
});

test("where nothing was drawn yet, a charge is the first to be", () => {
    const views = makeViews();
    views.put(LINE, { phase: "charging" });
    expect.verifySteps(["charging"]);
});

test("a line that is gone is not drawn any more", async () => {
    const views = makeViews();
    views.put(LINE, { phase: "qr" });
    views.put(LINE, { phase: "charging" });
    views.remove(LINE);
    await advanceTime(BRIEF);
    expect(LINE in views.drawn).toBe(false);
    expect.verifySteps(["qr", "nothing"]);
    expect(views.put(LINE, { phase: "charging" })).toBe(true);
    expect.verifySteps(["charging"]);
});
