# Part of payment_cn_wallets. License LGPL-3.
"""The programs that are running for us, in whatever thread, so that an interrupted run can end them all."""

import contextlib
import os
import signal
import threading
import time

PATIENCE = 30  # seconds in which a program that was interrupted stops its own servers

_running = set()
_lock = threading.Lock()
_ending = False


class Ending(Exception):
    """The run is being ended: nothing more is started."""


@contextlib.contextmanager
def running(start):
    """Start a program and know of it while the block lasts.

    :param start: makes the ``subprocess.Popen``; the program leads a session of its own
    """
    with _lock:  # else it could be started just when all others have been ended
        if _ending:
            raise Ending
        process = start()
        _running.add(process)
    try:
        yield process
    except BaseException:
        interrupt([process])
        raise
    finally:
        with _lock:
            _running.discard(process)


def end_all():
    """Interrupt all programs, and let none be started any more."""
    global _ending
    with _lock:
        _ending = True
        processes = list(_running)
    interrupt(processes)


def interrupt(processes):
    """Interrupt programs as Ctrl-C does; kill what is still there after a while, and children that they left."""
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGINT)
    end = time.monotonic() + PATIENCE
    while any(process.poll() is None for process in processes) and time.monotonic() < end:
        time.sleep(0.05)
    for process in processes:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
