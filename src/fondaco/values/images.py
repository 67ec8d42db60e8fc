"""How pictures are read, turned upright, resized and written, and refused when they are too large.

Only bytes in and bytes out; what cannot be read raises `ImageError`, whose message is a sentence for users.
"""

from __future__ import annotations

import base64
import binascii
import io
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

from fondaco.values.deferred import Deferred

if TYPE_CHECKING:
    from PIL import Image, ImageOps
else:
    Image, ImageOps = Deferred("PIL.Image"), Deferred("PIL.ImageOps")

EXIF_TAG_ORIENTATION = 0x112
# Fifty megapixels: what a current phone camera makes, and about 200 MB when decoded.
IMAGE_MAX_RESOLUTION = 50e6

UNREADABLE = "This file could not be decoded as an image file."

# First base64 character(s) of each format, enough to name the type in a data URL without decoding.
FILETYPE_BASE64_MAGICWORD = {b"/": "jpg", b"R": "gif", b"i": "png", b"P": "svg+xml", b"U": "webp"}

# Backgrounds of a colourised picture: dark enough for white initials on them.
_PALETTE = (
    (0x2F, 0x80, 0xC4), (0x00, 0x96, 0x88), (0x7B, 0x5E, 0xA7), (0xC2, 0x5B, 0x3F), (0x4C, 0x8C, 0x4A),
    (0xB0, 0x4A, 0x7A), (0x8A, 0x6D, 0x3B), (0x54, 0x6E, 0x7A),
)  # fmt: skip

Color = tuple[int, int, int]


class ImageError(ValueError):
    """Bytes that are no picture, or a picture that may not be processed."""


class ImageProcess:
    """One picture on its way through resizing, cropping, recolouring; `image` is None for SVG, which passes as is."""

    def __init__(self, source: bytes | None, verify_resolution: bool | float = True) -> None:
        self.source = source or b""
        self.operations_count = 0
        self.image: Image.Image | None = None
        self.original_format = ""
        if not self.source or self.source[:1] == b"<":
            return
        image = binary_to_image(self.source)
        self.original_format = (image.format or "").upper()
        self.image = image
        if verify_resolution:
            limit = IMAGE_MAX_RESOLUTION if verify_resolution is True else float(verify_resolution)
            width, height = image.size
            if width * height > limit:
                raise ImageError(
                    f"Too large image (above {limit / 1e6:.0f}Mpx): this one has {width}x{height} pixels."
                    " Reduce its size and try again."
                )
        self.image = image_fix_orientation(image)

    def image_quality(self, quality: int = 0, output_format: str = "") -> bytes:
        """The picture as bytes; the source itself when nothing was asked.

        quality: 0 keeps it, 1-95 as JPEG understands it; output_format: PNG, JPEG, GIF, ICO, WEBP or '' for the
        format of the source.
        """
        if self.image is None:
            return self.source
        wanted = output_format.upper() or self.original_format
        if wanted == "BMP":
            wanted = "PNG"
        elif wanted not in {"PNG", "JPEG", "GIF", "ICO", "WEBP"}:
            wanted = "JPEG"
        if not self.operations_count and wanted == self.original_format and not quality:
            return self.source
        options: dict[str, Any] = {"format": wanted}
        image = self.image
        if wanted == "PNG":
            options["optimize"] = True
            if quality and image.mode != "P":
                # Fewer colours is the only quality that PNG can give away.
                if image.mode not in {"RGB", "RGBA", "L"}:
                    image = image.convert("RGBA")
                if image.mode != "RGBA":
                    image = image.convert("P", palette=Image.Palette.ADAPTIVE, colors=256)
        elif wanted == "JPEG":
            options.update(optimize=True, quality=quality or 95)
        elif wanted == "GIF":
            options.update(optimize=True, save_all=True)
        elif wanted == "WEBP":
            options["quality"] = quality or 80
        return _encode(image, **options) or self.source

    def resize(self, max_width: int = 0, max_height: int = 0, expand: bool = False) -> ImageProcess:
        """Shrink to fit within the box, ratio kept; a missing side follows the other; enlarge only if `expand`."""
        if self.image is None or self.original_format == "GIF" or not (max_width or max_height):
            return self
        width, height = self.image.size
        target_width = max_width or (width * max_height) // height
        target_height = max_height or (height * max_width) // width
        if expand and (target_width > width or target_height > height):
            scale = min(target_width / width, target_height / height)
            self.image = self.image.resize((max(1, round(width * scale)), max(1, round(height * scale))))
        elif target_width < width or target_height < height:
            self.image.thumbnail((target_width, target_height), Image.Resampling.LANCZOS)
        if self.image.size != (width, height):
            self.operations_count += 1
        return self

    def crop_resize(
        self, max_width: int, max_height: int, center_x: float = 0.5, center_y: float = 0.5
    ) -> ImageProcess:
        """Cut to the ratio of the box around the given centre (0..1), then shrink to the box."""
        if self.image is None or self.original_format == "GIF" or not (max_width and max_height):
            return self
        width, height = self.image.size
        if width * max_height > height * max_width:
            new_width, new_height = (max_width * height) // max_height, height
        else:
            new_width, new_height = width, (max_height * width) // max_width
        new_width, new_height = max(new_width, 1), max(new_height, 1)
        left = int((width - new_width) * center_x)
        top = int((height - new_height) * center_y)
        if (new_width, new_height) != (width, height):
            self.image = self.image.crop((left, top, left + new_width, top + new_height))
            self.operations_count += 1
        return self.resize(max_width, max_height)

    def colorize(self, color: Color | None = None) -> ImageProcess:
        """Fill the transparent parts with `color`, or with one drawn from the picture's own bytes."""
        if self.image is None:
            return self
        picked = color or _PALETTE[sum(self.source[-64:]) % len(_PALETTE)]
        original = self.image.convert("RGBA")
        self.image = Image.new("RGB", original.size)
        self.image.paste(picked, box=(0, 0, *original.size))
        self.image.paste(original, mask=original)
        self.operations_count += 1
        return self

    def add_padding(self, padding: int) -> ImageProcess:
        """Shrink the picture within its size so that `padding` pixels stay free on each side."""
        if self.image is None or not padding:
            return self
        width, height = self.image.size
        inner = (max(width - 2 * padding, 1), max(height - 2 * padding, 1))
        canvas = Image.new("RGBA", (width, height))
        canvas.paste(self.image.resize(inner), (padding, padding))
        self.image = canvas
        self.operations_count += 1
        return self


