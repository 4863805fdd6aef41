// Part of payment_cn_wallets. License LGPL-3.

import { describe, expect, test } from "@odoo/hoot";

import { LATE_MONEY } from "@payment_cn_wallets/pos/payment_line/till_phase";
import {
    ALERT_DURATION,
    MAX_BACK_OFF,
    PATIENCE,
    POLL_INTERVAL,
    SLOW_INTERVAL,
    TillState,
} from "@payment_cn_wallets/pos/payment_line/till_state";
import { tillView } from "@payment_cn_wallets/pos/payment_line/till_view";

import { WECHAT, answer, fail, fresh, scanned, send, status, withCode } from "./till_state_helpers";

describe.current.tags("headless");

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
        for (const phase of ["paying", "unknown"]) {
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

    test("is charged when the code that was being made is refused", () => {
        const state = fresh();
        state.show(WECHAT, 0);
        const id = send(state, 0, "show");
        state.scan(10);
        state.failed(id, "refused", "No codes here.", 20);
        expect(state.phase(20)).toBe("charging");
        answer(state, 20, "charge", "paid");
        expect(state.phase(21)).toBe("paid");
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
        expect(tillView(state, POLL_INTERVAL).alert).toBe("No payment code");
        expect(tillView(state, ALERT_DURATION + 1).alert).toBe("");
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
        expect(tillView(state, 10 * ALERT_DURATION).notArrived).toBe(true);
        expect(state.scan(POLL_INTERVAL)).toBe("");
        expect(tillView(state, POLL_INTERVAL).notArrived).toBe(false);
    });

    test("nothing is said of a charge that did reach the server", () => {
        const state = withCode();
        state.scan(0);
        fail(state, 0, "charge");
        expect(tillView(state, 1).notArrived).toBe(false);
        answer(state, POLL_INTERVAL, "status", "paying");
        expect(tillView(state, POLL_INTERVAL).notArrived).toBe(false);
        answer(state, 2 * POLL_INTERVAL, "status", "refused");
        expect(tillView(state, 2 * POLL_INTERVAL).notArrived).toBe(false);
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

    test("an answer that comes when all seems over is asked about at once", () => {
        const state = fresh();
        state.scan(0);
        const id = send(state, 0, "charge");
        state.next(PATIENCE.charge);
        const at = PATIENCE.charge + POLL_INTERVAL;
        answer(state, at, "status", "idle"); // the charge has not arrived yet
        expect(state.phase(at)).toBe("idle");
        state.received(id, status("paid"), at + 10);
        answer(state, at + 10, "status", "paid");
        expect(state.phase(at + 11)).toBe("paid");
        state.received(id, status("paid"), at + 12);
        expect(state.next(at + 13)).toEqual({ request: null, wait: null });
    });

    test("a charge that may arrive yet is asked about for some minutes", () => {
        const state = fresh();
        state.scan(0);
        fail(state, 0, "charge");
        answer(state, POLL_INTERVAL, "status", "idle");
        expect(state.next(POLL_INTERVAL)).toEqual({ request: null, wait: SLOW_INTERVAL });
        state.leave(POLL_INTERVAL);
        expect(state.free(POLL_INTERVAL)).toBe(true);
        expect(state.mayDetach(POLL_INTERVAL)).toBe(true); // its line may go, and is followed
        answer(state, LATE_MONEY, "status", "idle");
        expect(state.mayDetach(LATE_MONEY)).toBe(false);
        expect(state.next(LATE_MONEY)).toEqual({ request: null, wait: null });
    });

    test("a refusal with a sentence leaves the line free", () => {
        const state = fresh();
        state.scan(0);
        fail(state, 0, "charge", "refused", "The session has been closed.");
        expect(state.phase(1)).toBe("idle");
        expect(tillView(state, 1).alert).toBe("The session has been closed.");
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
        const refused = scanned("refused");
        refused.wake(10); // it may have been paid after all
        answer(refused, 10, "status", "paid");
        expect(refused.phase(10)).toBe("paid");
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
