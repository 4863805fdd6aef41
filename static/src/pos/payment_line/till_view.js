// Part of payment_cn_wallets. License LGPL-3.

import { FINAL } from "./till_phase";

/**
 * @param {number} seconds
 * @returns {string} m:ss
 */
export function formatCountdown(seconds) {
    const whole = Math.max(0, Math.ceil(seconds));
    return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/**
 * @param {import("./till_state").TillState} state
 * @param {number} now
 * @returns {Object} everything that the till draws of a payment line
 */
export function tillView(state, now) {
    const { status } = state;
    const phase = state.phase(now);
    const final = FINAL.has(phase);
    const timed = ["qr", "paying"].includes(phase);
    const left = state.secondsLeft(now);
    const silent = state.unanswered || ["charging", "making", "qr", "checking"].includes(phase);
    return {
        phase,
        settled: final,
        message: silent ? "" : status.message || "",
        alert: state.alert && now < state.alert.until && !final ? state.alert.text : "",
        // What was scanned or refunded is not known to the server, which can be reached again.
        notArrived: Boolean(state.alert?.notArrived) && !final && !state.unanswered,
        trouble: final ? "" : state.trouble,
        unanswered: state.unanswered,
        // The active tab: the wallet that was chosen, else the one under way.
        wallet: ["making", "qr"].includes(phase) ? state.wallet : status.wallet || state.wallet,
        walletName: status.wallet_name || "",
        amount: final ? status.amount || state.amount : state.amount,
        qr: phase === "qr" ? status.qr_svg : "",
        countdown: timed && left > 0 ? formatCountdown(left) : "",
        soon: timed && left <= 15,
        open: status.open || 0,
        busy: state.busy,
        leaving: state.leaving,
        refusal: state.refusalOfScan(now),
        canCancel: state.canCancel(now),
        canHandOver: state.canHandOver(now),
        receipt: ["paid", "partly"].includes(phase) ? status.receipt || {} : null,
    };
}
