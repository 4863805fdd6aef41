// Part of payment_cn_wallets. License LGPL-3.

import { formatCurrency } from "@web/core/currency";
import { _t } from "@web/core/l10n/translation";
import { patch } from "@web/core/utils/patch";
import { OrderTabs } from "@point_of_sale/app/components/order_tabs/order_tabs";
import { TicketScreen } from "@point_of_sale/app/screens/ticket_screen/ticket_screen";
import { PosStore } from "@point_of_sale/app/services/pos_store";

import { isSettled, isWalletLine, walletTerminals } from "../payment_line/wallet_line";

// What a customer pays while the cashier is somewhere else: a code stays on the customer's screen, or
// in the customer's hand, when she goes on with the next order.

/** @returns {boolean} whether a wallet has paid something of an order that is still open */
export function hasWalletMoney(order) {
    return (
        !order.finalized &&
        order.payment_ids.some((line) => isWalletLine(line) && line.amount > 0 && isSettled(line))
    );
}

patch(OrderTabs.prototype, { hasWalletMoney });
patch(TicketScreen.prototype, { hasWalletMoney });

patch(PosStore.prototype, {
    async afterProcessServerData() {
        await super.afterProcessServerData(...arguments);
        for (const { settlements } of walletTerminals(this)) {
            const shown = new Map();
            settlements.addEventListener("unattended", ({ detail }) =>
                shown.set(detail.uuid, this.tellOfWalletMoney(detail))
            );
            settlements.addEventListener("attended", ({ detail }) => {
                shown.get(detail.uuid)?.();
                shown.delete(detail.uuid);
            });
        }
    },

    /** @returns {Function|undefined} takes the notification away again */
    tellOfWalletMoney({ uuid, finishes }) {
        const line = this.models["pos.payment"].getBy("uuid", uuid);
        const order = line?.pos_order_id;
        if (!order || order.finalized || line.amount < 0) {
            return;
        }
        const isHere = this.getOrder()?.uuid === order.uuid;
        if (finishes && isHere && this.router.state.current === "ProductScreen") {
            return; // a sale in one step: the payment screen is about to open
        }
        return this.notification.add(
            _t("Order %(order)s: %(amount)s was paid with %(wallet)s. Open the order to finish it.", {
                order: order.getName(),
                amount: formatCurrency(line.amount, this.currency.id),
                wallet: line.card_type || line.payment_method_id.name,
            }),
            {
                type: "success",
                sticky: true,
                buttons: [
                    {
                        name: _t("Open the order"),
                        primary: true,
                        onClick: () => {
                            this.setOrder(order);
                            this.navigate("PaymentScreen", { orderUuid: order.uuid });
                        },
                    },
                ],
            }
        );
    },
});
