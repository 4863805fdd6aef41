// Part of payment_cn_wallets. License LGPL-3.

import { describe, expect, test } from "@odoo/hoot";

import {
    CheckoutState,
    FEEDBACK_LIFE,
    HIDDEN_INTERVAL,
    MAX_BACK_OFF,
    POLL_INTERVAL,
    REDIRECT_DELAY,
    START_AGAIN_AFTER,
    formatCountdown,
    localUrl,
    pollInterval,
    safePayUrl,
} from "@payment_cn_wallets/checkout/checkout_state";

describe.current.tags("headless");

const MINUTE = 60 * 1000;

function snapshot(changes = {}) {
    return {
        phase: "waiting",
        kind: "qr",
        qr_svg: "<svg/>",
        pay_url: "",
        expires_in: 900,
        ask_in: 3,
        message: "",
        next_url: "",
        can_renew: true,
        ...changes,
    };
}

/** Let the state send what it wants to send, and check that it is that. */
function expectRequest(state, now, request) {
    expect(state.next(now).request).toBe(request);
    state.sent(request, now);
    expect(state.next(now)).toEqual({ request: null, wait: null });
}

describe("helpers", () => {
    test("countdown", () => {
        expect(formatCountdown(899.9)).toBe("14:59");
        expect(formatCountdown(60)).toBe("01:00");
        expect(formatCountdown(9)).toBe("00:09");
        expect(formatCountdown(0)).toBe("00:00");
        expect(formatCountdown(-3)).toBe("00:00");
        expect(formatCountdown(7200)).toBe("02:00:00");
    });

    test("a pay address may open an app but not run as script", () => {
        expect(safePayUrl("https://h5pay.jd.com/x?a=1")).toBe("https://h5pay.jd.com/x?a=1");
        expect(safePayUrl("weixin://wxpay/bizpayurl?pr=1")).toBe("weixin://wxpay/bizpayurl?pr=1");
        expect(safePayUrl("javascript:alert(1)")).toBe("");
        expect(safePayUrl(" JavaScript:alert(1)")).toBe("");
        expect(safePayUrl("java\nscript:alert(1)")).toBe("");
        expect(safePayUrl("data:text/html,x")).toBe("");
        expect(safePayUrl("/relative")).toBe("");
        expect(safePayUrl("")).toBe("");
        expect(safePayUrl(undefined)).toBe("");
    });

    test("the page only moves on within the shop", () => {
        const origin = "https://shop.example";
        expect(localUrl("/payment/status", origin)).toBe("https://shop.example/payment/status");
        expect(localUrl("https://shop.example/a", origin)).toBe("https://shop.example/a");
        expect(localUrl("https://evil.example/a", origin)).toBe("");
        expect(localUrl("//evil.example/a", origin)).toBe("");
        expect(localUrl("/\\evil.example/a", origin)).toBe("");
        expect(localUrl("javascript:alert(1)", origin)).toBe("");
        expect(localUrl("", origin)).toBe("");
    });

    test("rhythm: every second while it matters, ever slower when nobody can pay", () => {
        for (const phase of ["preparing", "waiting", "confirming", "paid"]) {
            expect(pollInterval(phase, 60 * MINUTE)).toBe(POLL_INTERVAL);
        }
        expect(pollInterval("unknown", MINUTE)).toBe(POLL_INTERVAL);
        expect(pollInterval("expired", 10)).toBe(POLL_INTERVAL);
        expect(pollInterval("expired", 5 * MINUTE)).toBe(3000);
        expect(pollInterval("refused", 60 * MINUTE)).toBe(15000);
    });
});

