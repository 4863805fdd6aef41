// Part of payment_cn_wallets. License LGPL-3.

// What tills and kiosks call ours. Apart from the rest of the till, which a kiosk does not have.

export const TERMINAL = "cn_wallets";

export function isWalletLine(line) {
    return line?.payment_method_id?.use_payment_terminal === TERMINAL;
}

/** Odoo takes a line without a status for done, as those of refunds are at first. */
export function isSettled(line) {
    return ["done", "reversed"].includes(line.getPaymentStatus());
}
