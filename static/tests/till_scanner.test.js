// Part of payment_cn_wallets. License LGPL-3.

import { describe, expect, test } from "@odoo/hoot";

import { code128, code128Image } from "@payment_cn_wallets/pos/screens/code128";
import {
    CAREFUL_PAUSE,
    ECHO,
    KeySequence,
    MAX_GAP,
    ODOO_GAP,
    PAUSE_FACTOR,
    SHORTEST_PAUSE,
    USUAL_PAUSE,
} from "@payment_cn_wallets/pos/scanning/key_sequence";
import {
    classify,
    isWhole,
    mayGoOn,
    normalise,
    recognise,
} from "@payment_cn_wallets/pos/scanning/payment_codes";

describe.current.tags("headless");

const RANGES = [
    { wallet: "wechat_pay", first: "10", last: "15", shortest: 18, longest: 18 },
    { wallet: "alipay", first: "25", last: "30", shortest: 16, longest: 24 },
    { wallet: "qq_wallet", first: "91", last: "91", shortest: 18, longest: 18 },
    { wallet: "jd_pay", first: "18", last: "18", shortest: 18, longest: 18 },
    { wallet: "unionpay", first: "62", last: "62", shortest: 19, longest: 19 },
    { wallet: "jd_pay", first: "62", last: "62", shortest: 19, longest: 19 },
];
const WECHAT = "134567890123456789";

function filled(prefix, length) {
    return prefix.padEnd(length, "7");
}

describe("recognising", () => {
    test("each wallet", () => {
        expect(recognise(filled("10", 18), RANGES)).toBe("wechat_pay");
        expect(recognise(filled("15", 18), RANGES)).toBe("wechat_pay");
        expect(recognise(filled("25", 16), RANGES)).toBe("alipay");
        expect(recognise(filled("28", 18), RANGES)).toBe("alipay");
        expect(recognise(filled("30", 24), RANGES)).toBe("alipay");
        expect(recognise(filled("91", 18), RANGES)).toBe("qq_wallet");
        expect(recognise(filled("18", 18), RANGES)).toBe("jd_pay");
    });

    test("the first of two ranges that fit equally closely", () => {
        expect(recognise(filled("62", 19), RANGES)).toBe("unionpay");
        const without = RANGES.filter((range) => range.wallet !== "unionpay");
        expect(recognise(filled("62", 19), without)).toBe("jd_pay");
    });

    test("the longest prefix", () => {
        const own = { wallet: "own", first: "1345", last: "1345", shortest: 18, longest: 18 };
        expect(recognise(WECHAT, [...RANGES, own])).toBe("own");
    });

    test("whole is a code that no longer one begins with", () => {
        expect(isWhole(WECHAT, RANGES)).toBe(true);
        expect(isWhole(WECHAT.slice(1), RANGES)).toBe(false);
        expect(isWhole(filled("28", 18), RANGES)).toBe(false);
        expect(isWhole(filled("28", 24), RANGES)).toBe(true);
        expect(isWhole(filled("28", 25), RANGES)).toBe(false);
        expect(isWhole(filled("62", 19), RANGES)).toBe(true);
    });

    test("digits only, of the right number", () => {
        for (const code of ["", null, undefined, "abc", filled("13", 17), filled("13", 19),
            filled("16", 18), filled("25", 15), filled("25", 25), "13456789012345678X", "１３".padEnd(18, "7")]) {
            expect(recognise(code, RANGES)).toBe("");
        }
        expect(recognise(` ${WECHAT}\r\n`, RANGES)).toBe("wechat_pay");
        expect(normalise("1345 6789 0123 4567 89")).toBe(WECHAT);
    });

    test("whether more digits may follow", () => {
        for (const part of ["28", filled("28", 16), filled("28", 23), filled("13", 17), filled("62", 18)]) {
            expect(mayGoOn(part, RANGES)).toBe(true);
        }
        for (const whole of [WECHAT, filled("28", 24), filled("62", 19), "", "99", filled("99", 16), "28X"]) {
            expect(mayGoOn(whole, RANGES)).toBe(false);
        }
    });

    test("products, strange wallets and other codes", () => {
        expect(classify(WECHAT, RANGES)).toBe("payment");
        expect(classify(filled("99", 18), RANGES)).toBe("unknown");
        for (const code of ["5901234123457", "12345670", "036000291452", "10614141000415", "JL002"]) {
            expect(classify(code, RANGES)).toBe("other");
        }
        for (const code of ["https://qr.alipay.com/fkx1", "wxp://f2f0abc", "HTTPS://U.WECHAT.COM/x"]) {
            expect(classify(code, RANGES)).toBe("address");
        }
        expect(classify("https://example.com/", RANGES)).toBe("other");
        expect(classify(WECHAT, [])).toBe("unknown");
    });
});

