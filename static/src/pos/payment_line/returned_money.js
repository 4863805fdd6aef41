// Part of payment_cn_wallets. License LGPL-3.

import { _t } from "@web/core/l10n/translation";

/**
 * Tell the cashier when money came for a line that she has removed, or is about to.
 *
 * @param {Object} notification Odoo's service
 * @param {Object} line see `lineValues`
 * @param {Object} view see `tillView`
 */
export function tellReturned(notification, { reference }, { phase, amount }) {
    if (phase === "returned") {
        notification.add(
            _t(
                "The customer of order %(order)s had paid %(amount)s by wallet before you went on without it. The money is being sent back.",
                { order: reference, amount }
            ),
            { type: "danger", sticky: true }
        );
    }
}
