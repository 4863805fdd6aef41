// Part of payment_cn_wallets. License LGPL-3.

// What the tests of the till's state share: a line of 88.80, and a server that answers at once.

import { expect } from "@odoo/hoot";

import { TillState } from "@payment_cn_wallets/pos/payment_line/till_state";

export const WECHAT = "wechat_pay";
export const ALIPAY = "alipay";

export function status(phase, changes = {}) {
    const left = { qr: 300, paying: 60 }[phase] || 0;
    return { phase, message: "", wallet: WECHAT, wallet_name: "WeChat Pay", amount: "88.80",
        left, ask_in: phase === "idle" ? 3600 : 5, qr_svg: phase === "qr" ? "<svg/>" : "",
        open: 0, ...changes };
}

/** Let the state send what it wants to send, check that it is that, and return its number. */
export function send(state, now, name) {
    const { request } = state.next(now);
    expect(request?.name).toBe(name);
    return state.sent(request, now);
}

export function answer(state, now, name, phase, changes) {
    state.received(send(state, now, name), status(phase, changes), now);
}

export function fail(state, now, name, kind = "lost", text = "") {
    state.failed(send(state, now, name), kind, text, now);
}

export function fresh(amount = "88.80") {
    return new TillState(amount, 0);
}

export function withCode(now = 0) {
    const state = fresh();
    state.show(WECHAT, now);
    answer(state, now, "show", "qr");
    return state;
}

/** A state that a scan has brought into a phase. */
export function scanned(phase, changes) {
    const state = fresh();
    expect(state.scan(0)).toBe("");
    answer(state, 0, "charge", phase, changes);
    return state;
}
