"""Barcodes as PNG: drawn in whole modules, so that scanners read them."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

from fondaco.values.barcodes import check_barcode_encoding
from fondaco.values.deferred import Deferred

if TYPE_CHECKING:
    import zxingcpp
    from PIL import Image, ImageDraw, ImageFont
else:
    zxingcpp = Deferred("zxingcpp")
    Image, ImageDraw, ImageFont = Deferred("PIL.Image"), Deferred("PIL.ImageDraw"), Deferred("PIL.ImageFont")

# Names of the documented interface -> format of zxing-cpp.
FORMATS = {
    "Code128": "Code128",
    "EAN13": "EAN13",
    "EAN8": "EAN8",
    "UPCA": "UPCA",
    "UPCE": "UPCE",
    "Standard39": "Code39Std",
    "Extended39": "Code39Ext",
    "Standard93": "Code93",
    "Extended93": "Code93",
    "Codabar": "Codabar",
    "I2of5": "ITF",
    "QR": "QRCode",
    "DataMatrix": "DataMatrix",
    "ECC200DataMatrix": "DataMatrix",
    "Aztec": "Aztec",
    "PDF417": "PDF417",
}
MATRIX = frozenset({"QR", "DataMatrix", "ECC200DataMatrix", "Aztec", "PDF417"})
NARROW = frozenset({"DataMatrix", "ECC200DataMatrix", "Aztec", "PDF417"})
LARGEST = 4000  # pixels of a side
_BLACK, _WHITE = 0, 255


def auto_format(value: str) -> str:
    """The kind that a value is made for: EAN8, EAN13 or UPCA with a right check digit, else Code128."""
    for kind, encoding in (("EAN8", "ean8"), ("EAN13", "ean13"), ("UPCA", "upca")):
        if check_barcode_encoding(value, encoding):
            return kind
    return "Code128"


def barcode_png(
    kind: str,
    value: str,
    width: int = 600,
    height: int = 100,
    *,
    has_quiet_zone: bool = True,
    has_text: bool = False,
    level: str = "L",
) -> bytes:
    """A picture of exactly this size; `ValueError` says what is wrong with kind, value or size.

    `level`: error correction of QR codes, L to H.
    """
    if kind not in FORMATS:
        raise ValueError(f"barcode: unknown kind {kind!r}; known are {', '.join(FORMATS)}")
    if not (0 < width <= LARGEST and 0 < height <= LARGEST):
        raise ValueError(f"barcode: {width} x {height} pixels; each side has 1 to {LARGEST}")
    modules = _modules(kind, value, level)
    picture = Image.new("L", (width, height), _WHITE)
    text = value if has_text and kind not in MATRIX else ""
    text_height = min(max(height // 5, 10), height // 2) if text else 0
    picture.paste(_fitted(modules, kind, width, height - text_height, has_quiet_zone), (0, 0))
    if text:
        font = ImageFont.load_default(text_height * 0.8)
        ImageDraw.Draw(picture).text((width / 2, height - text_height / 2), text, _BLACK, font, "mm")
    out = BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


def _modules(kind: str, value: str, level: str) -> Image.Image:
    """One pixel a module; linear codes are one pixel high."""
    options: dict[str, Any] = {"ec_level": level} if kind == "QR" else {}
    try:
        barcode = zxingcpp.create_barcode(value, getattr(zxingcpp.BarcodeFormat, FORMATS[kind]), **options)
        drawn: Any = zxingcpp.write_barcode_to_image(barcode, scale=1, add_quiet_zones=False)
    except ValueError as error:
        raise ValueError(f"barcode: {value!r} cannot be written as {kind}: {error}") from error
    rows, columns = drawn.shape
    image = Image.frombytes("L", (columns, rows), bytes(memoryview(drawn)))
    return image if kind in MATRIX else image.crop((0, 0, columns, 1))


def _fitted(modules: Image.Image, kind: str, width: int, height: int, has_quiet_zone: bool) -> Image.Image:
    """The modules, each of the same whole number of pixels, in the middle of a white picture."""
    is_matrix = kind in MATRIX
    quiet = 0 if not has_quiet_zone else 1 if kind in NARROW else 4 if is_matrix else 10
    columns, rows = modules.width + 2 * quiet, modules.height + (2 * quiet if is_matrix else 0)
    padded = Image.new("L", (columns, rows), _WHITE)
    padded.paste(modules, (quiet, quiet if is_matrix else 0))
    factor = min(width // columns, height // rows) if is_matrix else width // columns
    if factor < 1:
        # too small for a pixel a module: the best that can be shown, as a scanner with a good lens reads it
        across = min(width, max(height * columns // rows, 1)) if is_matrix else width
        down = min(height, max(width * rows // columns, 1)) if is_matrix else height
        scaled = padded.resize((across, down), Image.Resampling.BOX)
    else:
        size = (columns * factor, rows * factor if is_matrix else height)
        scaled = padded.resize(size, Image.Resampling.NEAREST)
    picture = Image.new("L", (width, height), _WHITE)
    picture.paste(scaled, ((width - scaled.width) // 2, (height - scaled.height) // 2))
    return picture
