"""Files in which translations leave and come back: PO, CSV, or an archive with a PO file of each module.

content = write(entries, "fr_FR", ["product"], "tgz")
entries = read(content, "tgz")
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from fondaco.i18n import po
from fondaco.i18n.po import Entry, Place
from fondaco.values.deferred import Deferred

if TYPE_CHECKING:
    import tarfile
else:
    tarfile = Deferred("tarfile")

FORMATS = ("po", "csv", "tgz")
COLUMNS = ("module", "type", "name", "res_id", "src", "value", "comments")
LARGEST = 64 * 2**20  # bytes of all PO files in an archive


def format_of(filename: str) -> str | None:
    """The format that a file's name promises; None for none of ours."""
    name = filename.lower()
    if name.endswith((".po", ".pot")):
        return "po"
    if name.endswith((".tgz", ".tar.gz")):
        return "tgz"
    return "csv" if name.endswith(".csv") else None


def read(content: bytes, form: str) -> list[Entry]:
    """The entries of a file; `ValueError` says where it is wrong."""
    if form == "po":
        return list(po.read(content))
    if form == "csv":
        return _read_csv(content)
    if form == "tgz":
        return _read_archive(content)
    raise ValueError(f"unknown format {form!r}; known are {', '.join(FORMATS)}")


def write(entries: Iterable[Entry], lang: str | None, modules: Sequence[str], form: str) -> bytes:
    """A file of entries; without `lang` a template, whose translations are empty."""
    if form == "po":
        return po.write(entries, lang, modules)
    if form == "csv":
        return _write_csv(entries)
    if form == "tgz":
        return _write_archive(list(entries), lang)
    raise ValueError(f"unknown format {form!r}; known are {', '.join(FORMATS)}")


def _read_csv(content: bytes) -> list[Entry]:
    rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    missing = {"type", "name", "res_id", "src", "value"} - set(rows.fieldnames or ())
    if missing:
        raise ValueError(f"line 1: the columns {', '.join(sorted(missing))} are missing")
    entries = []
    for row in rows:
        modules = tuple(name.strip() for name in (row.get("module") or "").split(",") if name.strip())
        comments = tuple((row.get("comments") or "").splitlines())
        if not row["src"] or row["value"] is None:
            raise ValueError(f"line {rows.line_num}: a row has src and value")
        place = Place(row["type"], row["name"], row["res_id"])
        entries.append(Entry(row["src"], row["value"], (place,), modules, comments))
    return entries


def _write_csv(entries: Iterable[Entry]) -> bytes:
    rows = io.StringIO(newline="")
    writer = csv.writer(rows)
    writer.writerow(COLUMNS)
    for entry in entries:
        for place in entry.places:
            words = (entry.source, entry.translation, "\n".join(entry.comments))
            writer.writerow((", ".join(entry.modules), place.kind, place.name, place.target, *words))
    return rows.getvalue().encode()


def _read_archive(content: bytes) -> list[Entry]:
    entries: list[Entry] = []
    left = LARGEST
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as tar:
            for member in tar:
                if not member.isfile() or format_of(member.name) != "po":
                    continue
                left -= member.size
                if left < 0:
                    raise ValueError(f"{member.name}: the files of the archive are larger than {LARGEST} bytes")
                file = tar.extractfile(member)
                # MODULE/i18n/LANG.po
                module = member.name.removeprefix("./").split("/")[0]
                for entry in po.read(file.read() if file else b""):
                    entries.append(entry if entry.modules else replace(entry, modules=(module,)))
    except (tarfile.TarError, EOFError, OSError) as error:
        raise ValueError(f"no archive: {error}") from error
    return entries


def _write_archive(entries: Sequence[Entry], lang: str | None) -> bytes:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        for module in sorted({module for entry in entries for module in entry.modules}):
            own = [entry for entry in entries if module in entry.modules]
            content = po.write(own, lang, [module])
            member = tarfile.TarInfo(f"{module}/i18n/{lang or module}.{'po' if lang else 'pot'}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return archive.getvalue()
