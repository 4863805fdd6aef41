// Part of payment_cn_wallets. License LGPL-3.
// Keeps the page's living part up to date, shows ages, and goes back to the shop after paying.
"use strict";

(() => {
    const PERIOD = 1000; // ms between two looks
    const live = document.querySelector("[data-live]");
    const offline = document.querySelector("[data-offline]");
    const chinese = document.documentElement.lang.startsWith("zh");
    let etag = null;
    let returning = false;

    function age(seconds) {
        if (seconds < 60) {
            return chinese ? `${seconds} 秒前` : `${seconds} s ago`;
        }
        const minutes = Math.floor(seconds / 60);
        if (minutes < 60) {
            return chinese ? `${minutes} 分钟前` : `${minutes} min ago`;
        }
        const hours = Math.floor(minutes / 60);
        return chinese ? `${hours} 小时前` : `${hours} h ago`;
    }

    function tick() {
        const now = Math.floor(Date.now() / 1000);
        for (const time of live.querySelectorAll("time[data-at]")) {
            time.textContent = age(Math.max(0, now - Number(time.dataset.at)));
        }
        const code = live.querySelector("[data-expires]");
        if (code && now >= Number(code.dataset.expires)) {
            // a phone shows a fresh code when the old one has run out
            location.replace(`/codes/${code.dataset.wallet}`);
        }
        const back = live.querySelector("[data-return-url]");
        if (back && !returning) {
            returning = true;
            setTimeout(() => location.assign(back.dataset.returnUrl), 1200);
        }
    }

    function swap(html) {
        // keep focus and what was typed or chosen: the payer may be in the middle of it
        const active = document.activeElement;
        const focused = active && live.contains(active) ? active : null;
        const href = focused && focused.getAttribute("href");
        const selector =
            focused && (href ? `a[href="${CSS.escape(href)}"]` : focused.name &&
            `[name="${CSS.escape(focused.name)}"][value="${CSS.escape(focused.value)}"]`);
        const chosen = live.querySelector("input[name=coupon]:checked");
        live.innerHTML = html;
        if (chosen) {
            const again = live.querySelector(`input[name=coupon][value="${chosen.value}"]`);
            if (again) {
                again.checked = true;
                price(again);
            }
        }
        const target = selector && live.querySelector(selector);
        if (target) {
            target.focus();
        }
        tick();
    }

    function price(radio) {
        const button = live.querySelector("button[data-text]");
        button.textContent = button.dataset.text.replace("{}", radio.dataset.pays);
    }

    async function look() {
        const form = live.querySelector("input:not([type=radio])");
        if (!document.hidden && !form) {
            try {
                const headers = etag ? { "If-None-Match": etag } : {};
                const response = await fetch(`${location.pathname}?live=1`, { headers });
                offline.hidden = true;
                if (response.ok) {
                    const first = etag === null;
                    etag = response.headers.get("ETag");
                    const html = await response.text();
                    if (!first || normal(html) !== normal(live.innerHTML)) {
                        swap(html);
                    }
                }
            } catch {
                offline.hidden = false;
            }
        }
        setTimeout(look, PERIOD);
    }

    // the first answer usually repeats what the page already shows
    function normal(html) {
        const box = document.createElement("template");
        box.innerHTML = html;
        return box.content.textContent.replace(/\s+/g, "");
    }

    live.addEventListener("change", (event) => {
        if (event.target.matches("input[name=coupon]")) {
            price(event.target);
        }
    });
    document.addEventListener("visibilitychange", tick);
    tick();
    setInterval(tick, 1000);
    setTimeout(look, PERIOD);
})();
