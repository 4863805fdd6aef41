// Part of payment_cn_wallets. License LGPL-3.

import { browser } from "@web/core/browser/browser";

// A hidden tab draws nothing: it is not waited for longer than that, in ms.
const PATIENCE = 100;

/**
 * Do something once what was changed just now is on the screen.
 *
 * @param {() => void} action
 */
export function afterDrawing(action) {
    let waiting = true;
    const goOn = () => {
        if (waiting) {
            waiting = false;
            browser.clearTimeout(timer);
            action();
        }
    };
    const timer = browser.setTimeout(goOn, PATIENCE);
    // Components draw in the next frame, which is on its way to the screen when one more begins.
    browser.requestAnimationFrame(() =>
        browser.requestAnimationFrame(() => browser.setTimeout(goOn))
    );
}
