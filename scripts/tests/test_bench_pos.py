# Part of payment_cn_wallets. License LGPL-3.
"""scripts/bench pos: how it counts and what it says. Not how fast anything is."""

import re

import pytest

from devstack.paths import ROOT

TESTS = ROOT / "tests" / "browser"


@pytest.fixture
def bench(monkeypatch):
    """The suite's modules; the cashier whom they drive stands with the browser tests."""
    monkeypatch.syspath_prepend(str(TESTS))
    from bench_suites.pos import report, scenarios, stopwatch
    return scenarios, report, stopwatch


def scan(stopwatch, ours=100.0, **values):
    return stopwatch.Scan(**{"gap": 5, "till": 2, "before": ours - 52, "gateway": 700, "after": 20, "drawn": 30,
                             "receipt": 200, **values})


def found(bench, *, scans=100.0, told=100.0, asked=2000.0, frame=20.0, idle=20.0):
    scenarios, report, stopwatch = bench
    times = {row: [scan(stopwatch, scans)] * 20 for row in scenarios.SCANS}
    frames = {"products, nothing goes on": (60, idle, 0.0), "code on the screen": (60, frame, 0.0)}
    codes = {row: [told if row.notices else asked] * 20 for row in scenarios.CODES}
    return report.records(times, codes, frames)


class TestCounting:
    def test_the_gateways_time_is_not_ours(self, bench):
        assert scan(bench[2], 120).ours == 120

    @pytest.mark.parametrize(("count", "place"), [(1, 1), (20, 19), (21, 20), (100, 95)])
    def test_p95_is_the_nearest_rank(self, bench, count, place):
        assert bench[1].percentile(list(range(1, count + 1)), 0.95) == place

    def test_one_slow_scan_in_twenty_is_not_p95(self, bench):
        scenarios, report, stopwatch = bench
        times = {scenarios.SCANS[0]: [scan(stopwatch)] * 19 + [scan(stopwatch, 900)]}
        [row] = report.records(times, {}, {})["scans"]
        assert (row["p50"], row["p95"], row["worst"], row["good"]) == (100, 100, 900, True)

    @pytest.mark.parametrize(("values", "failing"), [
        ({}, 0), ({"scans": 150}, 0), ({"scans": 151}, "all scans"), ({"told": 1001}, "all codes"),
        ({"asked": 4000}, 0), ({"asked": 4001}, 1), ({"frame": 101}, 1), ({"idle": 101}, 0),
    ])
    def test_limits(self, bench, values, failing):
        scenarios, report, _stopwatch = bench
        rows = found(bench, **values)
        many = {"all scans": len(scenarios.SCANS), "all codes": len([row for row in scenarios.CODES if row.notices])}
        assert len(report.failing(rows)) == many.get(failing, failing)
        bad = [line for line in report.verdict(rows) if line.startswith("✗")]
        assert bool(bad) == bool(failing)
        assert bool([line for line in report.lines(rows) if line.endswith("✗")]) == bool(failing)

    @pytest.mark.parametrize(("stolen", "counts", "again"), [
        ([0], 0, 0), ([10], 0, 0), ([20, 0], 1, 1), ([20, 30, 10, 0], 2, 2), ([20, 20, 20, 20], 2, 2),
    ])
    def test_scan_that_the_host_disturbed_is_made_again(self, bench, stolen, counts, again):
        """Whatever it took: a slow scan that nobody disturbed counts, a quick one that was does not."""
        scenarios, _report, stopwatch = bench
        made = [scan(stopwatch, 50.0 if took else 900.0, stolen=took) for took in stolen]
        left = iter(made)
        assert scenarios.undisturbed(lambda: next(left), 3) == (made[counts], again)

    @pytest.mark.parametrize(("gaps", "retyped"), [([8], 0), ([800], 0), ([801, 8], 1), ([1200, 900, 60], 2)])
    def test_scan_that_was_pulled_apart_is_typed_again(self, bench, gaps, retyped):
        left = iter(gaps)
        assert bench[0].type_as_one_scan(lambda: next(left)) == retyped
        assert not list(left)

    def test_machine_that_pulls_every_scan_apart(self, bench):
        with pytest.raises(RuntimeError, match="too busy"):
            bench[0].type_as_one_scan(lambda: 900)

    def test_every_gateway_and_pace_is_scanned(self, bench):
        scenarios = bench[0]
        assert {row.gateway for row in scenarios.SCANS} == {"huishouyin", "wechat_pay", "alipay", "qq_wallet", "jd_pay"}
        assert {row.delay for row in scenarios.SCANS} == {5, 60}
        assert {row.begin for row in scenarios.SCANS} == {"code", "payment", "products"}

    def test_every_gateway_shows_a_code(self, bench):
        """Each with its notices; and once without any, which is allowed the time between two questions."""
        scenarios = bench[0]
        told = [row for row in scenarios.CODES if row.notices]
        assert [row.gateway for row in told] == ["huishouyin", "wechat_pay", "alipay", "qq_wallet", "jd_pay"]
        assert {row.limit for row in told} == {scenarios.CODE_LIMIT}
        [asked] = [row for row in scenarios.CODES if not row.notices]
        assert asked.limit == scenarios.CODE_LIMIT + scenarios.poll_gap() * 1000

    def test_the_slowest_gateway_is_named_by_its_time(self, bench):
        report = bench[1]
        rows = found(bench)
        slow = next(row for row in rows["codes"] if row["gateway"] == "jd_pay")
        slow.update(p95=1200.0, good=False)
        assert any(line.startswith("✗ Code on the screen: “paid” 1200 ms") for line in report.verdict(rows))


class TestDocument:
    def test_block(self, bench):
        report = bench[1]
        around = {**report.circumstances(20, 5, "1.2.3"), "load": 0.25, "again": 3}
        text = report.markdown(found(bench), around)
        assert "Chromium 1.2.3; 20 rounds" in text
        assert "Load of the machine before: 0.25" in text
        assert f"Beside the {20 * len(bench[0].SCANS)} scans that count, 3 were made again" in text
        assert len(re.findall(r"^\| --- \|", text, re.M)) == 3
        assert len([line for line in text.splitlines() if line.startswith("✓")]) == 4
        for table in re.findall(r"(?:^\|.*\n)+", text, re.M):
            assert len({line.count("|") for line in table.splitlines()}) == 1
