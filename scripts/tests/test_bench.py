# Part of payment_cn_wallets. License LGPL-3.
"""scripts/bench: what it prints and how it counts. Not how fast anything is."""

import json
import os
import re
import subprocess

import pytest

from bench_suites import document
from bench_suites.gateways import comparison, report
from devstack import bench, paths
from devstack.bench.measuring import DOCUMENT

GATEWAYS = ["WeChat Pay", "Alipay", "QQ Wallet", "JD Pay", "Huishouyin"]


def run(*arguments):
    """Run scripts/bench as a user would."""
    return subprocess.run([paths.SCRIPTS / "bench", *arguments], capture_output=True, text=True, timeout=300,
                          env={**os.environ}, stdin=subprocess.DEVNULL)


def measured(ours, sdk=None, bare=(1, 1, 1)):
    seconds = {"ours": ours, "sdk": sdk, "bare": bare}
    row = comparison.Row("Alipay", "order: built and signed", bool, bool, bool if sdk else None,
                         "an SDK" if sdk else "")
    return comparison.Measured(row, {name: values for name, values in seconds.items() if values})


@pytest.fixture(scope="module")
def measuring(tmp_path_factory):
    file = tmp_path_factory.mktemp("bench") / "deep/result.json"
    return run("gateways", "--rounds", "2", "--json", str(file)), json.loads(file.read_text())


class TestCommand:
    def test_help(self):
        done = run("--help")
        assert done.returncode == 0
        for name, suite in bench.SUITES.items():
            assert f"{name} " in done.stdout
            assert suite.WHAT in done.stdout

    @pytest.mark.parametrize("arguments", [
        (), ("no-such-suite",), ("gateways", "--rounds", "0"), ("pos", "--rounds", "0"), ("pos", "--seconds", "x")])
    def test_wrong_arguments(self, arguments):
        done = run(*arguments)
        assert done.returncode == 2
        assert "usage: scripts/bench" in done.stderr

    def test_table(self, measuring):
        done, result = measuring
        assert done.stderr == ""
        lines = done.stdout.splitlines()
        assert lines[0].split("  ")[0] == "operation"
        heads = [line for line in lines if re.fullmatch(r"\S.* \((SDK: \S+|no SDK)\)", line)]
        assert [head.split(" (")[0] for head in heads] == GATEWAYS
        rows = [line for line in lines if re.fullmatch(r"  \S.*?(?: +(?:[\d.]+|–)){5}(?:  ✗)?", line)]
        assert len(rows) == len(result["rows"]) >= 3 * len(GATEWAYS)
        slow = [row for row in rows if row.endswith("✗")]
        assert lines[-1].startswith("✗" if slow else "✓")
        assert done.returncode == (1 if slow else 0)

    def test_json(self, measuring):
        _done, result = measuring
        assert result["rounds"] == 2
        assert result["cpu"]
        assert set(result["libraries"]) >= {"cryptography", "wechatpayv3", "alipay-sdk-python"}
        for row in result["rows"]:
            assert row["ours_us"] > 0
            assert row["bare_us"] > 0
            assert row["ours_to_bare"] > 0
            assert bool(row["sdk"]) == (row["sdk_us"] is not None) == (row["ours_to_sdk"] is not None)
        assert {row["sdk"] for row in result["rows"]} == {"wechatpayv3", "alipay-sdk-python", ""}


class TestCounting:
    def test_ratio_is_the_median_of_the_rounds_own_ratios(self):
        """A round in which the machine was slow for all slows the medians, not the ratio."""
        [row] = report.records([measured([2e-6, 20e-6, 20e-6], [4e-6, 40e-6, 10e-6], [1e-6, 10e-6, 10e-6])])
        assert row["ours_to_sdk"] == 0.5
        assert row["ours_to_bare"] == 2
        assert row["ours_us"] == pytest.approx(20)
        assert row["sdk_us"] == pytest.approx(10)

    @pytest.mark.parametrize(("ours", "good"), [(1.04, True), (1.06, False)])
    def test_slower_than_the_sdk(self, ours, good):
        rows = report.records([measured([ours], [1], [1])])
        assert (report.slower(rows) == []) == good
        assert report.table(rows)[-1].endswith("✗") != good

    def test_without_sdk_nobody_is_slower(self):
        rows = report.records([measured([9], None, [1])])
        assert report.slower(rows) == []
        assert "–" in report.table(rows)[-1]

    def test_one_that_does_not_do_it_is_not_measured(self):
        row = comparison.Row("Alipay", "order", lambda: True, lambda: False)
        with pytest.raises(AssertionError, match="bare does not do it"):
            comparison.measure([row], 1)

    def test_every_implementation_is_first_in_turn(self, monkeypatch):
        seen = []
        row = comparison.Row("x", "y", *(lambda name=name: seen.append(name) or True
                                         for name in ("ours", "bare", "sdk")))
        monkeypatch.setattr(comparison, "_prepared", lambda row: dict.fromkeys(row.implementations(), 1))
        monkeypatch.setattr(comparison, "_sample", lambda call, _count: call() and 1.0)
        comparison.measure([row], 3)
        assert seen[0::3] == ["ours", "sdk", "bare"]


class TestDocument:
    @pytest.mark.parametrize("suite", bench.SUITES)
    def test_it_has_the_marks(self, suite):
        text = DOCUMENT.read_text()
        assert [text.count(mark) for mark in document.marks(suite)] == [1, 1]

    def test_table_is_put_between_the_marks(self, tmp_path):
        file = tmp_path / "benchmarks.md"
        file.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n")
        rows = [{**row, "operation": word} for row in report.records([measured([1], [2], [3])])
                for word in ("order: built", "answer: verified", "notice: verified")]
        report.write_document(file, rows, report.circumstances(7))
        text = file.read_text()
        assert text.startswith("before\n")
        assert text.endswith("\nafter\n")
        assert "old" not in text
        assert "7 rounds" in text
        assert "| Alipay | order: built | 1000000.0 | 2000000.0 | 3000000.0 | 0.50 | 0.33 |" in text

    def test_document_without_marks_is_left_alone(self, tmp_path):
        file = tmp_path / "other.md"
        file.write_text("text")
        with pytest.raises(ValueError, match="lacks the marks"):
            document.write_block(file, "gateways", "table")
        assert file.read_text() == "text"
