# Part of payment_cn_wallets. License LGPL-3.
"""scripts/test: suites side by side, what is printed of them, and what is added up at the end."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from devstack import children, lanes, paths, results, runner, suites, testrun
from devstack.results import Result

CLOSING = "== 2 failed, 5 passed, 1 skipped, 1 error in 3.21s =="


@pytest.fixture
def logs(tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "LOGS", tmp_path)
    return tmp_path


def run(out, code, folder):
    return runner.run_suite(out, ["sh", "-c", code], cwd=folder, env=dict(os.environ))


class TestOutput:
    def test_counts(self, logs):
        result = run(runner.SuiteOutput("x", "tests"), f"echo '{CLOSING}'; exit 1", logs)
        assert result.counts == {"failed": 2, "passed": 5, "skipped": 1, "error": 1}
        assert result.code == 1
        assert results.closing_line([result]) == "5 passed, 3 failed, 1 skipped"

    def test_a_suite_alone_is_seen_at_once(self, logs, capfdbinary):
        run(runner.SuiteOutput("x", "tests", live=True), "echo one", logs)
        assert b"one\n" in capfdbinary.readouterr().out

    def test_suites_side_by_side_are_seen_whole(self, logs, capfdbinary):
        outs = [runner.SuiteOutput(name, "tests", live=False) for name in "xy"]
        for word in ("one", "two"):
            for out in outs:
                run(out, f"echo {out.name}-{word}", logs)
        assert capfdbinary.readouterr().out.split() == b"\xe2\x96\xb6 x: tests \xe2\x96\xb6 y: tests".split()
        for out in outs:
            out.close()
        text = capfdbinary.readouterr().out.decode()
        assert [line for line in text.splitlines() if line[1:2] == "-"] == ["x-one", "x-two", "y-one", "y-two"]
        assert (logs / "x.log").read_text() == "x-one\nx-two\n"


class TestLanes:
    def test_what_is_needed_comes_first(self):
        done = []
        tasks = [lanes.Task(name, lambda name=name: done.append(name), after)
                 for name, after in (("odoo", ("databases",)), ("lint", ()), ("databases", ()))]
        lanes.run_in_lanes(tasks, 1, end_all=None, tell=None)
        assert done == ["lint", "databases", "odoo"]

    def test_two_at_a_time(self):
        both = threading.Barrier(2)
        tasks = [lanes.Task(name, lambda: both.wait(20)) for name in "ab"]
        assert set(lanes.run_in_lanes(tasks, 2, end_all=None, tell=None)) == {"a", "b"}

    def test_one_that_breaks_ends_the_others(self):
        ended = threading.Event()

        def breaks():
            raise ZeroDivisionError

        tasks = [lanes.Task("long", lambda: ended.wait(20)), lanes.Task("breaks", breaks),
                 lanes.Task("later", lambda: pytest.fail("was started"), after=("long",))]
        with pytest.raises(ZeroDivisionError):
            lanes.run_in_lanes(tasks, 2, end_all=ended.set, tell=None)

    def test_a_long_silence_is_broken(self, monkeypatch):
        monkeypatch.setattr(lanes, "QUIET_SECONDS", 0.05)
        said, spoken = [], threading.Event()
        lanes.run_in_lanes([lanes.Task("long", lambda: spoken.wait(20))], 1, end_all=None,
                           tell=lambda line: (said.append(line), spoken.set()))
        assert said[0].endswith("running: long")

    @pytest.mark.usefixtures("logs")
    def test_plain_suites_run_beside_those_with_a_database(self):
        seen = []

        class Run:
            def prepare(self, *kinds):
                seen.append(sorted(kinds))

            def __getattr__(self, name):
                return lambda _out, targets: seen.append(name) or Result(name, 1, 0, {"passed": len(targets)})

        everything = dict.fromkeys(suites.SUITES, ())
        found = suites.run_suites(Run(), everything, {"base", "addon", "tests", "demo"})
        assert set(found) == set(suites.SUITES)
        assert seen.index(["addon", "base", "tests"]) < min(map(seen.index, ("odoo", "js", "install")))
        assert seen[-2:] == ["browser", "secrets"], "they need both cores, or what the others wrote"
        assert seen.index(["demo"]) < seen.index("browser")


class TestInterrupted:
    RUN = """
import os, signal, sys, threading
from pathlib import Path
from devstack import children, lanes, runner
runner.LOGS = Path(sys.argv[1])

def suite(name):
    code = f"echo started > {sys.argv[1]}/{name}; trap 'echo ended > {sys.argv[1]}/{name}; exit 2' INT; sleep 60 & wait"
    runner.run_suite(runner.SuiteOutput(name, "", live=False), ["sh", "-c", code], cwd="/", env=dict(os.environ))

tasks = [lanes.Task(name, lambda name=name: suite(name)) for name in ("a", "b", "never")]
try:
    lanes.run_in_lanes(tasks, 2, end_all=children.end_all, tell=print)
except KeyboardInterrupt:
    sys.exit(130)
