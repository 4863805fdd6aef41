// Part of payment_cn_wallets. License LGPL-3.

import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { advanceTime, freezeTime } from "@odoo/hoot-mock";
import { patchWithCleanup } from "@web/../tests/web_test_helpers";
import { assets } from "@web/core/assets";
import { browser } from "@web/core/browser/browser";

import {
    CLOSED,
    DONE,
    NOT_OPENED,
    PATIENCE,
    isFirstCashier,
    openCashier,
} from "@payment_cn_wallets/checkout/bridges";
import { CheckoutState, safePayUrl } from "@payment_cn_wallets/checkout/checkout_state";

describe.current.tags("headless");

const PARAMS = { appId: "wx1", paySign: "s" };

beforeEach(freezeTime);

describe("WeChat", () => {
    const answer = (message) =>
        patchWithCleanup(window, {
            WeixinJSBridge: {
                invoke(name, params, callback) {
                    expect.step(`${name} ${JSON.stringify(params)}`);
                    callback(message);
                },
            },
        });

    test("the cashier gets what the server signed, as it is", async () => {
        answer({ err_msg: "get_brand_wcpay_request:ok" });
        expect(await openCashier("wechat_pay", PARAMS)).toBe(DONE);
        expect.verifySteps([`getBrandWCPayRequest ${JSON.stringify(PARAMS)}`]);
    });

    test("ways to leave it", async () => {
        for (const [message, outcome] of [
            [{ err_msg: "get_brand_wcpay_request:cancel" }, CLOSED],
            [{ err_msg: "get_brand_wcpay_request:fail" }, NOT_OPENED],
            [{ err_msg: "get_brand_wcpay_request:fail_no permission to execute" }, NOT_OPENED],
            [{}, NOT_OPENED],
            [undefined, NOT_OPENED],
        ]) {
            answer(message);
            expect(await openCashier("wechat_pay", PARAMS)).toBe(outcome);
        }
        expect.verifySteps(Array(5).fill(`getBrandWCPayRequest ${JSON.stringify(PARAMS)}`));
    });

    test("a bridge that comes late is waited for", async () => {
        const opened = openCashier("wechat_pay", PARAMS);
        await advanceTime(2000);
        answer({ err_msg: "get_brand_wcpay_request:ok" });
        document.dispatchEvent(new Event("WeixinJSBridgeReady"));
        expect(await opened).toBe(DONE);
        expect.verifySteps([`getBrandWCPayRequest ${JSON.stringify(PARAMS)}`]);
    });

    test("a bridge that never comes is not waited for longer", async () => {
        const opened = openCashier("wechat_pay", PARAMS);
        await advanceTime(PATIENCE + 10);
        expect(await opened).toBe(NOT_OPENED);
    });

    test("a bridge that throws has not opened anything", async () => {
        patchWithCleanup(window, {
            WeixinJSBridge: {
                invoke() {
                    throw new Error("no");
                },
            },
        });
        expect(await openCashier("wechat_pay", PARAMS)).toBe(NOT_OPENED);
    });
});

test("Alipay: every code of tradePay", async () => {
    for (const [resultCode, outcome] of [
        ["9000", DONE],
        ["8000", DONE],
        ["6004", DONE],
        ["6001", CLOSED],
        ["99", CLOSED],
        ["4000", NOT_OPENED],
        ["6002", NOT_OPENED],
        [undefined, NOT_OPENED],
    ]) {
        patchWithCleanup(window, {
            AlipayJSBridge: {
                call(name, params, callback) {
                    expect.step(`${name} ${params.tradeNO}`);
                    callback({ resultCode });
                },
            },
        });
        expect(await openCashier("alipay", { tradeNO: "T1" })).toBe(outcome);
    }
    expect.verifySteps(Array(8).fill("tradePay T1"));
});

