// Part of payment_cn_wallets. License LGPL-3.

import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { advanceTime, freezeTime } from "@odoo/hoot-mock";
import { allowTranslations, patchWithCleanup } from "@web/../tests/web_test_helpers";
import { browser } from "@web/core/browser/browser";

import { DetachedLine } from "@payment_cn_wallets/pos/payment_line/detached_line";
import { fitAmount } from "@payment_cn_wallets/pos/payment_line/line_record";
import { Settlements } from "@payment_cn_wallets/pos/payment_line/settlements";
import { StateRunner } from "@payment_cn_wallets/pos/payment_line/state_runner";
import { POLL_INTERVAL, TillState } from "@payment_cn_wallets/pos/payment_line/till_state";
import { tillView } from "@payment_cn_wallets/pos/payment_line/till_view";

import { WECHAT, status } from "./till_state_helpers";

describe.current.tags("headless");

beforeEach(() => {
    freezeTime();
    allowTranslations();
    // Hoot turns the clock of `Date`, and not this one.
    patchWithCleanup(browser, { performance: { now: () => Date.now() } });
});

/** A state with its runner; the server says what stands in `answers`, in turn, null for no answer. */
function makeRunner(answers, owner = {}) {
    const state = new TillState("88.80", browser.performance.now());
    const runner = new StateRunner(state, {
        call: async ({ name }) => {
            expect.step(name);
            const answer = answers.shift();
            if (!answer) {
                throw new Error("no connection");
            }
            return answer;
        },
        publish: () => tillView(state, runner.now),
        ...owner,
    });
    return runner;
}

describe("the runner", () => {
    test("sends what the state wants, passes the answer, and asks again in time", async () => {
        const runner = makeRunner([status("qr", { left: 300 }), status("qr"), status("paid")]);
        runner.state.show(WECHAT, runner.now);
        runner.turn();
        await runner.answered;
        expect(runner.state.phase(runner.now)).toBe("qr");
        await advanceTime(POLL_INTERVAL);
        await advanceTime(POLL_INTERVAL);
        expect(runner.state.phase(runner.now)).toBe("paid");
        await advanceTime(10 * POLL_INTERVAL);
        expect.verifySteps(["show", "status", "status"]); // paid: nothing more is asked
    });

    test("without an answer it goes on asking, and is woken at once", async () => {
        const runner = makeRunner([null, null, status("paid")]);
        runner.state.scan(runner.now);
        runner.turn();
        await runner.answered;
        expect(runner.state.phase(runner.now)).toBe("unknown");
        await advanceTime(POLL_INTERVAL);
        runner.wake();
        await runner.answered;
        expect(runner.state.phase(runner.now)).toBe("paid");
        expect.verifySteps(["charge", "status", "status"]);
    });

    test("stops when its owner does not go on, or stops it", async () => {
        let goesOn = true;
        const runner = makeRunner([status("qr"), status("qr")], { goesOn: () => goesOn });
        runner.state.show(WECHAT, runner.now);
        runner.turn();
        await runner.answered;
        goesOn = false;
        await advanceTime(10 * POLL_INTERVAL);
        goesOn = true;
        runner.stop();
        runner.turn();
        await advanceTime(10 * POLL_INTERVAL);
        expect.verifySteps(["show"]);
    });
});

describe("a line that was removed while the server did not answer", () => {
    /** Charged without an answer, then removed. */
    async function detach(answers) {
        const runner = makeRunner([null]);
        runner.state.scan(runner.now);
        runner.turn();
        await runner.answered;
        expect.verifySteps(["charge"]);
        const line = new DetachedLine(
            runner,
            { reference: "0042" },
            {
                call: async ({ name }, { reference }) => {
                    expect.step(`${name} ${reference}`);
                    return answers.shift();
                },
                notification: { add: (text) => expect.step(String(text)) },
                onEnd: () => expect.step("end"),
            }
        );
        runner.turn();
        return line;
    }

    test("is told to the server as soon as it answers", async () => {
        await detach([status("returned", { amount: "88.80" })]);
        await advanceTime(POLL_INTERVAL);
        expect.verifySteps([
            "hand_over 0042",
            "The customer of order 0042 had paid 88.80 by wallet before you went on without it. The money is being sent back.",
            "end",
        ]);
    });

    test("what turns out to be paid is sent back once, and then left to the closing", async () => {
        await detach([status("paid"), status("paid")]);
        await advanceTime(POLL_INTERVAL);
        await advanceTime(POLL_INTERVAL);
        expect.verifySteps(["hand_over 0042", "hand_over 0042", "end"]);
    });
});

describe("a settled line", () => {
    test("is told once, to whoever shows its order", () => {
        const settlements = new Settlements();
        settlements.addEventListener("settled", () =>
            expect.step(JSON.stringify(settlements.take({ uuid: "here" }) || null))
        );
        settlements.addEventListener("unattended", ({ detail }) =>
            expect.step(`unattended: ${detail.uuid}`)
        );
        settlements.add("here", false);
        settlements.add("elsewhere", true);
        expect.verifySteps(['{"finishes":false}', "null", "unattended: elsewhere"]);
        expect(settlements.take({ uuid: "here" })).toBe(undefined);
    });

    test("waits for its order to be shown", () => {
        const settlements = new Settlements();
        settlements.addEventListener("attended", ({ detail }) =>
            expect.step(`attended: ${detail.uuid}`)
        );
        settlements.add("elsewhere", true);
        expect(settlements.take({ uuid: "elsewhere" })).toEqual({ finishes: true });
        expect(settlements.take({ uuid: "elsewhere" })).toBe(undefined);
        expect.verifySteps(["attended: elsewhere"]);
    });
});

describe("what a line asks for", () => {
    /** A line of an order of which so much is due; lines without an amount paid count nothing. */
    function makeLine(amount, due, changes = {}) {
        return {
            amount,
            isDone: () => false,
            setAmount(value) {
                this.amount = value;
            },
            pos_order_id: {
                currency: { isZero: (value) => Math.abs(value) < 0.005 },
                finalized: false,
                isRefund: false,
                remainingDue: due,
                ...changes,
            },
        };
    }

    test("follows what is due, up and down, when it was all of it", () => {
        const line = makeLine(88.8, 88.8);
        let fitted = fitAmount(line, null);
        for (const due of [98.79, 9.99, 0, 88.8]) {
            line.pos_order_id.remainingDue = due;
            fitted = fitAmount(line, fitted);
            expect(line.amount).toBe(due);
        }
    });

    test("stays a part when the cashier typed a part, and is never more than is due", () => {
        const line = makeLine(50, 88.8);
        let fitted = fitAmount(line, null);
        line.pos_order_id.remainingDue = 98.79;
        fitted = fitAmount(line, fitted);
        expect(line.amount).toBe(50);
        line.pos_order_id.remainingDue = 38.8;
        fitAmount(line, fitted);
        expect(line.amount).toBe(38.8);
    });

    test("is what the cashier typed last, nothing as well", () => {
        const line = makeLine(88.8, 88.8);
        const fitted = fitAmount(line, null);
        line.amount = 0;
        expect(fitAmount(line, fitted)).toBe(null);
        expect(line.amount).toBe(0);
    });

    test("of a refund, or of an order that is finished, is left alone", () => {
        for (const changes of [{ isRefund: true }, { finalized: true }]) {
            const line = makeLine(100, 88.8, changes);
            expect(fitAmount(line, null)).toBe(null);
            expect(line.amount).toBe(100);
        }
    });
});