def image_process(
    source: bytes | None,
    size: tuple[int, int] = (0, 0),
    verify_resolution: bool | float = False,
    quality: int = 0,
    expand: bool = False,
    crop: str | bool | None = None,
    colorize: bool | Color = False,
    output_format: str = "",
    padding: int | bool = False,
) -> bytes | None:
    """`source` resized (or cropped: 'top', 'center', 'bottom'), recoloured, re-encoded; unasked, it stays as it is."""
    asked = (any(size or ()), verify_resolution, quality, crop, colorize, output_format, padding)
    if not source or not any(asked):
        return source
    process = ImageProcess(source, verify_resolution)
    if size:
        if crop:
            center_y = {"top": 0.0, "bottom": 1.0}.get(str(crop), 0.5)
            process.crop_resize(*size, center_x=0.5, center_y=center_y)
        else:
            process.resize(*size, expand=expand)
    if padding:
        process.add_padding(int(padding))
    if colorize:
        process.colorize(colorize if isinstance(colorize, tuple) else None)
    return process.image_quality(quality=quality, output_format=output_format)


def binary_to_image(source: bytes) -> Image.Image:
    """The opened picture; pixels are not decoded yet."""
    try:
        return Image.open(io.BytesIO(source))
    except (OSError, binascii.Error, ValueError, SyntaxError) as error:
        raise ImageError(UNREADABLE) from error
    except Image.DecompressionBombError as error:
        raise ImageError(f"{UNREADABLE} It is too large.") from error


def base64_to_image(base64_source: str | bytes) -> Image.Image:
    """The opened picture of base64 text."""
    try:
        return binary_to_image(base64.b64decode(base64_source))
    except (binascii.Error, ValueError) as error:
        raise ImageError(UNREADABLE) from error


def image_fix_orientation(image: Image.Image) -> Image.Image:
    """`image` turned as its EXIF orientation says, converted to a mode that every format can write."""
    try:
        upright = ImageOps.exif_transpose(image)
    except (OSError, SyntaxError, ValueError, TypeError, AttributeError, ZeroDivisionError):
        upright = image  # broken EXIF is common and the picture is still good
    return upright if upright is not None else image


def image_apply_opt(image: Image.Image, output_format: str, **params: Any) -> bytes:
    """`image` encoded as `output_format` with Pillow's own parameters."""
    return _encode(image, format=output_format.upper(), **params)


