"""Pictures against the sizes a stock server recorded, and the bytes we refuse."""

import base64
import io
import json
from pathlib import Path

import pytest
from PIL import Image

from fondaco.values.images import ImageError, ImageProcess, get_webp_size, image_process
from fondaco.values.mimetypes import fix_filename_extension, guess_mimetype

ORACLE = Path(__file__).resolve().parents[3] / "shared/oracle/transcripts/06_orm_types.jsonl"


def picture(width, height, format="PNG", mode="RGB"):
    stream = io.BytesIO()
    Image.new(mode, (width, height), 0).save(stream, format=format)
    return stream.getvalue()


def size(source):
    return Image.open(io.BytesIO(source)).size


def test_a_picture_that_fits_is_not_encoded_again():
    source = picture(60, 30)

    assert image_process(source, size=(64, 64)) is source


def test_a_picture_shrinks_into_the_box_and_keeps_its_ratio():
    assert size(image_process(picture(600, 300), size=(128, 128))) == (128, 64)


def test_cropping_fills_the_box():
    assert size(image_process(picture(600, 300), size=(100, 100), crop="center")) == (100, 100)


def test_garbage_is_refused_in_a_sentence():
    with pytest.raises(ImageError, match=r"^This file could not be decoded as an image file\.$"):
        ImageProcess(b"not an imag")


def test_svg_passes_untouched():
    assert image_process(b"<svg/>", size=(10, 10)) == b"<svg/>"


def test_too_many_pixels_are_refused():
    with pytest.raises(ImageError, match="Too large"):
        ImageProcess(picture(20, 20), verify_resolution=100)


@pytest.mark.skipif(not ORACLE.exists(), reason="the recorded answers are not at hand")
def test_resized_weights_are_near_the_recorded_ones():
    lines = ORACLE.read_text().splitlines()
    write = next(json.loads(line) for line in lines if '"id":"06_orm_types/119-image-set"' in line)
    source = base64.b64decode(write["request"]["json"]["params"]["args"][5][1]["image_1920"])

    assert len(source) == pytest.approx(1.18 * 1024, abs=6)
    assert len(image_process(source, size=(512, 512))) == pytest.approx(789, rel=0.15)
    assert len(image_process(source, size=(128, 128))) == pytest.approx(172, rel=0.15)


@pytest.mark.parametrize(
    "data, expected",
    [
        (picture(1, 1), "image/png"),
        (picture(1, 1, "JPEG"), "image/jpeg"),
        (picture(1, 1, "GIF"), "image/gif"),
        (picture(1, 1, "WEBP"), "image/webp"),
        (b"%PDF-1.7", "application/pdf"),
        (b"<?xml version='1.0'?><svg xmlns='x'/>", "image/svg+xml"),
        (b"plain words", "text/plain"),
        (b"\x00\x01\x02\x03", "application/octet-stream"),
    ],
)
def test_mimetypes_are_told_by_the_bytes(data, expected):
    assert guess_mimetype(data) == expected


def test_webp_size_is_read_without_decoding():
    assert get_webp_size(picture(70, 30, "WEBP")) == (70, 30)


def test_extensions_are_added_only_when_missing():
    assert fix_filename_extension("a.png", "image/png") == "a.png"
    assert fix_filename_extension("a", "image/png") == "a.png"
