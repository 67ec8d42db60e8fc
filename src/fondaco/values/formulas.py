"""Which cell of an XLSX sheet has a formula and no result of it: libraries that compute nothing write them so."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import IO
from xml.parsers import expat

PART = 1 << 20
FORMULA = re.compile(rb"[<:]f[\s/>]")
"""How the bytes of every formula begin, and some texts: most sheets have none and are not parsed for it."""


def first_unsolved(sheet: IO[bytes]) -> str:
    """The address of the first such cell ("B1"), or "". `SyntaxError` where the sheet is no XML.

    The sheet is read in parts and nothing of it is kept.
    """
    if not _may_have_formulas(sheet):
        return ""
    sheet.seek(0)
    reader = _Reader()
    try:
        while not reader.found and (part := sheet.read(PART)):
            reader.parser.Parse(part, False)
    except expat.ExpatError as error:
        raise SyntaxError(str(error)) from error
    return reader.found


def _may_have_formulas(sheet: IO[bytes]) -> bool:
    rest = b""
    while part := sheet.read(PART):
        if FORMULA.search(rest + part):
            return True
        rest = part[-3:]
    return False


class _Reader:
    """What is known of the cell that the parser is in."""

    def __init__(self) -> None:
        self.found = ""
        self._address = ""
        self._formula = False
        self._solved = False
        self._in_result = False
        self.parser = parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.EntityDeclHandler = self._refuse

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        match name.rpartition(" ")[2]:
            case "c":
                self._address = attributes.get("r", "?")
                self._formula = False
                self._solved = attributes.get("t") == "str"  # an empty text is a result
            case "f":
                self._formula = True
            case "v" | "is":
                self._in_result = True

    def _end(self, name: str) -> None:
        match name.rpartition(" ")[2]:
            case "c":
                if self._formula and not self._solved:
                    self.found = self.found or self._address
            case "v" | "is":
                self._in_result = False

    def _text(self, text: str) -> None:
        if self._in_result and text.strip():
            self._solved = True

    def _refuse(self, *_declared: object) -> None:
        raise SyntaxError("a sheet declares no entities")
