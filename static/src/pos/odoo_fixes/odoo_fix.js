// Part of payment_cn_wallets. License LGPL-3.

/**
 * Something that Odoo's own till does slowly, done otherwise. It relies on code of Odoo that may
 * change with any update, so it looks at that code first; where it is not what it expects it leaves
 * everything as it is. Nothing else of this addon depends on any of them.
 *
 * @typedef {Object} OdooFix
 * @property {string} name
 * @property {string} reliesOn files and functions of Odoo
 * @property {(pos: Object) => Object} targets what is looked at and patched, of this till
 * @property {(targets: Object) => string} difference what is not as expected; "" for nothing
 * @property {(targets: Object) => void} apply
 */

/** @returns {string} the source of a function without white space, as bundles may be minified */
export function sourceOf(method) {
    return typeof method === "function"
        ? Function.prototype.toString.call(method).replace(/\s+/g, "")
        : "";
}

/**
 * @param {Object} expected for each description of a function: [the function, what its source must
 *     contain, without white space]
 * @returns {string} the descriptions of the functions that differ; "" for none
 */
export function changedFunctions(expected) {
    return Object.entries(expected)
        .filter(([, [method, ...parts]]) => !parts.every((part) => sourceOf(method).includes(part)))
        .map(([description]) => description)
        .join(", ");
}

/** Applies each fix once in a tab, whose classes they patch, unless the till's setting is off. */
export class OdooFixes {
    /** @param {OdooFix[]} fixes */
    constructor(fixes) {
        this.waiting = [...fixes];
        this.applied = [];
    }

    start(pos) {
        if (pos.config.cn_odoo_fixes === false) {
            return;
        }
        for (const fix of this.waiting.splice(0)) {
            const targets = fix.targets(pos);
            const difference = fix.difference(targets);
            if (difference) {
                console.warn(
                    `payment_cn_wallets: the fix "${fix.name}" is not applied, because this Odoo ` +
                        `differs in ${difference}. It relies on ${fix.reliesOn}.`
                );
            } else {
                fix.apply(targets);
                this.applied.push(fix.name);
            }
        }
    }
}
