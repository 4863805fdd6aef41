// Part of payment_cn_wallets. License LGPL-3.

// How a phase of `TillState` looks, at the till and at a kiosk.

// Phases with a QR code, or the place for one.
export const CODE_PHASES = ["qr", "making", "expired"];

export const ICONS = {
    checking: "fa-circle-o-notch fa-spin",
    charging: "fa-circle-o-notch fa-spin",
    paying: "fa-mobile",
    unknown: "fa-question-circle",
    undoing: "fa-undo",
    refused: "fa-times-circle",
    returned: "fa-reply",
    paid: "fa-check-circle",
    partly: "fa-exclamation-circle",
    forced: "fa-check-circle",
};

// Colours: see `wallet_code.scss`.
export const TONES = {
    checking: "wait",
    charging: "wait",
    paying: "wait",
    unknown: "doubt",
    undoing: "doubt",
    refused: "bad",
    returned: "bad",
    paid: "good",
    partly: "doubt",
    forced: "good",
};
