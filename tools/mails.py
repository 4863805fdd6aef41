# Part of payment_cn_wallets. License LGPL-3.
"""Mails that are to leave now. Odoo's own queue is looked at once an hour."""


def send_soon(env):
    """Have the mails that are queued sent as soon as this transaction is committed.

    :param env: Odoo environment
    """
    cron = env.ref('mail.ir_cron_mail_scheduler_action', raise_if_not_found=False)
    if cron:
        cron.sudo()._trigger()
