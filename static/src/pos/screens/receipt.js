// Part of payment_cn_wallets. License LGPL-3.

import { patch } from "@web/core/utils/patch";
import { OrderReceipt } from "@point_of_sale/app/screens/receipt_screen/receipt/order_receipt";

import { code128Image } from "./code128";
import { isWalletLine } from "../payment_line/wallet_line";

patch(OrderReceipt.prototype, {
    /**
     * What the receipt says of a wallet payment; nothing of others, and before it is proven. A refund
     * may have gone to several wallets: each says how much.
     */
    walletReceipts(line) {
        if (!isWalletLine(line) || !(line.cn_receipt || line.payment_ref_no)) {
            return [];
        }
        const receipt = line.cn_receipt || {};
        const parts = receipt.parts || [];
        return parts.length
            ? parts.map((part) => ({
                  ...this.walletReceipt(line, part),
                  amount: this.formatCurrency(Number(part.amount)),
              }))
            : [this.walletReceipt(line, receipt)];
    },

    walletReceipt(line, receipt) {
        const number = receipt.number || line.payment_ref_no;
        // Some gateways have no number of their own: ours is not printed twice.
        const gatewayNumber = receipt.gateway_number || line.transaction_id || "";
        return {
            wallet: receipt.wallet || line.card_type || "",
            number,
            gatewayNumber: gatewayNumber === number ? "" : gatewayNumber,
            payerAmount: receipt.coupon ? this.formatCurrency(Number(receipt.payer_amount)) : "",
            coupon: receipt.coupon ? this.formatCurrency(Number(receipt.coupon)) : "",
            barcode: code128Image(number),
        };
    },
});
