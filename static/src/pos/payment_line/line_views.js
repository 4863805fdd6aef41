// Part of payment_cn_wallets. License LGPL-3.

import { reactive } from "@odoo/owl";

import { browser } from "@web/core/browser/browser";

// Most charges are answered within this time, in ms. "Charging…" is not drawn before: nobody could
// read it, and drawing it would delay the answer.
export const BRIEF = 150;

/** The view of each payment line that is on the screen, see `tillView`. */
export class LineViews {
    /** @param {() => void} onDrawn called after every change of what is drawn */
    constructor(onDrawn) {
        this.onDrawn = onDrawn;
        this.drawn = reactive({}); // by the line's uuid
        this.latest = new Map();
        this.timers = new Map();
    }

    /**
     * Draw a view: at once, except a charge that may be answered before it can be read.
     *
     * @param {string} uuid of the payment line
     * @param {Object} view
     * @returns {boolean} whether it says anything new
     */
    put(uuid, view) {
        if (JSON.stringify(this.latest.get(uuid)) === JSON.stringify(view)) {
            return false;
        }
        this.latest.set(uuid, view);
        const shown = this.drawn[uuid];
        if (view.phase !== "charging" || !shown || shown.phase === "charging") {
            this.draw(uuid);
        } else if (!this.timers.has(uuid)) {
            this.timers.set(
                uuid,
                browser.setTimeout(() => this.draw(uuid), BRIEF)
            );
        }
        return true;
    }

    draw(uuid) {
        this.stop(uuid);
        this.drawn[uuid] = this.latest.get(uuid);
        this.onDrawn();
    }

    /** The line was removed, or nothing was ever under way for it. */
    remove(uuid) {
        this.stop(uuid);
        this.latest.delete(uuid);
        delete this.drawn[uuid];
        this.onDrawn();
    }

    stop(uuid) {
        browser.clearTimeout(this.timers.get(uuid));
        this.timers.delete(uuid);
    }
}
