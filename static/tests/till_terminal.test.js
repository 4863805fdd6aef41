// Part of payment_cn_wallets. License LGPL-3.

import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { freezeTime, tick } from "@odoo/hoot-mock";
import { allowTranslations, patchWithCleanup } from "@web/../tests/web_test_helpers";
import { browser } from "@web/core/browser/browser";
import { localization } from "@web/core/l10n/localization";

import { LineEntry } from "@payment_cn_wallets/pos/payment_line/line_entry";
import { PaymentCnWallets } from "@payment_cn_wallets/pos/payment_line/payment_cn_wallets";

import { status } from "./till_state_helpers";

describe.current.tags("headless");

beforeEach(() => {
    freezeTime();
    allowTranslations();
    patchWithCleanup(localization, { decimalPoint: ".", grouping: [3, 0], thousandsSep: "," });
    // Hoot turns the clock of `Date`, and not this one.
    patchWithCleanup(browser, { performance: { now: () => Date.now() } });
});

/** A till that was loaded again with an open line: Odoo makes `env.utils` after that. */
function reloadedTill(answer) {
    const method = { id: 7, use_payment_terminal: "cn_wallets" };
    const order = { uuid: "order", finalized: false, isRefund: false, remainingDue: 88.8 };
    order.currency = { isZero: (amount) => amount === 0 };
    const line = {
        uuid: "line",
        amount: 88.8,
        payment_method_id: method,
        pos_order_id: order,
        payment_status: "pending",
        getPaymentStatus: () => line.payment_status,
        setPaymentStatus: (now) => (line.payment_status = now),
        isDone: () => line.payment_status === "done",
    };
    order.payment_ids = [line];
    const call = (model, name) => {
        expect.step(name);
        return Promise.resolve(answer);
    };
    const pos = {
        config: {},
        currency: { id: 1 },
        env: { services: { orm: { call, silent: { call } } } },
        getCashier: () => null,
        models: {
            "pos.order": { getAll: () => [order] },
            "pos.payment": { getBy: () => line },
        },
        session: { id: 1 },
    };
    method.payment_terminal = new PaymentCnWallets(pos, method);
    return { terminal: method.payment_terminal, line, order, pos };
}

test("lines are resumed while the till loads", async () => {
    const { terminal, line } = reloadedTill(status("qr", { left: 300 }));
    terminal.resumeAll();
    expect.verifySteps(["cn_status"]);
    await tick();
    await tick();
    expect(terminal.view(line).phase).toBe("qr");
    expect(line.cnDisplay.phase).toBe("qr");
    expect(line.cnDisplay.amount).toMatch(/88\.80/);
});

test("a refund order is stored before money goes back by it", async () => {
    const { terminal, line, order, pos } = reloadedTill(status("paid", { amount: "-88.80" }));
    line.amount = -88.8;
    line.payment_status = undefined;
    Object.assign(order, {
        isRefund: true,
        lines: [{ refunded_orderline_id: { order_id: { uuid: "sold" } } }],
    });
    pos.data = {};
    pos.syncAllOrders = ({ orders, throw: raises }) => {
        expect(orders).toEqual([order]);
        expect(raises).toBe(true);
        expect.step("stored");
        return Promise.resolve();
    };
    patchWithCleanup(terminal, { publish: () => ({}) });
    terminal.entry(line).store = () => {};
    terminal.begin(line);
    await tick();
    await tick();
    expect.verifySteps(["stored", "cn_refund"]);
});

test("no money goes back by a refund order that could not be stored", async () => {
    const { terminal, line, order, pos } = reloadedTill(status("paid", { amount: "-88.80" }));
    line.amount = -88.8;
    line.payment_status = undefined;
    Object.assign(order, { isRefund: true, lines: [] });
    pos.data = {};
    pos.syncAllOrders = () => {
        expect.step("not stored");
        return Promise.reject(new Error("no connection"));
    };
    patchWithCleanup(terminal, { publish: () => ({}) });
    terminal.entry(line).store = () => {};
    terminal.begin(line);
    await tick();
    await tick();
    expect.verifySteps(["not stored"]);
});

test("a payment code is kept until it is sent, or its scan came to nothing", () => {
    const entry = new LineEntry("line", {}, () => ({}));
    entry.code = "134567890123456789";
    entry.takeDetails("hand_over"); // what was under way makes way for the scan
    expect(entry.takeDetails("charge").code).toBe("134567890123456789");
    expect(entry.code).toBe("");
    entry.code = "134567890123456789";
    entry.takeDetails("hand_over"); // its answer is lost: the scan is not charged later
    entry.takeDetails("status");
    expect(entry.code).toBe("");
});
