// Part of payment_cn_wallets. License LGPL-3.

import { beforeEach, describe, expect, test } from "@odoo/hoot";
import { freezeTime } from "@odoo/hoot-mock";
import { patchWithCleanup } from "@web/../tests/web_test_helpers";
import { BarcodeReader } from "@point_of_sale/app/services/barcode_reader_service";

import { CodeClassifier } from "@payment_cn_wallets/pos/scanning/code_classifier";
import { ScanHandler } from "@payment_cn_wallets/pos/scanning/scan_handler";

describe.current.tags("headless");

const WECHAT = "134567890123456789";
const ALIPAY = "281234567890123456";
const SOLD = "134567890123450000";

/** A till as far as a scan meets it: one button for each wallet, and an order that waits for money. */
function makeTill(screen) {
    const button = (wallet, first, sequence) => {
        const method = { name: wallet, sequence, use_payment_terminal: "cn_wallets" };
        method.payment_terminal = {
            method,
            ranges: [{ wallet, first, last: first, shortest: 16, longest: 18 }],
            charge: (line, code) => {
                expect.step(`${wallet} charges ${code}`);
                return "";
            },
        };
        return method;
    };
    const order = {
        lines: [{}],
        payment_ids: [],
        remainingDue: 88.8,
        addPaymentline: (method) => ({ status: true, data: { payment_method_id: method } }),
    };
    const pos = {
        config: { payment_method_ids: [button("Alipay", "28", 2), button("WeChat", "13", 1)] },
        env: { services: { overlay: { overlays: {} } } },
        getOrder: () => order,
        models: { "product.product": { getBy: (_, code) => code === SOLD || undefined } },
        notification: { add: (text) => expect.step(String(text)) },
        numberBuffer: {},
        router: { state: { current: screen } },
    };
    const parser = { parse_barcode: (code) => ({ type: "product", code }) };
    const reader = new BarcodeReader(parser, { notification: pos.notification });
    reader.register({ product: ({ code }) => expect.step(`Odoo looks for ${code}`) });
    pos.barcodeReader = reader;
    reader.cnHandler = new ScanHandler(pos);
    return reader;
}

beforeEach(() => {
    freezeTime();
    patchWithCleanup(CodeClassifier.prototype, {
        classify(text) {
            expect.step("classified");
            return super.classify(text);
        },
    });
});

test("a payment code is classified once, and charged by the button that takes it", async () => {
    await makeTill("PaymentScreen").scan(WECHAT);
    expect.verifySteps(["classified", `WeChat charges ${WECHAT}`]);
    await makeTill("PaymentScreen").scan(` ${ALIPAY}\n`);
    expect.verifySteps(["classified", `Alipay charges ${ALIPAY}`]);
});

test("one that the keyboard reader has classified is not classified again", async () => {
    const reader = makeTill("PaymentScreen");
    const scan = reader.cnHandler.classifier.classify(WECHAT);
    await reader.cnScan(scan);
    expect.verifySteps(["classified", `WeChat charges ${WECHAT}`]);
});

test("the same code within a second is one scan", async () => {
    const reader = makeTill("PaymentScreen");
    await reader.scan(WECHAT);
    await reader.scan(WECHAT);
    expect.verifySteps(["classified", `WeChat charges ${WECHAT}`, "classified"]);
});

test("what the shop sells is not charged, and other codes are Odoo's", async () => {
    await makeTill("ProductScreen").scan(SOLD);
    expect.verifySteps(["classified", `Odoo looks for ${SOLD}`]);
    await makeTill("ProductScreen").scan("5901234123457");
    expect.verifySteps(["classified", "Odoo looks for 5901234123457"]);
});
