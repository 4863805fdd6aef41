// Part of payment_cn_wallets. License LGPL-3.

import { onMounted, onWillDestroy } from "@odoo/owl";

import { patch } from "@web/core/utils/patch";
import { BarcodeReader } from "@point_of_sale/app/services/barcode_reader_service";
import { SearchBar } from "@point_of_sale/app/screens/ticket_screen/search_bar/search_bar";
import { TicketScreen } from "@point_of_sale/app/screens/ticket_screen/ticket_screen";

// Our receipts and the bills of the wallets have 28 digits; some gateways put letters in front.
const BILL_NUMBER = /^[A-Za-z]{0,4}[0-9]{22,32}$/;

/** Finds a paid order by the bar code of its receipt, or of the bill in the customer's wallet. */
export class OrderFinder {
    constructor(pos) {
        this.pos = pos;
        this.tickets = null; // the screen of orders, while it is open
    }

    /** @returns {Promise<boolean>} whether the scan was dealt with here */
    async find(code) {
        const number = String(code || "").trim();
        if (!BILL_NUMBER.test(number) || this.pos.router.state.current === "PaymentScreen") {
            return false;
        }
        const found = await this.pos.env.services.orm.silent
            .call("pos.order", "cn_find", [this.pos.config.id, number])
            .catch(() => ({})); // without the server it is a bar code like any other
        if (found.order) {
            await this.show(found.order);
        } else if (found.message) {
            this.pos.notification.add(found.message, { type: "warning" });
        }
        return Boolean(found.order || found.message);
    }

    async show(id) {
        const [order] = await this.pos.data.loadServerOrders([["id", "=", id]]);
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

patch(BarcodeReader.prototype, {
    async _scan(code) {
        if (code && (await this.cnFinder?.find(code))) {
            return;
        }
        return super._scan(...arguments);
    },
});

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
