# Part of payment_cn_wallets. License LGPL-3.
"""What was measured, as a table for people, as JSON, and as the block in docs/benchmarks.md."""

import platform
from importlib.metadata import version

from ..document import cpu, marks, today, write_block, write_json as dump

# Two implementations that do the same differ by a few percent from run to run on a machine that has other work.
LIMIT = 1.05
LIBRARIES = ("cryptography", "wechatpayv3", "alipay-sdk-python", "rsa", "lxml")
HEADINGS = ("operation", "ours µs", "SDK µs", "bare µs", "ours/SDK", "ours/bare")
WIDTHS = (34, 9, 9, 9, 9, 10)
BEGIN, END = marks("gateways")


def circumstances(rounds):
    """What the numbers depend on."""
    return {
        "date": today(),
        "cpu": cpu(),
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in LIBRARIES},
        "rounds": rounds,
        "limit": LIMIT,
    }


def records(found):
    """A dict for each row: medians in µs, medians of the ratios, whether ours is within the limit."""
    return [{
        "gateway": one.row.gateway,
        "operation": one.row.operation,
        "sdk": one.row.sdk_name,
        "ours_us": one.microseconds("ours"),
        "sdk_us": one.microseconds("sdk"),
        "bare_us": one.microseconds("bare"),
        "ours_to_sdk": one.ratio("sdk"),
        "ours_to_bare": one.ratio("bare"),
        "good": one.ratio("sdk") is None or one.ratio("sdk") <= LIMIT,
    } for one in found]


def slower(rows):
    """Those in which ours is slower than the SDK."""
    return [row for row in rows if not row["good"]]


def table(rows):
    """The lines of the table: a heading for each gateway, the numbers to the right."""
    lines = [_line(HEADINGS)]
    gateway = None
    for row in rows:
        if row["gateway"] != gateway:
            gateway = row["gateway"]
            lines += ["", gateway + (f" (SDK: {row['sdk']})" if row["sdk"] else " (no SDK)")]
        lines.append(_line(cells(row)) + ("" if row["good"] else "  ✗"))
    return lines


def cells(row):
    return ("  " + row["operation"], *(_number(row[name]) for name in ("ours_us", "sdk_us", "bare_us")),
            *(_ratio(row[name]) for name in ("ours_to_sdk", "ours_to_bare")))


def _line(texts):
    first, *rest = texts
    return first.ljust(WIDTHS[0]) + "".join(text.rjust(width) for text, width in zip(rest, WIDTHS[1:], strict=True))


def _number(value):
    return "–" if value is None else f"{value:.1f}"


def _ratio(value):
    return "–" if value is None else f"{value:.2f}"


def verdict(rows):
    """One line: whether ours is as fast as the SDKs, and how far it is from bare RSA."""
    against = [row for row in rows if row["sdk"]]
    bad = slower(rows)
    if bad:
        names = ", ".join(f"{row['gateway']} {row['operation']} ({row['ours_to_sdk']:.2f})" for row in bad)
        first = f"✗ Ours is slower than an SDK (more than {LIMIT} times its time) in {len(bad)} rows: {names}."
    else:
        worst = max(row["ours_to_sdk"] for row in against)
        first = (f"✓ Ours is not slower than the SDKs in any of {len(against)} rows: {worst:.2f} times an SDK's time "
                 f"at the most (limit {LIMIT}, for noise).")
    built, answer, notice = (_distance(against, word) for word in ("built", "answer", "notice"))
    return (f"{first} Of bare RSA's time: {built} for a signed order, {answer} for a verified answer, {notice} for a "
            "verified notice.")


def _distance(rows, word):
    found = [row["ours_to_bare"] for row in rows if word in row["operation"]]
    low, high = f"{min(found):.2f}", f"{max(found):.2f}"
    return (low if low == high else f"{low} to {high}") + " times"


def write_json(path, rows, around):
    dump(path, {**around, "rows": rows})


def write_document(path, rows, around):
    """Put the table between the two marks of a document.

    :raise ValueError: when it has not got them
    """
    write_block(path, "gateways", markdown(rows, around))


def markdown(rows, around):
    libraries = ", ".join(f"{name} {number}" for name, number in around["libraries"].items())
    lines = [f"Measured on {around['date']}: {around['cpu']}, Python {around['python']}, {libraries}; "
             f"{around['rounds']} rounds.", ""]
    lines += ["| gateway | " + " | ".join(HEADINGS) + " |", "| --- | --- |" + " ---: |" * (len(HEADINGS) - 1)]
    lines += [f"| {row['gateway']} | " + " | ".join(text.strip() for text in cells(row)) + " |" for row in rows]
    return "\n".join([*lines, "", verdict(rows)])
