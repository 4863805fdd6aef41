// Part of payment_cn_wallets. License LGPL-3.

import { browser } from "@web/core/browser/browser";

const KEY = "payment_cn_wallets.wallet";

/** Note whose code was shown last at this till. */
export function rememberWallet(code) {
    browser.localStorage.setItem(KEY, code);
}

/** @returns {string} whose code the button shows first */
export function preferredWallet(wallets) {
    const last = browser.localStorage.getItem(KEY);
    return (wallets.find((one) => one.code === last) || wallets[0]).code;
}
