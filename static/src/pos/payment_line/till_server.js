// Part of payment_cn_wallets. License LGPL-3.

// Requests to the server: their arguments, and the meaning of errors.

import { _t } from "@web/core/l10n/translation";

// Errors that the server raises before it has done anything.
const REFUSALS = /\.(UserError|ValidationError|AccessError|AccessDenied|MissingError)$/;

/** @returns {string} the amount in yuan, as the server wants it */
export function amountText(line) {
    return (line.amount || 0).toFixed(2);
}

/** The order need not be in the database: the server identifies lines by their uuid. */
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

/**
 * @param {Object} request see `TillState.next`
 * @param {Object} line payment line; not needed of one that is gone
 * @param {Object} details
 * @param {string} [details.code] the payment code that was scanned
 * @param {string} [details.reason] why a manager takes it for paid
 * @param {number} [details.manager] the employee who does
 * @param {string} [details.pin] the manager's, or the badge's bar code
 * @param {boolean} [details.isGone] whether the line was removed
 * @returns {Array} what the server is told besides the line's values
 */
export function requestArguments(request, line, { code, reason, manager, pin, isGone = false }) {
    switch (request.name) {
        case "charge":
            return [code];
        case "show":
            return [request.wallet, Boolean(request.renews)];
        case "status":
            return [Boolean(request.ask)];
        case "hand_over":
            return [isGone];
        case "force":
            return [reason, pin, manager];
        case "refund": {
            const [first] = line.pos_order_id.lines;
            return [first?.refunded_orderline_id?.order_id?.uuid || ""];
        }
        default:
            return [];
    }
}

/** @returns {Promise<Object>} the status of the line, see `cn_status` of `pos.payment.method` */
export function callServer(orm, methodId, name, values, more) {
    return orm.silent.call("pos.payment.method", `cn_${name}`, [[methodId], values, ...more]);
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
