# Part of payment_cn_wallets. License LGPL-3.
# Runs in Odoo's shell on a database that has this addon installed.
# ruff: noqa: F821  (env is given by the shell)
"""A shop that is ready to sell, in Chinese and English, with automatic invoicing."""

import base64
import json
import os
import sys

sys.path.insert(0, json.loads(os.environ["DEVSTACK"])["folder"])
import pictures

# English name, Chinese name, price with tax, picture, English text, Chinese text
PRODUCTS = [
    ("Longjing Green Tea", "西湖龙井", 168.00, "tea",
     "Spring harvest from the hills around West Lake, 100 g in a tin.", "西湖山间明前新茶，罐装 100 克。"),
    ("Blue-and-White Teacup", "青花瓷茶杯", 88.80, "cup",
     "Hand-painted in Jingdezhen, holds 180 ml.", "景德镇手绘，容量 180 毫升。"),
    ("Silk Scarf “Jasmine”", "茉莉真丝围巾", 299.00, "scarf",
     "Mulberry silk from Suzhou, 65 × 180 cm.", "苏州桑蚕丝，65 × 180 厘米。"),
    ("Bamboo Basket", "竹编提篮", 129.50, "basket",
     "Woven by hand in Anji.", "安吉手工编织。"),
    ("Paper Lantern", "宣纸灯笼", 59.90, "lantern",
     "Folds flat, 30 cm across.", "可折叠，直径 30 厘米。"),
    ("Sesame Candy", "芝麻糖", 9.99, "candy",
     "A small bag, 80 g: good for trying out a payment.", "小袋装，80 克，试付款正合适。"),
]

english, chinese = env.ref("base.lang_en"), env.ref("base.lang_zh_CN")
company = env.company
company.partner_id.with_context(lang="zh_CN").name = "茉莉里商贸有限公司"
if "account_price_include" in company._fields:
    company.account_price_include = "tax_included"  # prices in China are shown with tax
if not company.chart_template:
    env["account.chart.template"].try_loading("cn", company)
assert company.chart_template.startswith("cn"), company.chart_template
assert company.currency_id.name == "CNY", company.currency_id.name

website = env["website"].search([], limit=1)
website.write({
    "name": "Jasmine Lane",
    "language_ids": [(6, 0, (english + chinese).ids)],
    "default_lang_id": chinese.id,
    "auth_signup_uninvited": "b2c",
    "account_on_checkout": "optional",
    "show_line_subtotals_tax_selection": "tax_included",
    "logo": base64.b64encode(pictures.logo()),
    "homepage_url": "/shop",
    "configurator_done": True,
})
company.logo = base64.b64encode(pictures.logo())
telephone = env.ref("website.header_text_element", raise_if_not_found=False)
if telephone:
    telephone.active = False  # a number of nobody's, as Odoo delivers it
# The accountant's view of things: journal entries and their reconciliation.
env.ref("base.user_admin").group_ids += env.ref("account.group_account_user")
settings = env["ir.config_parameter"]
settings.set_param("sale.automatic_invoice", "True")
settings.set_param("sale.async_emails", "False")
mail = env.ref("account.email_template_edi_invoice", raise_if_not_found=False)
if mail:
    settings.set_param("sale.default_invoice_email_template", str(mail.id))

for number, (name, name_zh, price, picture, text, text_zh) in enumerate(PRODUCTS):
    product = env["product.template"].with_context(lang="en_US").create({
        "name": name,
        "description_sale": text,
        "list_price": price,
        "type": "consu",
        "image_1920": base64.b64encode(pictures.draw(picture)),
        "website_sequence": number,
        "is_published": True,
        "available_in_pos": True,
        "invoice_policy": "order",
        "default_code": f"JL{number + 1:03}",
        "barcode": f"69000000000{number + 1:02}",
    })
    product.with_context(lang="zh_CN").write({"name": name_zh, "description_sale": text_zh})

# Delivery free of charge, so that the amount to pay is the price on the shelf.
carrier = env["delivery.carrier"].search([("is_published", "=", True)], limit=1)
if carrier:
    carrier.with_context(lang="en_US").name = "Courier"
    carrier.with_context(lang="zh_CN").name = "快递"
    carrier.product_id.list_price = 0
    carrier.fixed_price = 0

# A shopper with an account; guests may buy as well.
shopper = env["res.users"].with_context(no_reset_password=True).create({
    "name": "Wang Fang",
    "login": "shopper",
    "password": "shopper",
    "email": "wang.fang@example.com",
    "lang": "zh_CN",
    "tz": "Asia/Shanghai",
    "group_ids": [(6, 0, [env.ref("base.group_portal").id])],
})
shopper.partner_id.write({
    "phone": "+86 138 0013 8000",
    "street": "1 Nanjing West Road",
    "city": "Shanghai",
    "zip": "200003",
    "country_id": env.ref("base.cn").id,
    "state_id": env["res.country.state"].search([("country_id.code", "=", "CN"), ("code", "=", "SH")], limit=1).id,
})
env.ref("base.user_admin").password = "admin"

# A till with one button for all wallets, open for sales.
wallet_journal = env["account.journal"].create({"name": "Wallets at the till", "type": "bank", "code": "WLT"})
cash_journal = env["account.journal"].create({"name": "Cash at the till", "type": "cash", "code": "CSHT"})
methods = env["pos.payment.method"].with_context(lang="en_US").create([
    {
        "name": "Scan to pay",
        "journal_id": wallet_journal.id,
        "payment_method_type": "terminal",
        "use_payment_terminal": "cn_wallets",
        "cn_provider_ids": [(6, 0, env["payment.provider"].search([("cn_is_gateway", "=", True)]).ids)],
        "sequence": 1,
    },
    {"name": "Cash", "journal_id": cash_journal.id, "sequence": 2},
])
for method, name in zip(methods, ("扫码收款", "现金"), strict=True):
    method.with_context(lang="zh_CN").name = name
till = env["pos.config"].create({"name": "Jasmine Lane till", "payment_method_ids": [(6, 0, methods.ids)]})
env.ref("base.user_admin").group_ids += env.ref("point_of_sale.group_pos_manager")
till.with_user(env.ref("base.user_admin")).open_ui()
till.current_session_id.set_opening_control(0, "")

# Only the wallets are offered at the checkout.
env["payment.provider"].search([("state", "!=", "disabled"), ("code", "in", ("demo", "custom"))]).state = "disabled"
env.cr.commit()
