// Part of payment_cn_wallets. License LGPL-3.

// Runs in the till before anything of it: notes when keys come, when "paid" is on the screen, and how long frames take.
(() => {
    const watch = { keys: [], paid: 0, receipt: 0, frames: [], tasks: [] };
    window.benchWatch = watch;

    watch.clear = () => {
        Object.assign(watch, { keys: [], paid: 0, receipt: 0 });
        performance.clearResourceTimings(); // the browser keeps 250 of them
    };

    // The time of a key is the one at which the browser got it, before it waits for the page.
    addEventListener("keydown", (ev) => watch.keys.push(ev.timeStamp), { capture: true });

    // What is changed while a frame is being made is laid out in it, anything else in the next one. Those who notice
    // the change come right after the action that made it.
    let inFrame = false;
    const frame = window.requestAnimationFrame.bind(window);
    window.requestAnimationFrame = (action) =>
        frame((moment) => {
            inFrame = true;
            try {
                action(moment);
            } finally {
                queueMicrotask(() => (inFrame = false));
            }
        });

    const isWithin = (element) => {
        const { width, height, top, bottom, left, right } = element.getBoundingClientRect();
        return width > 0 && height > 0 && bottom > 0 && right > 0 && top < innerHeight && left < innerWidth;
    };

    // On the screen: laid out within the window in one frame, and the page is called for the next.
    const look = (name, selector) => {
        const element = !watch[name] && document.querySelector(selector);
        if (element) {
            watch[name] = -1;
            const next = () => {
                watch[name] = isWithin(element) && element.matches(selector) ? performance.now() : 0;
                if (!watch[name]) {
                    notice(); // gone before it was seen: the next one counts
                }
            };
            frame(inFrame ? next : () => frame(next));
        }
    };
    const notice = () => {
        look("receipt", ".receipt-screen");
        look("paid", '.o_cn_panel[data-phase="paid"], .receipt-screen');
    };
    new MutationObserver(notice).observe(document, {
        subtree: true,
        childList: true,
        attributes: true,
        attributeFilter: ["data-phase"],
    });

    // Frames: from one to the next, in ms.
    watch.follow = () => {
        watch.frames = [];
        watch.tasks = [];
        watch.following = true;
        let last = null;
        const follow = (moment) => {
            if (last !== null) {
                watch.frames.push(moment - last);
            }
            last = moment;
            if (watch.following) {
                frame(follow);
            }
        };
        frame(follow);
    };
    watch.stop = () => {
        watch.following = false;
        return { frames: watch.frames, tasks: watch.tasks };
    };
    new PerformanceObserver((list) => watch.tasks.push(...list.getEntries().map((one) => one.duration))).observe({
        type: "longtask",
    });
})();
