"""How are PDF files joined?"""

from collections.abc import Iterable
from io import BytesIO
from typing import TYPE_CHECKING

from fondaco.errors import FondacoError
from fondaco.values.deferred import Deferred

if TYPE_CHECKING:
    import pypdf
    import pypdf.errors
    from PIL import Image
else:
    pypdf, Image = Deferred("pypdf"), Deferred("PIL.Image")


class NoPdfError(FondacoError, ValueError):
    """Content that should be PDF is not, or is damaged or locked."""


def joined(files: Iterable[bytes]) -> bytes:
    """One PDF with the pages of all, in order; a single one stays as it is."""
    contents = list(files)
    if len(contents) == 1:
        return contents[0]
    writer = pypdf.PdfWriter()
    for number, content in enumerate(contents, 1):
        try:
            writer.append(pypdf.PdfReader(BytesIO(content)), import_outline=False)
        except (pypdf.errors.PyPdfError, ValueError, KeyError) as error:
            raise NoPdfError(f"file {number} of {len(contents)} cannot be joined: {error}") from error
    writer.compress_identical_objects()
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def is_pdf(content: bytes) -> bool:
    """By its first bytes."""
    return content.startswith(b"%PDF-")


def from_picture(content: bytes) -> bytes:
    """A PDF of one page with a picture; `NoPdfError` if it is none."""
    out = BytesIO()
    try:
        with Image.open(BytesIO(content)) as picture:
            picture.convert("RGB").save(out, "PDF")
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise NoPdfError(f"neither PDF nor a picture: {error}") from error
    return out.getvalue()
