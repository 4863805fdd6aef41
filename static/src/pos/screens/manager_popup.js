// Part of payment_cn_wallets. License LGPL-3.

import { Component, onMounted, useRef, useState } from "@odoo/owl";

import { Dialog } from "@web/core/dialog/dialog";
import { makeAwaitable } from "@point_of_sale/app/utils/make_awaitable_dialog";

/**
 * @returns {Object[]} the employees of the till who may answer for a payment, and can show that it is
 *     them; none without `pos_hr`
 */
export function managers(pos) {
    const employees = pos.config.module_pos_hr ? pos.models["hr.employee"] : null;
    return (
        employees?.filter(
            ({ _role, _pin, _barcode }) => _role === "manager" && (_pin || _barcode)
        ) || []
    );
}

/** Asks which manager it is, and for the PIN or the badge. The server compares. */
export class ManagerPopup extends Component {
    static template = "payment_cn_wallets.ManagerPopup";
    static components = { Dialog };
    static props = { managers: Array, chosen: Number, getPayload: Function, close: Function };

    setup() {
        this.state = useState({ manager: this.props.chosen, pin: "" });
        this.input = useRef("pin");
        onMounted(() => this.input.el?.focus());
    }

    get manager() {
        return this.props.managers.find(({ id }) => id === this.state.manager);
    }

    /** Scanners end a badge with Enter. */
    onKeydown(ev) {
        if (ev.key === "Enter") {
            ev.preventDefault();
            this.confirm();
        }
    }

    choose(id) {
        this.state.manager = id;
        this.input.el?.focus();
    }

    confirm() {
        this.props.getPayload({ ...this.state });
        this.props.close();
    }
}

/**
 * @returns {Promise<{manager: number, pin: string}|undefined>} who answers for it; undefined when the
 *     cashier thought better of it
 */
export async function askManager(pos, dialog) {
    const cashier = pos.getCashier();
    const isManager = cashier?._role === "manager";
    if (isManager && (!pos.config.module_pos_hr || !cashier._pin)) {
        return { manager: 0, pin: "" };
    }
    const there = managers(pos);
    return makeAwaitable(dialog, ManagerPopup, {
        managers: there,
        chosen: isManager ? cashier.id : there[0].id,
    });
}