describe("asking the server", () => {
    test("at load at once, then every second, one at a time", () => {
        const state = new CheckoutState(snapshot(), 0);
        expectRequest(state, 0, "poll");
        state.received("poll", snapshot({ expires_in: 899 }), 100);
        expect(state.next(100)).toEqual({ request: null, wait: POLL_INTERVAL });
        expect(state.next(600)).toEqual({ request: null, wait: POLL_INTERVAL - 500 });
        expectRequest(state, 1100, "poll");
    });

    test("slower in a hidden tab, and at once when it is shown again", () => {
        const state = new CheckoutState(snapshot(), 0);
        state.hidden = true;
        expectRequest(state, 0, "poll");
        state.received("poll", snapshot(), 0);
        expect(state.next(0).wait).toBe(HIDDEN_INTERVAL);
        state.hidden = false;
        state.wake(2000);
        expectRequest(state, 2000, "poll");
    });

    test("the order is placed first, and again when that came to nothing", () => {
        const state = new CheckoutState(snapshot({ phase: "preparing", qr_svg: "" }), 0);
        expectRequest(state, 0, "start");
        state.received("start", snapshot({ phase: "preparing", qr_svg: "" }), 100);
        expectRequest(state, 1100, "poll");
        state.received("poll", snapshot({ phase: "preparing", qr_svg: "", ask_in: 3600 }), 1100);
        expectRequest(state, 1100 + START_AGAIN_AFTER, "start");
        state.failed("start", "lost", 5000);
        expectRequest(state, 6000, "start");
        state.received("start", snapshot(), 6100);
        expect(state.phase(6100)).toBe("waiting");
        expectRequest(state, 7100, "poll");
    });

    test("the gateway is asked when a poll says that it may be", () => {
        const state = new CheckoutState(snapshot(), 0);
        expectRequest(state, 0, "poll");
        state.received("poll", snapshot({ ask_in: 0 }), 0);
        expectRequest(state, 0, "check");
        // Even a server that always says "now" is not asked without a poll in between.
        state.received("check", snapshot({ ask_in: 0 }), 50);
        expect(state.next(50).wait).toBe(POLL_INTERVAL);
        expectRequest(state, 1050, "poll");
    });

    test("a lost answer to the order is asked for as well", () => {
        const lost = snapshot({ phase: "preparing", qr_svg: "", ask_in: 0 });
        const state = new CheckoutState(lost, 0);
        expectRequest(state, 0, "check");
    });

    test("nothing is asked about a payment that is over", () => {
        for (const phase of ["refused", "unreachable"]) {
            const state = new CheckoutState(snapshot({ phase, ask_in: 0 }), 0);
            expectRequest(state, 0, "poll");
        }
    });

    test("a lost network: backs off to five seconds, never gives up, recovers", () => {
        const state = new CheckoutState(snapshot(), 0);
        const waits = [];
        let now = 0;
        for (let i = 0; i < 6; i++) {
            expectRequest(state, now, "poll");
            state.failed("poll", "lost", now);
            waits.push(state.next(now).wait);
            now += state.next(now).wait;
            expect(state.view(now).trouble).toBe("lost");
        }
        expect(waits).toEqual([1000, 2000, 4000, MAX_BACK_OFF, MAX_BACK_OFF, MAX_BACK_OFF]);
        expectRequest(state, now, "poll");
        state.received("poll", snapshot(), now);
        expect(state.view(now).trouble).toBe("");
        expect(state.next(now).wait).toBe(POLL_INTERVAL);
    });

    test("a request that the device slept through is dropped without a word", () => {
        const state = new CheckoutState(snapshot(), 0);
        expectRequest(state, 0, "poll");
        state.dropped(9000);
        expect(state.view(9000).trouble).toBe("");
        expectRequest(state, 9000, "poll");
    });
});

