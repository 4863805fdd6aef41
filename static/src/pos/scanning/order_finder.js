// Part of payment_cn_wallets. License LGPL-3.

import { markRaw, onMounted, onWillDestroy } from "@odoo/owl";

import { browser } from "@web/core/browser/browser";
import { patch } from "@web/core/utils/patch";
import { SearchBar } from "@point_of_sale/app/screens/ticket_screen/search_bar/search_bar";
import { TicketScreen } from "@point_of_sale/app/screens/ticket_screen/ticket_screen";

import { isWalletLine } from "../payment_line/wallet_line";

// How long the server is waited for, in ms; then the number is treated like any other bar code.
const TIMEOUT = 2000;

/** Finds a paid order by the bar code of our receipt, or of the receipt in the customer's wallet. */
export class OrderFinder {
    constructor(pos) {
        markRaw(this); // through a proxy, `tickets` would never equal the screen that closes
        this.pos = pos;
        this.tickets = null; // the screen of orders, while it is open
    }

    /**
     * @param {import("./code_classifier").ScannedCode} scan a receipt's number
     * @returns {Promise<boolean>} whether its order was found, or why not was said
     */
    async find(scan) {
        const number = scan.text.trim();
        const known = this.knownOrder(number);
        const found = known ? { order: known.id } : await this.ask(number);
        if (found.order) {
            await this.show(found.order);
        } else if (found.message) {
            this.pos.notification.add(found.message, { type: "warning" });
        }
        return Boolean(found.order || found.message);
    }

    /** An order that this till and the server have: the server need not be asked which it is. */
    knownOrder(number) {
        return this.pos.models["pos.order"].find(
            (order) =>
                order.finalized &&
                order.isSynced &&
                !order.isRefund && // its receipt leads to what was refunded
                order.payment_ids.some(
                    (line) =>
                        isWalletLine(line) &&
                        [line.payment_ref_no, line.transaction_id].includes(number)
                )
        );
    }

    /** @returns {Promise<Object>} empty without an answer of the server in time */
    async ask(number) {
        const { data, env, config } = this.pos;
        if (data.network.offline) {
            return {};
        }
        const late = new Promise((resolve) =>
            browser.setTimeout(() => resolve({}), TIMEOUT)
        );
        const answer = env.services.orm.silent
            .call("pos.order", "cn_find", [config.id, number])
            .catch(() => ({}));
        return Promise.race([answer, late]);
    }

    async show(id) {
        const { data, models } = this.pos;
        const order = data.network.offline
            ? models["pos.order"].get(id)
            : (await data.loadServerOrders([["id", "=", id]]))[0];
        this.pos.ticket_screen_mobile_pane = "right";
        if (this.tickets) {
            this.tickets.state.filter = "SYNCED";
            this.tickets.onClickOrder(order);
        } else {
            this.pos.navigate("TicketScreen", {
                stateOverride: {
                    filter: "SYNCED",
                    selectedOrderUuid: order.uuid,
                    selectedOrderlineIds: { [order.id]: order.lines[0]?.id },
                },
            });
        }
    }
}

patch(TicketScreen.prototype, {
    setup() {
        super.setup(...arguments);
        // Without it, Odoo takes each digit of a scan for a quantity on this screen.
        this.numberBuffer._currentBufferHolder.config.useWithBarcode = true;
        this.numberBuffer._setUp();
        const finder = this.pos.orderFinder;
        if (finder) {
            onMounted(() => (finder.tickets = this));
            onWillDestroy(() => (finder.tickets = finder.tickets === this ? null : finder.tickets));
        }
    },

    /** What is scanned while the search bar has the focus comes from there. */
    async onSearch({ searchTerm }) {
        const { scanHandler, orderFinder } = this.pos;
        const scan = scanHandler?.classifier.classify(searchTerm || "");
        if (scan?.isPayment) {
            scanHandler.tell("elsewhere");
        } else if (!(scan?.isReceiptNumber && (await orderFinder.find(scan)))) {
            await super.onSearch(...arguments);
        }
    },
});

patch(SearchBar.prototype, {
    onSearchInputKeyup(ev) {
        super.onSearchInputKeyup(...arguments);
        if (ev.key === "Enter") {
            ev.target.select(); // the next scan takes the place of this one
        }
    },
});
