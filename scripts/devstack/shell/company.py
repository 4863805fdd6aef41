# Part of payment_cn_wallets. License LGPL-3.
# Runs in Odoo's shell on a database that has only `base`: what later modules look at when they are installed.
# ruff: noqa: F821  (env is given by the shell)
"""A Chinese company, before accounting is installed, so that it gets the Chinese chart and currency."""

env["res.lang"]._activate_lang("en_US")
env["res.lang"]._activate_lang("zh_CN")
currency = env.ref("base.CNY")
currency.active = True
env.company.write({
    "name": "Jasmine Lane Trading Co., Ltd.",
    "country_id": env.ref("base.cn").id,
    "currency_id": currency.id,
    "street": "No. 88, Middle Huaihai Road",
    "city": "Shanghai",
    "zip": "200021",
    "phone": "+86 21 5555 0188",
    "email": "shop@example.com",
})
env.ref("base.user_admin").write({"tz": "Asia/Shanghai", "email": "admin@example.com"})
env.cr.commit()
