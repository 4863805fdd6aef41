# Part of payment_cn_wallets. License LGPL-3.
"""Everything that the machines call and read of this addon's own models.

People come in by pages, buttons and crons. Where that would cost too much in thousands of sequences,
what stands right behind them is called here, and nowhere else.
"""

from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.fields import Command
from odoo.tools import SQL

from odoo.addons.payment_cn_wallets.gateways.base import NoticeRejected
from odoo.addons.payment_cn_wallets.models.money import states
from odoo.addons.payment_cn_wallets.tools import throttle

HOST = '127.0.0.1'


def commits(env, commit):
    """Return a patch: call something where a commit is made before a gateway is called."""
    return patch.object(
        type(env['payment.transaction']), '_cn_commit', lambda self: commit()
    )


def checked_states(refused):
    """Return a patch: call something with what the table of states refuses."""
    known = states.is_allowed

    def is_allowed(values):
        allowed = known(values)
        if not allowed:
            refused(values)
        return allowed

    return patch.object(states, 'is_allowed', is_allowed)


# === PAYING === #


def choose(provider, method, partner, fen, **documents):
    """Create an attempt as the payment form does, and place its order as the page does.

    :param documents: `order` or `invoices`
    :return: the attempt whose code is shown
    """
    links = {}
    if documents.get('order'):
        links['sale_order_ids'] = [Command.set(documents['order'].ids)]
    if documents.get('invoices'):
        links['invoice_ids'] = [Command.set(documents['invoices'].ids)]
    transactions = provider.env['payment.transaction']
    tx = transactions.create({
        'reference': transactions._compute_reference(provider.code, **links),
        'provider_id': provider.id,
        'payment_method_id': method.id,
        'amount': fen / 100,
        'currency_id': provider.env.ref('base.CNY').id,
        'partner_id': partner.id,
        'operation': 'online_redirect',
        'landing_route': '/my',
        'cn_scene': 'qr',
        **links,
    })
    tx._cn_commit()
    tx = tx._cn_checkout_start(HOST)
    return tx._cn_last_successor()


def renew(tx):
    """Press *new code* on the page."""
    attempt = tx._cn_renew()
    if attempt != tx:
        tx._cn_commit()
        attempt = attempt._cn_order_in_some_scene(HOST)
    return attempt


def leave(tx):
    """Go back from the page to choose another method."""
    if not tx._cn_close():
        tx._cn_give_up()


def ask(tx):
    """Have the gateway asked, as if nobody had asked before."""
    throttle.forget(tx.env.cr.dbname, tx._cn_throttle_key())
    return tx._cn_query()


def notice(provider, headers, body):
    """Take a notice in, as the controller does."""
    try:
        stored = provider.env['payment.cn.notice'].sudo()._cn_receive(provider, headers, body, HOST)
    except NoticeRejected:
        return None  # the merchant was changed
    if stored:
        stored._cn_process()
    return stored


def failure(stored):
    """Return what went wrong when a notice was processed; empty for one that was refused, too."""
    return stored.reason if stored.state == 'failed' else ''


# === THE TILL === #


def press(button, cashier, action, line, *arguments):
    """Do what the till's browser does when a cashier presses something."""
    button = button.with_user(cashier).with_context(lang='en_US')
    return getattr(button, f'cn_{action}')(line, *arguments)


def line_of(tx):
    """Return the uuid of the till's payment line that an attempt was made for."""
    return tx.cn_till_line


def is_scanned(tx):
    """Tell whether a cashier scanned the payer's code for an attempt."""
    return tx.cn_scene == 'code'


def is_expired(tx):
    """Tell whether the payer took too long."""
    return bool(tx.cn_expires_at and tx.cn_expires_at <= fields.Datetime.now())


def tied(tx):
    """Return what the orders of a till say was paid by an attempt, refunds taken off; fen."""
    return sum(fen(line.amount) for line in (tx | refunds(tx)).cn_pos_payment_ids)


# === WHAT HAPPENS BY ITSELF === #


def due(txs):
    """Return what the cron would look after now, in its order."""
    now = fields.Datetime.now()
    return txs.filtered(
        lambda tx: tx.cn_next_query_at and tx.cn_next_query_at <= now
    ).sorted(lambda tx: (tx.cn_next_query_at, tx.id))


def watch(tx):
    """Do what the cron does with one attempt or refund that is due."""
    throttle.forget(tx.env.cr.dbname, tx._cn_throttle_key())
    tx._cn_watch()


def unfollowed(txs):
    """Return the payments and refunds whose follow-up is to come."""
    return txs.filtered(lambda tx: tx.state == 'done' and not tx.is_post_processed)


