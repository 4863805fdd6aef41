// Part of payment_cn_wallets. License LGPL-3.

import { browser } from "@web/core/browser/browser";

// The longest wait, in ms: a hidden tab gets no frames.
const PATIENCE = 100;

/**
 * Run an action once the current changes are on the screen.
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
    // Components render in the next frame, which is presented by the time the one after it begins.
    browser.requestAnimationFrame(() =>
        browser.requestAnimationFrame(() => browser.setTimeout(goOn))
    );
}
