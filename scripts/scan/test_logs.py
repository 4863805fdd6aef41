# Part of payment_cn_wallets. License LGPL-3.
"""After all suites: no log of the run has a secret of the run in it."""

import base64
import json
import os
import subprocess
import urllib.parse

import pytest

from devstack.paths import LOGS, SECRETS_USED

SHORTEST = 6  # shorter ones are found in any text by chance


def secrets_used():
    """The secrets that the run noted, one a line; a line that is a JSON string may hold several lines (a key)."""
    found = set()
    for line in SECRETS_USED.read_text().splitlines() if SECRETS_USED.exists() else ():
        text = json.loads(line) if line.startswith('"') else line
        parts = [part.strip() for part in text.splitlines() if not part.startswith("-----")]
        found.update(part for part in parts if len(part) >= SHORTEST)
    return sorted(found)


def forms(secret):
    """How a secret may look in a log: as it is, in an address, in JSON, in base64."""
    raw = secret.encode()
    return {raw, urllib.parse.quote_plus(secret).encode(), json.dumps(secret)[1:-1].encode(), base64.b64encode(raw)}


def find(folder, secrets):
    """Return (file, line number) of every secret in the files of a folder; the secret itself is not repeated.

    ``grep`` looks for all of them in one pass (Aho and Corasick); a search for each of some thousand forms in every
    line takes a hundred times as long. They are handed over by its standard input: other users see command lines.
    """
    wanted = {form for secret in secrets for form in forms(secret)}
    done = subprocess.run(
        ["grep", "--recursive", "--null", "--line-number", "--text", "--fixed-strings", "--exclude-dir=demo",
         "--file=-", "."],
        cwd=folder, input=b"\n".join(sorted(wanted)), capture_output=True, env={**os.environ, "LC_ALL": "C"})
    assert not done.stderr, done.stderr.decode()
    assert done.returncode in (0, 1)  # 1: nothing found
    found = [line.partition(b"\0") for line in done.stdout.split(b"\n") if line]
    return sorted((path.decode().removeprefix("./"), int(rest.partition(b":")[0])) for path, _null, rest in found)


def test_no_log_has_a_secret():
    secrets = secrets_used()
    if not secrets:
        pytest.skip("the suites that ran used no secrets")
    logs = [path for path in LOGS.rglob("*") if path.is_file()]
    assert logs, "there are secrets but no logs: where did the logs go?"
    assert find(LOGS, secrets) == []


@pytest.mark.parametrize("line", [
    "key=%s", "POST /pay?key=%(quoted)s", '{"key": %(json)s}', "Authorization: Basic %(base64)s",
])
def test_the_scan_finds_what_it_looks_for(tmp_path, line):
    secret = 'a-secret/with "odd" letters&more'
    values = {"quoted": urllib.parse.quote_plus(secret), "json": json.dumps(secret),
              "base64": base64.b64encode(secret.encode()).decode()}
    (tmp_path / "odoo.log").write_text("nothing here\n" + (line % secret if line == "key=%s" else line % values))
    assert find(tmp_path, [secret]) == [("odoo.log", 2)]


def test_the_scan_reads_every_file(tmp_path):
    for path in ("suite.log", "deep/below/odoo.log", "deep/capture.bin", "demo/not-this-run.log"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(b"\0\xff\nof-one-of-many twice: of-one-of-many\n")
    others = [f"another-secret-{number}" for number in range(5000)]
    assert find(tmp_path, ["of-one-of-many", *others]) == [
        ("deep/below/odoo.log", 2), ("deep/capture.bin", 2), ("suite.log", 2)]
