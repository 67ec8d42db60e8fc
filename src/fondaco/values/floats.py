"""How floats are rounded, compared and printed to a decimal precision.

A binary float is almost never the decimal it stands for: 2.675 is stored a little lower. Every function here
therefore treats a number within a few units in the last place of a tie (or of a whole) as that tie (or whole),
so that 2.675 rounds half-up to 2.68, and 3.3000000000000003 rounded up to one digit stays 3.3.

A precision is either `precision_digits` (decimals) or `precision_rounding` (the step, e.g. 0.05); exactly one.
"""

from __future__ import annotations

from functools import lru_cache
from math import ceil, copysign, floor, isfinite
from typing import Literal

RoundingMethod = Literal["HALF-UP", "HALF-DOWN", "HALF-EVEN", "UP", "DOWN"]

# Relative width within which a scaled number counts as a tie: four units in the last place of a double.
_TOLERANCE = 2.0**-50

_POWERS = tuple(float(10**exponent) for exponent in range(23))  # exact as doubles up to 10**22


@lru_cache(maxsize=512)
def _scale(precision_rounding: float) -> tuple[float, bool]:
    """(factor, divide): scale a value by value * factor (divide is False) or by value / factor.

    Steps such as 0.01 are not exact, their inverse 100 is; scaling by the exact one loses nothing.
    """
    if precision_rounding <= 0:
        raise ValueError(f"precision_rounding must be positive, got {precision_rounding!r}")
    inverse = 1.0 / precision_rounding
    whole = float(round(inverse))
    if whole >= 1 and abs(inverse - whole) <= whole * _TOLERANCE:
        return whole, False
    return float(precision_rounding), True


def _factor(precision_digits: int | None, precision_rounding: float | None) -> tuple[float, bool]:
    if precision_digits is not None and precision_rounding is None:
        if 0 <= precision_digits <= 22:
            return _POWERS[int(precision_digits)], False
        return _scale(10.0**-precision_digits)
    if precision_rounding is not None and precision_digits is None:
        return _scale(precision_rounding)
    raise AssertionError("exactly one of precision_digits and precision_rounding must be given")


def float_round(
    value: float,
    precision_digits: int | None = None,
    precision_rounding: float | None = None,
    rounding_method: RoundingMethod = "HALF-UP",
) -> float:
    """Round `value`; UP and DOWN mean away from and towards zero, HALF-UP sends ties away from zero.

    >>> float_round(2.675, precision_digits=2)
    2.68
    >>> float_round(-1.23, precision_rounding=0.05, rounding_method="UP")
    -1.25
    """
    factor, divide = _factor(precision_digits, precision_rounding)
    if not value:
        return 0.0
    if not isfinite(value):
        return float(value)
    size = abs(value / factor if divide else value * factor)
    rounded = _round_positive(size, rounding_method)
    result = rounded * factor if divide else rounded / factor
    return copysign(result, value) if result else 0.0


def _round_positive(size: float, method: RoundingMethod) -> float:
    """Round `size` >= 0 to a whole number, as a float."""
    slack = size * _TOLERANCE
    if method == "HALF-UP":
        return float(floor(size + 0.5 + slack))
    if method == "HALF-EVEN":
        below = floor(size)
        rest = size - below
        if abs(rest - 0.5) <= slack:
            return float(below + below % 2)
        return float(below + (rest > 0.5))
    if method == "UP":
        return float(ceil(size - slack))
    if method == "DOWN":
        return float(floor(size + slack))
    if method == "HALF-DOWN":
        return float(ceil(size - 0.5 - slack))
    raise ValueError(f"unknown rounding method {method!r}; expected HALF-UP, HALF-DOWN, HALF-EVEN, UP or DOWN")


def float_is_zero(value: float, precision_digits: int | None = None, precision_rounding: float | None = None) -> bool:
    """Whether `value` rounds (half-up) to zero."""
    factor, divide = _factor(precision_digits, precision_rounding)
    if not value:
        return True
    size = abs(value / factor if divide else value * factor)
    return size + 0.5 + size * _TOLERANCE < 1.0


def float_compare(
    value1: float, value2: float, precision_digits: int | None = None, precision_rounding: float | None = None
) -> int:
    """-1, 0 or 1 as the rounded `value1` is lower than, equal to or greater than the rounded `value2`.

    Both are rounded first, so this is not the same as asking whether the difference is zero:
    0.006 and 0.002 differ at two digits, their difference rounds to zero.
    """
    if value1 == value2:
        _factor(precision_digits, precision_rounding)
        return 0
    first = float_round(value1, precision_digits, precision_rounding)
    second = float_round(value2, precision_digits, precision_rounding)
    if float_is_zero(first - second, precision_digits, precision_rounding):
        return 0
    return -1 if first < second else 1


def float_repr(value: float, precision_digits: int) -> str:
    """`value` printed with exactly this many decimals; what rounds to zero has no sign."""
    text = f"{float(value):.{precision_digits}f}"
    if text.startswith("-") and not text.strip("-0."):
        return text[1:]
    return text


def float_split_str(value: float, precision_digits: int) -> tuple[str, str]:
    """Whole part and decimals as text, after rounding half-up.

    >>> float_split_str(1.432, 2), float_split_str(1.1, 3), float_split_str(1.12, 0)
    (('1', '43'), ('1', '100'), ('1', ''))
    """
    rounded = float_round(value, precision_digits=precision_digits)
    whole, _dot, decimals = float_repr(rounded, precision_digits).partition(".")
    return whole, decimals


def float_split(value: float, precision_digits: int) -> tuple[int, int]:
    """Whole part and decimals as integers: (1, 43) for 1.432 at two digits. The sign is on the whole part."""
    whole, decimals = float_split_str(value, precision_digits)
    return int(whole), int(decimals or 0)


def json_float_round(value: float, precision_digits: int, rounding_method: RoundingMethod = "HALF-UP") -> float:
    """`value` rounded to the double whose shortest repr has at most this many decimals, fit for JSON."""
    rounded = float_round(value, precision_digits=precision_digits, rounding_method=rounding_method)
    return float(float_repr(rounded, precision_digits))


def float_invert(value: float) -> float:
    """1 / value; for a step such as 0.01 exactly the whole number it stands for."""
    factor, divide = _scale(abs(value))
    inverse = 1.0 / factor if divide else factor
    return copysign(inverse, value)


def round_half_away(value: float) -> float:
    """The nearest whole number as a float, ties away from zero (unlike the built-in `round`)."""
    return copysign(float(floor(abs(value) + 0.5)), value) if isfinite(value) else value
