// Part of payment_cn_wallets. License LGPL-3.

// What the browsers inside the wallets' apps offer to pages: a bridge into the app, by which the
// app's own cashier is opened with parameters that the server signed. One entry a wallet; another
// wallet is another entry in the category "payment_cn_wallets.bridges".

import { loadJS } from "@web/core/assets";
import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";

// How the cashier was left. None of it proves a payment: only the server's question to the gateway does.
export const DONE = "done";
export const CLOSED = "closed"; // by the payer, without paying
export const NOT_OPENED = "not_opened";

// The apps put their bridge into a page within a second; a slow phone gets longer.
export const PATIENCE = 6000;

const bridges = registry.category("payment_cn_wallets.bridges");

/**
 * @param {() => any} find
 * @param {string} event the app sends it to the document when the bridge is there
 * @returns {Promise<any>} what was found
 */
function appearance(find, event) {
    return new Promise((resolve) => {
        const look = () => {
            const found = find();
            if (found) {
                document.removeEventListener(event, look);
                resolve(found);
            }
        };
        document.addEventListener(event, look);
        look();
    });
}

bridges.add("wechat_pay", {
    ready: () => appearance(() => window.WeixinJSBridge, "WeixinJSBridgeReady"),
    open: (bridge, params) =>
        new Promise((resolve) => {
            bridge.invoke("getBrandWCPayRequest", params, (answer) => {
                const said = String(answer?.err_msg || "").split(":")[1];
                resolve({ ok: DONE, cancel: CLOSED }[said] || NOT_OPENED);
            });
        }),
});

// 9000 paid, 8000 and 6004 under way or not known: ask. 6001 is the payer's "back", 99 as well.
const ALIPAY = { 9000: DONE, 8000: DONE, 6004: DONE, 6001: CLOSED, 99: CLOSED };

bridges.add("alipay", {
    ready: () => appearance(() => window.AlipayJSBridge, "AlipayJSBridgeReady"),
    open: (bridge, params) =>
        new Promise((resolve) => {
            bridge.call("tradePay", params, (answer) =>
                resolve(ALIPAY[answer?.resultCode] || NOT_OPENED)
            );
        }),
});

const QQ_API = "https://open.mobile.qq.com/sdk/qqapi.js?_bid=152";

bridges.add("qq_wallet", {
    ready: async () => {
        if (!window.mqq?.tenpay) {
            await loadJS(QQ_API);
        }
        return window.mqq?.tenpay;
    },
    open: (bridge, params) =>
        new Promise((resolve) => {
            bridge.pay(params, (answer) => {
                // "Permission denied" comes as a text; -1 is the payer's "back".
                const code = answer?.resultCode;
                resolve({ 0: DONE, "-1": CLOSED }[code] || NOT_OPENED);
            });
        }),
});

/**
 * The cashier opens by itself once an attempt. Who reloads the page or comes back has the button.
 *
 * @param {number} txId
 * @returns {boolean} whether this attempt's has not been opened yet; true once
 */
export function isFirstCashier(txId) {
    const key = `o_cn_cashier_${txId}`;
    try {
        if (browser.sessionStorage.getItem(key)) {
            return false;
        }
        browser.sessionStorage.setItem(key, "1");
    } catch {
        return false; // without a memory it might open again and again
    }
    return !document.hidden;
}

/**
 * Open the wallet's cashier from inside its app.
 *
 * @param {string} wallet code of the payment method
 * @param {Object} params as the server signed them
 * @returns {Promise<string>} how it was left: DONE, CLOSED or NOT_OPENED
 */
export async function openCashier(wallet, params) {
    const bridge = bridges.get(wallet, null);
    if (!bridge) {
        return NOT_OPENED;
    }
    try {
        const patience = new Promise((resolve) => browser.setTimeout(resolve, PATIENCE));
        const found = await Promise.race([bridge.ready(), patience]);
        return found ? await bridge.open(found, { ...params }) : NOT_OPENED;
    } catch {
        return NOT_OPENED;
    }
}
