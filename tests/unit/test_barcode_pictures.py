"""Whether barcodes can be read again, in the size asked for."""

from __future__ import annotations

from io import BytesIO

import pytest
import zxingcpp
from PIL import Image

from fondaco.values.barcode_pictures import FORMATS, auto_format, barcode_png

VALUES = {
    "EAN13": "4012345678901", "EAN8": "96385074", "UPCA": "036000291452", "UPCE": "01234565", "I2of5": "12345678",
    "Codabar": "A12345A",
}  # fmt: skip
# UPC codes are short forms of an EAN-13.
READ = {"UPCA": "0036000291452", "UPCE": "0012345000065"}


@pytest.mark.parametrize("kind", sorted(FORMATS))
def test_a_barcode_reads_as_it_was_written(kind: str) -> None:
    value = VALUES.get(kind, "HELLO-123")

    picture = Image.open(BytesIO(barcode_png(kind, value, 600, 200)))

    assert picture.size == (600, 200)
    assert [found.text for found in zxingcpp.read_barcodes(picture)] == [READ.get(kind, value)]


def test_text_below_leaves_the_bars_readable() -> None:
    picture = Image.open(BytesIO(barcode_png("Code128", "ABC-1", 300, 80, has_text=True)))

    assert [found.text for found in zxingcpp.read_barcodes(picture)] == ["ABC-1"]
    assert picture.crop((0, 66, 300, 80)).getextrema() == (0, 255)


@pytest.mark.parametrize(
    ("value", "kind"),
    [("4012345678901", "EAN13"), ("4012345678900", "Code128"), ("96385074", "EAN8"), ("AB", "Code128")],
)
def test_auto_takes_the_kind_a_value_is_made_for(value: str, kind: str) -> None:
    assert auto_format(value) == kind


@pytest.mark.parametrize(
    ("kind", "value", "size", "message"),
    [
        ("Nope", "1", (10, 10), "unknown kind 'Nope'"),
        ("EAN13", "4012345678900", (100, 50), "'4012345678900' cannot be written as EAN13"),
        ("QR", "x", (0, 10), "0 x 10 pixels"),
        ("QR", "x", (100000, 10), "each side has 1 to 4000"),
    ],
)
def test_what_cannot_be_drawn_is_said(kind: str, value: str, size: tuple[int, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        barcode_png(kind, value, *size)
