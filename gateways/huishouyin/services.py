# Part of payment_cn_wallets. License LGPL-3.
"""Huishouyin's merchant services: printed counter code, settlements, statement address."""

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
    ShopCode,
    ShopCodeRequest,
    StatementFile,
)
from ..text import check_length, clean, cut

_PAGE_SIZE = 500
_MAX_PAGES = 200
_STYLES = ('', '0', '1', '2', '3')
_SETTLEMENT_STATUS = {'1': Outcome.PAID, '0': Outcome.WAITING, '-1': Outcome.REFUSED}


class MerchantServices:
    """The part of the gateway on the host for merchant services."""

    def create_shop_code(self, request: ShopCodeRequest) -> ShopCode:
        """Have a printed code made (`heemoney.merch.qrcode.create`). Sent once.

        :raise CallFailed: when there is no code; when the answer was lost, one may exist
        :raise ValueError: for a field that the protocol cannot carry
        """
        if request.style not in _STYLES:
            raise ValueError("style must be 0, 1, 2 or 3")
        amount = request.amount
        if amount is not None:
            money.check_fen(amount, zero=False)
        said = self._believed(
            self._call(
                'MerchQRCode',
                'heemoney.merch.qrcode.create',
                {
                    'qr_url_name': cut(request.name, 50),
                    'qr_url_type': '2',  # an ordinary collection code
                    'store_uid': check_length('store_uid', clean(request.store_id), 18),
                    'pay_amt': '' if amount is None else money.yuan_text(amount),
                    'desk_no': check_length('desk_no', clean(request.desk_no), 50),
                    'qr_url_style': request.style,
                    'note': cut(request.note, 50),
                    'notify_url': check_length('notify_url', request.notify_url, 255),
                },
                host='api',
                required=('qr_url',),
            )
        )
        return ShopCode(
            shop_code_id=said.fields.get('qrurl_uid', ''),
            url=said.fields['qr_url'],
            store_id=said.fields.get('store_uid', ''),
            amount=amount,
            raw=said.raw,
        )

    def settlements(self, begin: datetime, end: datetime) -> list[Settlement]:
        """List the pay-outs between two moments (`heemoney.outamt.query`), all pages.

        :param begin: aware datetime
        :param end: aware datetime
        :raise CallFailed: when a page could not be had
        """
        found, page, pages = [], 1, 1
        while page <= pages:
            said = self._believed(
                self._call(
                    'MerchOutAmtQuery',
                    'heemoney.outamt.query',
                    {
                        'begin_time': times.stamp(begin),
                        'end_time': times.stamp(end),
                        'page_num': str(page),
                        'page_size': str(_PAGE_SIZE),
                        'search_word': self.credentials['mch_uid'],
                    },
                    host='api',
                    repeatable=True,
                )
            )
            try:
                found += [_settlement(row) for row in _rows(said.fields.get('list', ''))]
                pages = int(said.fields.get('totalpage') or 1)
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
        said = self._believed(
            self._call(
                'MerchBillReport',
                'heemoney.bill.download',
                {'date': day.strftime('%Y%m%d')},
                host='api',
                repeatable=True,
                required=('url',),
            )
        )
        return StatementFile(day=day, url=said.fields['url'], raw=said.raw)

    @staticmethod
    def _believed(said):
        """Return an answer that counts.

        :raise CallFailed: otherwise
        """
        if said.reason:
            raise CallFailed(said.reason)
        return said


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
