// Part of payment_cn_wallets. License LGPL-3.

import { describe, expect, test } from "@odoo/hoot";

import { LATE_MONEY } from "@payment_cn_wallets/pos/payment_line/till_phase";
import {
    CLOCK_TOLERANCE,
    POLL_INTERVAL,
    SETTLE,
    SLOW_INTERVAL,
} from "@payment_cn_wallets/pos/payment_line/till_state";
import { formatCountdown, tillView } from "@payment_cn_wallets/pos/payment_line/till_view";

import { ALIPAY, WECHAT, answer, fail, fresh, send, status, withCode } from "./till_state_helpers";

describe.current.tags("headless");

describe("QR code", () => {
    test("is shown, counted down, and renewed when it ran out", () => {
        const state = fresh();
        state.show(WECHAT, 0);
        expect(state.phase(0)).toBe("making");
        answer(state, 0, "show", "qr", { left: 60 });
        expect(tillView(state, 0).countdown).toBe("1:00");
        expect(tillView(state, 50_000).soon).toBe(true);
        expect(tillView(state, 1000).qr).toBe("<svg/>");
        expect(state.phase(60_000)).toBe("expired");
        expect(tillView(state, 60_000).qr).toBe("");
        answer(state, 60_000, "status", "idle"); // the server says so, too
        state.show(WECHAT, 61_000);
        expect(state.next(61_000).request).toEqual({ name: "show", wallet: WECHAT, renews: false });
    });

    test("late money is found after the code ran out", () => {
        const state = withCode();
        answer(state, POLL_INTERVAL, "status", "idle");
        expect(state.phase(POLL_INTERVAL)).toBe("expired");
        expect(state.next(POLL_INTERVAL)).toEqual({ request: null, wait: SLOW_INTERVAL });
        answer(state, 60_000, "status", "paid");
        expect(state.phase(60_000)).toBe("paid");
    });

    test("is not asked about for ever", () => {
        const state = withCode();
        answer(state, 1000, "status", "idle");
        answer(state, 1000 + LATE_MONEY, "status", "idle");
        expect(state.next(1000 + LATE_MONEY)).toEqual({ request: null, wait: null });
    });

    test("another wallet's code takes its place", () => {
        const state = withCode();
        state.show(ALIPAY, 100);
        expect(state.phase(100)).toBe("making");
        expect(tillView(state, 100).qr).toBe("");
        expect(tillView(state, 100).wallet).toBe(ALIPAY);
        expect(state.next(100).request).toEqual({ name: "show", wallet: ALIPAY, renews: false });
        answer(state, 100, "show", "qr", { wallet: ALIPAY });
        expect(state.phase(101)).toBe("qr");
    });

    test("a new code on demand is asked for as such, so that the old one may still be paid", () => {
        const state = withCode();
        state.show(WECHAT, 100);
        expect(state.next(100).request).toEqual({ name: "show", wallet: WECHAT, renews: true });
        answer(state, 100, "show", "qr", { qr_svg: "<svg id='2'/>" });
        expect(tillView(state, 101).qr).toBe("<svg id='2'/>");
    });

    test("a new code when the till's clock is ahead: the server still calls the old one good", () => {
        const state = withCode();
        const end = 60 * 60 * 1000;
        expect(state.phase(end)).toBe("expired");
        state.show(WECHAT, end);
        expect(state.next(end).request.renews).toBe(true);
        answer(state, end, "show", "qr", { qr_svg: "<svg id='2'/>" });
        expect(tillView(state, end).qr).toBe("<svg id='2'/>");
    });

    test("the first code is paid after another wallet's took its place", () => {
        const state = withCode();
        state.show(ALIPAY, 100);
        answer(state, 100, "show", "qr", { wallet: ALIPAY });
        const receipt = { number: "1" };
        answer(state, 100 + POLL_INTERVAL, "status", "paid", { wallet: WECHAT, receipt });
        const view = tillView(state, 2000);
        expect([view.phase, view.wallet, view.receipt]).toEqual(["paid", WECHAT, receipt]);
        expect(state.next(2000)).toEqual({ request: null, wait: null });
    });

    test("the first code is paid while another one is being made", () => {
        const state = withCode();
        state.show(WECHAT, 100);
        const id = send(state, 100, "show");
        state.received(id, status("paid"), 200);
        expect(state.phase(200)).toBe("paid");
    });

    test("a new code that could not be asked for is asked for again as such", () => {
        const state = withCode();
        state.show(WECHAT, 100);
        fail(state, 100, "show");
        expect(state.next(100 + POLL_INTERVAL).request.renews).toBe(true);
    });

    test("is retired by another amount, and made anew when the cashier has finished typing", () => {
        const state = withCode();
        state.setAmount("5.00", 1000);
        expect(state.phase(1000)).toBe("making");
        expect(tillView(state, 1000).qr).toBe("");
        state.setAmount("50.00", 1300);
        expect(state.next(1300 + SETTLE - 1).request?.name).not.toBe("show");
        answer(state, 1300 + SETTLE, "show", "qr", { amount: "50.00" });
        expect(state.phase(3000)).toBe("qr");
    });

    test("stays when the amount is as before", () => {
        const state = withCode();
        state.setAmount("8.00", 100);
        state.setAmount("88.80", 200);
        expect(state.phase(200)).toBe("qr");
        expect(state.next(200)).toEqual({ request: null, wait: POLL_INTERVAL - 200 });
    });

    test("none for no amount", () => {
        const state = fresh("0.00");
        state.show(WECHAT, 0);
        expect(state.phase(0)).toBe("idle");
        expect(state.next(0).request).toBe(null);
        const shown = withCode();
        shown.setAmount("0.00", 100);
        expect(shown.phase(100)).toBe("idle");
        expect(tillView(shown, 100).qr).toBe("");
    });

    test("is asked for again when the server can't be reached", () => {
        const state = fresh();
        state.show(WECHAT, 0);
        fail(state, 0, "show");
        expect(state.phase(1)).toBe("making");
        expect(state.next(0)).toEqual({ request: null, wait: POLL_INTERVAL });
        answer(state, POLL_INTERVAL, "show", "qr");
        expect(state.phase(POLL_INTERVAL)).toBe("qr");
    });

    test("is not asked for again when it was refused", () => {
        const state = fresh();
        state.show(WECHAT, 0);
        fail(state, 0, "show", "refused", "Not taken here.");
        expect(state.phase(1)).toBe("idle");
        expect(state.next(1)).toEqual({ request: null, wait: null });
    });

    test("small differences of the clocks don't make the countdown stutter", () => {
        const state = withCode();
        answer(state, 1000, "status", "qr", { left: 300 - CLOCK_TOLERANCE / 1000 });
        expect(state.secondsLeft(1000)).toBe(299);
        answer(state, 2000, "status", "qr", { left: 100 });
        expect(state.secondsLeft(2000)).toBe(100);
    });
});

test("countdown", () => {
    expect(formatCountdown(300)).toBe("5:00");
    expect(formatCountdown(59.2)).toBe("1:00");
    expect(formatCountdown(9)).toBe("0:09");
    expect(formatCountdown(-1)).toBe("0:00");
});