"""

    def test_ctrl_c_ends_all_suites(self, tmp_path):
        # What was started in the background by a shell has Ctrl-C switched off, and hands that on.
        command = ["env", "--default-signal=INT", sys.executable, "-c", self.RUN, tmp_path]
        process = subprocess.Popen(command, stdout=subprocess.PIPE,
                                   env={**os.environ, "PYTHONPATH": str(paths.SCRIPTS)})
        for _turn in range(200):
            if all((tmp_path / name).exists() for name in "ab"):
                break
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        assert process.returncode == 130
        assert [(tmp_path / name).read_text() for name in "ab"] == ["ended\n", "ended\n"]
        assert not (tmp_path / "never").exists()

    def test_nothing_is_started_after_that(self, monkeypatch):
        monkeypatch.setattr(children, "_ending", True)
        with pytest.raises(children.Ending), children.running(lambda: pytest.fail("was started")):
            pass

    def test_what_does_not_end_is_killed(self, monkeypatch):
        monkeypatch.setattr(children, "PATIENCE", 0.3)
        process = subprocess.Popen(["sh", "-c", "trap '' INT; echo deaf; sleep 60 & wait; wait"],
                                   stdout=subprocess.PIPE, start_new_session=True)
        process.stdout.readline()
        children.interrupt([process])
        assert process.wait(10) == -signal.SIGKILL


class TestSummary:
    REPORT = """<?xml version="1.0" encoding="utf-8"?><testsuites><testsuite>
<testcase classname="tests.test_a.TestA" name="test_quick" time="0.010" />
<testcase classname="tests.test_a.TestA" name="test_slow" time="7.250"><failure message="x">y</failure></testcase>
</testsuite></testsuites>"""

    def test_two_runs_of_one_suite_add_up(self):
        whole = Result("x", 2, 0, {"passed": 3}) + Result("x", 1, 1, {"passed": 1, "failed": 2})
        assert whole == Result("x", 3, 1, {"passed": 4, "failed": 2})
        assert not whole.good

    def test_what_passed_alone_only_is_named(self):
        first = Result("x", 2, 1, {"passed": 3, "failed": 1, "error": 1})
        good = first.after_another_look(Result("x", 1, 0, {"passed": 2}), ["a.py::b", "a.py::c"])
        assert good.good
        assert (good.seconds, good.count("passed"), good.count("failed", "error")) == (3, 4, 0)
        assert "2 tests failed beside others" in results.passed_alone([good])
        assert "  a.py::c" in results.passed_alone([good])
        bad = first.after_another_look(Result("x", 1, 1, {"passed": 1, "failed": 1}), ["a.py::b", "a.py::c"])
        assert not bad.good
        assert bad.counts == first.counts
        assert results.passed_alone([bad]) == ""

    @pytest.mark.usefixtures("logs")
    @pytest.mark.parametrize(("first", "failed", "second", "good"), [
        (0, 0, None, True), (1, 2, 0, True), (1, 2, 1, False), (1, results.AGAIN + 1, None, False),
        (2, 1, None, False),
    ])
    def test_a_few_that_failed_are_run_again_alone(self, monkeypatch, tmp_path, first, failed, second, good):
        run = testrun.TestRun(tmp_path / "bin/python", None)
        runs, cache = [], tmp_path / "cache"
        names = [f"a.py::t{number:02}" for number in range(failed)]
        monkeypatch.setattr(run, "_cache", lambda _out: cache)

        def on_a_stack(_out, targets, *_more, part="all"):
            runs.append((part, targets))
            if part == "all" and names:
                (cache / "v/cache").mkdir(parents=True)
                (cache / "v/cache/lastfailed").write_text(json.dumps(dict.fromkeys(names, True)))
            code = {"all": first, "again": second, "alone": 0}[part]
            return Result("browser", 1, code, {"passed": 1})

        monkeypatch.setattr(run, "_on_a_stack", on_a_stack)
        assert run.browser(runner.SuiteOutput("browser", ""), []).good is good
        assert ("again", names) in runs or second is None
        assert len(runs) == (2 if second is None else 3)

    def test_a_suite_that_breaks_counts_as_failed(self):
        assert results.closing_line([Result("x", 1, 2, {})]) == "0 passed, 1 failed"

    def test_seconds_of_each_suite(self):
        text = results.summary([Result("odoo", 12.34, 0, {"passed": 3}), Result("js", 5, 5, {})], 15)
        assert "odoo             3       0        0     12.3" in text
        assert "no test found" in text
        assert "15.0  with all preparations" in text

    def test_the_slowest_tests_of_all_suites(self, tmp_path):
        (tmp_path / "odoo-all.xml").write_text(self.REPORT)
        (tmp_path / "browser-alone.xml").write_text(self.REPORT.replace("7.250", "9.9").replace("test_a", "test_b"))
        (tmp_path / "browser-all.xml").write_text(self.REPORT[:100])  # killed while it was written
        lines = results.slowest(results.durations(tmp_path), count=2).splitlines()
        assert "2 slowest tests of 4" in lines[1]
        assert [line.split() for line in lines[2:]] == [
            ["9.9", "browser:", "tests.test_b.TestA::test_slow"], ["7.2", "odoo:", "tests.test_a.TestA::test_slow"]]

    def test_budget(self):
        assert results.over_budget(results.BUDGET) == ""
        assert "27.5 minutes: 2.5 more than the 25" in results.over_budget(27.5 * 60)
        assert results.over_budget(27.5 * 60, cold=True) == ""

    def test_every_case_is_said_to_the_tests(self, tmp_path):
        assert suites.arguments(["--every-case"]).every_case
        assert testrun.TestRun(tmp_path / "bin/python", None, every_case=True).base["EVERY_CASE"] == "1"
        assert "EVERY_CASE" not in testrun.TestRun(tmp_path / "bin/python", None).base
