// Part of payment_cn_wallets. License LGPL-3.

import { describe, expect, test } from "@odoo/hoot";
import { OrderReceipt } from "@point_of_sale/app/screens/receipt_screen/receipt/order_receipt";

import "@payment_cn_wallets/pos/screens/receipt";

describe.current.tags("headless");

const REFUND = { number: "R1", gateway_number: "G1", wallet: "WeChat Pay", amount: "-50.00" };
const OTHER = { number: "R2", gateway_number: "G2", wallet: "Alipay", amount: "-38.80" };

function receipts(values) {
    const line = { payment_method_id: { use_payment_terminal: "cn_wallets" }, ...values };
    const component = Object.create(OrderReceipt.prototype, {
        formatCurrency: { value: (amount) => amount.toFixed(2) },
    });
    return component
        .walletReceipts(line)
        .map(({ wallet, number, gatewayNumber, amount }) => [wallet, number, gatewayNumber, amount]);
}

test("a refund by two wallets prints both, each with its amount", () => {
    expect(receipts({ cn_receipt: { ...REFUND, parts: [REFUND, OTHER] } })).toEqual([
        ["WeChat Pay", "R1", "G1", "-50.00"],
        ["Alipay", "R2", "G2", "-38.80"],
    ]);
});

test("one wallet's amount is that of the line", () => {
    expect(receipts({ cn_receipt: REFUND })).toEqual([["WeChat Pay", "R1", "G1", undefined]]);
});

test("an order of another day says what was stored with it", () => {
    const stored = { card_type: "WeChat Pay, Alipay", payment_ref_no: "R1", transaction_id: "R1" };
    expect(receipts(stored)).toEqual([["WeChat Pay, Alipay", "R1", "", undefined]]);
    expect(receipts({})).toEqual([]);
});
