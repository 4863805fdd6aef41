// Part of payment_cn_wallets. License LGPL-3.

import { _t } from "@web/core/l10n/translation";
import { patch } from "@web/core/utils/patch";
import { ClosePosPopup } from "@point_of_sale/app/components/popups/closing_popup/closing_popup";

import { TERMINAL } from "../payment_line/wallet_line";

ClosePosPopup.props = [...ClosePosPopup.props, "cn_wallets?"];

patch(ClosePosPopup.prototype, {
    /** Wallet payments are not counted by hand: the amounts are the gateways'. */
    isWalletMethod({ id }) {
        const method = this.pos.models["pos.payment.method"].get(id);
        return method?.use_payment_terminal === TERMINAL;
    },

    get walletTotals() {
        return this.props.cn_wallets?.totals || [];
    },

    get walletsOpen() {
        return this.props.cn_wallets?.open || [];
    },

    get walletsUnclaimed() {
        return this.props.cn_wallets?.unclaimed || [];
    },

    get unclaimedAdvice() {
        return _t(
            "Finish these orders, at the till that has them. If you close now, an accountant is told; the money goes back after %(days)s days unless the order arrives.",
            { days: this.props.cn_wallets.grace_days }
        );
    },
});
