"""What a configuration file says, with the line of each key; and how one is written.

The format is that of odoo.conf: `[options]`, `key = value` or `key: value`, comments with `#` or `;`, indented lines
continue a value, `%` means nothing. A file without a section is all `[options]`: most manuals print them like that.
"""

from __future__ import annotations

import configparser
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from fondaco.errors import ConfigError

SECTION = "options"
_HEADER = re.compile(r"^\[(?P<name>[^]]+)\]")
_KEY = re.compile(r"^(?P<key>[^\s#;=:\[][^=:]*?)\s*[=:]")


class Entry(NamedTuple):
    """The text of one key and the line it stands on, counted from 1."""

    text: str
    line: int


class IniFile(NamedTuple):
    path: str
    options: Mapping[str, Entry]
    other_sections: Mapping[str, Mapping[str, str]]
    notices: tuple[str, ...] = ()


def read(path: str) -> IniFile:
    """The content of the file at `path`; ConfigError when it cannot be read or understood."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such configuration file; create it, or write one with --save") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    return parse(text, path)


def parse(text: str, path: str) -> IniFile:
    added = 0 if any(_HEADER.match(line) for line in text.splitlines()) else 1
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(f"[{SECTION}]\n{text}" if added else text, source=path)
    except configparser.MissingSectionHeaderError as error:
        raise ConfigError(
            f"{path}:{error.lineno}: found {error.line.strip()!r} before the first section; "
            f"expected the header [{SECTION}] above it"
        ) from error
    except configparser.ParsingError as error:
        line, found = error.errors[0]
        raise ConfigError(f"{path}:{line - added}: found {found}, expected `key = value`") from error
    lines, notices = _lines_by_key(text, path)
    section = parser[SECTION] if parser.has_section(SECTION) else {}
    options = {key: Entry(value or "", lines.get(key, 0)) for key, value in section.items()}
    others = {name: dict(parser[name]) for name in parser.sections() if name != SECTION}
    return IniFile(path, options, others, tuple(notices))


def _lines_by_key(text: str, path: str) -> tuple[dict[str, int], list[str]]:
    """Line of each key of [options] (the last one wins, as for its value) and remarks about repeated keys."""
    section = SECTION
    lines: dict[str, int] = {}
    notices = []
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            section = header["name"]
        elif section == SECTION and (found := _KEY.match(line)):
            key = found["key"].lower()
            if key in lines:
                notices.append(f"{path}:{number}: {key} was set on line {lines[key]} already; this one counts")
            lines[key] = number
    return lines, notices


def write(path: str, options: Mapping[str, str], other_sections: Mapping[str, Mapping[str, str]]) -> None:
    """Write a configuration file that only its owner may read; in one step, so that no half file is ever there."""
    parser = configparser.RawConfigParser()
    parser[SECTION] = {key: text.replace("\n", "\n\t") for key, text in sorted(options.items())}
    for name, values in other_sections.items():
        parser[name] = dict(values)
    target = Path(path)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")  # mkstemp creates with mode 0600
        with open(handle, "w", encoding="utf-8") as file:
            parser.write(file)
        os.replace(draft, target)
    except OSError as error:
        raise ConfigError(f"{path}: the configuration cannot be saved: {error}") from error


def put(path: str, key: str, text: str) -> None:
    """Set one key of [options] in the file at `path`, which keeps everything else as it is, comments included."""
    _rewrite(path, key, f"{key} = {text}")


def take_out(path: str, key: str) -> None:
    """Remove one key of [options] from the file at `path`, which keeps everything else as it is."""
    _rewrite(path, key, None)


def _rewrite(path: str, key: str, line: str | None) -> None:
    target = Path(path)
    try:
        before = target.stat() if target.exists() else None
        lines = target.read_text(encoding="utf-8").splitlines() if before is not None else [f"[{SECTION}]"]
        mode = before.st_mode & 0o777 if before is not None else 0o600
        lines = _with_key(lines, key, line)
        handle, draft = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        with open(handle, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        # A secret went in: whoever could read it may go on, nobody else.
        os.chmod(draft, mode & 0o660 or 0o600)
        if before is not None and os.geteuid() == 0:
            os.chown(draft, before.st_uid, before.st_gid)  # the server's file stays the server's
        os.replace(draft, target)
    except OSError as error:
        raise ConfigError(f"{path}: {key} cannot be saved: {error}") from error


def _with_key(lines: list[str], key: str, line: str | None) -> list[str]:
    """`lines` with `line` in the place of those that set `key` in [options], else at the end of that section; without
    them when it is None."""
    result: list[str] = []
    section, end, skips, is_placed = SECTION, None, False, False
    for old in lines:
        if skips and old[:1].isspace() and old.strip():
            continue  # what continued the old value
        skips = False
        if header := _HEADER.match(old):
            section = header["name"]
        elif section == SECTION and (found := _KEY.match(old)) and found["key"].lower() == key:
            skips = True
            if is_placed or line is None:
                continue
            old, is_placed = line, True
        result.append(old)
        if section == SECTION and old.strip():
            end = len(result)
    if not is_placed and line is not None:
        if end is None:
            result.append(f"[{SECTION}]")
            end = len(result)
        result.insert(end, line)
    return result
