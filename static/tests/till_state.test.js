// Part of payment_cn_wallets. License LGPL-3.

import { describe, expect, test } from "@odoo/hoot";

import {
    CLOCK_TOLERANCE,
    LATE_MONEY,
    MAX_BACK_OFF,
    NOTICE_LIFE,
    PATIENCE,
    POLL_INTERVAL,
    SETTLE,
    SLOW_INTERVAL,
    TillState,
} from "@payment_cn_wallets/pos/till_state";
import { formatCountdown, tillView } from "@payment_cn_wallets/pos/till_view";

describe.current.tags("headless");

const WECHAT = "wechat_pay";
const ALIPAY = "alipay";

function status(phase, changes = {}) {
    const left = { qr: 300, paying: 60 }[phase] || 0;
    return { phase, message: "", wallet: WECHAT, wallet_name: "WeChat Pay", amount: "88.80",
        left, ask_in: phase === "idle" ? 3600 : 5, qr_svg: phase === "qr" ? "<svg/>" : "",
        open: 0, ...changes };
}

/** Let the state send what it wants to send, check that it is that, and return its number. */
function send(state, now, name) {
    const { request } = state.next(now);
    expect(request?.name).toBe(name);
    return state.sent(request, now);
}

function answer(state, now, name, phase, changes) {
    state.received(send(state, now, name), status(phase, changes), now);
}

function fail(state, now, name, kind = "lost", text = "") {
    state.failed(send(state, now, name), kind, text, now);
}

function fresh(amount = "88.80") {
    return new TillState(amount, 0);
}

function withCode(now = 0) {
    const state = fresh();
    state.show(WECHAT, now);
    answer(state, now, "show", "qr");
    return state;
}

/** A state that a scan has brought into a phase. */
function scanned(phase, changes) {
    const state = fresh();
    expect(state.scan(0)).toBe("");
    answer(state, 0, "charge", phase, changes);
    return state;
}

describe("scanning", () => {
    test("a code is charged at once", () => {
        const state = fresh();
        expect(state.scan(10)).toBe("");
        expect(state.phase(10)).toBe("charging");
        answer(state, 10, "charge", "paid", { receipt: { number: "1" } });
        expect(state.phase(11)).toBe("paid");
        expect(tillView(state, 11).receipt).toEqual({ number: "1" });
        expect(state.next(11)).toEqual({ request: null, wait: null });
    });

    test("scanned twice is charged once", () => {
        const state = fresh();
        state.scan(0);
        expect(state.scan(1)).toBe("charging");
        const id = send(state, 1, "charge");
        expect(state.scan(2)).toBe("charging");
        expect(state.next(2).request).toBe(null);
        state.received(id, status("paid"), 3);
        expect(state.scan(4)).toBe("paid");
        expect(state.next(5)).toEqual({ request: null, wait: null });
    });

    test("not while something is under way", () => {
        for (const phase of ["paying", "unknown", "undoing"]) {
            expect(scanned(phase).scan(100)).toBe("under_way");
        }
        expect(new TillState("1.00", 0, { resume: true }).scan(0)).toBe("under_way");
    });

    test("not without an amount", () => {
        expect(fresh("0.00").scan(0)).toBe("no_amount");
        expect(fresh("-5.00").scan(0)).toBe("no_amount");
    });

    test("again after a refusal, after undoing and after money went back", () => {
        for (const phase of ["refused", "idle", "returned"]) {
            const state = scanned(phase);
            expect(state.scan(100)).toBe("");
            expect(state.next(100).request.name).toBe("charge");
        }
    });

    test("while a QR code is shown", () => {
        const state = withCode();
        expect(state.scan(100)).toBe("");
        answer(state, 100, "charge", "paid");
        expect(state.phase(101)).toBe("paid");
    });

    test("waits for a QR code that is being made", () => {
        const state = fresh();
        state.show(WECHAT, 0);
        const id = send(state, 0, "show");
        expect(state.scan(10)).toBe("");
        expect(state.phase(10)).toBe("charging");
        expect(state.next(10).request).toBe(null);
        state.received(id, status("qr"), 20);
        expect(state.next(20).request.name).toBe("charge");
    });

    test("does not wait for a question to the gateway", () => {
        const state = withCode();
        const poll = send(state, POLL_INTERVAL, "status");
        state.scan(POLL_INTERVAL + 1);
        const charge = send(state, POLL_INTERVAL + 1, "charge");
        state.received(poll, status("qr"), POLL_INTERVAL + 2);
        expect(state.phase(POLL_INTERVAL + 2)).toBe("charging");
        state.received(charge, status("paid"), POLL_INTERVAL + 3);
        expect(state.phase(POLL_INTERVAL + 3)).toBe("paid");
    });

    test("what was said about a scan stays for a while", () => {
        const state = withCode();
        state.scan(0);
        answer(state, 0, "charge", "qr", { message: "No payment code" });
        answer(state, POLL_INTERVAL, "status", "qr");
        expect(tillView(state, POLL_INTERVAL).notice).toBe("No payment code");
        expect(tillView(state, NOTICE_LIFE + 1).notice).toBe("");
    });
});

