// Part of payment_cn_wallets. License LGPL-3.

/**
 * @param {Object} terminal
 * @param {Object} line payment line
 * @param {Object} view see `tillView`
 * @returns {Object|null} what the customer's screen shows of a payment line; null for nothing
 */
export function displayData(terminal, line, view) {
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
    const wallet = terminal.wallets.find((one) => one.code === view.wallet);
    return {
        phase: shown,
        wallet: view.wallet,
        walletName: wallet?.name || view.walletName,
        amount: terminal.env.utils.formatCurrency(line.amount),
        qr: view.qr,
    };
}
