// Part of payment_cn_wallets. License LGPL-3.

import { describe, expect, test } from "@odoo/hoot";

import { cleaned, leaveMiniProgram, press, setUp } from "@payment_cn_wallets/shop_code/keypad";

describe.current.tags("headless");

const typed = (keys) => keys.reduce(press, "");

test("keys make an amount of whole fen", () => {
    expect(typed([..."12.5"])).toBe("12.5");
    expect(typed([..."12.557"])).toBe("12.55");
    expect(typed([..."0.01"])).toBe("0.01");
    expect(typed([..."007"])).toBe("7");
    expect(typed([...".5"])).toBe("0.5");
    expect(typed([..."1..2"])).toBe("1.2");
    expect(typed([..."123456789"])).toBe("1234567");
    expect(typed([..."1234567.89"])).toBe("1234567.89");
});

test("a key takes back the last one", () => {
    expect(typed([..."12.5", "back", "back", "3"])).toBe("123");
    expect(typed(["back", "back"])).toBe("");
    expect(typed([..."0.", "back", "5"])).toBe("5");
});

test("what is typed or pasted becomes an amount", () => {
    expect(cleaned("¥ 1，280。5")).toBe("1.28");
    expect(cleaned("¥12.50")).toBe("12.50");
    expect(cleaned("12。5")).toBe("12.5");
    expect(cleaned("abc")).toBe("");
    expect(cleaned("-3")).toBe("3");
});

test("the field shows what is pressed, and a form is sent once", () => {
    const form = document.createElement("form");
    form.innerHTML = `
        <input type="text" name="amount" inputmode="decimal">
        <div class="o_cn_keys"><button type="button" data-key="7">7</button></div>`;
    setUp(form);
    expect(form.elements.amount.inputMode).toBe("none");
    expect(form.classList.contains("o_cn_empty")).toBe(true);
    form.querySelector("button").click();
    expect(form.elements.amount.value).toBe("7");
    expect(form.classList.contains("o_cn_empty")).toBe(false);
    const send = () => {
        const ev = new Event("submit", { cancelable: true });
        form.dispatchEvent(ev);
        return !ev.defaultPrevented;
    };
    expect([send(), send()]).toEqual([true, false]);
    window.dispatchEvent(new Event("pageshow"));
    expect(send()).toBe(true);
});

test("inside a mini program the page shows another one", () => {
    const left = [];
    const at = (environment) => ({
        __wxjs_environment: environment,
        location: { replace: (address) => left.push(address) },
    });
    leaveMiniProgram(at("browser"));
    leaveMiniProgram(at(undefined));
    expect(left).toEqual([]);
    leaveMiniProgram(at("miniprogram"));
    expect(left).toEqual(["?place=mini_program"]);
});
