// Part of payment_cn_wallets. License LGPL-3.

import { describe, expect, test } from "@odoo/hoot";

import { POLL_INTERVAL, TillState } from "@payment_cn_wallets/pos/payment_line/till_state";
import { tillView } from "@payment_cn_wallets/pos/payment_line/till_view";

import { ALIPAY, answer, fail, fresh } from "./till_state_helpers";

describe.current.tags("headless");

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

    test("a line that is to be removed lets go of the code that it turns out to have", () => {
        const state = new TillState("88.80", 0, { resume: true });
        state.leave(0);
        answer(state, 0, "status", "qr");
        answer(state, 1, "status", "qr");
        answer(state, 1, "hand_over", "idle");
        expect(state.free(2)).toBe(true);
    });

    test("a line of which the server tells nothing stays", () => {
        const state = new TillState("88.80", 0, { resume: true });
        state.leave(0);
        fail(state, 0, "status", "refused", "The session has been closed.");
        expect(state.leaving).toBe(false);
        expect(tillView(state, 1).alert).toBe("The session has been closed.");
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
