// Part of payment_cn_wallets. License LGPL-3.

// Bar codes for the receipt, made here: a till without network prints them too.

// Widths of the bars and spaces of each symbol (ISO/IEC 15417).
const PATTERNS = (
    "212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 " +
    "122132 122231 113222 123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 " +
    "321221 312212 322112 322211 212123 212321 232121 111323 131123 131321 112313 132113 132311 " +
    "211313 231113 231311 112133 112331 132131 113123 113321 133121 313121 211331 231131 213113 " +
    "213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224 111422 " +
    "121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 " +
    "241112 134111 111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 214121 " +
    "412121 111143 111341 131141 114113 114311 411113 411311 113141 114131 311141 411131 211412 " +
    "211214 211232 2331112"
).split(" ");
const START_B = 104;
const START_C = 105;
const STOP = 106;
const QUIET = 10;

/**
 * Pairs of digits where there are only digits, else one symbol a character.
 *
 * @param {string} text printable ASCII
 * @returns {number[]} symbols with start, check and stop
 */
export function code128(text) {
    if (!/^[ -~]+$/.test(text)) {
        throw new Error("A bar code takes printable ASCII only");
    }
    const pairs = /^([0-9]{2})+$/.test(text);
    const symbols = pairs
        ? text.match(/../g).map(Number)
        : [...text].map((char) => char.charCodeAt(0) - 32);
    const start = pairs ? START_C : START_B;
    const sum = symbols.reduce((total, symbol, index) => total + symbol * (index + 1), start);
    return [start, ...symbols, sum % 103, STOP];
}

/**
 * @param {string} text
 * @returns {string} address of an image
 */
export function code128Image(text) {
    let x = QUIET;
    let path = "";
    for (const symbol of code128(text)) {
        [...PATTERNS[symbol]].forEach((width, index) => {
            if (index % 2 === 0) {
                path += `M${x} 0h${width}v1h-${width}z`;
            }
            x += Number(width);
        });
    }
    const svg =
        `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${x + QUIET} 1"` +
        ` width="${(x + QUIET) * 2}" height="80" preserveAspectRatio="none"` +
        ` shape-rendering="crispEdges"><path d="${path}"/></svg>`;
    return `data:image/svg+xml;base64,${btoa(svg)}`;
}
