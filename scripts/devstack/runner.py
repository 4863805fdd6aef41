# Part of payment_cn_wallets. License LGPL-3.
"""Running the command of one suite, with its output in a log and on the screen."""

import re
import subprocess
import sys
import threading
import time

from .children import running
from .console import die_with_parent
from .paths import LOGS
from .results import Result

_COUNT = re.compile(r"(\d+) (passed|failed|skipped|errors?|xfailed|xpassed|deselected|warnings?)")
_ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
_screen = threading.Lock()


class SuiteOutput:
    """What a suite prints: into its log, and on the screen at once, or whole when the suite is over.

    :param live: on the screen at once: nothing else runs beside it
    """

    def __init__(self, name, title, live=True):
        self.name = name
        self.live = live
        self.path = LOGS / f"{name}.log"
        LOGS.mkdir(parents=True, exist_ok=True)
        self.path.write_bytes(b"")
        self.title = title
        if live:
            self.write(self._rule())
        else:
            _print(f"▶ {name}: {title}\n".encode())

    def _rule(self):
        return f"\n━━ {self.name}: {self.title} {'━' * max(3, 70 - len(self.name) - len(self.title))}\n".encode()

    def part(self, name):
        """Return another output of this suite, which is kept in a log of its own and not shown."""
        return SuiteOutput(f"{self.name}-{name}", self.title, live=False)

    def write(self, text):
        with open(self.path, "ab") as log:
            log.write(text)
        if self.live:
            _print(text)

    def note(self, text):
        self.write(f"{text}\n".encode())

    def close(self):
        """Show what has not been shown yet."""
        if not self.live:
            _print(self._rule() + self.path.read_bytes())


def _print(text):
    with _screen:
        sys.stdout.flush()
        sys.stdout.buffer.write(text)
        sys.stdout.flush()


def run_suite(out, command, *, cwd, env):
    """Run a command of a suite and give its Result."""
    start = time.monotonic()
    env = dict(env)
    if sys.stdout.isatty():
        env.setdefault("PY_COLORS", "1")
    counts = {}
    # A session of its own: Ctrl-C in the terminal comes to us alone, and we interrupt it once.
    with running(lambda: subprocess.Popen(
            [str(part) for part in command], cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=die_with_parent)) as process:  # noqa: PLW1509
        for line in process.stdout:
            out.write(line)
            text = _ESCAPES.sub("", line.decode(errors="replace"))
            if re.search(r" in [\d.]+s", text):
                counts = {word.rstrip("s") if word.startswith(("error", "warning")) else word: int(number)
                          for number, word in _COUNT.findall(text)} or counts
        code = process.wait()
    return Result(out.name, time.monotonic() - start, code, counts)
