# Part of payment_cn_wallets. License LGPL-3.
"""``python -m devstack demo|test|bench|architecture …``, called by the scripts of those names."""

import errno
import os
import sys

from .console import Problem, note, space_hint


def main():
    name, *rest = sys.argv[1:]
    os.environ.pop("PYTHONPATH", None)  # it was for finding us; our children have their own
    if name == "demo":
        from .demo import main as command  # noqa: PLC0415
    elif name == "bench":
        from .bench import main as command  # noqa: PLC0415
    elif name == "architecture":
        from .architecture import main as command  # noqa: PLC0415
    else:
        from .suites import main as command  # noqa: PLC0415
    try:
        return command(rest) or 0
    except KeyboardInterrupt:
        note("\nStopped.")
        return 0 if name == "demo" else 130
    except Problem as problem:
        problem.show()
        return 1
    except OSError as error:
        if error.errno == errno.ENOSPC:
            Problem("The disk is full.", *space_hint()).show()
            return 1
        raise


if __name__ == "__main__":
    sys.exit(main())
