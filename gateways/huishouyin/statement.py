# Part of payment_cn_wallets. License LGPL-3.
"""Huishouyin's statement of a day (its address), and the pay-outs to the merchant's bank account."""

from __future__ import annotations

import json
from datetime import date, datetime

from .. import masking, money, times
from ..base import (
    CallFailed,
    Outcome,
    Reason,
    ReasonKind,
    Settlement,
    StatementFile,
)
from .client import HuishouyinClient

_PAGE_SIZE = 500
_MAX_PAGES = 200
_SETTLEMENT_STATUS = {'1': Outcome.PAID, '0': Outcome.WAITING, '-1': Outcome.REFUSED}


class Statements:
    """Statements and settlements of one merchant.

    :param client: the gateway's
    """

    def __init__(self, client: HuishouyinClient):
        self._client = client

    def settlements(self, begin: datetime, end: datetime) -> list[Settlement]:
        """List the pay-outs between two moments (`heemoney.outamt.query`), all pages.

        :param begin: aware datetime
        :param end: aware datetime
        :raise CallFailed: when a page could not be had
        """
        found, page, pages = [], 1, 1
        while page <= pages:
            response = self._client.call(
                'MerchOutAmtQuery',
                {
                    'begin_time': times.stamp(begin),
                    'end_time': times.stamp(end),
                    'page_num': str(page),
                    'page_size': str(_PAGE_SIZE),
                    'search_word': self._client.credentials['mch_uid'],
                },
                repeatable=True,
            ).succeeded()
            try:
                found += [_settlement(row) for row in _rows(response.fields.get('list', ''))]
                pages = int(response.fields.get('totalpage') or 1)
            except (KeyError, TypeError, ValueError, RecursionError) as error:
                raise CallFailed(
                    Reason(ReasonKind.NO_ANSWER, 'incomplete', "the list cannot be read")
                ) from error
            if pages > _MAX_PAGES:
                raise CallFailed(Reason(ReasonKind.NO_ANSWER, 'incomplete', "too many pages"))
            page += 1
        return found

    def statement(self, day: date) -> StatementFile:
        """Return where the statement of a day is (`heemoney.bill.download`).

        Documented for one product family only, and without the layout of the file.

        :raise CallFailed: when there is none
        """
        response = self._client.call(
            'MerchBillReport',
            {'date': day.strftime('%Y%m%d')},
            repeatable=True,
            required=('url',),
        ).succeeded()
        return StatementFile(day=day, url=response.text('url'), raw=response.raw)


def _rows(text: str) -> list[dict]:
    """Read the list, which the documents call a string and samples may send as an array."""
    rows = json.loads(text, parse_float=str, parse_int=str) if text else []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError("not a list of records")
    return rows


def _settlement(row: dict) -> Settlement:
    written = [str(row[name]) for name in ('CashAmt', 'RealAmt', 'FeeAmt')]
    # The unit is not stated. The rules page says that amounts in the API are whole fen, so a
    # decimal point in one of the three can only mean that this record is in yuan.
    read = money.to_fen if any('.' in amount for amount in written) else money.parse_fen
    asked, arrived, fee = (read(amount) for amount in written)
    return Settlement(
        settlement_id=str(row['RecordID']),
        asked=asked,
        arrived=arrived,
        fee=fee,
        outcome=_SETTLEMENT_STATUS.get(str(row.get('BillStatus', '')), Outcome.UNKNOWN),
        created_at=times.parse(str(row.get('CreateTime', ''))),
        bank=str(row.get('BankName', '')),
        raw=masking.mask(row),
    )
