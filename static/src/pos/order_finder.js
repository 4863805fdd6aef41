// Part of payment_cn_wallets. License LGPL-3.

import { markRaw, onMounted, onWillDestroy } from "@odoo/owl";

import { browser } from "@web/core/browser/browser";
import { patch } from "@web/core/utils/patch";
import { SearchBar } from "@point_of_sale/app/screens/ticket_screen/search_bar/search_bar";
import { TicketScreen } from "@point_of_sale/app/screens/ticket_screen/ticket_screen";

import { isWalletLine } from "./payment_cn_wallets";

// Our receipts and the bills of the wallets have 28 digits; some gateways put letters in front.
const BILL_NUMBER = /^[A-Za-z]{0,4}[0-9]{22,32}$/;
// How long a code waits for the server to find its order, in ms; then it is one like any other.
const PATIENCE = 2000;

/** Finds a paid order by the bar code of its receipt, or of the bill in the customer's wallet. */
export class OrderFinder {
    constructor(pos) {
        markRaw(this); // a screen that is seen through a proxy is never the one that closes
        this.pos = pos;
        this.tickets = null; // the screen of orders, while it is open
    }

    /** Payment codes may be as long, and so may a product's with its expiry date and lot (GS1). */
    isBill(code) {
        const { scanDesk } = this.pos;
        const number = String(code || "").trim();
        return (
            BILL_NUMBER.test(number) &&
            scanDesk.screen !== "PaymentScreen" &&
            scanDesk.kind(number) !== "payment" &&
            !scanDesk.gs1Products(number).length &&
            !scanDesk.sells(number)
        );
    }

    /** @returns {Promise<boolean>} whether the scan was dealt with here */
    async find(code) {
        const number = String(code || "").trim();
        if (!this.isBill(number)) {
            return false;
        }
        const known = this.knownOrder(number);
        const found = known ? { order: known.id } : await this.ask(number);
        if (found.order) {
            await this.show(found.order);
        } else if (found.message) {
            this.pos.notification.add(found.message, { type: "warning" });
        }
        return Boolean(found.order || found.message);
    }

    /** One that this till has, and the server too: it need not be asked which it is. */
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

    /** Without the server, or with a slow one, it is a bar code like any other. */
    async ask(number) {
        const { data, env, config } = this.pos;
        if (data.network.offline) {
            return {};
        }
        const late = new Promise((resolve) =>
            browser.setTimeout(() => resolve({}), PATIENCE)
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
        // Odoo takes each digit of a scan for a quantity here. The other screens tell a scan apart.
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
        const { scanDesk } = this.pos;
        if (scanDesk?.kind(searchTerm) === "payment") {
            scanDesk.tell("elsewhere");
        } else if (!(await this.pos.orderFinder?.find(searchTerm))) {
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