describe("the shopper's buttons", () => {
    test("check now: at once, even between polls, and it says what came of it", () => {
        const state = new CheckoutState(snapshot(), 0);
        expectRequest(state, 0, "poll");
        state.received("poll", snapshot(), 0);
        state.ask("check", 300);
        expect(state.view(300)).toMatchObject({ feedback: "checking", busy: "check" });
        expectRequest(state, 300, "check");
        state.received("check", snapshot({ message: "Not received yet." }), 400);
        expect(state.view(400)).toMatchObject({
            feedback: "message",
            answer: "Not received yet.",
            message: "",
            busy: "",
        });
        // The next poll does not wipe it away; time does.
        state.received("poll", snapshot(), 1400);
        expect(state.view(1400).feedback).toBe("message");
        expect(state.view(400 + FEEDBACK_LIFE).feedback).toBe("");
    });

    test("check now without a word of the server's", () => {
        const state = new CheckoutState(snapshot(), 0);
        state.ask("check", 0);
        expectRequest(state, 0, "check");
        state.received("check", snapshot(), 100);
        expect(state.view(100).feedback).toBe("not_yet");
    });

    test("check now waits for the request under way, and pressing twice asks once", () => {
        const state = new CheckoutState(snapshot(), 0);
        expectRequest(state, 0, "poll");
        state.ask("check", 10);
        state.ask("check", 20);
        expect(state.view(20).feedback).toBe("checking");
        expect(state.next(20).request).toBe(null);
        state.received("poll", snapshot(), 50);
        expect(state.view(50).feedback).toBe("checking");
        expectRequest(state, 50, "check");
        state.received("check", snapshot(), 100);
        expect(state.next(100).wait).toBe(POLL_INTERVAL);
    });

    test("check now while our own check is under way takes that one's answer", () => {
        const state = new CheckoutState(snapshot({ ask_in: 0 }), 0);
        expectRequest(state, 0, "check");
        expect(state.view(0).busy).toBe("");
        state.ask("check", 10);
        expect(state.view(10).busy).toBe("check");
        state.received("check", snapshot(), 100);
        expect(state.view(100).feedback).toBe("not_yet");
        expect(state.next(100).request).toBe(null);
    });

    test("check now on a lost network says so, and can be pressed again", () => {
        const state = new CheckoutState(snapshot(), 0);
        state.ask("check", 0);
        expectRequest(state, 0, "check");
        state.failed("check", "lost", 100);
        expect(state.view(100)).toMatchObject({ feedback: "failed", busy: "", trouble: "lost" });
        state.ask("check", 200);
        expectRequest(state, 200, "check");
    });

    test("what the server says to a check that nobody asked for is not shown", () => {
        const state = new CheckoutState(snapshot({ ask_in: 0 }), 0);
        expectRequest(state, 0, "check");
        state.received("check", snapshot({ message: "Not received yet." }), 100);
        expect(state.view(100)).toMatchObject({ feedback: "", answer: "", message: "" });
    });

    test("a new code takes over in place", () => {
        const state = new CheckoutState(snapshot({ phase: "expired", expires_in: 0 }), 0);
        state.ask("renew", 0);
        expect(state.view(0).busy).toBe("renew");
        expectRequest(state, 0, "renew");
        state.received("renew", snapshot({ qr_svg: "<svg>2</svg>", expires_in: 600 }), 500, true);
        expect(state.view(500)).toMatchObject({
            phase: "waiting",
            qr: "<svg>2</svg>",
            countdown: "10:00",
            busy: "",
        });
        expect(state.redirection()).toBe(null);
        expectRequest(state, 500, "poll");
    });

    test("a new code that could not be had leaves the old page as it was", () => {
        const state = new CheckoutState(snapshot({ phase: "expired", expires_in: 0 }), 0);
        state.ask("renew", 0);
        expectRequest(state, 0, "renew");
        state.failed("renew", "lost", 500);
        expect(state.view(500)).toMatchObject({
            phase: "expired",
            feedback: "failed",
            canRenew: true,
            busy: "",
        });
    });
});

describe("a renewal that is refused", () => {
    test("stays on the page until there is news", () => {
        const state = new CheckoutState(snapshot({ phase: "expired", expires_in: 0 }), 0);
        state.ask("renew", 0);
        expectRequest(state, 0, "renew");
        const message = "The order has changed.";
        state.received("renew", snapshot({ phase: "refused", message, can_renew: false }), 100);
        expectRequest(state, 1100, "poll");
        state.received("poll", snapshot({ phase: "expired", expires_in: 0 }), 1200);
        expect(state.view(1200)).toMatchObject({ phase: "refused", message, canRenew: false });
        expectRequest(state, 2200, "poll");
        state.received("poll", snapshot({ phase: "paid", next_url: "/thanks" }), 2300);
        expect(state.redirection().url).toBe("/thanks");
    });
});

