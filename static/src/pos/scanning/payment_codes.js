// Part of payment_cn_wallets. License LGPL-3.

// Which wallet's payment code a scanned text is. Shared with kiosks: no DOM, no clock, no till.

// Codes by which a shop or a person is paid (收款码), and other addresses that wallets show.
const WALLET_ADDRESS = /^(wxp:|weixin:|alipays?:|https?:.*(alipay|wechat|weixin|qq\.com|jd\.com|95516))/i;

/**
 * @param {string} scanned
 * @returns {string} the digits; "" when it can't be a payment code
 */
export function normalise(scanned) {
    const code = String(scanned ?? "").replace(/[ \t\r\n]+/g, "");
    return /^[0-9]{10,32}$/.test(code) ? code : "";
}

/**
 * The longest prefix that fits wins, then the order of the ranges. As on the server.
 *
 * @param {string} scanned
 * @param {{wallet: string, first: string, last: string, shortest: number, longest: number}[]} ranges
 * @returns {string} code of the wallet; "" when it is no payment code of these
 */
export function recognise(scanned, ranges) {
    const code = normalise(scanned);
    let best = null;
    for (const range of code ? ranges : []) {
        const prefix = code.slice(0, range.first.length);
        if (
            code.length >= range.shortest &&
            code.length <= range.longest &&
            prefix >= range.first &&
            prefix <= range.last &&
            (!best || range.first.length > best.first.length)
        ) {
            best = range;
        }
    }
    return best ? best.wallet : "";
}

/**
 * Some wallets' codes are of several lengths, and a scanner may stop for breath in the middle.
 *
 * @param {string} digits the beginning of what a scanner types
 * @param {Object[]} ranges as for `recognise`
 * @returns {boolean} whether more digits would still make a payment code
 */
export function mayGoOn(digits, ranges) {
    return (
        /^[0-9]+$/.test(digits) &&
        ranges.some(({ first, last, longest }) => {
            const prefix = digits.slice(0, first.length);
            return digits.length < longest && prefix >= first && prefix <= last;
        })
    );
}

/**
 * @param {string} code digits
 * @param {Object[]} ranges as for `recognise`
 * @returns {boolean} whether it is a payment code, and no longer one begins with it
 */
export function isWhole(code, ranges) {
    return Boolean(recognise(code, ranges)) && !mayGoOn(code, ranges);
}

/**
 * @returns {"payment"|"unknown"|"address"|"other"} a payment code; digits that may be one of a
 *     wallet that is not taken; a code by which a wallet is paid; anything else
 */
export function classify(scanned, ranges) {
    if (recognise(scanned, ranges)) {
        return "payment";
    }
    const code = normalise(scanned);
    // Bar codes of products have at most 14 digits.
    if (code.length >= 16 && code.length <= 24) {
        return "unknown";
    }
    return WALLET_ADDRESS.test(String(scanned ?? "").trim()) ? "address" : "other";
}