describe("when the answer to a charge is lost", () => {
    test("it is asked for, never charged again, and shown as unknown", () => {
        const state = fresh();
        state.scan(0);
        fail(state, 100, "charge");
        expect(state.phase(100)).toBe("unknown");
        const view = tillView(state, 100);
        expect(view.unanswered).toBe(true);
        expect(view.trouble).toBe("lost");
        expect(state.scan(200)).toBe("under_way");
        expect(state.next(100)).toEqual({ request: null, wait: POLL_INTERVAL });
        answer(state, 100 + POLL_INTERVAL, "status", "paying");
        expect(state.phase(2000)).toBe("paying");
        expect(tillView(state, 2000).unanswered).toBe(false);
    });

    test("the charge did not reach the server: scan again", () => {
        const state = fresh();
        state.scan(0);
        fail(state, 0, "charge", "server");
        answer(state, POLL_INTERVAL, "status", "idle");
        expect(state.phase(POLL_INTERVAL)).toBe("idle");
        expect(state.scan(POLL_INTERVAL)).toBe("");
    });

    test("a server that does not answer is not waited for", () => {
        const state = fresh();
        state.scan(0);
        const id = send(state, 0, "charge");
        expect(state.next(1)).toEqual({ request: null, wait: PATIENCE.charge - 1 });
        expect(state.next(PATIENCE.charge).request).toBe(null);
        expect(state.phase(PATIENCE.charge)).toBe("unknown");
        const at = PATIENCE.charge + POLL_INTERVAL;
        const poll = send(state, at, "status");
        // The late answer is not believed, but asked about.
        state.received(id, status("paid"), at + 1);
        expect(state.phase(at + 1)).toBe("unknown");
        state.received(poll, status("paid"), at + 2);
        expect(state.phase(at + 2)).toBe("paid");
    });

    test("a refusal with a sentence leaves the line free", () => {
        const state = fresh();
        state.scan(0);
        fail(state, 0, "charge", "refused", "The session has been closed.");
        expect(state.phase(1)).toBe("idle");
        expect(tillView(state, 1).notice).toBe("The session has been closed.");
        expect(state.free(1)).toBe(true);
        expect(state.next(1)).toEqual({ request: null, wait: null });
    });
});