describe("keys", () => {
    const found = (kind) => (code) => recognise(code, RANGES) ? { kind } : null;
    const taken = found("payment");
    const notTaken = found("unknown");
    const whole = (code) => isWhole(code, RANGES);

    /** Type a text; return what the sequence says to its last key, and when that was. */
    function type(keys, text, gap, time = 1000) {
        let found = "";
        for (const key of text) {
            time += gap;
            found = keys.press(key === "\n" ? "Enter" : key, time);
        }
        return { found, time };
    }

    test("scanners of any speed", () => {
        for (const gap of [1, 5, 60, 160, 250, MAX_GAP]) {
            const keys = new KeySequence(notTaken);
            expect(type(keys, `${WECHAT}\n`, gap).found).toBe("scan");
            expect(keys.run).toBe(WECHAT);
        }
    });

    test("fingers are no scanner", () => {
        const keys = new KeySequence(notTaken);
        expect(type(keys, `${WECHAT}\n`, MAX_GAP + 1).found).toBe("");
        expect(type(keys, "88.80\n", 120).found).toBe("");
    });

    test("the first key begins a run, the first after a pause another one", () => {
        const keys = new KeySequence(notTaken);
        expect(keys.press("5", 0)).toBe("start");
        expect(keys.press("0", 100)).toBe("");
        expect(keys.press("1", 100 + MAX_GAP + 1)).toBe("start");
        expect(type(keys, `${WECHAT.slice(1)}\n`, 60, 500).found).toBe("scan");
    });

    test("products are left to Odoo", () => {
        const keys = new KeySequence(notTaken);
        expect(type(keys, "5901234123457\n", 5).found).toBe("");
        expect(keys.run).toBe("");
    });

    test("another bar code is read only where its keys were too slow for Odoo", () => {
        for (const [code, gap, found] of [
            ["5901234123457", ODOO_GAP, ""],
            ["5901234123457", 200, "slow"],
            ["69012345", 200, "slow"],
            ["JL00000006", 200, "slow"],
            ["4200001234202611271234567890", MAX_GAP, "slow"],
            ["5901234", 200, ""], // an amount could be as long
            ["12345.67", 200, ""],
            ["5901234123457", MAX_GAP + 1, ""],
        ]) {
            const keys = new KeySequence(notTaken);
            expect(type(keys, `${code}\n`, gap).found).toBe(found);
            expect(keys.run).toBe(found && code);
        }
    });

    test("what a person took back and typed anew is no bar code", () => {
        for (const key of ["Backspace", "Delete", "Escape"]) {
            const keys = new KeySequence(notTaken);
            const { time } = type(keys, "12345", 200);
            expect(keys.press(key, time + 200)).toBe("");
            expect(type(keys, "67890\n", 200, time + 200).found).toBe("");
        }
    });

    test("without an end of line, silence ends a scan", () => {
        const keys = new KeySequence(notTaken);
        const { time } = type(keys, WECHAT, 200);
        expect(keys.isComplete(time + MAX_GAP - 1)).toBe(false);
        expect(keys.isComplete(time + MAX_GAP)).toBe(true);
        const short = new KeySequence(notTaken);
        type(short, "123", 200);
        expect(short.isComplete(5000)).toBe(false);
    });

    test("without an end of line, a scanner has ended when it pauses longer than it did", () => {
        const fast = new KeySequence(taken, whole);
        const { time } = type(fast, WECHAT, 5);
        expect(fast.pause).toBe(SHORTEST_PAUSE);
        expect(fast.isComplete(time + SHORTEST_PAUSE - 1)).toBe(false);
        expect(fast.isComplete(time + SHORTEST_PAUSE)).toBe(true);
        const uneven = new KeySequence(taken, whole);
        const stutter = type(uneven, WECHAT.slice(0, 9), 5);
        const end = type(uneven, WECHAT.slice(9), 40, stutter.time).time;
        expect(uneven.isComplete(end + 40 * PAUSE_FACTOR - 1)).toBe(false);
        expect(uneven.isComplete(end + 40 * PAUSE_FACTOR)).toBe(true);
        const slow = new KeySequence(taken, whole);
        type(slow, WECHAT, MAX_GAP);
        expect(slow.pause).toBe(MAX_GAP);
    });

    test("a code that may be longer is waited for with more care", () => {
        const keys = new KeySequence(taken, whole);
        const { time } = type(keys, filled("28", 17), 5);
        // Most scanners send Enter. One that hesitates must not have half its code charged.
        expect(keys.isComplete(time + MAX_GAP - 1)).toBe(false);
        expect(keys.isComplete(time + MAX_GAP)).toBe(true);
        keys.endless = true; // it was seen that this one sends none
        expect(keys.isComplete(time + CAREFUL_PAUSE - 1)).toBe(false);
        expect(keys.isComplete(time + CAREFUL_PAUSE)).toBe(true);
        const usual = type(keys, "7", 5, time).time;
        expect(keys.isComplete(usual + USUAL_PAUSE - 1)).toBe(false);
        expect(keys.isComplete(usual + USUAL_PAUSE)).toBe(true);
        type(keys, "7", 5, usual);
        expect(keys.pause).toBe(CAREFUL_PAUSE);
        const end = type(keys, "77777", 5, usual + 5).time;
        expect(keys.pause).toBe(SHORTEST_PAUSE);
        expect(type(keys, "\n", 5, end).found).toBe("scan");
        expect(keys.endless).toBe(false);
    });

    test("digits that nobody takes may go on for as long as keys may", () => {
        const keys = new KeySequence(notTaken);
        const { time } = type(keys, WECHAT, 5);
        expect(keys.isComplete(time + MAX_GAP - 1)).toBe(false);
        expect(keys.isComplete(time + MAX_GAP)).toBe(true);
    });

    test("a scan says nothing about the pace of the next", () => {
        const keys = new KeySequence(taken, whole);
        const { time } = type(keys, WECHAT, 100);
        keys.reset(time);
        type(keys, WECHAT, 5, time + 1000);
        expect(keys.pause).toBe(SHORTEST_PAUSE);
    });

    test("Shift and other keys in between do no harm", () => {
        const keys = new KeySequence(notTaken);
        keys.press("1", 0);
        keys.press("Shift", 10);
        expect(type(keys, `${WECHAT.slice(1)}\n`, 20, 10).found).toBe("scan");
    });

    test("what was read is forgotten, and its last keys are an echo", () => {
        const keys = new KeySequence(notTaken);
        const { time } = type(keys, `${WECHAT}\n`, 60);
        keys.reset(time);
        expect(keys.run).toBe("");
        expect(keys.isEcho(time + ECHO - 1)).toBe(true);
        expect(keys.isEcho(time + ECHO)).toBe(false);
        expect(keys.press("Enter", time + 1)).toBe("");
    });
});

describe("bar code", () => {
    test("pairs of digits, else characters, with the check symbol", () => {
        // The worked example of the standard: PJJ123C, check symbol 55.
        expect(code128("PJJ123C")).toEqual([104, 48, 42, 42, 17, 18, 19, 35, 55, 106]);
        expect(code128("1234")).toEqual([105, 12, 34, (105 + 12 + 68) % 103, 106]);
        expect(code128("123")[0]).toBe(104);
        expect(() => code128("微")).toThrow();
    });

    test("an image that needs no network", () => {
        expect(code128Image("20261124").startsWith("data:image/svg+xml;base64,")).toBe(true);
    });
});
