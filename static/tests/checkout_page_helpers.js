// Part of payment_cn_wallets. License LGPL-3.

import { registry } from "@web/core/registry";

/**
 * The test bundle holds the till's services too, which no page of the shop has: they load the till's
 * data as soon as they start. The framework puts them back after each test.
 */
export function removeServicesOfTheTill() {
    const services = registry.category("services");
    const gone = new Set(["pos_data"]);
    let before;
    do {
        before = gone.size;
        for (const [name, { dependencies }] of services.getEntries()) {
            if (dependencies?.some((dependency) => gone.has(dependency))) {
                gone.add(name);
            }
        }
    } while (gone.size > before);
    for (const name of gone) {
        if (services.contains(name)) {
            services.remove(name);
        }
    }
}
