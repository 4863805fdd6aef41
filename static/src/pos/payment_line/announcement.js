// Part of payment_cn_wallets. License LGPL-3.

import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { user } from "@web/core/user";

/** Speak the amount that was received, in the till's language, if the browser supports it. */
export function announce({ walletName, amount }) {
    const { speechSynthesis, SpeechSynthesisUtterance } = browser.window || window;
    if (!speechSynthesis || !SpeechSynthesisUtterance) {
        return;
    }
    const text = _t("%(wallet)s: %(amount)s yuan received", { wallet: walletName, amount });
    const utterance = new SpeechSynthesisUtterance(text.toString());
    utterance.lang = user.lang || "zh-CN";
    speechSynthesis.cancel(); // two sales in a row: the newer one counts
    speechSynthesis.speak(utterance);
}
