// Part of payment_cn_wallets. License LGPL-3.

import { storeOrder } from "./order_storage";
import { StateRunner } from "./state_runner";

/** What the terminal keeps of one payment line, as long as it is not settled. */
export class LineEntry {
    /**
     * @param {string} uuid of the line
     * @param {import("./till_state").TillState} state
     * @param {(entry: LineEntry) => import("./state_runner").Owner} makeOwner
     */
    constructor(uuid, state, makeOwner) {
        this.uuid = uuid;
        this.state = state;
        this.code = ""; // what was scanned, until it is sent
        this.reason = ""; // why a manager takes it for paid
        this.manager = 0; // id of the employee who does; 0 where there are no employees
        this.pin = ""; // the manager's, until it is sent
        this.finishes = false; // whether its order ends with the receipt when it is paid
        this.fitted = null; // see `fitAmount`
        this.settled = false;
        this.stored = false; // in the browser, so that it outlives this tab
        this.onSettled = null; // Odoo's, which waits for the line
        this.onReleased = []; // those who wait for the line to be free
        this.runner = new StateRunner(state, makeOwner(this));
    }

    /**
     * Codes and PINs are kept until they are sent, and no longer. What is under way may be let go of
     * between a scan and its charge; whatever else is sent, the scan came to nothing.
     */
    takeDetails(name) {
        const { code, reason, manager, pin } = this;
        if (name !== "hand_over") {
            this.code = "";
        }
        if (name === "force") {
            this.pin = "";
        }
        return { code, reason, manager, pin };
    }

    /** The line outlives this tab from the first time on that money may move for it. */
    async store(data, order) {
        if (!this.stored) {
            this.stored = true;
            this.stored = await storeOrder(data, order);
        }
    }

    /** @returns {Promise<boolean>} see `PaymentCnWallets.release` */
    untilReleased() {
        const { promise, resolve } = Promise.withResolvers();
        this.onReleased.push(resolve);
        return promise;
    }

    answerRelease(free) {
        this.onReleased.forEach((resolve) => resolve(free));
        this.onReleased = [];
    }
}
