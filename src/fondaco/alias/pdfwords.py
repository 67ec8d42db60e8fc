"""`odoo.tools.pdf`: reading, joining and filling PDF files, on pypdf."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import Any

from pypdf import PdfReader, PdfWriter
from pypdf.errors import DependencyError, FileNotDecryptedError
from pypdf.generic import NameObject

from fondaco import VERSION
from fondaco.pdf.streams import from_picture, is_pdf, joined

DEFAULT_PDF_DATETIME_FORMAT = "D:%Y%m%d%H%M%S+00'00'"
PRODUCER = f"Fondaco {VERSION}"


class PdfFileReader(PdfReader):
    """A reader that also answers to the names of the interface that pypdf gave up."""

    def __init__(self, stream: Any, strict: bool = False, **options: Any) -> None:
        super().__init__(stream, strict=strict, **options)

    def getNumPages(self) -> int:
        return len(self.pages)

    def getPage(self, pageNumber: int) -> Any:
        return self.pages[pageNumber]

    def getFormTextFields(self) -> Any:
        return self.get_form_text_fields()

    def getFields(self) -> Any:
        return self.get_fields()

    def getDocumentInfo(self) -> Any:
        return self.metadata

    def getIsEncrypted(self) -> bool:
        return self.is_encrypted

    numPages = property(getNumPages)
    documentInfo = property(getDocumentInfo)
    isEncrypted = property(getIsEncrypted)


class BrandedFileWriter(PdfWriter):
    """A writer whose files say what made them."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.add_metadata({"/Creator": PRODUCER, "/Producer": PRODUCER})

    # names of the interface that pypdf gave up
    def addPage(self, page: Any) -> Any:
        return self.add_page(page)

    def addMetadata(self, infos: dict[str, Any]) -> None:
        self.add_metadata(infos)

    def addAttachment(self, name: str, data: bytes) -> Any:
        return self.add_attachment(name, data)

    def appendPagesFromReader(self, reader: PdfReader, after_page_append: Any = None) -> None:
        self.append_pages_from_reader(reader, after_page_append)

    def cloneReaderDocumentRoot(self, reader: PdfReader) -> None:
        self.clone_reader_document_root(reader)

    def addBlankPage(self, width: float | None = None, height: float | None = None) -> Any:
        return self.add_blank_page(width, height)

    def insertPage(self, page: Any, index: int = 0) -> Any:
        return self.insert_page(page, index)

    def getNumPages(self) -> int:
        return len(self.pages)

    def getPage(self, pageNumber: int) -> Any:
        return self.pages[pageNumber]


PdfFileWriter = BrandedFileWriter


class OdooPdfFileReader(PdfFileReader):
    """A reader that knows the files inside a PDF."""

    def getAttachments(self) -> Iterator[tuple[str, bytes]]:
        """(name, content) of each file; nothing for a PDF that cannot be opened."""
        try:
            for name, contents in self.attachments.items():
                for content in contents:
                    yield name, content
        except (FileNotDecryptedError, DependencyError):
            return


class OdooPdfFileWriter(BrandedFileWriter):
    """A writer that puts files of any type into a PDF."""

    def add_attachment(self, name: str, data: bytes, subtype: str | None = None) -> Any:
        """Put a file in; `subtype` is its media type."""
        added = super().add_attachment(name, data)
        if subtype:
            added.subtype = NameObject(subtype if subtype.startswith("/") else f"/{subtype}")
        return added

    addAttachment = add_attachment

    def embed_odoo_attachment(self, attachment: Any, subtype: str | None = None) -> None:
        """Put the content of an `ir.attachment` in."""
        self.add_attachment(attachment.name, attachment.raw or b"", subtype or attachment.mimetype)


def merge_pdf(pdf_data: Iterable[bytes]) -> bytes:
    """One file of several."""
    return joined(pdf_data)


def rotate_pdf(pdf: bytes) -> bytes:
    """Every page turned by a quarter, clockwise."""
    writer = BrandedFileWriter()
    for page in PdfReader(BytesIO(pdf), strict=False).pages:
        writer.add_page(page).rotate(90)
    return _written(writer)


def to_pdf_stream(attachment: Any) -> BytesIO | None:
    """The content of an attachment as PDF; None for what is neither PDF nor a picture."""
    content = attachment.raw or b""
    if is_pdf(content):
        return BytesIO(content)
    if (attachment.mimetype or "").startswith("image/"):
        return BytesIO(from_picture(content))
    return None


def fill_form_fields_pdf(writer: PdfWriter, form_fields: dict[str, str]) -> None:
    """Fill in the form of a file by the names of its fields."""
    writer.set_need_appearances_writer(True)
    for page in writer.pages:
        if "/Annots" in page:
            writer.update_page_form_field_values(page, form_fields)


def reshape_text(text: str) -> str:
    """The text: engines of ours shape and order scripts themselves."""
    return text


def _written(writer: PdfWriter) -> bytes:
    out = BytesIO()
    writer.write(out)
    return out.getvalue()