def _encode(image: Image.Image, *, format: str, **params: Any) -> bytes:
    if format == "JPEG" and image.mode not in {"1", "L", "RGB"}:
        image = image.convert("RGB")
    elif image.mode not in {"1", "L", "P", "RGB", "RGBA"}:
        image = image.convert("RGBA" if "A" in image.mode else "RGB")
    stream = io.BytesIO()
    try:
        image.save(stream, format=format, **params)
    except (OSError, SyntaxError, ValueError) as error:
        raise ImageError(UNREADABLE) from error
    return stream.getvalue()


def image_to_base64(image: Image.Image, output_format: str, **params: Any) -> bytes:
    """`image` encoded and as base64."""
    return base64.b64encode(image_apply_opt(image, output_format, **params))


def image_data_uri(base64_source: bytes) -> str:
    """A data: URL showing this base64 picture."""
    kind = FILETYPE_BASE64_MAGICWORD.get(base64_source[:1], "png")
    return f"data:image/{kind};base64,{base64_source.decode()}"


def image_guess_size_from_field_name(field_name: str) -> tuple[int, int]:
    """The box that a field called image_128 (or avatar_128, image_1920 ...) promises; (0, 0) for other names."""
    match = re.search(r"_(\d+)$", field_name)
    if field_name == "image":
        return 1024, 1024
    if match is None or int(match[1]) < 16:
        return 0, 0
    return int(match[1]), int(match[1])


def is_image_size_above(base64_source_1: bytes, base64_source_2: bytes) -> bool:
    """Whether the first picture is wider or higher than the second."""
    if not base64_source_1 or not base64_source_2:
        return False
    if base64_source_1[:1] in (b"P", "P") or base64_source_2[:1] in (b"P", "P"):
        return False  # SVG has no pixels
    first, second = base64_to_image(base64_source_1), base64_to_image(base64_source_2)
    return first.width > second.width or first.height > second.height


def get_webp_size(source: bytes) -> tuple[int, int] | Literal[False]:
    """(width, height) read from a WebP header, False if `source` is none."""
    if not (source.startswith(b"RIFF") and source[8:12] == b"WEBP"):
        return False
    chunk = source[12:16]
    if chunk == b"VP8 ":
        return (
            int.from_bytes(source[26:28], "little") & 0x3FFF,
            int.from_bytes(source[28:30], "little") & 0x3FFF,
        )
    if chunk == b"VP8L":
        bits = int.from_bytes(source[21:25], "little")
        return (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1
    if chunk == b"VP8X":
        return int.from_bytes(source[24:27], "little") + 1, int.from_bytes(source[27:30], "little") + 1
    return False


def get_saturation(rgb: Color) -> float:
    """HSL saturation, 0 to 1."""
    highest, lowest = max(rgb) / 255, min(rgb) / 255
    spread = highest - lowest
    return 0.0 if not spread else spread / (1 - abs(highest + lowest - 1) or 1)


def get_lightness(rgb: Color) -> float:
    """HSL lightness, 0 to 1."""
    return (max(rgb) + min(rgb)) / 2 / 255


def hex_to_rgb(hx: str) -> Color:
    """(red, green, blue) of '#rrggbb'."""
    return int(hx[1:3], 16), int(hx[3:5], 16), int(hx[5:7], 16)


def rgb_to_hex(rgb: Iterable[float]) -> str:
    """'#rrggbb' of three numbers 0..255."""
    return "#" + "".join(f"{int(part):02x}" for part in rgb)


def average_dominant_color(
    colors: list[tuple[int, tuple[int, ...]]], mitigate: int = 175, max_margin: int = 140
) -> tuple[Color, list[tuple[int, tuple[int, ...]]]]:
    """The average of the colours near the most frequent one, and the colours that were not near.

    `colors` are (count, (r, g, b[, a])) pairs; a colour is near within a margin that is wider for the more frequent
    colour, at most `max_margin` a channel; `mitigate` caps channels that are not the strongest.
    """
    dominant = max(colors, key=lambda pair: pair[0])
    count = dominant[0]
    total = sum(number for number, _rgb in colors) or 1
    margin = max_margin * (1 - count / total)
    near: list[tuple[int, tuple[int, ...]]] = []
    rest: list[tuple[int, tuple[int, ...]]] = []
    for pair in colors:
        inside = all(abs(pair[1][channel] - dominant[1][channel]) < margin for channel in range(3)) or pair is dominant
        (near if inside else rest).append(pair)
    weight = sum(number for number, _rgb in near)
    average = [sum(number * rgb[channel] for number, rgb in near) / weight for channel in range(3)]
    strongest = max(average)
    if strongest > mitigate:
        average = [value * mitigate / strongest for value in average]
    return (round(average[0]), round(average[1]), round(average[2])), rest
