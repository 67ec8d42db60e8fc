"""How do the modules of an addon travel as one file, with nothing built and nothing lost for who looks for a fault?

Each module keeps its lines, those of comments empty: its text becomes the body of a function that gives what the
module exports, its imports become constants of the same names, and a source map says which line of the file is which
line of which module.

    import { a, b as c } from "@web/a";        const { a, b: c } = $0;
    export function twice(x) {                        function twice(x) {

The ids of all these modules lead to the one file, which exports what they export; so names that two of them export, and
ways to import or export that are not known here, are refused with the line. Modules outside are imported as ever.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from fondaco.errors import ModuleError
from fondaco.values.webfiles import version_of

# what the style of our modules allows, each at the beginning of a line
_IMPORT = re.compile(r'^import\s+(?:\{([^}]*)\}\s+from\s+)?"([^"\n]+)";', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const)\*? (\w+))", re.MULTILINE)
_OTHER = re.compile(r"^(?:import\b(?!\s*\()|export\b)[^\n]*", re.MULTILINE)
# one that has its lines for itself; its lines stay, empty
_COMMENT = re.compile(r"^[ \t]*/\*[^*]*\*+(?:[^/*][^*]*\*+)*/[ \t]*$", re.MULTILINE)
_WORD_AS = re.compile(r"\s+as\s+")
_SAME_SOURCE_NEXT_LINE = "AACA"
_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


class Source(NamedTuple):
    """One file that travels with others: where it is served by itself, and its text."""

    address: str
    text: str


@dataclass(frozen=True, slots=True)
class JoinedFile:
    """A file made of others. `source_map` is asked for by those who look into it, and by nobody else."""

    content: bytes
    source_map: bytes
    version: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "version", version_of(self.content))


def join_modules(sources: Mapping[str, Source], name: str) -> JoinedFile:
    """One module that gives what all of `sources` (by id, in the order of the bundle) give; `name` is the file's."""
    writer = _Writer()
    order = _in_order_of_need(sources)
    outside = dict.fromkeys(id_ for source in sources.values() for id_ in _imported(source) if id_ not in sources)
    variables = {id_: f"${number}" for number, id_ in enumerate([*outside, *order])}
    for id_ in outside:
        writer.write(f"import * as {variables[id_]} from {json.dumps(id_)};")
    owners: dict[str, str] = {}
    exports: list[str] = []
    for id_ in order:
        text, names = _as_body(sources[id_], variables)
        for exported in names:
            if owners.setdefault(exported, id_) != id_:
                where = sources[id_].address
                raise ModuleError(
                    f"{where}: {exported!r} is exported by {owners[exported]} too; one of them needs another name"
                )
        writer.write(f"const {variables[id_]} = await (async () => {{")
        writer.copy(sources[id_], text)
        writer.write(f"return {{ {', '.join(names)} }};", "})();")
        exports += [f"{variables[id_]}_{exported}" for exported in names]
        if names:
            writer.write(
                f"const {{ {', '.join(f'{one}: {variables[id_]}_{one}' for one in names)} }} = {variables[id_]};"
            )
    writer.write(f"export {{ {', '.join(f'{local} as {one}' for local, one in zip(exports, owners, strict=True))} }};")
    return writer.done(name, f"//# sourceMappingURL={name}.map")


def join_styles(sources: Sequence[Source], name: str) -> JoinedFile:
    """One style sheet with the rules of all, in order. They name other files by whole addresses only."""
    writer = _Writer()
    for source in sources:
        writer.copy(source, source.text)
    return writer.done(name, f"/*# sourceMappingURL={name}.map */")


class _Writer:
    """The lines of a file, and for each of them which line of which source it is."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._mappings: list[str] = []
        self._addresses: list[str] = []
        self._last_line = 0  # of the source before

    def write(self, *lines: str) -> None:
        """Lines that no source has."""
        self._parts += lines
        self._mappings += [""] * len(lines)

    def copy(self, source: Source, text: str) -> None:
        """Lines of a source, as many as it has."""
        text = _COMMENT.sub(lambda comment: "\n" * comment[0].count("\n"), text)
        count = text.count("\n") + 1
        first = "".join(map(_vlq, (0, 1 if self._addresses else 0, -self._last_line, 0)))
        self._parts.append(text)
        self._mappings += [first, *[_SAME_SOURCE_NEXT_LINE] * (count - 1)]
        self._addresses.append(source.address)
        self._last_line = count - 1

    def done(self, name: str, end: str) -> JoinedFile:
        told = {
            "version": 3,
            "file": name,
            "sources": self._addresses,
            "names": [],
            "mappings": ";".join(self._mappings),
        }
        return JoinedFile("\n".join([*self._parts, end, ""]).encode(), json.dumps(told).encode())


def _imported(source: Source) -> list[str]:
    return [match[2] for match in _IMPORT.finditer(source.text)]


def _in_order_of_need(sources: Mapping[str, Source]) -> list[str]:
    """The ids so that each comes after those it imports, otherwise as given."""
    order: dict[str, None] = {}

    def visit(id_: str, inside: tuple[str, ...]) -> None:
        if id_ in inside:
            raise ModuleError(f"{' > '.join((*inside, id_))}: these modules import each other")
        if id_ in sources and id_ not in order:
            for other in _imported(sources[id_]):
                visit(other, (*inside, id_))
            order[id_] = None

    for id_ in sources:
        visit(id_, ())
    return list(order)


def _as_body(source: Source, variables: Mapping[str, str]) -> tuple[str, list[str]]:
    """The text of a module as the body of a function, line by line; and what it exports."""

    def imported(match: re.Match[str]) -> str:
        names, id_ = match.groups()
        return f"const {{{_WORD_AS.sub(': ', names)}}} = {variables[id_]};" if names is not None else ";"

    names = [match[1] for match in _EXPORT.finditer(source.text)]
    text = _EXPORT.sub(lambda match: " " * len(match[0]), _IMPORT.sub(imported, source.text))
    if odd := _OTHER.search(text):
        line = text.count("\n", 0, odd.start()) + 1
        raise ModuleError(
            f"{source.address.partition('?')[0]}:{line}: {odd[0]!r} cannot travel in one file; write "
            "'import { name } from \"id\";' and 'export' before a function, class or const with a name"
        )
    return text, names


def _vlq(number: int) -> str:
    """A number as source maps write it.

    >>> _vlq(0), _vlq(1), _vlq(-1), _vlq(16)
    ('A', 'C', 'D', 'gB')
    """
    rest = (-number << 1) | 1 if number < 0 else number << 1
    digits = ""
    while True:
        rest, digit = rest >> 5, rest & 31
        digits += _BASE64[digit | 32 if rest else digit]
        if not rest:
            return digits
