// Part of payment_cn_wallets. License LGPL-3.

import { describe, expect, test } from "@odoo/hoot";

import { requestArguments } from "@payment_cn_wallets/pos/payment_line/till_server";
import { LETTING_GO, USUAL_REFUND } from "@payment_cn_wallets/pos/payment_line/till_phase";
import { POLL_INTERVAL, TillState } from "@payment_cn_wallets/pos/payment_line/till_state";
import { tillView } from "@payment_cn_wallets/pos/payment_line/till_view";

import { WECHAT, answer, fail, fresh, scanned, send, status, withCode } from "./till_state_helpers";

describe.current.tags("headless");

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

    test("a line that is gone wants its money no more, whatever came of it", () => {
        const state = scanned("paying");
        state.abandon(100);
        state.abandon(100); // once is enough
        answer(state, 100, "hand_over", "paid"); // it had been paid a moment ago
        state.abandon(200);
        answer(state, 200, "hand_over", "returned");
        expect(state.free(300)).toBe(true);
        state.abandon(300);
        expect(state.next(300).request).toBe(null);
    });

    test("a refund of which one gateway refused its part is settled with the others' part", () => {
        const state = fresh("-100.00");
        state.refund(0);
        const receipt = { number: "R1" };
        answer(state, 0, "refund", "partly", { amount: "-60.00", message: "40 are left", receipt });
        const view = tillView(state, 100);
        expect(view.phase).toBe("partly");
        expect(view.amount).toBe("-60.00");
        expect(view.message).toBe("40 are left");
        expect(view.receipt).toEqual(receipt);
        state.refund(200); // what was refused goes back as another line
        expect(state.next(200)).toEqual({ request: null, wait: null });
    });

    test("the server is told whether the line is gone", () => {
        const request = { name: "hand_over" };
        expect(requestArguments(request, null, { isGone: true })).toEqual([true]);
        expect(requestArguments(request, {}, {})).toEqual([false]);
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

    test("a scan goes on without what is being undone", () => {
        const state = scanned("undoing");
        expect(state.refusalOfScan(100)).toBe("");
        state.setAmount("77.70", 100); // a scan does, a code on the screen does not
        expect(state.showAt).toBe(null);
        expect(state.scan(100)).toBe("");
        expect(state.phase(100)).toBe("charging");
        answer(state, 100, "hand_over", "idle", { open: 1 });
        answer(state, 100, "charge", "paid");
        expect(state.phase(101)).toBe("paid");
    });

    test("a scan that goes on is not charged minutes later", () => {
        const state = scanned("undoing");
        state.scan(100);
        fail(state, 100, "hand_over");
        expect(state.wants("charge")).toBe(false);
        expect(tillView(state, 101).notArrived).toBe(true);
        answer(state, 1100, "status", "undoing");
        expect(state.next(1100).request).toBe(null);
    });

    test("without the server a scan waits, and so it does for a line that goes", () => {
        const cut = scanned("undoing");
        fail(cut, 1000, "status");
        expect(cut.refusalOfScan(1001)).toBe("under_way");
        const leaving = scanned("undoing");
        leaving.leave(100);
        expect(leaving.refusalOfScan(101)).toBe("under_way");
        expect(scanned("unknown").refusalOfScan(100)).toBe("under_way");
    });

    test("a refund is doubtful when its gateway is slow, not at once", () => {
        const state = fresh("-88.80");
        state.refund(0);
        answer(state, 0, "refund", "unknown");
        expect(state.phase(100)).toBe("charging");
        answer(state, 1000, "status", "unknown");
        expect(state.phase(USUAL_REFUND - 1)).toBe("charging");
        expect(state.phase(USUAL_REFUND)).toBe("unknown");
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
        expect(tillView(state, 1).alert).toBe("Only a manager");
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

    test("a code that could not be made is not asked for again", () => {
        const state = fresh();
        state.show(WECHAT, 0);
        const id = send(state, 0, "show");
        state.leave(10);
        state.failed(id, "lost", "", 20);
        answer(state, 20 + POLL_INTERVAL, "status", "idle");
        answer(state, 20 + POLL_INTERVAL, "hand_over", "idle");
        expect(state.next(5000).request).toBe(null);
        expect(state.free(5000)).toBe(true);
    });

    test("twice is once", () => {
        const state = withCode();
        state.leave(100);
        state.leaving = false; // as the kiosk does, which finds out first what is under way
        state.leave(100);
        answer(state, 100, "status", "qr");
        answer(state, 100, "hand_over", "idle");
        expect(state.next(100).request).toBe(null);
        expect(state.free(100)).toBe(true);
    });

    test("a refusal ends it, and the line stays", () => {
        const state = withCode();
        state.leave(100);
        fail(state, 100, "status", "refused", "The session has been closed.");
        expect(state.leaving).toBe(true); // the server may let go of it all the same
        fail(state, 100, "hand_over", "refused", "The session has been closed.");
        expect(state.leaving).toBe(false);
        expect(tillView(state, 101).alert).toBe("The session has been closed.");
        expect(state.mayDetach(101 + LETTING_GO)).toBe(false);
    });
});

describe("leaving without the server", () => {
    test("nothing is waited for when only a code holds the line", () => {
        const state = withCode();
        expect(state.mayDetach(100)).toBe(false); // nobody wants it to go
        state.leave(100);
        expect(state.mayDetach(100)).toBe(false);
        fail(state, 100, "status");
        expect(state.mayDetach(100)).toBe(true);
        state.abandon(100);
        answer(state, 100 + POLL_INTERVAL, "status", "qr");
        answer(state, 100 + POLL_INTERVAL, "hand_over", "idle");
        expect(state.free(5000)).toBe(true);
        expect(state.next(5000).request).toBe(null);
    });

    test("it is waited for a while when it does not answer", () => {
        const state = withCode();
        state.leave(100);
        send(state, 100, "status");
        expect(state.next(100)).toEqual({ request: null, wait: LETTING_GO });
        expect(state.mayDetach(100 + LETTING_GO - 1)).toBe(false);
        expect(state.mayDetach(100 + LETTING_GO)).toBe(true);
    });

    test("a code that was being made is not made afterwards", () => {
        const state = fresh();
        state.show(WECHAT, 0);
        const id = send(state, 0, "show");
        state.leave(10);
        expect(state.mayDetach(10 + LETTING_GO)).toBe(true);
        state.abandon(10 + LETTING_GO);
        state.failed(id, "lost", "", 15_000);
        answer(state, 15_000 + POLL_INTERVAL, "status", "idle");
        answer(state, 15_000 + POLL_INTERVAL, "hand_over", "idle");
        expect(state.next(20_000).request).toBe(null);
    });

    test("what may have money in it is not dropped unasked", () => {
        for (const phase of ["paying", "unknown", "undoing"]) {
            const state = scanned(phase);
            state.leave(0);
            state.trouble = "lost";
            expect(state.mayDetach(LETTING_GO)).toBe(false);
        }
    });

    test("the cashier may go on without a payment of which nothing can be learnt", () => {
        const state = scanned("paying");
        expect(state.canHandOver(0)).toBe(false); // it can be cancelled
        state.cancel(0);
        fail(state, 0, "cancel");
        expect(state.canHandOver(1)).toBe(true);
        state.abandon(1);
        answer(state, POLL_INTERVAL, "hand_over", "idle");
        expect(state.next(POLL_INTERVAL).request).toBe(null);
        const reloaded = new TillState("88.80", 0, { resume: true });
        expect(reloaded.canHandOver(0)).toBe(false);
        fail(reloaded, 0, "status");
        expect(reloaded.canHandOver(1)).toBe(true);
    });
});
