# Part of payment_cn_wallets. License LGPL-3.
"""The wallet network: what happens to orders, charges and refunds, whatever the protocol.

State of an order:

    waiting      a code or pay page was handed out, the payer is free to pay
    user_paying  a payment code was charged, the payer must confirm on the phone
    paid         the payer was charged, once
    failed       nobody was charged and nobody can be any more
    expired      the same, by time

Amounts are integer fen, times Unix seconds.
"""

import contextlib
import hashlib
import json
import secrets
import time

from . import wallets
from .refunds import Refunds, Refused


def fingerprint(content):
    """Return a digest of what makes two requests the same request."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


class Network(Refunds):
    """Orders, charges and refunds over the ledger.

    :param plan_notice: called inside the transaction that changes an order, with the order
    """

    def __init__(self, ledger, settings, faults):
        self.ledger = ledger
        self.settings = settings
        self.faults = faults
        self.plan_notice = lambda order: None
        self.plan_refund_notice = lambda refund: None
        self.after_commit = lambda: None

    # === LOOKING UP === #

    def order(self, **columns):
        """Return one order by its columns, or None."""
        where = ' AND '.join(f"{name} = ?" for name in columns)
        sql = f"SELECT * FROM orders WHERE {where}"
        return self._decode(self.ledger.one(sql, *columns.values()))

    def orders(self, where="1 = 1", *args):
        """Return orders, newest first."""
        rows = self.ledger.all(f"SELECT * FROM orders WHERE {where} ORDER BY id DESC", *args)
        return [self._decode(row) for row in rows]

    @staticmethod
    def _decode(row):
        return row and {**row, 'extra': json.loads(row['extra'])}

    # === ORDERS === #

    def _bill_no(self, prefix='HY'):
        now = time.strftime('%Y%m%d%H%M%S', time.gmtime(time.time() + 8 * 3600))
        return f"{prefix}{now}{secrets.randbelow(10**8):08d}"  # 24 characters

    def _book(self, existing, print_, **values):
        """Insert an order, or return the existing one when the request is the same."""
        if existing:
            if existing['fingerprint'] != print_:
                raise Refused('duplicate', "this order number was used with other content")
            return existing, False
        now = time.time()
        values['extra'] = json.dumps(values.get('extra', {}), ensure_ascii=False)
        lifetime = self.settings['order_lifetime']
        bill_no = self._bill_no()
        order_id = self.ledger.insert('orders', **{
            'bill_no': bill_no, 'token': secrets.token_urlsafe(12),
            'fingerprint': print_, 'created_at': now, 'expires_at': now + lifetime, **values,
        })
        return self.order(id=order_id), True

    def place_order(self, print_, **values):
        """Book an order that the payer pays on a device of their own.

        :param print_: fingerprint of the request
        :param values: columns of the order
        :return: the order; the same one again when the same request is repeated
        :raise Refused: 'duplicate' (other content), 'paid', 'closed'
        """
        key = {name: values[name] for name in ('gateway', 'merchant', 'out_trade_no')}
        with self.ledger.transaction():
            order, new = self._book(self.order(**key), print_, state='waiting', **values)
            if not new and order['state'] == 'paid':
                raise Refused('paid', "this order is paid already")
            if not new and order['state'] != 'waiting':
                raise Refused('closed', "this order can't be paid any more")
            if new:
                order = self._spoil_order(order, 'order')
        self.after_commit()
        return order

    def _spoil_order(self, order, operation):
        found = self.faults.take_all('pay', operation, (order['out_trade_no'],))
        if 'expire' in found:
            seconds = found['expire']['options'].get('seconds', 0)
            self.ledger.run(
                "UPDATE orders SET expires_at = ? WHERE id = ?",
                order['created_at'] + seconds, order['id'],
            )
        if 'coupon' in found:
            coupon = min(found['coupon']['options'].get('coupon', 100), order['amount'])
            self.ledger.run("UPDATE orders SET coupon = ? WHERE id = ?", coupon, order['id'])
        return {**self.order(id=order['id']), 'faults': found}

    def charge(self, print_, code, **values):
        """Charge a payment code that the shop scanned.

        :param code: the scanned digits
        :return: the order: paid, user_paying or failed
        :raise Refused: 'duplicate' when the order number was used with other content
        """
        key = {name: values[name] for name in ('gateway', 'merchant', 'out_trade_no')}
        with self.ledger.transaction():
            order, new = self._book(
                self.order(**key), print_, state='user_paying', scene='code', **values
            )
            if not new:
                return order
            order = self._spoil_order(order, 'charge')
            self._charge_code(order, code)
        self.after_commit()
        return self.order(id=order['id'])

    def _charge_code(self, order, code):
        now = time.time()
        found = order['faults']
        row = self.ledger.one("SELECT * FROM payment_codes WHERE code = ?", code)
        usable = row and row['used_by'] is None and row['expires_at'] > now
        if 'bad_code' in found or not usable or row['wallet'] != order['wallet']:
            self._end(order, 'failed', 'bad_code')
            return
        self.ledger.run("UPDATE payment_codes SET used_by = ? WHERE code = ?", order['id'], code)
        if 'no_balance' in found:
            self._end(order, 'failed', 'no_balance')
            return
        for name, outcome in (
            ('payer_cancels', 'cancel'), ('wrong_password', 'pay'), ('user_paying', 'pay'),
        ):
            if name not in found:
                continue
            options = found[name]['options']
            outcome = options.get('outcome', outcome)
            # a payer who cancels or mistypes does so by himself; one who must type a password
            # waits for the phone page unless told how long it takes
            seconds = options.get('seconds', None if name == 'user_paying' else 1)
            event = name if name == 'wrong_password' else ''
            self.ledger.run(
                "UPDATE orders SET event = ?, wrong_passwords = ?, confirm_at = ?,"
                " confirm_outcome = ? WHERE id = ?",
                event, int(bool(event)),
                None if seconds is None or outcome == 'never' else now + seconds,
                outcome, order['id'],
            )
            return
        if not row['confirm']:
            self._charge_payer(order, order['coupon'], now)

    def _end(self, order, state, event):
        self.ledger.run(
            "UPDATE orders SET state = ?, event = ?, confirm_at = NULL"
            " WHERE id = ? AND state IN ('waiting', 'user_paying')",
            state, event, order['id'],
        )

    def _charge_payer(self, order, coupon, paid_at):
        """Debit the payer. The condition and the unique charge make this happen once."""
        wallet = wallets.WALLETS[order['wallet']]
        changed = self.ledger.run(
            "UPDATE orders SET state = 'paid', event = '', paid_at = ?, coupon = ?,"
            " payer_amount = ?, confirm_at = NULL, wallet_trade_no = ?, bar_code = ?,"
            " bank_type = ?, payer_id = ? WHERE id = ? AND state IN ('waiting', 'user_paying')",
            paid_at, coupon, order['amount'] - coupon, wallet.trade_no(),
            wallet.trade_no(), wallet.bank_type, wallet.payer_id, order['id'],
        )
        if changed != 1:
            raise Refused('state', "this order can't be paid any more")
        self.ledger.insert(
            'charges', order_id=order['id'], amount=order['amount'],
            payer_amount=order['amount'] - coupon, charged_at=paid_at,
        )
        self.plan_notice(self.order(id=order['id']))

    def pay(self, order_id, outcome='pay', coupon=None, *, final=False, paid_at=None):
        """Do what the payer does on the phone.

        :param outcome: 'pay', 'cancel' or 'wrong_password'. Cancelling an order that was scanned
            leaves it payable (as with the real wallets); cancelling a charged payment code ends it
        :param coupon: fen that the platform pays for the payer; None: what the order came with
        :param final: a cancel ends a scanned order too
        :param paid_at: time of the payment, to write history for statements
        :return: the order
        :raise Refused: 'paid', 'expired', 'state' or 'coupon'
        """
        with self.ledger.transaction():
            self.advance()
            order = self.order(id=order_id)
            if order['state'] == 'paid':
                raise Refused('paid', "this order is paid already")
            if order['state'] not in ('waiting', 'user_paying'):
                raise Refused(order['state'], "this order can't be paid any more")
            if outcome == 'wrong_password':
                self.ledger.run(
                    "UPDATE orders SET event = 'wrong_password',"
                    " wrong_passwords = wrong_passwords + 1 WHERE id = ?", order_id,
                )
            elif outcome == 'cancel':
                if final or order['scene'] == 'code':
                    self._end(order, 'failed', 'cancelled')
                    self.plan_notice(self.order(id=order_id))
                else:
                    self.ledger.run("UPDATE orders SET event = 'cancelled' WHERE id = ?", order_id)
            elif outcome == 'pay':
                coupon = order['coupon'] if coupon is None else coupon
                if not 0 <= coupon <= order['amount']:
                    raise Refused('coupon', "a coupon lies between 0 and the amount")
                self._charge_payer(order, coupon, paid_at or time.time())
            else:
                raise Refused('outcome', "outcome must be pay, cancel or wrong_password")
        self.after_commit()
        return self.order(id=order_id)

    # === CLOSE AND REVERSE === #

    def close(self, order_id):
        """Make an unpaid order one that nobody can pay any more. Return the order.

        :raise Refused: 'paid', or 'paying' while a charged payment code waits for its password
        """
        with self.ledger.transaction():
            self.advance()
            order = self.order(id=order_id)
            if order['state'] == 'paid':
                raise Refused('paid', "this order is paid already")
            if order['state'] == 'user_paying':
                raise Refused('paying', "the payer is paying")
            self._end(order, 'failed', 'closed')
            if order['state'] == 'expired':
                self.ledger.run("UPDATE orders SET event = 'closed' WHERE id = ?", order_id)
        return self.order(id=order_id)

    def reverse(self, order_id):
        """Undo a charge: unpaid it fails, paid it goes back in full. Return the order.

        That is done at once, unless the fault `reverse_stuck` holds the money back: see
        `is_reversing`.
        """
        with self.ledger.transaction():
            self.advance()
            order = self.order(id=order_id)
            if order['state'] == 'paid' and order['event'] != 'reversed':
                taken = self._refunded(order)
                found = self._reversal_faults(order)
                if taken < order['amount']:
                    self._book_refund(order, order['amount'] - taken, found, {
                        'gateway': order['gateway'], 'merchant': order['merchant'],
                        'out_refund_no': f"REVERSE-{order['bill_no']}",
                    })
                if taken < order['amount'] and not found:
                    self.ledger.run(
                        "UPDATE refunds SET state = 'success', finished_at = ?"
                        " WHERE order_id = ? AND state = 'processing'", time.time(), order_id,
                    )
                self.ledger.run("UPDATE orders SET event = 'reversed' WHERE id = ?", order_id)
            else:
                self._end(order, 'failed', 'reversed')
        return self.order(id=order_id)

    def cancel(self, order):
        """End an unpaid order for good, whoever is paying it. Nobody is told; again changes nothing.

        :raise Refused: 'paid'
        """
        with self.ledger.transaction():
            self.advance()
            if self.order(id=order['id'])['state'] == 'paid':
                raise Refused('paid', "this order is paid already")
            self._end(order, 'failed', 'closed')
        return self.order(id=order['id'])

    # === TIME === #

    def advance(self):
        """Let everything happen that was due by now."""
        now = time.time()
        due = self.orders("state = 'user_paying' AND confirm_at <= ?", now)
        expiring = self.ledger.one(
            "SELECT 1 FROM orders WHERE state IN ('waiting', 'user_paying') AND expires_at <= ?", now
        )
        refunds = self.ledger.one(
            "SELECT 1 FROM refunds WHERE state = 'processing' AND due_at <= ?", now
        )
        if not (due or expiring or refunds):
            return
        with self.ledger.transaction():
            for order in self.orders("state = 'user_paying' AND confirm_at <= ?", now):
                if order['confirm_outcome'] == 'cancel':
                    self._end(order, 'failed', 'cancelled')
                else:
                    self._charge_payer(order, order['coupon'], now)
            self.ledger.run(
                "UPDATE orders SET state = 'expired', event = 'expired'"
                " WHERE state IN ('waiting', 'user_paying') AND expires_at <= ?", now,
            )
            for refund in self.ledger.all(
                "SELECT * FROM refunds WHERE state = 'processing' AND due_at <= ?", now
            ):
                self._end_refund(refund['id'], refund['planned'], now)

    # === CODES === #

    def new_payment_code(self, wallet, confirm=False):
        """Return a fresh payment code: what the payer's phone shows to the till."""
        now = time.time()
        with self.ledger.transaction():
            for _attempt in range(20):
                code = wallets.WALLETS[wallet].payment_code()
                with contextlib.suppress(Exception):
                    self.ledger.insert(
                        'payment_codes', code=code, wallet=wallet, confirm=int(confirm),
                        created_at=now, expires_at=now + self.settings['code_lifetime'],
                    )
                    return self.ledger.one("SELECT * FROM payment_codes WHERE code = ?", code)
        raise RuntimeError("no free payment code found")
