// Part of payment_cn_wallets. License LGPL-3.

// Which payment methods and lines are ours. Shared with kiosks: nothing of the till is imported.

export const TERMINAL = "cn_wallets";

export function isWalletLine(line) {
    return line?.payment_method_id?.use_payment_terminal === TERMINAL;
}

/** Odoo takes a line without a status for done, as those of refunds are at first. */
export function isSettled(line) {
    return ["done", "reversed"].includes(line.getPaymentStatus());
}

/** @returns {Object[]} the terminals, see `PaymentCnWallets`, of the wallet buttons that are loaded */
export function walletTerminals(pos) {
    return pos.models["pos.payment.method"]
        .filter((method) => method.use_payment_terminal === TERMINAL)
        .map((method) => method.payment_terminal)
        .filter(Boolean);
}
