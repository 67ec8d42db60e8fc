"""Decimal rounding of binary floats."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondaco.values.floats import (
    float_compare,
    float_invert,
    float_is_zero,
    float_repr,
    float_round,
    float_split,
    float_split_str,
    json_float_round,
)


@pytest.mark.parametrize(
    "value, precision, method, expected",
    [
        (2.675, {"precision_digits": 2}, "HALF-UP", 2.68),
        (-2.675, {"precision_digits": 2}, "HALF-UP", -2.68),
        (2.6744, {"precision_digits": 2}, "HALF-UP", 2.67),
        (5.5, {"precision_digits": 0}, "HALF-UP", 6.0),
        (457.4554, {"precision_digits": 3}, "HALF-UP", 457.455),
        (1.1 + 2.2, {"precision_digits": 1}, "UP", 3.3),
        (3.31, {"precision_digits": 1}, "UP", 3.4),
        (-3.31, {"precision_digits": 1}, "UP", -3.4),
        (2.9999999999999996, {"precision_digits": 0}, "DOWN", 3.0),
        (2.99, {"precision_digits": 0}, "DOWN", 2.0),
        (0.125, {"precision_digits": 2}, "HALF-EVEN", 0.12),
        (0.375, {"precision_digits": 2}, "HALF-EVEN", 0.38),
        (2.675, {"precision_digits": 2}, "HALF-DOWN", 2.67),
        (1.13, {"precision_rounding": 0.05}, "HALF-UP", 1.15),
        (1234.5, {"precision_rounding": 10}, "HALF-UP", 1230.0),
        (0.0, {"precision_digits": 2}, "UP", 0.0),
        (-0.001, {"precision_digits": 2}, "HALF-UP", 0.0),
    ],
)
def test_rounding(value, precision, method, expected):
    assert float_round(value, **precision, rounding_method=method) == expected


def test_a_precision_is_given_once_and_positive():
    with pytest.raises(AssertionError):
        float_round(1.0)
    with pytest.raises(AssertionError):
        float_round(1.0, precision_digits=1, precision_rounding=0.1)
    with pytest.raises(ValueError, match="positive"):
        float_round(1.0, precision_rounding=0)


def test_comparing_is_not_asking_for_a_zero_difference():
    assert float_compare(0.006, 0.002, precision_digits=2) == 1
    assert float_is_zero(0.006 - 0.002, precision_digits=2)
    assert float_compare(1.432, 1.431, precision_digits=2) == 0
    assert float_compare(-1, 1, precision_rounding=0.5) == -1


def test_printing():
    assert float_repr(-0.001, 2) == "0.00"
    assert float_split_str(1.49, 1) == ("1", "5")
    assert float_split(1.432, 2) == (1, 43)
    assert json_float_round(0.1 + 0.2, 2) == 0.3
    assert float_invert(0.01) == 100.0


@given(st.integers(-(10**9), 10**9), st.integers(0, 4))
def test_what_is_round_stays_itself(number, digits):
    value = number / 10**digits

    for method in ("HALF-UP", "HALF-EVEN", "HALF-DOWN", "UP", "DOWN"):
        assert float_round(value, precision_digits=digits, rounding_method=method) == value


@given(st.floats(-1e9, 1e9), st.integers(0, 6))
def test_rounding_moves_by_half_a_step_at_most(value, digits):
    assert abs(float_round(value, precision_digits=digits) - value) <= 0.5 / 10**digits + abs(value) * 1e-14