describe("QQ", () => {
    const bridge = (answer) => ({
        tenpay: {
            pay(params, callback) {
                expect.step(`pay ${params.tokenId}`);
                callback(answer);
            },
        },
    });

    test("ways to leave it", async () => {
        for (const [answer, outcome] of [
            [{ resultCode: 0 }, DONE],
            [{ resultCode: "0" }, DONE],
            [{ resultCode: -1 }, CLOSED],
            [{ resultCode: -2 }, NOT_OPENED],
            ["Permission denied", NOT_OPENED],
        ]) {
            patchWithCleanup(window, { mqq: bridge(answer) });
            expect(await openCashier("qq_wallet", { tokenId: "p1" })).toBe(outcome);
        }
        expect.verifySteps(Array(5).fill("pay p1"));
    });

    test("its script is fetched where the app has not put it in", async () => {
        patchWithCleanup(window, { mqq: undefined });
        patchWithCleanup(assets, {
            loadJS: async (url) => {
                expect.step(new URL(url).host);
                window.mqq = bridge({ resultCode: 0 });
            },
        });
        expect(await openCashier("qq_wallet", { tokenId: "p1" })).toBe(DONE);
        expect.verifySteps(["open.mobile.qq.com", "pay p1"]);
    });

    test("a script that can't be fetched opens nothing", async () => {
        patchWithCleanup(window, { mqq: undefined });
        patchWithCleanup(assets, { loadJS: () => Promise.reject(new Error("offline")) });
        expect(await openCashier("qq_wallet", { tokenId: "p1" })).toBe(NOT_OPENED);
    });
});

test("a wallet without a bridge", async () => {
    expect(await openCashier("jd_pay", {})).toBe(NOT_OPENED);
});

test("the cashier opens by itself once an attempt", () => {
    const kept = {};
    patchWithCleanup(browser, {
        sessionStorage: {
            getItem: (key) => kept[key],
            setItem: (key, value) => (kept[key] = value),
        },
    });
    expect([isFirstCashier(7), isFirstCashier(7), isFirstCashier(8)]).toEqual([true, false, true]);
    patchWithCleanup(browser, {
        sessionStorage: {
            getItem() {
                throw new Error("storage is off");
            },
        },
    });
    expect(isFirstCashier(9)).toBe(false);
});

describe("what the page shows of it", () => {
    const snapshot = (changes = {}) => ({
        phase: "waiting",
        kind: "cashier",
        qr_svg: "",
        pay_url: "",
        sdk_params: PARAMS,
        other: "qr",
        expires_in: 900,
        ask_in: 3,
        message: "",
        next_url: "",
        can_renew: true,
        ...changes,
    });

    test("a cashier is offered while there is something to open it with", () => {
        const view = (changes) => new CheckoutState(snapshot(changes), 0).view(0, { phone: true });
        expect(view()).toMatchObject({ way: "cashier", cashier: PARAMS, canOpen: false });
        expect(view({ sdk_params: null }).cashier).toBe(null);
        expect(view({ phase: "refused" }).cashier).toBe(null);
        expect(view({ phase: "expired", expires_in: 0 }).cashier).toBe(null);
        expect(view({ kind: "qr", qr_svg: "<svg/>" }).cashier).toBe(null);
    });

    test("what came of it is said until something else happens", () => {
        const state = new CheckoutState(snapshot(), 0);
        state.cashierLeft(CLOSED, 0);
        expect(state.view(60000)).toMatchObject({ feedback: "closed", canGoAnotherWay: false });
        state.cashierLeft(NOT_OPENED, 60000);
        expect(state.view(60000)).toMatchObject({ feedback: "not_opened", canGoAnotherWay: true });
        expect(state.next(60000).request).toBe("poll");
        const last = new CheckoutState(snapshot({ other: "" }), 0);
        last.cashierLeft(NOT_OPENED, 0);
        expect(last.view(0).canGoAnotherWay).toBe(false);
    });

    test("the wallet's page on this device, with a code for who wants one", () => {
        const page = { kind: "page", sdk_params: null, pay_url: "https://wallet.example/p" };
        const state = new CheckoutState(snapshot(page), 0);
        expect(state.view(0)).toMatchObject({ way: "page", canOpen: true, canShowCode: true });
        const alone = new CheckoutState(snapshot({ ...page, other: "" }), 0);
        expect(alone.view(0)).toMatchObject({ way: "page", canOpen: true, canShowCode: false });
    });

    test("our own page that leads on is an address like another, and no other path is", () => {
        expect(safePayUrl("/payment/cn/go/7/0a1b")).toBe("/payment/cn/go/7/0a1b");
        for (const url of [
            "/payment/cn/go/7/0a1b/../..",
            "//evil.example/payment/cn/go/7/0a1b",
            "/payment/cn/go/7/0a1b?x=//evil.example",
            "\tjavascript:alert(1)",
            "\u0001javascript:alert(1)",
            "https://a b/",
            "about:blank",
            "https:",
        ]) {
            expect(safePayUrl(url)).toBe("");
        }
    });
});
