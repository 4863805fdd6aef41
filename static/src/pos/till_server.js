// Part of payment_cn_wallets. License LGPL-3.

// How the server is talked to: what it is told of a payment line, and what its errors mean.

import { _t } from "@web/core/l10n/translation";

// Errors with which the server says no before it has done anything.
const REFUSALS = /\.(UserError|ValidationError|AccessError|AccessDenied|MissingError)$/;

/** @returns {string} the amount in yuan, as the server wants it */
export function amountText(line) {
    return (line.amount || 0).toFixed(2);
}

/** The order need not be in the database: the server knows lines by their uuid. */
export function lineValues(pos, line) {
    const order = line.pos_order_id;
    const partner = order.partner_id?.id;
    const cashier = pos.getCashier();
    return {
        uuid: line.uuid,
        order: order.uuid,
        reference: order.pos_reference || order.tracking_number || "",
        amount: amountText(line),
        session: pos.session.id,
        partner: Number.isInteger(partner) ? partner : 0,
        cashier: cashier?.name || "",
        employee: (pos.config.module_pos_hr && cashier?.id) || 0,
    };
}

export function moreArguments(entry, line, request, code) {
    switch (request.name) {
        case "charge":
            return [code];
        case "show":
            return [request.wallet];
        case "status":
            return [Boolean(request.ask)];
        case "hand_over":
            return [Boolean(entry.values)]; // then its line is gone
        case "force": {
            const { reason, pin } = entry;
            entry.pin = ""; // from here on only the request has it
            return [reason, pin];
        }
        case "refund": {
            const [first] = line.pos_order_id.lines;
            return [first?.refunded_orderline_id?.order_id?.uuid || ""];
        }
        default:
            return [];
    }
}

/** @returns {{kind: string, text: string}} see `TillState.failed` */
export function explain(error) {
    if (error.name !== "RPC_ERROR") {
        return { kind: "lost", text: "" };
    }
    if (error.exceptionName === "odoo.http.SessionExpiredException") {
        const text = _t("You have been logged out. Reload this page and log in again.");
        return { kind: "refused", text };
    }
    if (REFUSALS.test(error.exceptionName || "")) {
        return { kind: "refused", text: error.data?.message || error.message };
    }
    return { kind: "server", text: "" };
}
