# Part of payment_cn_wallets. License LGPL-3.

import math
from decimal import Decimal

import pytest
from hypothesis import example, given, strategies as st

from gateways import money

FEN = st.integers(min_value=1, max_value=money.MAX_FEN)


@given(FEN)
@example(1)
@example(10**11)
@example(money.MAX_FEN)
def test_fen_to_yuan_and_back(fen):
    """Test that every amount survives the way to yuan and back, as Decimal and as text."""
    assert money.to_fen(money.to_yuan(fen)) == fen
    assert money.to_fen(money.yuan_text(fen)) == fen
    assert money.parse_fen(str(fen)) == fen


@given(FEN)
@example(1)
@example(29)
@example(57)
@example(10**11)
@example(10**11 + 1)
@example(money.MAX_FEN)
def test_float_of_yuan_gives_the_same_fen(fen):
    """Test that the float that Odoo keeps for an amount gives back that amount."""
    assert money.fen_from_float(float(money.to_yuan(fen))) == fen
    assert money.fen_from_float(fen / 100) == fen


@given(FEN)
def test_float_one_step_away_gives_the_same_fen(fen):
    """Test that the rounding of one last arithmetic step does no harm."""
    value = fen / 100
    assert money.fen_from_float(math.nextafter(value, math.inf)) == fen
    assert money.fen_from_float(math.nextafter(value, 0)) == fen


def test_float_sum_gives_the_fen_of_the_sum():
    """Test that 0.1 + 0.2, which is not 0.3, is 30 fen."""
    assert money.fen_from_float(0.1 + 0.2) == 30


@given(FEN, st.sampled_from(['0.001', '0.0049', '0.005', '0.0051', '0.009']))
def test_float_with_a_fraction_of_a_fen_is_refused(fen, fraction):
    """Test that a float that is no amount of money is refused, not rounded."""
    with pytest.raises(money.MoneyError):
        money.fen_from_float(float(money.to_yuan(fen) + Decimal(fraction)))


@given(st.integers(min_value=0, max_value=10**11), st.integers(min_value=1, max_value=9))
def test_text_with_a_fraction_of_a_fen_is_refused(fen, digit):
    """Test that a third decimal is refused, and zeros there are not."""
    with pytest.raises(money.MoneyError):
        money.to_fen(f'{money.yuan_text(fen)}{digit}')
    assert money.to_fen(f'{money.yuan_text(fen)}0') == fen


@pytest.mark.parametrize(
    'value',
    [
        1.0, 0.1, True, None, b'1', '', ' 1', '1 ', '+1', '1,00', '1e2', '1.', '.5', 'NaN', '１',
        Decimal('NaN'), Decimal('Infinity'), Decimal('1E+999999'), Decimal('1E-999999'),
        Decimal('0.001'), '9' * 30, money.MAX_FEN, '-1', Decimal('-0.01'), -1,
    ],
)  # fmt: skip
def test_what_is_no_amount_of_yuan_is_refused(value):
    """Test that floats, broken numbers, and amounts below zero are refused."""
    with pytest.raises(money.MoneyError):
        money.to_fen(value)


@pytest.mark.parametrize('value', ['1.0', '1e2', '', ' 1', '１', '-1', '9' * 17, 1, None])
def test_what_is_no_whole_number_of_fen_is_refused(value):
    """Test that a protocol's amount is digits and nothing else."""
    with pytest.raises(money.MoneyError):
        money.parse_fen(value)


@pytest.mark.parametrize(
    'value', [math.nan, math.inf, -math.inf, 1e300, -0.01, True, '1.0', Decimal(1), None]
)
def test_what_is_no_float_of_yuan_is_refused(value):
    """Test that only finite floats in range are taken from Odoo."""
    with pytest.raises(money.MoneyError):
        money.fen_from_float(value)


def test_negative_amounts_where_they_are_allowed():
    """Test that refunds in statements can be read."""
    assert money.to_fen('-12.30', negative=True) == -1230
    assert money.fen_from_float(-12.3, negative=True) == -1230
    assert money.parse_fen('-5', negative=True) == -5
    assert money.to_yuan(-1230) == Decimal('-12.30')
    assert money.yuan_text(-5) == '-0.05'


def test_whole_yuan():
    """Test that a whole number is yuan, not fen."""
    assert money.to_fen(12) == 1200
    assert money.fen_from_float(12) == 1200
    assert money.to_fen(Decimal('1E+2')) == 10000


@pytest.mark.parametrize('fen', [1.0, '1', True, None, money.MAX_FEN + 1, -1])
def test_check_fen_refuses(fen):
    """Test that an amount in fen is a whole number in range."""
    with pytest.raises(money.MoneyError):
        money.check_fen(fen)


def test_check_fen_refuses_zero_when_asked():
    """Test that a payment of nothing can be refused."""
    assert money.check_fen(0) == 0
    with pytest.raises(money.MoneyError):
        money.check_fen(0, zero=False)


def test_only_yuan():
    """Test that other currencies are refused."""
    money.check_currency('CNY')
    for currency in ('USD', 'HKD', 'cny', '', None):
        with pytest.raises(money.MoneyError):
            money.check_currency(currency)
