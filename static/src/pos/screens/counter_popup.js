// Part of payment_cn_wallets. License LGPL-3.

import { Component, useState } from "@odoo/owl";

import { Dialog } from "@web/core/dialog/dialog";
import { usePos } from "@point_of_sale/app/hooks/pos_hook";

/** The list of what came in by the till's shop codes, and is claimed for the order on the screen. */
export class CounterPopup extends Component {
    static template = "payment_cn_wallets.CounterPopup";
    static components = { Dialog };
    static props = { claim: Function, due: Number, close: Function };

    setup() {
        this.pos = usePos();
        this.list = useState(this.pos.counterPayments.list);
        this.state = useState({ busy: 0 });
        this.pos.counterPayments.refresh();
    }

    yuan({ amount }) {
        return this.env.utils.formatCurrency(parseFloat(amount));
    }

    fits({ amount }) {
        return parseFloat(amount) <= this.props.due + 0.001;
    }

    async claim(payment) {
        if (this.state.busy) {
            return; // pressed twice
        }
        this.state.busy = payment.id;
        const done = await this.props.claim(payment);
        this.state.busy = 0;
        if (done) {
            this.props.close();
        }
    }
}
