# Part of payment_cn_wallets. License LGPL-3.
"""What crons do with one record after the other, each in a database transaction of its own."""

import psycopg2


def one_by_one(records, do, failed, collided=None):
    """Do something with each record and commit it, as long as the cron has time.

    A request may write to the same rows. The database tells at any statement, the commit's own
    among them: that record is left for the next run, and those behind it do not wait for it.

    :param records: Odoo records
    :param callable do: takes one record; what it changed is committed with the cron's progress
    :param callable failed: takes the record and what went wrong
    :param callable collided: takes the record when somebody else was quicker, or the database has
                              trouble; by default nothing is done, for the next run finds it
    :return: whether the cron had time for all of them
    :rtype: bool
    """
    env = records.env

    def committed(step, *args):
        if step:
            step(*args)
        return env['ir.cron']._commit_progress(processed=1)

    for record in records:
        record = record[0]  # each one commits, so there is nothing to prefetch together
        try:
            try:
                left = committed(do, record)
            except psycopg2.OperationalError:
                env.cr.rollback()
                left = committed(collided, record)
            except Exception as error:
                env.cr.rollback()
                left = committed(failed, record, error)
        except psycopg2.OperationalError:
            env.cr.rollback()  # what was to be noted about it collided as well
            left = committed(None)
        if not left:
            return False
    return True
