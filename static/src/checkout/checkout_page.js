// Part of payment_cn_wallets. License LGPL-3.

import { browser } from "@web/core/browser/browser";
import { isMobileOS } from "@web/core/browser/feature_detection";
import { rpc, RPCError } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { redirect } from "@web/core/utils/urls";
import { Interaction } from "@web/public/interaction";

import { DONE, isFirstCashier, openCashier } from "./bridges";
import { CheckoutState, localUrl } from "./checkout_state";

const ROUTE = "/payment/cn/checkout";
// A request that hangs on a bad mobile network would stop the page, as there is never more than
// one. The longer ones ask a gateway, which has its own time-out on the server.
const TIMEOUTS = { poll: 8000, check: 25000, start: 30000, renew: 30000 };
const STALE_AFTER_WAKE = 2000;
const LEAVE_AT_MOST = 1500;
const SHORTEST_CHECK = 400;
const BETWEEN_CASHIERS = 3000;

export class CnCheckout extends Interaction {
    static selector = ".o_cn_checkout";

    dynamicContent = {
        _window: {
            "t-on-online": () => this.wake(),
            "t-on-pageshow": (ev) => ev.persisted && this.comeBack(),
            "t-on-focus": () => this.wake(),
        },
        _document: {
            "t-on-visibilitychange": () => this.onVisibilityChange(),
        },
        "[name=o_cn_check_now]": { "t-on-click": () => this.ask("check") },
        "[name=o_cn_renew]": { "t-on-click": () => this.ask("renew") },
        "[name=o_cn_cashier]": { "t-on-click": () => this.openCashier() },
        "[name=o_cn_other_way]": { "t-on-click": () => this.goAnotherWay() },
        "[name=o_cn_this_device]": { "t-on-click": () => this.goBack() },
        "[name=o_cn_retry]": { "t-on-click": () => this.ask("start") },
        "[name=o_cn_show_code]": { "t-on-click": () => this.showCode() },
        "[name=o_cn_back]": { "t-on-click": (ev) => this.leave(ev) },
    };

    // === LIFE === //

    setup() {
        const { txId, token, snapshot } = this.el.dataset;
        this.params = { tx_id: parseInt(txId), token };
        this.wantsCode = false;
        this.wantsOther = this.wantsFirst = false;
        this.cashierSince = -Infinity; // when the wallet's cashier was opened
        this.timer = null;
        this.ticker = null;
        this.goingTo = null;
        this.state = new CheckoutState(JSON.parse(snapshot), this.now());
        this.state.hidden = document.hidden;
        const drawn = this.el.querySelector("[name=o_cn_qr]")?.hasAttribute("src");
        this.drawnQr = drawn ? this.state.snapshot.qr_svg : ""; // by the server
    }

    start() {
        this.advance();
    }

    destroy() {
        browser.clearTimeout(this.timer);
        browser.clearTimeout(this.ticker);
        browser.clearTimeout(this.goingTo?.timer);
        this.running?.abort(false);
    }

    /** Milliseconds of a clock that does not jump when the device's time is set. */
    now() {
        return browser.performance.now();
    }

    // === ONE STEP === //

    /** Draw what is known, then send or schedule the next request. */
    advance() {
        if (this.isDestroyed) {
            return;
        }
        const { cashier } = this.draw();
        browser.clearTimeout(this.timer);
        if (cashier && isFirstCashier(this.params.tx_id)) {
            this.openCashier();
        }
        const target = this.state.redirection();
        if (target) {
            this.go(target);
            return;
        }
        const { request, wait } = this.state.next(this.now());
        if (request) {
            this.send(request);
        } else if (wait !== null) {
            this.timer = browser.setTimeout(() => this.advance(), wait);
        }
    }

    async send(request) {
        const began = this.now();
        this.state.sent(request, began);
        const params = { ...this.params };
        if (request === "check") {
            params.pressed = this.state.checkAsked;
        }
        if (request === "renew") {
            params.other = this.wantsOther;
            params.first = this.wantsFirst;
            this.wantsOther = this.wantsFirst = false;
        }
        const call = rpc(`${ROUTE}/${request}`, params, { silent: true });
        this.running = call;
        this.runningSince = began;
        const alarm = browser.setTimeout(() => call.abort(), TIMEOUTS[request]);
        try {
            const snapshot = await call;
            if (!snapshot?.phase) {
                throw new Error("not a snapshot");
            }
            const spare = SHORTEST_CHECK - (this.now() - began);
            const asked = request === "check" && this.state.checkAsked;
            if (asked && snapshot.phase !== "paid" && spare > 0) {
                // "Checking…" that vanishes before it can be read looks like nothing happened.
                await new Promise((resolve) => browser.setTimeout(resolve, spare));
            }
            this.state.received(request, snapshot, this.now(), this.adopt(snapshot));
        } catch (error) {
            if (call.givenUp) {
                this.state.dropped(this.now());
            } else {
                const trouble = error instanceof RPCError ? "server" : "lost";
                this.state.failed(request, trouble, this.now());
            }
        } finally {
            browser.clearTimeout(alarm);
            this.running = null;
        }
        this.advance();
    }

