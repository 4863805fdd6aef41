# Part of payment_cn_wallets. License LGPL-3.
"""What was measured, as tables for people, as JSON, and as the block in docs/benchmarks.md."""

import dataclasses
import math
import os
import platform
import statistics

from ..document import cpu, today
from . import scenarios

SCAN_HEADINGS = ("scan", "key to key", "gateway", "ours p50", "ours p95", "worst", "limit", "till", "server",
                 "server", "drawn", "receipt")
CODE_HEADINGS = ("code on the screen", "p50", "p95", "worst", "limit")
FRAME_HEADINGS = ("while", "frames", "longest frame", "longest task")


def percentile(values, share):
    """The smallest value that at least ``share`` of them do not exceed (nearest rank)."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def circumstances(rounds, seconds, chromium):
    """What the numbers depend on."""
    return {
        "date": today(), "cpu": cpu(), "cores": os.cpu_count(), "python": platform.python_version(),
        "chromium": chromium, "rounds": rounds, "seconds": seconds,
    }


def records(scans, codes, frames):
    """All that was measured, with a ``good`` for what has a limit."""
    return {
        "scans": [_scan_record(row, found) for row, found in scans.items()],
        "codes": [_code_record(row, times) for row, times in codes.items()],
        "frames": [
            {"while": phase, "frames": count, "longest_frame": frame, "longest_task": task,
             "good": frame <= scenarios.FRAME_LIMIT, "limited": index > 0}
            for index, (phase, (count, frame, task)) in enumerate(frames.items())
        ],
    }


def _scan_record(row, found):
    ours = [one.ours for one in found]
    median = {name: statistics.median(getattr(one, name) for one in found)
              for name in ("gap", "gateway", "till", "before", "after", "drawn", "receipt")}
    return {
        "scan": row.name, "gateway": row.gateway, "wallet": row.wallet, "rounds": len(found),
        "gap": median["gap"], "gateway_ms": median["gateway"], "till": median["till"], "before": median["before"],
        "after": median["after"], "drawn": median["drawn"], "receipt": median["receipt"],
        "p50": statistics.median(ours), "p95": percentile(ours, 0.95), "worst": max(ours),
        "limit": scenarios.SCAN_LIMIT, "good": percentile(ours, 0.95) <= scenarios.SCAN_LIMIT,
        "each": [dataclasses.asdict(one) for one in found],
    }


def _code_record(row, times):
    return {
        "code": row.name, "gateway": row.gateway, "wallet": row.wallet, "notices": row.notices, "rounds": len(times),
        "p50": statistics.median(times), "p95": percentile(times, 0.95), "worst": max(times), "limit": row.limit,
        "good": percentile(times, 0.95) <= row.limit,
    }


def failing(found):
    """The rows that are over their limit."""
    return [row for part in ("scans", "codes") for row in found[part] if not row["good"]] + [
        row for row in found["frames"] if row["limited"] and not row["good"]]


def tables(found):
    """Three tables: headings and rows of texts."""
    return [
        (SCAN_HEADINGS, [
            (row["scan"], *(_ms(row[name]) for name in (
                "gap", "gateway_ms", "p50", "p95", "worst", "limit", "till", "before", "after", "drawn",
                "receipt")))
            for row in found["scans"]]),
        (CODE_HEADINGS, [
            (row["code"], *(_ms(row[name]) for name in ("p50", "p95", "worst", "limit"))) for row in found["codes"]]),
        (FRAME_HEADINGS, [
            (row["while"], str(row["frames"]), _ms(row["longest_frame"]), _ms(row["longest_task"]) or "–")
            for row in found["frames"]]),
    ]


def _ms(value):
    return f"{value:.0f}"


def lines(found):
    """The tables for a terminal."""
    flags = [[row["good"] for row in found["scans"]], [row["good"] for row in found["codes"]],
             [row["good"] or not row["limited"] for row in found["frames"]]]
    out = []
    for (headings, rows), good in zip(tables(found), flags, strict=True):
        widths = [max(len(line[at]) for line in (headings, *rows)) for at in range(len(headings))]
        for line, fine in zip((headings, *rows), (True, *good), strict=True):
            first, *rest = (text.ljust(width) if not at else text.rjust(width)
                            for at, (text, width) in enumerate(zip(line, widths, strict=True)))
            out.append("  ".join((first, *rest)) + ("" if fine else "  ✗"))
        out.append("")
    return out


def verdict(found):
    """The lines that say whether the limits hold."""
    worst = max(found["scans"], key=lambda row: row["p95"])
    told = [row for row in found["codes"] if row["notices"]]
    slowest = max(told, key=lambda row: row["p95"])
    [asked] = [row for row in found["codes"] if not row["notices"]]
    frame = max((row for row in found["frames"] if row["limited"]), key=lambda row: row["longest_frame"])
    return [
        _line(all(row["good"] for row in found["scans"]),
              f"Scanner: from the last key to “paid” {_ms(worst['p95'])} ms over the gateway's own time at p95, in the "
              f"slowest of {len(found['scans'])} rows (limit {scenarios.SCAN_LIMIT} ms)."),
        _line(all(row["good"] for row in told),
              f"Code on the screen: “paid” {_ms(slowest['p95'])} ms after the gateway knew, at p95, at the slowest of "
              f"{len(told)} gateways (limit {slowest['limit']} ms)."),
        _line(asked["good"], f"The same without notices: {_ms(asked['p95'])} ms at p95 (limit {asked['limit']} ms: the "
                             f"{scenarios.poll_gap()} s between questions that the gateway allows, and 1 s)."),
        _line(frame["good"],
              f"Waiting: no frame over {_ms(frame['longest_frame'])} ms (limit {scenarios.FRAME_LIMIT} ms)."),
    ]


def _line(good, text):
    return f"{'✓' if good else '✗'} {text}"


def made_again(around, found):
    """The sentence about the scans that the host of the machine disturbed."""
    count = around["rounds"] * len(found["scans"])
    return (f"Beside the {count} scans that count, {around['again']} were made again: the host had the processor, or"
            " the keys came too far apart.")


def markdown(found, around):
    """The block in the document."""
    text = [f"Measured on {around['date']}: {around['cpu']}, {around['cores']} cores for everything, Python "
            f"{around['python']}, Chromium {around['chromium']}; {around['rounds']} rounds, {around['seconds']} s of "
            f"frames each. Load of the machine before: {around['load']:.2f}. {made_again(around, found)} "
            "Milliseconds.", ""]
    for headings, rows in tables(found):
        text += [f"| {' | '.join(headings)} |", "| --- |" + " ---: |" * (len(headings) - 1)]
        text += [f"| {' | '.join(row)} |" for row in rows]
        text.append("")
    return "\n".join(text + [line + "  " for line in verdict(found)]).rstrip()
