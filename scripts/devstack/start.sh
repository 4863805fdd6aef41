# Part of payment_cn_wallets. License LGPL-3.
# Sourced by scripts/demo, test, bench and architecture: find a Python that Odoo 19 supports, and hand over to it.

start() {
    command=$1
    shift
    for python in "$PYTHON" python3 python3.12 python3.13 python3.11 python3.10 /usr/bin/python3; do
        [ -n "$python" ] || continue
        if "$python" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
            PYTHONPATH="$(cd "$(dirname "$0")" && pwd)" exec "$python" -B -m devstack "$command" "$@"
        elif [ "$python" = "$PYTHON" ]; then
            echo "✗ PYTHON=$PYTHON is not a Python from 3.10 to 3.13, which Odoo 19 wants." >&2
            exit 2
        fi
    done
    echo "✗ No supported Python was found: Odoo 19 wants 3.10 to 3.13." >&2
    echo "  Here is: $(python3 --version 2>&1)" >&2
    echo "  Install one (on Debian and Ubuntu: apt-get install python3 python3-venv), or name it with PYTHON=…" >&2
    exit 2
}