    /**
     * The answer may be about a new attempt, which took over from ours and has its own address:
     * go on with it in place, so that reloading finds it again.
     *
     * @returns {boolean} whether it is
     */
    adopt(snapshot) {
        const { tx_id, token, phase, next_url, reload } = snapshot;
        if (!tx_id || !token || tx_id === this.params.tx_id || reload) {
            return false; // what has to be loaded anew is reached by its address
        }
        this.params = { tx_id, token };
        this.setAttributes(this.el, { "data-tx-id": String(tx_id), "data-token": token });
        this.wantsCode = false;
        if (phase !== "paid") {
            const address = localUrl(next_url, browser.location.origin);
            if (address) {
                browser.history.replaceState(browser.history.state, "", address);
            }
            snapshot.next_url = "";
        }
        return true;
    }

    go({ url, delay }) {
        const address = localUrl(url, browser.location.origin);
        if (!address || this.goingTo?.address === address) {
            return;
        }
        browser.clearTimeout(this.goingTo?.timer);
        // `replace`: going back from the receipt must not end on a spent code.
        const timer = browser.setTimeout(() => browser.location.replace(address), delay);
        this.goingTo = { address, timer };
    }

    // === WHAT THE SHOPPER DOES === //

    ask(request) {
        this.state.ask(request, this.now());
        this.advance();
    }

    showCode() {
        if (this.state.snapshot.qr_svg) {
            this.wantsCode = true;
            this.draw();
        } else {
            this.goAnotherWay();
        }
    }

    goAnotherWay() {
        this.wantsOther = true;
        this.ask("renew");
    }

    goBack() {
        this.wantsFirst = true;
        this.ask("renew");
    }

    // === INSIDE THE WALLET === //

    async openCashier() {
        const { tx_id } = this.params;
        const { cashier } = this.view();
        const now = this.now();
        // Not for ever: some apps never say how their cashier was left.
        if (!cashier || now - this.cashierSince < BETWEEN_CASHIERS) {
            return;
        }
        this.cashierSince = now;
        this.state.feedback = null;
        this.draw();
        const how = await openCashier(this.el.dataset.wallet, cashier);
        this.cashierSince = -Infinity;
        if (this.isDestroyed || tx_id !== this.params.tx_id) {
            return;
        }
        if (how === DONE) {
            this.ask("check"); // the wallet's word is no payment
        } else {
            this.state.cashierLeft(how, this.now());
            this.advance();
        }
    }

    async leave(ev) {
        if (ev.ctrlKey || ev.metaKey || ev.shiftKey || ev.button) {
            return; // a new tab: this one stays
        }
        ev.preventDefault();
        if (this.state.leaving) {
            return;
        }
        const backUrl = ev.currentTarget.href;
        this.state.leaving = true;
        this.draw();
        browser.clearTimeout(this.timer);
        // The answer may bring the news that the money is there. It is not worth a long wait,
        // and the request outlives the page.
        const answer = browser
            .fetch(`${ROUTE}/leave`, {
                method: "POST",
                keepalive: true,
                headers: { "Content-Type": "application/json" },
                body: JSON.stringify({ jsonrpc: "2.0", method: "call", params: this.params }),
            })
            .then((response) => response.json())
            .catch(() => null);
        const patience = new Promise((resolve) => browser.setTimeout(resolve, LEAVE_AT_MOST));
        const snapshot = (await Promise.race([answer, patience]))?.result;
        if (this.isDestroyed) {
            return;
        }
        if (snapshot?.phase === "paid") {
            this.state.leaving = false;
            this.state.received("leave", snapshot, this.now());
            this.advance();
        } else {
            redirect(backUrl);
        }
    }

    onVisibilityChange() {
        this.state.hidden = document.hidden;
        if (!document.hidden) {
            this.wake();
        }
    }

