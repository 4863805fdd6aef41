# Part of payment_cn_wallets. License LGPL-3.
"""What the user reads: steps with progress, and problems in one sentence."""

import contextlib
import ctypes
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from .children import running

START = time.monotonic()
_QUIET_SECONDS = 15  # without a terminal, a long step says that it is alive this often


class Problem(Exception):
    """Something that stops the work, in words the user can act on. Never shown with a traceback."""

    def __init__(self, sentence, *more):
        super().__init__(sentence)
        self.lines = [sentence, *more]

    def show(self):
        print(file=sys.stderr)
        print("✗ " + self.lines[0], file=sys.stderr)
        for line in self.lines[1:]:
            print("  " + line, file=sys.stderr)
        sys.stderr.flush()


def note(text=""):
    print(text, flush=True)


class Step:
    """One step on the screen, with the time it took: ``with step("Starting PostgreSQL") as s: s.say("80 %")``."""

    def __init__(self, title):
        self.title = title
        self.detail = ""
        self.tty = sys.stdout.isatty()
        self._done = threading.Event()
        self._thread = None

    def say(self, detail):
        self.detail = str(detail)

    def __enter__(self):
        self.start = time.monotonic()
        if not self.tty:
            print(f"• {self.title}", flush=True)
        self._thread = threading.Thread(target=self._live, daemon=True)
        self._thread.start()
        return self

    def _live(self):
        while not self._done.wait(0.5 if self.tty else _QUIET_SECONDS):
            seconds = int(time.monotonic() - self.start)
            if self.tty:
                text = f"• {self.title} … {self.detail} ({seconds} s)".replace(" …  (", " … (")
                print("\r\033[K" + text[: _columns() - 1], end="", flush=True)
            else:
                print(f"  … {self.detail or 'still at it'} ({seconds} s)", flush=True)

    def __exit__(self, kind, exc, tb):
        self._done.set()
        self._thread.join()
        seconds = time.monotonic() - self.start
        clear = "\r\033[K" if self.tty else ""
        mark = "✓" if kind is None else "✗"
        if self.tty or seconds >= 1 or kind is not None:
            print(f"{clear}{mark} {self.title} ({seconds:.1f} s)", flush=True)
        return False


step = Step


def _columns():
    try:
        return os.get_terminal_size().columns
    except OSError:
        return 80


_PR_SET_PDEATHSIG = 1


def die_with_parent():
    """In a child, before its program starts: ask Linux to end it when we are gone, however we went."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def run(command, *, log=None, progress=None, on_step=None, check=True, sentence=None, leave=False, **kwargs):
    """Run a command with its output in ``log``; on failure raise a Problem that shows the log's end.

    :param progress: called with the log's path about twice a second; what it returns is shown at ``on_step``.
    :param sentence: what to tell the user when the command fails.
    :param leave: let it finish when we are killed (what changes the system should not be cut off).
    """
    kwargs.setdefault("stdin", subprocess.DEVNULL)
    if not leave:
        kwargs.update(preexec_fn=die_with_parent, start_new_session=True)
    with contextlib.ExitStack() as stack:
        if log:
            log = Path(log)
            log.parent.mkdir(parents=True, exist_ok=True)
            out = stack.enter_context(open(log, "ab"))
            begin = out.tell()
            kwargs.update(stdout=out, stderr=subprocess.STDOUT)
        try:
            process = stack.enter_context(running(lambda: subprocess.Popen([str(part) for part in command], **kwargs)))
        except FileNotFoundError:
            raise Problem(f"The program “{command[0]}” is not on this machine.") from None
        while True:
            try:
                code = process.wait(timeout=0.5)
                break
            except subprocess.TimeoutExpired:
                if progress and on_step:
                    with contextlib.suppress(OSError):
                        on_step.say(progress(log))
    if code and check:
        tail = []
        if log:
            with open(log, "rb") as done:
                done.seek(begin)
                text = done.read().decode(errors="replace")
            if "No space left on device" in text:
                raise Problem("The disk is full.", *space_hint(), f"The whole log: {log}")
            tail = [*[line for line in text.splitlines() if line.strip()][-12:], f"The whole log: {log}"]
        words = shlex.join(str(part) for part in command[:6])
        raise Problem(sentence or f"This command failed with exit code {code}: {words} …", *tail)
    return code


def space_hint():
    return ["Make room, or put the cache on another disk with XDG_CACHE_HOME=/path, then run this again."]
