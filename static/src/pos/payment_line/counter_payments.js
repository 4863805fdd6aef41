// Part of payment_cn_wallets. License LGPL-3.

import { reactive } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";

import { announce } from "./announcement";
import { callServer, explain, lineValues } from "./till_server";
import { walletTerminals } from "./wallet_line";

/**
 * What came in by the shop codes that lie at this till. The server says only that something came;
 * what it is, the till asks, and tells the cashier of what it has not seen before.
 */
export class CounterPayments {
    constructor(pos) {
        this.pos = pos;
        this.list = reactive({ codes: 0, payments: [] });
        this.seen = null; // before the first answer nothing is new
    }

    /** A till with several buttons takes it by the first: it has one list. */
    get terminal() {
        return walletTerminals(this.pos)[0];
    }

    /** Most tills have no such codes, and ask nothing when they open. */
    begin() {
        if (this.terminal?.method.cn_till_setup?.counters?.includes(this.pos.config.id)) {
            this.refresh();
        } else {
            this.seen = new Set(); // whatever comes is new
        }
    }

    ask(name, values, more = []) {
        return callServer(this.pos.env.services.orm, this.terminal.method.id, name, values, more);
    }

    async refresh() {
        if (!this.terminal) {
            return;
        }
        let found;
        try {
            found = await this.ask("counter_payments", this.pos.session.id);
        } catch {
            return; // no connection: the next message, or opening the list, asks again
        }
        const fresh = found.payments.filter(({ id }) => this.seen && !this.seen.has(id));
        this.seen = new Set([...(this.seen || []), ...found.payments.map(({ id }) => id)]);
        Object.assign(this.list, found);
        fresh.reverse().forEach((payment) => this.tell(payment));
    }

    tell({ amount, wallet, code, note }) {
        const yuan = this.pos.env.utils.formatCurrency(parseFloat(amount));
        this.pos.notification.add([code, wallet, note].filter(Boolean).join(" · "), {
            title: _t("%s received at the counter", yuan),
            type: "success",
        });
        this.pos.sound?.play("order-receive-tone");
        if (this.terminal.method.cn_announce) {
            announce({ walletName: wallet, amount });
        }
    }

    /**
     * Pay the order by it, as by a scanned code. The line asks what became of it, should the answer
     * be lost.
     *
     * @param {Object} order the till's, without another payment under way
     * @param {{id: number, amount: string}} payment of the list
     * @returns {Promise<string>} why not, or ""
     */
    async claim(order, { id, amount }) {
        const { terminal } = this;
        if (parseFloat(amount) > order.remainingDue + 0.001) {
            return _t("Less is due than was paid. Claim it in the back office.");
        }
        const { status, data: line } = order.addPaymentline(terminal.method);
        if (!status) {
            return line;
        }
        line.setAmount(parseFloat(amount));
        try {
            await this.ask("take_counter", lineValues(this.pos, line), [id]);
        } catch (error) {
            const { kind, text } = explain(error);
            if (kind === "refused") {
                order.removePaymentline(line);
                this.refresh();
                return text;
            }
        }
        terminal.resume(line);
        this.refresh();
        return "";
    }
}
