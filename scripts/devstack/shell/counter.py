# Part of payment_cn_wallets. License LGPL-3.
# Runs in Odoo's shell on the demo shop, its providers set up, with pos_self_order, pos_restaurant, pos_hr and
# pos_online_payment.
# ruff: noqa: F821  (env is given by the shell)
"""A kiosk, a restaurant with tables, a stall with online payments and a till with employees, beside the demo's till.

All take the wallets.
"""

admin = env.ref("base.user_admin")
wallets = env["pos.payment.method"].search([("use_payment_terminal", "=", "cn_wallets")])
chinese, english = env.ref("base.lang_zh_CN"), env.ref("base.lang_en")


def cash(name, code):
    """Each till counts cash of its own."""
    journal = env["account.journal"].create({"name": f"Cash {name}", "type": "cash", "code": code})
    return env["pos.payment.method"].create({"name": "Cash", "journal_id": journal.id, "sequence": 2})


def opened(till, user=admin):
    till.with_user(user).open_ui()
    till.current_session_id.set_opening_control(0, "")
    return till


online = env["pos.payment.method"].with_context(lang="en_US").create({
    "name": "Online payment", "is_online_payment": True, "sequence": 3,
})
online.with_context(lang="zh_CN").name = "在线支付"

opened(env["pos.config"].create({
    "name": "Jasmine Lane kiosk",
    "payment_method_ids": [(6, 0, wallets.ids)],
    "self_ordering_mode": "kiosk",
    "self_ordering_service_mode": "counter",
    "self_ordering_pay_after": "each",
    "self_ordering_default_user_id": admin.id,
    "self_ordering_default_language_id": chinese.id,
    "self_ordering_available_language_ids": [(6, 0, (chinese + english).ids)],
    "use_presets": False,
}))

restaurant = env["pos.config"].create({
    "name": "Jasmine Lane restaurant",
    "module_pos_restaurant": True,
    "iface_splitbill": True,
    "iface_tipproduct": True,
    "tip_product_id": env.ref("point_of_sale.product_product_tip").id,
    "set_tip_after_payment": True,
    "use_presets": False,
    "payment_method_ids": [(6, 0, (wallets + cash("restaurant", "CSHR") + online).ids)],
})
restaurant.floor_ids = [(5, 0)]
floor = env["restaurant.floor"].create({"name": "Garden", "pos_config_ids": [(4, restaurant.id)]})
for number in (1, 2, 3, 4):
    env["restaurant.table"].create({
        "floor_id": floor.id, "table_number": number, "seats": 4, "shape": "square", "active": True,
        "position_h": 40 + 180 * number, "position_v": 80, "width": 120, "height": 120,
    })
opened(restaurant)

# Outside of restaurants, Odoo deletes the order that an online payment was waited for in vain with.
opened(env["pos.config"].create({
    "name": "Jasmine Lane stall",
    "payment_method_ids": [(6, 0, (wallets + cash("stall", "CSHL") + online).ids)],
    "use_presets": False,
}))

# The till of the employees is opened by a user who is no manager.
user = env["res.users"].with_context(no_reset_password=True).create({
    "name": "Till", "login": "till", "password": "till", "lang": "en_US",
    "group_ids": [(6, 0, [env.ref("base.group_user").id, env.ref("point_of_sale.group_pos_user").id])],
})
clerk, manager = env["hr.employee"].create([
    {"name": "Li Lei", "pin": "1111"}, {"name": "Han Meimei", "pin": "2468"},
])
opened(env["pos.config"].create({
    "name": "Jasmine Lane staff",
    "module_pos_hr": True,
    "basic_employee_ids": [(6, 0, clerk.ids)],
    "advanced_employee_ids": [(6, 0, manager.ids)],
    "payment_method_ids": [(6, 0, (wallets + cash("staff", "CSHS")).ids)],
    "use_presets": False,
}), user)
env.cr.commit()
