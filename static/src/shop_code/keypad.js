// Part of payment_cn_wallets. License LGPL-3.

// The keypad of a shop code's page. Loaded as it is, without the website's bundle: the page is there at once on a
// phone in a shop. Without it the field is typed in with the phone's own keyboard.

const WHOLE_DIGITS = 7;

/**
 * @param {string} text the amount as it stands
 * @param {string} key a digit, "." or "back"
 * @returns {string} the amount after the key; what makes no amount changes nothing
 */
export function press(text, key) {
    if (key === "back") {
        return text.slice(0, -1);
    }
    if (key === ".") {
        return text.includes(".") ? text : `${text || "0"}.`;
    }
    const [whole, fraction] = text.split(".");
    if (fraction === undefined ? whole.length >= WHOLE_DIGITS : fraction.length >= 2) {
        return text;
    }
    return text === "0" ? key : text + key;
}

/**
 * @param {string} text what was typed or pasted
 * @returns {string} the amount in it, key by key
 */
export function cleaned(text) {
    const keys = text.replace(/[。，,．]/g, ".").match(/[0-9.]/g) || [];
    return keys.reduce(press, "");
}

/**
 * @param {HTMLFormElement} form
 */
export function setUp(form) {
    const field = form.elements.amount;
    if (field && field.type === "text") {
        // No keyboard comes up on a phone; one that is there may be used.
        field.inputMode = "none";
        form.classList.add("o_cn_has_keypad");
        const show = (text) => {
            field.value = text;
            form.classList.toggle("o_cn_empty", !(parseFloat(text) > 0));
        };
        form.querySelector(".o_cn_keys").addEventListener("click", (ev) => {
            const key = ev.target.closest("[data-key]");
            if (key) {
                show(press(field.value, key.dataset.key));
            }
        });
        field.addEventListener("input", () => show(cleaned(field.value)));
        show(cleaned(field.value));
    }
    form.addEventListener("submit", (ev) => {
        if (form.dataset.sent) {
            ev.preventDefault(); // pressed twice
        }
        form.dataset.sent = "1";
    });
    // Who comes back from the wallet may press again.
    addEventListener("pageshow", () => delete form.dataset.sent);
}

/** WeChat's web-view of mini programs, where nothing can be paid, does not always say so to the server. */
export function leaveMiniProgram(at = window) {
    if (at.__wxjs_environment === "miniprogram") {
        at.location.replace("?place=mini_program");
    }
}

leaveMiniProgram();
document.addEventListener("WeixinJSBridgeReady", () => leaveMiniProgram());

const form = document.querySelector("form.o_cn_pay_form");
if (form) {
    setUp(form);
}
