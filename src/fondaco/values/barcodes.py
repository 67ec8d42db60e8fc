"""Whether a barcode is one: check digits of the EAN family."""

from __future__ import annotations

import re

_LENGTHS = {"ean8": 8, "ean13": 13, "gtin14": 14, "upca": 12, "sscc": 18}


def get_barcode_check_digit(numeric_barcode: str) -> int:
    """The last digit that makes a numeric barcode valid; its own last digit is ignored."""
    digits = [int(character) for character in numeric_barcode[:-1]]
    # From the right, digits weigh 3, 1, 3, 1, ...
    total = sum(digit * (3 if index % 2 == 0 else 1) for index, digit in enumerate(reversed(digits)))
    return (10 - total % 10) % 10


def check_barcode_encoding(barcode: str, encoding: str) -> bool:
    """Whether `barcode` is valid for 'any', 'ean8', 'ean13', 'gtin14', 'upca' or 'sscc'."""
    kind = encoding.lower()
    if kind == "any":
        return True
    length = _LENGTHS[kind]
    if kind == "ean13" and barcode[:1] == "0":
        return False  # that is a UPC-A with a zero in front
    return (
        len(barcode) == length
        and re.match(r"^\d+$", barcode) is not None
        and get_barcode_check_digit(barcode) == int(barcode[-1])
    )
