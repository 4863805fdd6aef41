# Part of payment_cn_wallets. License LGPL-3.
"""Running one suite with its output on the screen and in a log, and adding up what came out."""

import dataclasses
import re
import subprocess
import sys
import time

from .paths import LOGS

_COUNT = re.compile(r"(\d+) (passed|failed|skipped|errors?|xfailed|xpassed|deselected|warnings?)")
_ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
_NO_TESTS = 5  # pytest's exit code for "no test was found"


@dataclasses.dataclass
class Result:
    name: str
    seconds: float
    code: int
    counts: dict

    @property
    def good(self):
        return self.code == 0

    def __add__(self, other):
        """Both runs of one suite together."""
        counts = {word: self.count(word) + other.count(word) for word in {*self.counts, *other.counts}}
        return Result(self.name, self.seconds + other.seconds, self.code or other.code, counts)

    def count(self, *words):
        return sum(self.counts.get(word, 0) for word in words)


def run_suite(name, command, *, cwd, env, more=False):
    """Run a command and give its Result; ``more`` adds to the log of the same suite."""
    LOGS.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    env = dict(env)
    if sys.stdout.isatty():
        env.setdefault("PY_COLORS", "1")
    counts = {}
    with open(LOGS / f"{name}.log", "ab" if more else "wb") as log:
        process = subprocess.Popen([str(part) for part in command], cwd=cwd, env=env, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            for line in process.stdout:
                log.write(line)
                sys.stdout.buffer.write(line)
                sys.stdout.flush()
                text = _ESCAPES.sub("", line.decode(errors="replace"))
                if re.search(r" in [\d.]+s", text):
                    counts = {word.rstrip("s") if word.startswith(("error", "warning")) else word: int(number)
                              for number, word in _COUNT.findall(text)} or counts
            code = process.wait()
        except BaseException:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
            raise
    return Result(name, time.monotonic() - start, code, counts)


def summary(results, total):
    """A table: what each suite did and how long it took."""
    lines = ["", f"{'suite':10} {'passed':>7} {'failed':>7} {'skipped':>8} {'seconds':>8}"]
    for result in results:
        state = "" if result.good else "  ✗ no test found" if result.code == _NO_TESTS else "  ✗"
        lines.append(f"{result.name:10} {result.count('passed'):7} {result.count('failed', 'error'):7} "
                     f"{result.count('skipped'):8} {result.seconds:8.1f}{state}")
    lines.append(f"{'total':10} {sum(r.count('passed') for r in results):7} "
                 f"{sum(r.count('failed', 'error') for r in results):7} "
                 f"{sum(r.count('skipped') for r in results):8} {total:8.1f}  with all preparations")
    return "\n".join(lines)


def closing_line(results):
    """One plain line for machines that read the end of the output."""
    failed = sum(max(result.count("failed", "error"), 0 if result.good else 1) for result in results)
    line = f"{sum(r.count('passed') for r in results)} passed, {failed} failed"
    skipped = sum(result.count("skipped") for result in results)
    return line + (f", {skipped} skipped" if skipped else "")