    wake() {
        const now = this.now();
        if (this.state.inFlight === "poll" && now - this.runningSince > STALE_AFTER_WAKE) {
            // Sent before the phone slept: its answer will not come.
            this.running.givenUp = true;
            this.running.abort();
        }
        this.state.hidden = document.hidden;
        this.state.wake(now);
        this.advance();
    }

    /** The browser took the page out of its cache as it was left: on its way elsewhere. */
    comeBack() {
        browser.clearTimeout(this.goingTo?.timer);
        this.goingTo = null;
        this.state.leaving = false;
        this.wake();
    }

    // === DRAWING === //

    /**
     * The template holds every sentence; attributes of the root element choose among them. Nothing
     * is written that did not change, or screen readers would say it again.
     */
    draw() {
        const now = this.now();
        const focused = this.el.getRootNode().activeElement;
        const view = this.view();
        this.setAttributes(this.el, {
            "data-phase": view.phase,
            "data-way": view.way,
            "data-code": view.qr ? "1" : "",
            "data-busy": view.busy,
            "data-feedback": view.feedback,
            "data-trouble": view.trouble,
            "data-soon": view.soon ? "1" : "",
            "aria-busy": view.busy ? "true" : "false",
        });
        this.each("o_cn_amount", (el) => this.setText(el, view.amount));
        this.each("o_cn_countdown", (el) => this.setText(el, view.countdown));
        this.each("o_cn_message", (el) => this.setText(el, view.message));
        this.each("o_cn_answer", (el) => this.setText(el, view.answer));
        this.each("o_cn_qr", (el) => {
            if (view.qr !== this.drawnQr) {
                this.drawnQr = view.qr;
                const src = view.qr && `data:image/svg+xml,${encodeURIComponent(view.qr)}`;
                this.setAttributes(el, { src: src || null });
            }
            el.hidden = !view.qr;
        });
        this.each("o_cn_open_wallet", (el) => {
            this.setAttributes(el, { href: view.payUrl || null });
            el.hidden = !view.canOpen;
        });
        this.each("o_cn_cashier", (el) => (el.hidden = !view.cashier));
        this.each("o_cn_other_way", (el) => (el.hidden = !view.canGoAnotherWay));
        this.each("o_cn_this_device", (el) => (el.hidden = !view.canGoBack));
        this.each("o_cn_show_code", (el) => (el.hidden = !view.canShowCode));
        this.each("o_cn_renew", (el) => (el.hidden = !view.canRenew));
        this.each("o_cn_back", (el) => (el.hidden = !view.canLeave));
        this.each("o_cn_details", (el) => (el.hidden = !view.details));
        for (const name of ["o_cn_check_now", "o_cn_renew", "o_cn_retry"]) {
            // Not `disabled`, which would take the keyboard's focus away.
            const disabled = view.busy ? "true" : null;
            this.each(name, (el) => this.setAttributes(el, { "aria-disabled": disabled }));
        }
        this.keepFocus(focused);
        this.scheduleTick(now);
        return view;
    }

    view() {
        return this.state.view(this.now(), { phone: isMobileOS(), wantsCode: this.wantsCode });
    }

    each(name, change) {
        this.el.querySelectorAll(`[name=${name}]`).forEach(change);
    }

    setText(el, text) {
        if (el.textContent !== text) {
            el.textContent = text;
        }
    }

    setAttributes(el, attributes) {
        for (const [name, value] of Object.entries(attributes)) {
            if (value === null) {
                el.removeAttribute(name);
            } else if (el.getAttribute(name) !== value) {
                el.setAttribute(name, value);
            }
        }
    }

    /** A button that goes away under the finger must not send the keyboard to the page's top. */
    keepFocus(focused) {
        if (this.el.contains(focused) && focused !== this.el.getRootNode().activeElement) {
            this.el.querySelector("[name=o_cn_status]")?.focus({ preventScroll: true });
        }
    }

    scheduleTick(now) {
        browser.clearTimeout(this.ticker);
        if (this.state.phase(now) !== "waiting") {
            return;
        }
        const left = this.state.secondsLeft(now) * 1000;
        this.ticker = browser.setTimeout(
            () => (this.state.phase(this.now()) === "waiting" ? this.draw() : this.expire()),
            (left % 1000) + 20
        );
    }

    /** Our own clock says that the code is dead: show it, and ask the server without delay. */
    expire() {
        this.state.dueAt = Math.min(this.state.dueAt, this.now());
        this.advance();
    }
}

registry.category("public.interactions").add("payment_cn_wallets.checkout", CnCheckout);
