"""How PO files are read and written: one entry a term, with the places it comes from.

A place is written as addons know it: `model:ir.model,name:base.model_x`, `model_terms:ir.ui.view,arch_db:base.v` or
`code:addons/base/models/x.py:0`; the comment `module: a, b` names the addons that use the term.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fondaco.values.deferred import Deferred

if TYPE_CHECKING:
    from babel.messages import plurals
else:
    plurals = Deferred("babel.messages.plurals")

PYTHON_COMMENT = "odoo-python"
JAVASCRIPT_COMMENT = "odoo-javascript"

MOST_FORMS = 6  # Arabic: none, one, two, few, many, other

_MODULES = re.compile(r"^modules?: (.*)$")


@dataclass(frozen=True)
class Place:
    """Where a term stands: kind 'code', 'model' or 'model_terms'; name `model,field` or a file; xmlid or line."""

    kind: str
    name: str
    target: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}:{self.target}"

    @classmethod
    def parse(cls, text: str) -> Place | None:
        """None for what is no place of ours (other tools write their own)."""
        kind, colon, rest = text.partition(":")
        if not colon or kind not in {"code", "model", "model_terms", "selection", "sql_constraint", "constraint"}:
            return None
        name, _colon, target = rest.rpartition(":")
        return cls(kind, name, target) if name else cls(kind, rest, "0")


@dataclass(frozen=True)
class Entry:
    """One term with its translation ('' if there is none yet).

    A term that counts has its form for several things in `plural`, and in `forms` one translation for each form that
    the language knows; the first of them is `translation`.
    """

    source: str
    translation: str
    places: tuple[Place, ...] = ()
    modules: tuple[str, ...] = ()
    comments: tuple[str, ...] = field(default=())
    plural: str = ""
    forms: tuple[str, ...] = ()


def read(data: bytes) -> Iterator[Entry]:
    """The entries of a PO or POT file, without header, fuzzy and obsolete ones. ValueError names the bad line."""
    block = _Block()
    number = 0
    for number, raw in enumerate(data.decode("utf-8-sig").splitlines(), start=1):
        line = raw.strip()
        if line.startswith(("msgid ", "#")) and block.is_complete(line):
            yield from block.entry()
            block = _Block()
        try:
            block.take(line)
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from error
    yield from block.entry()


class _Block:
    """The lines of one entry."""

    def __init__(self) -> None:
        self.texts: dict[str, list[str]] = {}
        self.current = ""
        self.places: list[Place] = []
        self.modules: list[str] = []
        self.comments: list[str] = []
        self.fuzzy = False

    def is_complete(self, line: str) -> bool:
        """Whether `line` starts the next entry: a comment or msgid after a msgstr."""
        return bool({"msgstr", "msgstr[0]"} & self.texts.keys()) and not line.startswith("#~")

    def take(self, line: str) -> None:
        if not line or line.startswith("#~"):
            return
        if line.startswith("#"):
            self.comment(line)
        elif line.startswith('"'):
            if not self.current:
                raise ValueError(f"text without msgid or msgstr: {line[:60]!r}")
            self.texts[self.current].append(_unquote(line))
        else:
            keyword, _space, text = line.partition(" ")
            if not (keyword in {"msgid", "msgstr", "msgctxt", "msgid_plural"} or keyword.startswith("msgstr[")):
                raise ValueError(f"expected msgid, msgstr, text or a comment, found {line[:60]!r}")
            self.current = keyword
            self.texts[keyword] = [_unquote(text.strip())]

    def comment(self, line: str) -> None:
        kind, text = line[:2], line[2:].strip()
        if kind == "#:":
            self.places.extend(place for part in text.split() if (place := Place.parse(part)) is not None)
        elif kind == "#,":
            self.fuzzy = self.fuzzy or "fuzzy" in text
        elif kind == "#.":
            if match := _MODULES.match(text):
                self.modules.extend(name.strip() for name in match[1].split(",") if name.strip())
            else:
                self.comments.append(text)

    def entry(self) -> Iterator[Entry]:
        source = "".join(self.texts.get("msgid", ()))
        if source and not self.fuzzy:
            plural = "".join(self.texts.get("msgid_plural", ()))
            numbered = (f"msgstr[{index}]" for index in range(MOST_FORMS))
            forms = tuple("".join(self.texts[name]) for name in numbered if name in self.texts)
            translation = forms[0] if forms else "".join(self.texts.get("msgstr", ()))
            told = tuple(self.places), tuple(self.modules), tuple(self.comments)
            yield Entry(source, translation, *told, plural, forms if all(forms) else ())


_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def _unquote(text: str) -> str:
    if len(text) < 2 or text[0] != '"' or text[-1] != '"':
        raise ValueError(f"expected a quoted text, found {text[:60]!r}")
    inner = text[1:-1]
    return _ESCAPED.sub(lambda match: _ESCAPES.get(match[1], match[1]), inner) if "\\" in inner else inner


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t").replace("\r", "\\r")
    lines = escaped.split("\n")
    if len(lines) == 1:
        return f'"{escaped}"'
    parts = [line + "\\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
    return '""\n' + "\n".join(f'"{part}"' for part in parts)


def _plural_rule(lang: str) -> str:
    return str(plurals.get_plural(lang.partition("@")[0]).plural_forms)


def forms_of(lang: str | None) -> int:
    """How many forms a term that counts has in a language; the two of the source in a template."""
    return int(plurals.get_plural(lang.partition("@")[0]).num_plurals) if lang else 2


def write(entries: Iterable[Entry], lang: str | None, modules: Sequence[str] = (), version: str = "18.0") -> bytes:
    """A PO file (a POT file when `lang` is None), sorted by the first place of each term."""
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M+0000")
    parts = [
        "# Translation of Fondaco.",
        "# This file contains the translation of the following modules:",
        *(f"# \t* {name}" for name in sorted(modules)),
        "#",
        'msgid ""',
        'msgstr ""',
        f'"Project-Id-Version: Fondaco {version}\\n"',
        f'"POT-Creation-Date: {now}\\n"',
        f'"PO-Revision-Date: {now}\\n"',
        *([f'"Language: {lang}\\n"', f'"Plural-Forms: {_plural_rule(lang)}\\n"'] if lang else []),
        '"MIME-Version: 1.0\\n"',
        '"Content-Type: text/plain; charset=UTF-8\\n"',
        '"Content-Transfer-Encoding: 8bit\\n"',
        "",
    ]
    for entry in sorted(entries, key=lambda entry: (str(entry.places[0]) if entry.places else "", entry.source)):
        if entry.modules:
            label = "module" if len(entry.modules) == 1 else "modules"
            parts.append(f"#. {label}: {', '.join(entry.modules)}")
        parts.extend(f"#. {comment}" for comment in entry.comments)
        parts.extend(f"#: {place}" for place in entry.places)
        parts.append(f"msgid {_quote(entry.source)}")
        if entry.plural:
            parts.append(f"msgid_plural {_quote(entry.plural)}")
            forms = (lang and entry.forms) or ("",) * forms_of(lang)
            parts.extend(f"msgstr[{index}] {_quote(form)}" for index, form in enumerate(forms))
        else:
            parts.append(f"msgstr {_quote(entry.translation if lang else '')}")
        parts.append("")
    return "\n".join(parts).encode()
