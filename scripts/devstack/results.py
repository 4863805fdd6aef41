# Part of payment_cn_wallets. License LGPL-3.
"""What came out of the suites: counts and durations, and the summary at the end of a run."""

import contextlib
import dataclasses
from xml.etree import ElementTree

TESTS_FAILED = 1  # pytest's exit code
NO_TESTS = 5  # pytest's exit code for "no test was found"
SLOWEST = 10  # tests that the summary names
BUDGET = 25 * 60  # seconds of an ordinary run of everything, where Odoo and its database are in the cache
COLD_BUDGET = 35 * 60  # where they have to be made first
AGAIN = 15  # more tests than these that fail beside others have a reason of their own


@dataclasses.dataclass
class Result:
    name: str
    seconds: float
    code: int
    counts: dict
    again: tuple = ()  # tests that failed beside others, and passed when nothing ran beside them

    @property
    def good(self):
        return self.code == 0

    def __add__(self, other):
        """Both runs of one suite together."""
        counts = {word: self.count(word) + other.count(word) for word in {*self.counts, *other.counts}}
        seconds, code = self.seconds + other.seconds, self.code or other.code
        return Result(self.name, seconds, code, counts, self.again + other.again)

    def after_another_look(self, other, tests):
        """This run, when its failed tests were run once more, alone. What failed twice stays failed.

        :param Result other: of these tests alone
        :param tests: their names
        """
        if not other.good:
            return dataclasses.replace(self, seconds=self.seconds + other.seconds)
        # A test whose end failed counts as passed and as error: count it once.
        passed = self.count("passed") + other.count("passed") - self.count("error")
        counts = {**self.counts, "passed": passed, "failed": 0, "error": 0}
        return Result(self.name, self.seconds + other.seconds, 0, counts, tuple(tests))

    def count(self, *words):
        return sum(self.counts.get(word, 0) for word in words)


def summary(results, total):
    """A table: what each suite did and how long it took. Suites run side by side: the total is less than their sum."""
    lines = ["", f"{'suite':10} {'passed':>7} {'failed':>7} {'skipped':>8} {'seconds':>8}"]
    for result in results:
        state = "" if result.good else "  ✗ no test found" if result.code == NO_TESTS else "  ✗"
        lines.append(f"{result.name:10} {result.count('passed'):7} {result.count('failed', 'error'):7} "
                     f"{result.count('skipped'):8} {result.seconds:8.1f}{state}")
    lines.append(f"{'total':10} {sum(r.count('passed') for r in results):7} "
                 f"{sum(r.count('failed', 'error') for r in results):7} "
                 f"{sum(r.count('skipped') for r in results):8} {total:8.1f}  with all preparations")
    return "\n".join(lines)


def passed_alone(results):
    """Lines that name the tests that passed at the second try only: each wants to be looked into."""
    tests = [test for result in results for test in result.again]
    return "\n".join(["", f"{len(tests)} tests failed beside others and passed when run again, alone:",
                      *(f"  {test}" for test in tests)]) if tests else ""


def durations(folder):
    """Return (seconds, suite, test) of every test of which pytest wrote a report (JUnit's XML) into a folder."""
    found = []
    for path in sorted(folder.glob("*.xml")):
        with contextlib.suppress(ElementTree.ParseError):  # the suite was killed while it wrote
            found += [(float(case.get("time", 0)), path.stem.partition("-")[0],
                       f"{case.get('classname')}::{case.get('name')}")
                      for case in ElementTree.parse(path).iter("testcase")]
    return found


def slowest(found, count=SLOWEST):
    """The lines that name the slowest tests."""
    if not found:
        return ""
    return "\n".join(["", f"the {min(count, len(found))} slowest tests of {len(found)}, seconds with set-up:"] + [
        f"{seconds:8.1f}  {suite}: {test}" for seconds, suite, test in sorted(found, reverse=True)[:count]])


def over_budget(seconds, cold=False):
    """A sentence when a run of everything took longer than it may, else nothing."""
    budget = COLD_BUDGET if cold else BUDGET
    if seconds <= budget:
        return ""
    kind = "one with an empty cache" if cold else "an ordinary one"
    return (f"This run took {seconds / 60:.1f} minutes: {(seconds - budget) / 60:.1f} more than the {budget // 60} "
            f"that {kind} may take on two cores.")


def closing_line(results):
    """One plain line for machines that read the end of the output."""
    failed = sum(max(result.count("failed", "error"), 0 if result.good else 1) for result in results)
    line = f"{sum(r.count('passed') for r in results)} passed, {failed} failed"
    skipped = sum(result.count("skipped") for result in results)
    return line + (f", {skipped} skipped" if skipped else "")
