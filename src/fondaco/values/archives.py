"""Is an archive that somebody sent one that may be unpacked? A small one may unpack to anything.

`Unreadable` says why a file cannot be read as a table, in English and by a word that others translate.
"""

from __future__ import annotations

import io
import zipfile

# Bytes that are unpacked at most.
MAX_UNPACKED_TIMES = 50  # as many times the size of the file; what people fill in packs to a tenth
MAX_UNPACKED_TIMES_OPEN = 250  # of OpenDocument, where rows that are alike are so byte by byte
MAX_UNPACKED = 256 * 1024 * 1024
MIN_UNPACKED = 16 * 1024 * 1024  # allowed to the smallest, too
OPEN_DOCUMENT = "content.xml"  # a member that OpenDocument has

SENTENCES = {
    "damaged": "it is damaged, or was not sent whole ({detail}); save it anew",
    "protected": "it is protected by a password; save it without one",
    "foreign": "it is neither an XLSX nor an ODS workbook",
    "too large": "it has {size} and unpacks to {unpacked}, which is more than the {most} that are read of such a "
    "file; divide it, or save it as CSV",
    "too many cells": "the sheet has more than {most} cells, empty ones included; delete the empty rows and columns "
    "below and beside the data, or save it as CSV",
    "too many texts": "its cells have more than {most} different texts; divide it, or save it as CSV",
    "no sheet": "it has no sheet {sheet}",
    "old": "it is a workbook of 2003 or protected by a password; save it as XLSX, without a password",
    "no table": "it is no table; save it as CSV, XLSX or ODS",
    "no result": "its cell {cell} has a formula whose result was not saved with it; open it in a spreadsheet program "
    "and save it there",
    "open quote": "a quote that begins in line {line} is never closed, so that all lines below are one cell; close it",
}


DAMAGED = (zipfile.BadZipFile, OSError, EOFError, ValueError, KeyError, RuntimeError, NotImplementedError)
"""What reading an archive that is broken somewhere raises."""


class Unreadable(ValueError):
    """A file cannot be read as a table. `reason` is a key of SENTENCES; `figures` are what its sentence names."""

    def __init__(self, reason: str, **figures: str) -> None:
        super().__init__(SENTENCES[reason].format(**figures))
        self.reason, self.figures = reason, figures


def opened(content: bytes) -> zipfile.ZipFile:
    """The archive, which unpacks to a bearable size."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except DAMAGED as error:
        raise Unreadable("damaged", detail=str(error)) from error
    size = sum(member.file_size for member in archive.infolist())
    times = MAX_UNPACKED_TIMES_OPEN if OPEN_DOCUMENT in archive.namelist() else MAX_UNPACKED_TIMES
    most = most_unpacked(len(content), times)
    if size > most:
        raise Unreadable("too large", size=_megabytes(len(content)), unpacked=_megabytes(size), most=_megabytes(most))
    return archive


def member(archive: zipfile.ZipFile, name: str) -> bytes:
    """A file of the archive; nothing where there is none."""
    try:
        return archive.read(name) if name in archive.namelist() else b""
    except DAMAGED as error:
        raise Unreadable("damaged", detail=str(error)) from error


def most_unpacked(size: int, times: int = MAX_UNPACKED_TIMES) -> int:
    """Bytes that an archive of so many may unpack to."""
    return min(max(times * size, MIN_UNPACKED), MAX_UNPACKED)


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:,.1f} MB"
