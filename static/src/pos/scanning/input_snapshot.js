// Part of payment_cn_wallets. License LGPL-3.

import { NumberPopup } from "@point_of_sale/app/components/popups/number_popup/number_popup";

import { isWalletLine } from "../payment_line/wallet_line";

/** @returns {Object|null} the pop-up that takes the keys for its number, such as a tip */
export function numberPopup(buffer) {
    return buffer.component instanceof NumberPopup ? buffer.component : null;
}

/**
 * What digits may change before it is known that a scanner types them. Taken before the first one,
 * so that the amounts and quantities can be restored.
 */
export class InputSnapshot {
    constructor(pos) {
        this.pos = pos;
        this.order = pos.getOrder();
        this.popup = numberPopup(pos.numberBuffer);
        this.shown = this.popup?.state.buffer;
        this.typed = pos.numberBuffer.get();
        this.amounts = new Map(this.order?.payment_ids.map((line) => [line.uuid, line.amount]));
        this.lines = (this.order?.lines || []).map((line) => {
            const { qty, discount, price_unit, price_type } = line;
            return { line, qty, discount, price_unit, price_type };
        });
    }

    /** Undo what was typed since. */
    restore(screen) {
        if (this.popup) {
            this.restorePopup();
        } else if (this.order && this.order === this.pos.getOrder()) {
            if (screen === "PaymentScreen") {
                this.restoreAmounts();
            } else if (screen === "ProductScreen") {
                this.restoreLines();
            }
        }
    }

    restorePopup() {
        const { numberBuffer } = this.pos;
        if (numberPopup(numberBuffer) === this.popup) {
            this.popup.state.buffer = this.shown;
            numberBuffer.state.buffer = this.typed;
        }
    }

    restoreAmounts() {
        for (const line of [...this.order.payment_ids]) {
            const terminal = line.payment_method_id.payment_terminal;
            if (terminal && !(isWalletLine(line) && terminal.isEditable(line))) {
                continue;
            }
            if (!this.amounts.has(line.uuid)) {
                this.order.removePaymentline(line); // Odoo adds one for a digit that it can't place
            } else if (this.amounts.get(line.uuid) !== line.amount) {
                line.setAmount(this.amounts.get(line.uuid));
                this.pos.numberBuffer.reset();
            }
        }
    }

    restoreLines() {
        for (const { line, qty, discount, price_unit, price_type } of this.lines) {
            if (line.order_id !== this.order) {
                continue; // taken away meanwhile
            }
            if (line.qty !== qty) {
                line.setQuantity(qty, true);
            }
            if (line.price_unit !== price_unit) {
                line.setUnitPrice(price_unit);
            }
            Object.assign(line, { discount, price_type });
        }
        this.pos.numberBuffer.reset();
    }
}
