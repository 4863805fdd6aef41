# Part of payment_cn_wallets. License LGPL-3.
"""The addon's JavaScript unit tests (hoot), run by Odoo's own test in Chromium."""

import ast
import re

from .paths import ADDON, ROOT
from .results import Result
from .runner import run_suite

BUNDLE = "web.assets_unit_tests"


def run_javascript(out, home):
    """Run them in the database of an Odoo; give the Result."""
    manifest = ast.literal_eval((ROOT / "__manifest__.py").read_text())
    if not manifest.get("assets", {}).get(BUNDLE):
        out.note(f"The addon declares no files in {BUNDLE}.")
        return Result("js", 0, 0, {})
    result = run_suite(out, home.command(
        "server", "-c", home.conf, "-d", home.home.name, "--stop-after-init",
        "--log-handler=:WARNING", "--log-handler=odoo.addons.web.tests:INFO", "--log-handler=odoo.tests:INFO",
        "--test-tags", f"/web:WebSuite.test_unit_desktop[@{ADDON}]"), cwd=home.home, env=home.environment())
    text = out.path.read_text(errors="replace")
    # At the end: "[HOOT] Passed 46 tests (…)", or "[HOOT] Failed 17 tests (29 passed, …)"
    passed = sum(int(number) for number in re.findall(r"\[HOOT\] (?:Passed |Failed \d+ tests? \()(\d+)", text))
    failed = sum(int(number) for number in re.findall(r"\[HOOT\] Failed (\d+) test", text))
    result.counts = {"passed": passed, "failed": failed or (1 if result.code else 0)}
    if not result.code and not passed:
        out.note("No JavaScript test was run, though the addon declares some.")
        result.code, result.counts = 1, {"failed": 1}
    out.note(f"JavaScript: {result.counts.get('passed', 0)} passed, {result.counts['failed']} failed")
    return result
