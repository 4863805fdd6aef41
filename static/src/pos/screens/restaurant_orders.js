// Part of payment_cn_wallets. License LGPL-3.

import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { patch } from "@web/core/utils/patch";
import { PosStore } from "@point_of_sale/app/services/pos_store";

import { mustWaitFor } from "../payment_line/unsettled_line";
import { isSettled, isWalletLine } from "../payment_line/wallet_line";

const PAID = _t(
    "A wallet has paid a part of this order already. Finish it before you merge it with another."
);
const SPENT = _t(
    "A wallet has paid more of this order than would be left of it. Finish it before you split it."
);

/**
 * @param {Object} pos the store
 * @param {Object} order what is to become smaller
 * @param {number} amount by how much
 * @returns {boolean} whether that leaves at least what wallets paid, or are just paying; if not,
 *     the cashier is told so: the rest would be change, and a wallet gives none
 */
function canSpare(pos, order, amount) {
    const taken = order.payment_ids
        .filter(isWalletLine)
        .filter((line) => isSettled(line) || line.payment_method_id.payment_terminal.isUnderWay(line))
        .reduce((sum, line) => sum + line.amount, 0);
    const spares = taken <= 0 || order.currency.round(order.totalDue - amount - taken) >= 0;
    if (!spares) {
        pos.notification.add(SPENT, { type: "danger" });
    }
    return spares;
}

/** @returns {number} what went to an order when a table was merged with it, in yuan */
function mergedFrom(order, table) {
    return Object.entries(order?.uiState.unmerge || {})
        .filter(([, { table_id }]) => table_id === table.id)
        .map(([uuid, { quantity }]) => [order.lines.find((line) => line.uuid === uuid), quantity])
        .filter(([line]) => line?.qty)
        .reduce((sum, [{ prices, qty }, quantity]) => {
            return sum + (prices.total_included / qty) * quantity;
        }, 0);
}

/**
 * The floor plan links and unlinks tables whether or not their orders follow: undo it once the
 * server has written it, because of two concurrent writes either may be the last. Not awaited: Odoo
 * continues with the table that is open next.
 */
async function keepLink(pos, table, parent) {
    await Promise.resolve(); // first it does that
    await pos.data.cnTableWritten;
    if (table && table.parent_id?.id !== parent?.id) {
        pos.data.write("restaurant.table", [table.id], { parent_id: parent?.id || null });
    }
}

/**
 * `pos_restaurant` merges two orders by moving the lines of one to the other, and deletes what is
 * left. A wallet payment would be left on an order without lines.
 *
 * @param {Object} pos the store; its class can't be patched, for `pos_restaurant` does that later
 */
function guardMerging(pos) {
    patch(pos.data, {
        ormWrite(model) {
            const written = super.ormWrite(...arguments);
            if (model === "restaurant.table") {
                this.cnTableWritten = written.catch(() => {}); // told by whoever wrote
            }
            return written;
        },
    });
    patch(pos, {
        async mergeOrders(source) {
            const table = source.table_id;
            const parent = table?.parent_id;
            for (const line of source.payment_ids.filter(isWalletLine)) {
                if (!isSettled(line) && mustWaitFor(this, line)) {
                    keepLink(this, table, parent);
                    return;
                }
                // A code that nobody paid is closed, and its line is deleted with the order.
                const terminal = line.payment_method_id.payment_terminal;
                if (!(await terminal.release(line))) {
                    this.notification.add(terminal.view(line)?.alert || PAID, { type: "danger" });
                    keepLink(this, table, parent);
                    return;
                }
            }
            return super.mergeOrders(...arguments);
        },

        async restoreOrdersToOriginalTable(order, table) {
            if (order && !canSpare(this, order, mergedFrom(order, table))) {
                keepLink(this, table, table.parent_id);
                return false;
            }
            return super.restoreOrdersToOriginalTable(...arguments);
        },
    });
}

/** A guest's part can't be split off from what a wallet has paid. */
function guardSplitting(screen) {
    const spares = (one) => {
        const chosen = one.getNumberOfProducts();
        const splits = chosen > 0 && chosen < one.totOrderQty;
        return !splits || canSpare(one.pos, one.currentOrder, one.newOrderPrice);
    };
    patch(screen.prototype, {
        async paySplittedOrder() {
            return spares(this) && super.paySplittedOrder(...arguments);
        },

        async transferSplittedOrder() {
            return spares(this) && super.transferSplittedOrder(...arguments);
        },
    });
}

patch(PosStore.prototype, {
    async afterProcessServerData() {
        await super.afterProcessServerData(...arguments);
        if (this.mergeOrders) {
            guardMerging(this);
            guardSplitting(registry.category("pos_pages").get("SplitBillScreen").component);
        }
    },
});
