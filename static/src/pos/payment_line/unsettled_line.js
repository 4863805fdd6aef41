// Part of payment_cn_wallets. License LGPL-3.

import { _t } from "@web/core/l10n/translation";

import { isSettled, isWalletLine } from "./wallet_line";

export const UNDER_WAY = _t("A wallet payment is under way. Wait for it, or cancel it, first.");

/** @returns {Object|undefined} the order's wallet line that is not settled; there is one at most */
export function findUnsettledLine(order) {
    return order.payment_ids.find((line) => isWalletLine(line) && !isSettled(line));
}

/** Whether another way to pay must wait for a line; if so, the cashier is told. */
export function mustWaitFor(pos, line) {
    const terminal = line.payment_method_id.payment_terminal;
    terminal.adopt(line);
    const underWay = terminal.isUnderWay(line);
    if (underWay) {
        pos.notification.add(UNDER_WAY, { type: "warning" });
    }
    return underWay;
}

/**
 * Whether the cashier is still where she pressed something: while a line was released, she may have
 * gone on with another order, which must not be paid in its place.
 *
 * @param {Object} pos the store
 * @returns {() => boolean}
 */
export function staysHere(pos) {
    const place = () => `${pos.router.state.current} ${pos.getOrder()?.uuid}`;
    const here = place();
    return () => place() === here;
}
