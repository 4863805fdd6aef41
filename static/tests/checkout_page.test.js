// Part of payment_cn_wallets. License LGPL-3.

import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { click, queryOne } from "@odoo/hoot-dom";
import { Deferred, advanceTime, freezeTime, mockUserAgent } from "@odoo/hoot-mock";
import { onRpc, patchWithCleanup } from "@web/../tests/web_test_helpers";
import { startInteraction } from "@web/../tests/public/helpers";
import { browser } from "@web/core/browser/browser";
import { ConnectionLostError, rpc } from "@web/core/network/rpc";

import { CnCheckout } from "@payment_cn_wallets/checkout/checkout_page";
import { removeServicesOfTheTill } from "./checkout_page_helpers";

describe.current.tags("interaction_dev");

beforeEach(removeServicesOfTheTill);

const ROOT = ".o_cn_checkout";
const STEP = 250;
const SVG = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>`;

let answers;
let calls;

function snapshot(changes = {}) {
    return {
        tx_id: 7,
        token: "t7",
        phase: "waiting",
        amount: "¥ 9.99",
        kind: "qr",
        qr_svg: SVG,
        pay_url: "",
        expires_in: 900,
        ask_in: 3,
        message: "",
        next_url: "",
        can_renew: true,
        ...changes,
    };
}

beforeEach(() => {
    freezeTime();
    calls = [];
    answers = { poll: () => snapshot() };
    patchWithCleanup(CnCheckout.prototype, { now: () => Date.now() });
    patchWithCleanup(browser.location, {
        replace: (url) => expect.step(`replace ${new URL(url).pathname}`),
        assign: (url) => expect.step(`assign ${new URL(url).pathname}`),
    });
    onRpc("/payment/cn/checkout/*", async (request) => {
        const name = new URL(request.url).pathname.split("/").pop();
        const { params } = await request.json();
        calls.push({ name, params });
        return answers[name](params);
    });
});

/** The skeleton of the template: names, no sentences. */
async function startPage(changes = {}) {
    const data = JSON.stringify(snapshot(changes)).replaceAll('"', "&quot;");
    await startInteraction(
        CnCheckout,
        `<section class="o_cn_checkout" data-wallet="wechat_pay" data-tx-id="7" data-token="t7" data-snapshot="${data}">
            <p name="o_cn_amount">¥ 9.99</p>
            <div name="o_cn_status" tabindex="-1"><p name="o_cn_message"></p></div>
            <img name="o_cn_qr" alt=""/>
            <button name="o_cn_renew">renew</button>
            <button name="o_cn_retry">retry</button>
            <span name="o_cn_countdown"></span>
            <a name="o_cn_open_wallet">open</a>
            <button name="o_cn_check_now">check</button>
            <p name="o_cn_answer"></p>
            <button name="o_cn_cashier" hidden="hidden">pay</button>
            <button name="o_cn_other_way" hidden="hidden">other</button>
            <button name="o_cn_this_device" hidden="hidden">here</button>
            <button name="o_cn_show_code">code</button>
            <a name="o_cn_back" href="/shop/payment">back</a>
        </section>`
    );
    await pass(100);
}

/** Let time go by in small steps, as the page's answers need their turns in between. */
async function pass(milliseconds) {
    for (let left = milliseconds; left > 0; left -= STEP) {
        await advanceTime(Math.min(left, STEP));
    }
}

function names() {
    return calls.splice(0).map((call) => call.name);
}

test("draws the code and counts down", async () => {
    const began = Date.now();
    answers.poll = () => snapshot({ expires_in: 900 - Math.ceil((Date.now() - began) / 1000) });
    await startPage();
    expect(ROOT).toHaveAttribute("data-phase", "waiting");
    expect(ROOT).toHaveAttribute("data-way", "scan");
    expect(queryOne("[name=o_cn_qr]").src).toMatch(/^data:image\/svg\+xml,%3Csvg/);
    expect("[name=o_cn_open_wallet]").not.toBeVisible();
    expect("[name=o_cn_countdown]").toHaveText("14:59");
    await pass(3000);
    expect("[name=o_cn_countdown]").toHaveText("14:56");
});

test("polls every second and sends who asks", async () => {
    await startPage();
    expect(calls).toEqual([{ name: "poll", params: { tx_id: 7, token: "t7" } }]);
    await pass(5200);
    expect(calls.length).toBeWithin(5, 6);
});

test("moves on within the promised time of the server knowing", async () => {
    await startPage();
    answers.poll = () => snapshot({ phase: "paid", next_url: "/payment/cn/return/7/t7" });
    await pass(1100);
    expect(ROOT).toHaveAttribute("data-phase", "paid");
    await pass(500);
    expect.verifySteps(["replace /payment/cn/return/7/t7"]);
    names();
    await pass(5000);
    expect(names()).toEqual([]);
});

test("never follows an address out of the shop", async () => {
    await startPage();
    answers.poll = () => snapshot({ phase: "paid", next_url: "https://evil.example/x" });
    await pass(3000);
    expect.verifySteps([]);
});

test("places the order when there is none", async () => {
    answers.start = () => snapshot();
    await startPage({ phase: "preparing", qr_svg: "", expires_in: 0 });
    expect(names()).toEqual(["start"]);
    expect(ROOT).toHaveAttribute("data-phase", "waiting");
    expect("[name=o_cn_countdown]").toHaveText("14:59");
});

test("asks the gateway when the server says so, and not as if a person had asked", async () => {
    answers.poll = () => snapshot({ ask_in: 0 });
    answers.check = () => snapshot({ message: "Not yet." });
    await startPage();
    await pass(100);
    expect(calls.map((call) => call.name)).toEqual(["poll", "check"]);
    expect(calls[1].params.pressed).toBe(false);
    expect(ROOT).toHaveAttribute("data-feedback", "");
    expect("[name=o_cn_answer]").toHaveText("");
});

test("check now answers at once, in words", async () => {
    await startPage();
    const answer = new Deferred();
    answers.check = () => answer;
    await click("[name=o_cn_check_now]");
    expect(ROOT).toHaveAttribute("data-feedback", "checking");
    expect("[name=o_cn_check_now]").toHaveAttribute("aria-disabled", "true");
    await pass(600);
    expect(calls.at(-1)).toEqual({
        name: "check",
        params: { tx_id: 7, token: "t7", pressed: true },
    });
    answer.resolve(snapshot({ message: "Not received yet." }));
    await pass(50);
    expect(ROOT).toHaveAttribute("data-feedback", "message");
    expect("[name=o_cn_answer]").toHaveText("Not received yet.");
    expect("[name=o_cn_check_now]").not.toHaveAttribute("aria-disabled");
});

test("expires by itself; a new code takes its place without leaving the page", async () => {
    patchWithCleanup(browser.history, {
        replaceState: (state, title, url) => expect.step(`address ${new URL(url).pathname}`),
    });
    await startPage({ expires_in: 2 });
    answers.poll = () => snapshot({ phase: "expired", qr_svg: "", expires_in: 0 });
    await pass(2500);
    expect(ROOT).toHaveAttribute("data-phase", "expired");
    expect(ROOT).toHaveAttribute("data-code", "1");
    const fresh = snapshot({ tx_id: 8, token: "t8", next_url: "/payment/cn/checkout/8/t8" });
    answers.renew = () => fresh;
    answers.poll = () => snapshot({ tx_id: 8, token: "t8" });
    await click("[name=o_cn_renew]");
    await pass(100);
    expect(ROOT).toHaveAttribute("data-phase", "waiting");
    expect.verifySteps(["address /payment/cn/checkout/8/t8"]);
    expect(ROOT).toHaveAttribute("data-tx-id", "8");
    names();
    await pass(1100);
    expect(names()).toInclude("poll");
    answers.poll = (params) => {
        expect(params).toEqual({ tx_id: 8, token: "t8" });
        return snapshot({ tx_id: 8, token: "t8" });
    };
    await pass(1100);
});

test("the head says what the code that took over is for", async () => {
    await startPage({ phase: "short", qr_svg: "", expires_in: 0 });
    expect("[name=o_cn_amount]").toHaveText("¥ 9.99");
    answers.renew = () => snapshot({ tx_id: 8, token: "t8", amount: "¥ 5,980.00" });
    answers.poll = () => snapshot({ tx_id: 8, token: "t8", amount: "¥ 5,980.00" });
    await click("[name=o_cn_renew]");
    await pass(1200);
    expect("[name=o_cn_amount]").toHaveText("¥ 5,980.00");
});

test("renewing finds that the old code was paid", async () => {
    await startPage({ phase: "expired", qr_svg: "", expires_in: 0 });
    answers.renew = () => snapshot({ phase: "paid", next_url: "/payment/cn/return/7/t7" });
    await click("[name=o_cn_renew]");
    await pass(700);
    expect.verifySteps(["replace /payment/cn/return/7/t7"]);
});

test("a lost connection is said quietly and ends quietly", async () => {
    await startPage();
    let lost = true;
    patchWithCleanup(rpc, {
        _rpc(url, ...args) {
            return lost ? Promise.reject(new ConnectionLostError(url)) : super._rpc(url, ...args);
        },
    });
    await pass(1100);
    expect(ROOT).toHaveAttribute("data-trouble", "lost");
    expect(ROOT).toHaveAttribute("data-phase", "waiting");
    lost = false;
    await pass(5100);
    expect(ROOT).toHaveAttribute("data-trouble", "");
});

test("a request that hangs is given up, and the next one follows", async () => {
    await startPage();
    answers.poll = () => {
        answers.poll = () => snapshot();
        return new Deferred();
    };
    await pass(9100);
    expect(ROOT).toHaveAttribute("data-trouble", "lost");
    await pass(1500);
    expect(ROOT).toHaveAttribute("data-trouble", "");
});

test("coming back from the wallet asks at once", async () => {
    await startPage();
    names();
    window.dispatchEvent(new Event("online"));
    await pass(10);
    expect(names()).toEqual(["poll"]);
});

test("leaving tells the server, then goes back", async () => {
    answers.leave = () => snapshot({ phase: "refused" });
    await startPage();
    await click("[name=o_cn_back]");
    await pass(100);
    expect(names()).toInclude("leave");
    expect.verifySteps(["assign /shop/payment"]);
});

test("leaving does not wait for a slow server", async () => {
    answers.leave = () => new Deferred();
    await startPage();
    await click("[name=o_cn_back]");
    await pass(1000);
    expect.verifySteps([]);
    await pass(600);
    expect.verifySteps(["assign /shop/payment"]);
});

test("leaving at the moment when the money arrives goes to the receipt", async () => {
    answers.leave = () => snapshot({ phase: "paid", next_url: "/payment/cn/return/7/t7" });
    await startPage();
    await click("[name=o_cn_back]");
    await pass(1500);
    expect.verifySteps(["replace /payment/cn/return/7/t7"]);
});

test("a phone is offered the wallet, and the code on demand", async () => {
    mockUserAgent("android");
    const link = { kind: "link", pay_url: "https://pay.example/1" };
    answers.poll = () => snapshot(link);
    await startPage(link);
    expect(ROOT).toHaveAttribute("data-way", "open");
    expect("[name=o_cn_open_wallet]").toHaveAttribute("href", "https://pay.example/1");
    await click("[name=o_cn_show_code]");
    expect(ROOT).toHaveAttribute("data-way", "scan");
    await pass(1100);
    expect(ROOT).toHaveAttribute("data-way", "scan");
});

test("who had a code shown on a phone may go back to the wallet", async () => {
    mockUserAgent("android");
    const code = { kind: "qr", first: "h5" };
    answers.poll = () => snapshot(code);
    answers.renew = () => snapshot({ kind: "link", pay_url: "https://pay.example/1" });
    await startPage(code);
    expect("[name=o_cn_this_device]").toBeVisible();
    names();
    await click("[name=o_cn_this_device]");
    await pass(100);
    expect(calls.find((call) => call.name === "renew").params.first).toBe(true);
    expect("[name=o_cn_this_device]").not.toBeVisible();
});

test("the keyboard does not get lost when its button goes away", async () => {
    await startPage({ phase: "unreachable", qr_svg: "", can_renew: true });
    answers.start = () => snapshot({ phase: "unknown", can_renew: false });
    const back = queryOne("[name=o_cn_back]");
    back.focus();
    expect("[name=o_cn_back]").toBeFocused();
    answers.poll = () => snapshot({ phase: "unknown", can_renew: false });
    await pass(1100);
    expect("[name=o_cn_back]").not.toBeVisible();
    expect("[name=o_cn_status]").toBeFocused();
});

describe("inside WeChat", () => {
    const cashier = (changes) =>
        snapshot({
            kind: "cashier",
            qr_svg: "",
            sdk_params: { paySign: "s" },
            other: "qr",
            ...changes,
        });
    let said;

    beforeEach(() => {
        browser.sessionStorage.clear();
        answers.poll = () => cashier();
        answers.check = () => cashier({ message: "Nothing yet." });
        patchWithCleanup(window, {
            WeixinJSBridge: {
                invoke(_name, { paySign }, callback) {
                    expect.step(`cashier ${paySign}`);
                    callback({ err_msg: `get_brand_wcpay_request:${said}` });
                },
            },
        });
    });

    test("the cashier opens by itself, and its word is only a reason to ask", async () => {
        said = "ok";
        await startPage(cashier());
        await pass(600);
        expect.verifySteps(["cashier s"]);
        expect(ROOT).toHaveAttribute("data-way", "cashier");
        expect(ROOT).toHaveAttribute("data-phase", "waiting");
        expect(calls.filter((call) => call.name === "check")[0].params.pressed).toBe(true);
        expect("[name=o_cn_answer]").toHaveText("Nothing yet.");
    });

    test("who leaves it reads so, and opens the same one again by the button", async () => {
        said = "cancel";
        await startPage(cashier());
        expect(ROOT).toHaveAttribute("data-feedback", "closed");
        expect("[name=o_cn_other_way]").not.toBeVisible();
        said = "ok";
        await click("[name=o_cn_cashier]");
        await pass(600);
        expect.verifySteps(["cashier s", "cashier s"]);
        expect(names()).not.toInclude("renew");
    });

    test("a cashier that does not open leaves another way", async () => {
        said = "fail";
        patchWithCleanup(browser.history, { replaceState: () => {} });
        const code = { tx_id: 8, token: "t8" };
        answers.renew = () => snapshot({ ...code, next_url: "/payment/cn/checkout/8/t8" });
        await startPage(cashier());
        expect.verifySteps(["cashier s"]);
        expect(ROOT).toHaveAttribute("data-feedback", "not_opened");
        expect("[name=o_cn_other_way]").toBeVisible();
        answers.poll = () => snapshot(code);
        await click("[name=o_cn_other_way]");
        await pass(600);
        expect(calls.filter((call) => call.name === "renew")[0].params.other).toBe(true);
        expect(ROOT).toHaveAttribute("data-way", "scan");
    });

    test("an attempt that lacks its payer is loaded anew", async () => {
        said = "cancel";
        const next_url = "/payment/cn/checkout/8/t8";
        answers.poll = () => cashier({ phase: "refused", sdk_params: null });
        answers.renew = () =>
            snapshot({ tx_id: 8, token: "t8", phase: "preparing", reload: true, next_url });
        await startPage(cashier({ phase: "refused", sdk_params: null }));
        await click("[name=o_cn_renew]");
        await pass(600);
        expect.verifySteps([`replace ${next_url}`]);
    });
});