describe("polling", () => {
    test("every second; the gateway is asked when it is due", () => {
        const state = scanned("paying", { ask_in: 2.5 });
        expect(state.next(1)).toEqual({ request: null, wait: POLL_INTERVAL - 1 });
        expect(state.next(1000).request).toEqual({ name: "status", ask: false });
        answer(state, 1000, "status", "paying", { ask_in: 1.5 });
        answer(state, 2000, "status", "paying", { ask_in: 0 });
        expect(state.next(2000).request).toEqual({ name: "status", ask: true });
        answer(state, 2000, "status", "paying", { ask_in: 0 });
        // Somebody else is asking: not again at once.
        expect(state.next(2000)).toEqual({ request: null, wait: POLL_INTERVAL });
    });

    test("one question at a time", () => {
        const state = scanned("unknown");
        send(state, 1000, "status");
        expect(state.next(1001)).toEqual({ request: null, wait: PATIENCE.status - 1 });
    });

    test("backs off while the server can't be reached, and recovers", () => {
        const state = scanned("paying");
        const waits = [];
        let now = 1000;
        for (let time = 0; time < 6; time++) {
            fail(state, now, "status");
            const { wait } = state.next(now);
            waits.push(wait);
            now += wait;
        }
        expect(waits).toEqual([1000, 2000, 4000, 8000, MAX_BACK_OFF, MAX_BACK_OFF]);
        expect(tillView(state, now).trouble).toBe("lost");
        expect(state.phase(now)).toBe("paying");
        answer(state, now, "status", "paid");
        expect(tillView(state, now).trouble).toBe("");
    });

    test("a hint of the server asks at once", () => {
        const state = scanned("paying");
        state.wake(10);
        expect(state.next(10).request).toEqual({ name: "status", ask: false });
        const idle = fresh();
        idle.wake(10);
        expect(idle.next(10)).toEqual({ request: null, wait: null });
    });

    test("nothing is asked when nothing is open", () => {
        for (const phase of ["idle", "refused", "returned", "paid", "forced"]) {
            expect(scanned(phase).next(1000)).toEqual({ request: null, wait: null });
        }
    });

    test("earlier charges that are being undone are followed slowly", () => {
        const state = scanned("idle", { open: 1 });
        expect(state.next(0)).toEqual({ request: null, wait: SLOW_INTERVAL });
        expect(tillView(state, 0).open).toBe(1);
        answer(state, SLOW_INTERVAL, "status", "idle");
        expect(state.next(SLOW_INTERVAL)).toEqual({ request: null, wait: null });
    });
});

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
        state.show(WECHAT, 61_000);
        expect(state.next(61_000).request).toEqual({ name: "show", wallet: WECHAT });
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
        expect(state.next(100).request).toEqual({ name: "show", wallet: ALIPAY });
        answer(state, 100, "show", "qr", { wallet: ALIPAY });
        expect(state.phase(101)).toBe("qr");
    });

    test("a new code on demand lets go of the old one first", () => {
        const state = withCode();
        state.show(WECHAT, 100);
        answer(state, 100, "hand_over", "idle");
        answer(state, 100, "show", "qr", { qr_svg: "<svg id='2'/>" });
        expect(tillView(state, 101).qr).toBe("<svg id='2'/>");
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

describe("doubt and undoing", () => {
    test("a cancelled payment is undone, and can then be made again", () => {
        const state = scanned("paying");
        expect(state.canHandOver(100)).toBe(false);
        state.cancel(100);
        expect(tillView(state, 100).busy).toBe("cancel");
        answer(state, 100, "cancel", "undoing");
        expect(state.canCancel(200)).toBe(false);
        answer(state, 1100, "status", "idle", { message: "Undone" });
        expect(state.free(1200)).toBe(true);
        expect(tillView(state, 1200).message).toBe("Undone");
    });

    test("paid although it was cancelled", () => {
        const state = scanned("paying");
        state.cancel(0);
        answer(state, 0, "cancel", "paid");
        expect(state.phase(1)).toBe("paid");
    });

    test("a doubtful payment is handed over, and the next scan goes on", () => {
        const state = scanned("unknown");
        state.handOver(100);
        expect(state.scan(100)).toBe("under_way");
        answer(state, 100, "hand_over", "idle", { open: 1 });
        expect(state.phase(101)).toBe("idle");
        expect(state.scan(102)).toBe("");
    });

    test("unknown stays unknown until somebody knows", () => {
        const state = scanned("unknown");
        for (let now = 1000; now < 10_000; now += 1000) {
            answer(state, now, "status", "unknown");
            expect(state.phase(now)).toBe("unknown");
            expect(state.free(now)).toBe(false);
        }
        answer(state, 10_000, "status", "paid");
        expect(state.phase(10_000)).toBe("paid");
    });

    test("cancelling is repeated until the server answers", () => {
        const state = scanned("unknown");
        state.cancel(0);
        fail(state, 0, "cancel");
        expect(state.next(0)).toEqual({ request: null, wait: POLL_INTERVAL });
        answer(state, POLL_INTERVAL, "cancel", "undoing");
        expect(state.phase(POLL_INTERVAL)).toBe("undoing");
    });

    test("a manager takes it for paid", () => {
        const state = scanned("unknown");
        state.force(0);
        answer(state, 0, "force", "forced");
        expect(state.phase(1)).toBe("forced");
        expect(state.next(1)).toEqual({ request: null, wait: null });
    });

    test("a refusal to take it for paid changes nothing", () => {
        const state = scanned("unknown");
        state.force(0);
        fail(state, 0, "force", "refused", "Only a manager");
        expect(state.phase(1)).toBe("unknown");
        expect(tillView(state, 1).notice).toBe("Only a manager");
        expect(state.next(1).wait > 0).toBe(true);
    });
});

describe("leaving", () => {
    test("free at once when nothing happened", () => {
        const state = fresh();
        state.leave(0);
        expect(state.free(0)).toBe(true);
        expect(scanned("refused").free(0)).toBe(true);
    });

    test("a QR code is asked about, then let go of", () => {
        const state = withCode();
        state.leave(100);
        expect(state.free(100)).toBe(false);
        expect(state.next(100).request).toEqual({ name: "status", ask: true });
        answer(state, 100, "status", "qr");
        answer(state, 100, "hand_over", "idle");
        expect(state.free(101)).toBe(true);
    });

    test("stays when the QR code was paid a second ago", () => {
        const state = withCode();
        state.leave(100);
        answer(state, 100, "status", "paid");
        expect(state.phase(101)).toBe("paid");
        expect(state.leaving).toBe(false);
        expect(state.next(101)).toEqual({ request: null, wait: null });
    });

    test("a code that is just being made is let go of as well", () => {
        const state = fresh();
        state.show(WECHAT, 0);
        const id = send(state, 0, "show");
        state.leave(10);
        expect(state.next(10).request).toBe(null);
        state.received(id, status("qr"), 20);
        answer(state, 20, "status", "qr");
        answer(state, 20, "hand_over", "idle");
        expect(state.free(21)).toBe(true);
    });

    test("a payment under way is cancelled first", () => {
        const state = scanned("paying");
        state.leave(0);
        expect(state.scan(1)).toBe("under_way");
        answer(state, 1, "cancel", "undoing");
        expect(state.free(2)).toBe(false);
        answer(state, 1001, "status", "idle");
        expect(state.free(1001)).toBe(true);
    });

    test("not while a charge is on its way", () => {
        const state = fresh();
        state.scan(0);
        state.leave(1);
        expect(state.leaving).toBe(false);
    });
});

describe("after a reload", () => {
    test("asks first, and goes on where it was", () => {
        for (const [phase, seen] of [["paying", "paying"], ["paid", "paid"], ["idle", "idle"],
            ["unknown", "unknown"]]) {
            const state = new TillState("88.80", 0, { resume: true });
            expect(state.phase(0)).toBe("checking");
            expect(state.underWay(0)).toBe(true);
            answer(state, 0, "status", phase);
            expect(state.phase(1)).toBe(seen);
        }
    });

    test("shows the QR code again", () => {
        const state = new TillState("88.80", 0, { resume: true });
        answer(state, 0, "status", "qr", { wallet: ALIPAY });
        expect(state.phase(1)).toBe("qr");
        expect(tillView(state, 1).wallet).toBe(ALIPAY);
    });

    test("without network it goes on asking", () => {
        const state = new TillState("88.80", 0, { resume: true });
        fail(state, 0, "status");
        expect(state.phase(1)).toBe("checking");
        expect(tillView(state, 1).trouble).toBe("lost");
        expect(state.next(POLL_INTERVAL).request.name).toBe("status");
    });

    test("a line that is to be removed is cancelled when it turns out to be under way", () => {
        const state = new TillState("88.80", 0, { resume: true });
        state.leave(0);
        answer(state, 0, "status", "paying");
        answer(state, 1, "cancel", "idle");
        expect(state.free(2)).toBe(true);
    });
});

describe("refunds", () => {
    test("are sent once and followed", () => {
        const state = fresh("-88.80");
        state.refund(0);
        state.refund(0);
        expect(state.phase(0)).toBe("charging");
        answer(state, 0, "refund", "unknown");
        state.refund(10);
        answer(state, POLL_INTERVAL, "status", "paid");
        expect(state.phase(POLL_INTERVAL)).toBe("paid");
    });

    test("can be tried again after a refusal", () => {
        const state = fresh("-88.80");
        state.refund(0);
        answer(state, 0, "refund", "refused");
        state.refund(1);
        expect(state.next(1).request.name).toBe("refund");
    });
});

test("countdown", () => {
    expect(formatCountdown(300)).toBe("5:00");
    expect(formatCountdown(59.2)).toBe("1:00");
    expect(formatCountdown(9)).toBe("0:09");
    expect(formatCountdown(-1)).toBe("0:00");
});
