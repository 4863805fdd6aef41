# Part of payment_cn_wallets. License LGPL-3.
"""Days of a company: books and statements are cut in its time zone, never in UTC."""

from datetime import timedelta

import pytz

_BEIJING = 'Asia/Shanghai'


def zone_of(company):
    """Return the name of a company's time zone: its own, or that of its country, or Beijing's.

    :param res.company company: the company
    :rtype: str
    """
    partner = company.sudo().partner_id
    zones = pytz.country_timezones.get(partner.country_id.code or '', [_BEIJING])
    return partner.tz or zones[0]


def day_of(company, moment):
    """Return the day on which something happened in a company's country.

    :param res.company company: the company
    :param datetime moment: naive, UTC, as Odoo stores times
    :rtype: date
    """
    return pytz.utc.localize(moment).astimezone(pytz.timezone(zone_of(company))).date()


def open_day(company, day, journal):
    """Return the first day on or after one that is not locked for entries of a journal.

    :param res.company company: the company
    :param date day: the day on which it happened
    :param account.journal journal: where it is booked
    :rtype: date
    """
    locked = company.sudo()._get_violated_lock_dates(day, False, journal)
    return locked[-1][0] + timedelta(days=1) if locked else day
