# Part of payment_cn_wallets. License LGPL-3.
"""Time that passes in the tests without anybody waiting for it."""


def let_pass(till, number, seconds):
    """Make an attempt look so many seconds older: what must have been waited for has been."""
    till.stack.sql("".join(
        f"UPDATE payment_transaction SET {field} = {field} - interval '{seconds} seconds'"
        f" WHERE cn_out_trade_no = '{number}' AND {field} IS NOT NULL;"
        for field in ("cn_ordered_at", "cn_expires_at")))


def run_out(till, number, seconds=0):
    """Have the life of a code, or the time for a password, end in so many seconds."""
    till.stack.sql("UPDATE payment_transaction SET cn_expires_at = now() at time zone 'UTC'"
                   f" + interval '{seconds} seconds' WHERE cn_out_trade_no = '{number}'")


def ask_now(till, number):
    """Let the time pass until the system looks after what nobody waits for."""
    till.stack.sql("UPDATE payment_transaction SET cn_next_query_at = now() at time zone 'UTC' - interval '1 second'"
                   f" WHERE cn_out_trade_no = '{number}' AND cn_next_query_at IS NOT NULL")
    till.run_cron("cron_watch")


def goes_back(till, number, kept):
    """Wait until what was paid under a number has gone back, and all that customers paid is `kept`, fen."""
    def went_back():
        ask_now(till, number)
        return till.kept() == kept

    # A gateway that was asked a moment ago is not asked again before it allows it.
    till.stack.wait_for(went_back, timeout=60, every=1, what="the money to go back")