describe("what the page shows", () => {
    test("countdown runs by itself and does not stutter with the polls", () => {
        const state = new CheckoutState(snapshot({ expires_in: 900 }), 0);
        expect(state.view(500).countdown).toBe("14:59");
        state.received("poll", snapshot({ expires_in: 898 }), 1000);
        expect(state.view(1500).countdown).toBe("14:58");
        // A device that slept, or a server that changed its mind.
        state.received("poll", snapshot({ expires_in: 300 }), 2000);
        expect(state.view(2000).countdown).toBe("05:00");
        expect(state.view(2000).soon).toBe(false);
        expect(state.view(2000 + 4 * MINUTE).soon).toBe(true);
    });

    test("the code dies on time without the server, and keeps its picture", () => {
        const state = new CheckoutState(snapshot({ expires_in: 2 }), 0);
        expect(state.phase(1999)).toBe("waiting");
        const view = state.view(2000);
        expect(view).toMatchObject({ phase: "expired", canRenew: true, countdown: "" });
        expect(view.qr).toBe("<svg/>");
        state.received("poll", snapshot({ phase: "expired", qr_svg: "", expires_in: 0 }), 2100);
        expect(state.view(2100).qr).toBe("<svg/>");
        // Money that came at the last moment still wins.
        state.received("poll", snapshot({ phase: "paid", next_url: "/x" }), 3000);
        expect(state.redirection()).toEqual({ url: "/x", delay: REDIRECT_DELAY });
    });

    test("who is confirming is not cut off by our clock", () => {
        const state = new CheckoutState(snapshot({ phase: "confirming", expires_in: 1 }), 0);
        expect(state.phase(5000)).toBe("confirming");
    });

    test("paid: moves on, asks nothing more, and waits for the address if it must", () => {
        const state = new CheckoutState(snapshot(), 0);
        expectRequest(state, 0, "poll");
        state.received("poll", snapshot({ phase: "paid", qr_svg: "" }), 100);
        expect(state.redirection()).toBe(null);
        expectRequest(state, 1100, "poll");
        state.received("poll", snapshot({ phase: "paid", next_url: "/thanks" }), 1200);
        expect(state.redirection().url).toBe("/thanks");
        expect(REDIRECT_DELAY).toBeLessThan(601);
        expect(state.next(9000)).toEqual({ request: null, wait: null });
    });

    test("replaced by a newer attempt in another tab: goes there without ado", () => {
        const state = new CheckoutState(snapshot(), 0);
        state.received("poll", snapshot({ next_url: "/payment/cn/checkout/2/t" }), 100);
        expect(state.redirection()).toEqual({ url: "/payment/cn/checkout/2/t", delay: 0 });
    });

    test("ways to pay on a computer and on a phone", () => {
        const way = (changes, device) => {
            const view = new CheckoutState(snapshot(changes), 0).view(0, device);
            return [view.way, view.canOpen, view.canShowCode];
        };
        const url = "https://pay.example/1";
        const phone = { phone: true };
        expect(way({ kind: "qr" })).toEqual(["scan", false, false]);
        expect(way({ kind: "qr" }, phone)).toEqual(["scan", false, false]);
        expect(way({ kind: "link_qr", pay_url: url })).toEqual(["camera", true, false]);
        expect(way({ kind: "link_qr", pay_url: url }, phone)).toEqual(["open", true, true]);
        expect(way({ kind: "link", pay_url: url }, phone)).toEqual(["open", true, true]);
        expect(way({ kind: "link", pay_url: url, qr_svg: "" }, phone)).toEqual(["open", true, false]);
        expect(way({ kind: "link", pay_url: url, qr_svg: "" })).toEqual(["open", true, false]);
        expect(way({ kind: "link", pay_url: url }, { phone: true, wantsCode: true })).toEqual([
            "scan",
            true,
            false,
        ]);
        expect(way({ kind: "link", pay_url: "javascript:1" }, phone)).toEqual(["scan", false, false]);
    });

    test("unknown: no way to pay twice, unless the server says that it is safe", () => {
        const state = new CheckoutState(snapshot({ phase: "unknown", can_renew: false }), 0);
        expect(state.view(0)).toMatchObject({ canRenew: false, canLeave: false });
        state.received("poll", snapshot({ phase: "unknown", can_renew: true }), 0);
        expect(state.view(0)).toMatchObject({ canRenew: true, canLeave: true });
    });

    test("the server's reason goes with its phase", () => {
        const state = new CheckoutState(snapshot(), 0);
        state.received("check", snapshot({ phase: "refused", message: "Balance too low." }), 10);
        expect(state.view(10).message).toBe("Balance too low.");
        state.received("poll", snapshot(), 20);
        expect(state.view(20).message).toBe("");
    });
});
