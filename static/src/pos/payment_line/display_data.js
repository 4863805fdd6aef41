// Part of payment_cn_wallets. License LGPL-3.

// Not `env.utils`, which Odoo makes when the till is loaded: a reload resumes lines before.
import { formatCurrency } from "@web/core/currency";

/**
 * @param {Object} line payment line
 * @param {Object} view see `tillView`
 * @param {string} walletName
 * @param {number} currencyId
 * @returns {Object|null} what the customer's screen shows of a payment line; null for nothing
 */
export function displayData(line, view, walletName, currencyId) {
    const shown = {
        making: "making",
        qr: "qr",
        charging: "charging",
        paying: "paying",
        unknown: "waiting",
        paid: "paid",
    }[view.phase];
    if (!shown || line.amount < 0) {
        return null;
    }
    return {
        phase: shown,
        wallet: view.wallet,
        walletName,
        amount: formatCurrency(line.amount, currencyId),
        qr: view.qr,
    };
}