def follow_up(tx):
    """Do what Odoo's cron, and the shopper's status page, do after a payment."""
    tx._post_process()


def open_refunds(txs):
    """Return the refunds of which the gateway has not told the end."""
    return txs.filtered(
        lambda tx: tx.operation == 'refund' and tx.state in ('draft', 'pending')
    ).sorted('id')


def unsent(txs):
    """Return the refunds that are sent right after the commit."""
    return open_refunds(txs).filtered(lambda tx: not tx.cn_ordered_at)


def advance(refund):
    """Send a refund, or ask about it, now."""
    refund.cn_next_query_at = False
    refund._cn_advance_refund()


def let_pass(txs, **delta):
    """Move the past of attempts and refunds, as if time had passed."""
    txs.flush_recordset()
    names = [
        name for name, field in txs._fields.items()
        if field.type == 'datetime' and field.store and (
            name.startswith('cn_') or name == 'last_state_change'
        )
    ]
    for tx in txs:
        for name in names:
            if tx[name]:
                tx[name] -= timedelta(**delta)
    txs.flush_recordset()


# === READING === #


def number(tx):
    """Return the number by which the gateway knows an attempt."""
    return tx.cn_out_trade_no


def notice_url(tx):
    """Return where the gateway sends what it has to tell of an attempt."""
    return tx.provider_id.cn_notice_url


def refund_number(tx):
    """Return the number by which the gateway knows a refund."""
    return tx.cn_out_refund_no


def fen(amount):
    """Return an amount of Odoo in fen."""
    return round(amount * 100)


def is_placed(tx):
    """Tell whether the gateway has heard of an attempt, as far as we know."""
    return bool(tx.cn_ordered_at)


def is_paid(tx):
    """Tell whether the shop knows that an attempt was paid."""
    return tx.state == 'done' and tx.operation != 'refund'


def is_given_up(tx):
    """Tell whether nobody waits for an attempt any more."""
    return tx.cn_given_up or tx.state in ('cancel', 'error')


def is_dead(tx):
    """Tell whether the gateway lets nobody pay an attempt any more, by its clock."""
    return bool(tx.cn_dead_at and tx.cn_dead_at <= fields.Datetime.now())


def refunds(tx):
    """Return the refunds of an attempt."""
    return tx.child_transaction_ids.filtered(lambda child: child.operation == 'refund')


def refund_rows(tx):
    """Return number, fen and state of the refunds of an attempt. Each step asks for them: no records."""
    tx.env.flush_all()
    tx.env.cr.execute(SQL(
        """SELECT cn_out_refund_no, -amount, state FROM payment_transaction
            WHERE source_transaction_id = %s AND operation = 'refund' ORDER BY id""", tx.id,
    ))
    return [(number, fen(amount), state) for number, amount, state in tx.env.cr.fetchall()]


def going_back(tx):
    """Return what goes back, or went, of an attempt as far as we know; fen."""
    return sum(
        amount for _number, amount, state in refund_rows(tx) if state in ('draft', 'pending', 'done')
    )


def followed(tx):
    """Return what the shop has written down of refunds that it was told of without a number; fen."""
    return sum(amount for number, amount, _state in refund_rows(tx) if number.startswith('X'))


def is_of_console(refund):
    """Tell whether a refund was made in the gateway's console, and written down here."""
    return not refund_number(refund).startswith(('R', 'L'))


def refused_returns(tx):
    """Return what was to go back by itself, and was refused by the gateway; of which somebody was told; fen."""
    return -sum(
        fen(refund.amount) for refund in refunds(tx)
        if refund.state == 'error' and refund_number(refund).startswith('L')
        and 'refund' in incidents(tx).mapped('kind')
    )


def refundable(tx):
    """Return what may still be refunded, fen."""
    return fen(tx.cn_refundable_amount)


def booked(tx):
    """Return what the books keep of an attempt: posted payments and refunds, fen."""
    payments = tx.env['account.payment'].search([
        ('payment_transaction_id', 'in', (tx | tx.child_transaction_ids).ids),
        ('state', 'in', ('in_process', 'paid')),
    ])
    return sum(
        fen(payment.amount) * (1 if payment.payment_type == 'inbound' else -1)
        for payment in payments
    )


def incidents(tx):
    """Return what an accountant was told about an attempt and its refunds."""
    return tx.env['payment.cn.incident'].search([
        ('transaction_id', 'in', (tx | tx.child_transaction_ids).ids),
    ], order='id')


def failures(txs):
    """Return why follow-ups failed, by reference."""
    return {tx.reference: tx.cn_follow_up_error for tx in txs if tx.cn_follow_up_error}
