"""Small questions to text: accents, truth, sizes, versions, streets, placeholders.

Interfaces follow `odoo.tools.misc`.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from markupsafe import Markup, escape

NON_BREAKING_SPACE = "\N{NO-BREAK SPACE}"

_TRUE = frozenset({"y", "yes", "1", "true", "t", "on"})
_FALSE = frozenset({"n", "no", "0", "false", "f", "off"})


def to_translate(text: str) -> str:
    """Marks a text of the server that is translated by who knows for whom it is."""
    return text


class unquote(str):
    """Text whose repr is itself: for expressions that are printed inside other expressions."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str.__str__(self)


def remove_accents(input_str: str) -> str:
    """`input_str` with each letter in its plain form: 'Élève' -> 'Eleve'."""
    if not input_str:
        return input_str
    decomposed = unicodedata.normalize("NFKD", str(input_str))
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def str2bool(s: Any, default: bool | None = None) -> bool:
    """The truth a word stands for: y/yes/1/true/t/on and their opposites; `default` (or ValueError) for others."""
    if isinstance(s, bool):
        return s
    word = str(s).lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    if default is None:
        raise ValueError(f"Use 0/1/yes/no/true/false/on/off, got {s!r}")
    return bool(default)


def human_size(sz: float | str | bool | None) -> str | bool:
    """A number of bytes as people read it: 1207 -> '1.18 Kb'; False for nothing."""
    if not sz:
        return False
    size = float(len(sz)) if isinstance(sz, str) else float(sz)
    for unit in ("bytes", "Kb", "Mb", "Gb"):
        if abs(size) < 1024:
            return f"{size:.2f} {unit}"
        size /= 1024
    return f"{size:.2f} Tb"


def mod10r(number: str) -> str:
    """`number` with its recursive modulo-10 check digit (as on Swiss payment slips); other characters stay."""
    carry = 0
    row = (0, 9, 4, 6, 8, 2, 7, 1, 3, 5)
    for character in number:
        if character.isdigit():
            carry = row[(int(character) + carry) % 10]
    return f"{number}{(10 - carry) % 10}"


_STREET = re.compile(r"^(?P<street>.*?\S)(?:[\s,]+(?P<number>\d+[\w/]*)(?:\s*[-–]\s*(?P<second>\w+))?)?$", re.DOTALL)


def street_split(street: str | None) -> dict[str, str]:
    """{'street_name', 'street_number', 'street_number2'} of 'Chaussée de Namur 40 - 2b'."""
    match = _STREET.match((street or "").strip())
    if match is None:
        return {"street_name": street or "", "street_number": "", "street_number2": ""}
    return {
        "street_name": match["street"],
        "street_number": match["number"] or "",
        "street_number2": match["second"] or "",
    }


def format_duration(value: float) -> str:
    """Hours as 'HH:MM'; -1.5 -> '-01:30'."""
    minutes = round(abs(value) * 60)
    sign = "-" if value < 0 else ""
    return f"{sign}{minutes // 60:02d}:{minutes % 60:02d}"


def get_flag(country_code: str) -> str:
    """The flag emoji of a two-letter country code."""
    return "".join(chr(ord(letter) + 0x1F1E6 - ord("A")) for letter in country_code.upper())


def format_decimalized_number(number: float, decimal: int = 1) -> str:
    """A number in at most a few characters: 1234567 -> '1.2M'."""
    for unit in ("", "k", "M", "G", "T", "P", "E", "Z"):
        if abs(number) < 1000:
            return f"{round(number, decimal):g}{unit}"
        number /= 1000
    return f"{round(number, decimal):g}Y"


def format_decimalized_amount(amount: float, currency: Any = None) -> str:
    """`format_decimalized_number` with the symbol of `currency` where it belongs."""
    number = format_decimalized_number(amount)
    if not currency:
        return number
    return f"{number} {currency.symbol}" if currency.position == "after" else f"{currency.symbol} {number}"


_PLACEHOLDER = re.compile(r"%(?:\((?P<name>[^)]*)\))?(?P<format>[#0\- +]*(?:\d+|\*)?(?:\.\d+)?[a-zA-Z%])")


def named_to_positional_printf(string: str, args: Mapping[str, Any]) -> tuple[str, tuple[Any, ...]]:
    """'%(a)s and %(a)s' with {'a': 1} -> ('%s and %s', (1, 1)); literal percents are kept."""
    values: list[Any] = []

    def replace(match: re.Match[str]) -> str:
        if match["name"] is None:
            return match[0]
        values.append(args[match["name"]])
        return "%" + match["format"]

    return _PLACEHOLDER.sub(replace, string), tuple(values)


def get_encodings(hint_encoding: str = "utf-8") -> Iterator[str]:
    """Encodings worth trying on bytes of unknown origin, the hinted one first."""
    tried = dict.fromkeys((hint_encoding, "utf-8", "iso-8859-15", "latin-1"))
    return iter(tried)


def ustr(value: Any, hint_encoding: str = "utf-8", errors: str = "strict") -> str:
    """`value` as text, bytes decoded with the first encoding that takes them."""
    if not isinstance(value, (bytes, bytearray)):
        return str(value)
    for encoding in get_encodings(hint_encoding):
        try:
            return bytes(value).decode(encoding, errors=errors)
        except UnicodeDecodeError:
            continue
    raise UnicodeError(f"unable to convert {value!r}")


def exception_to_unicode(e: BaseException) -> str:
    """The message of an exception, its arguments on a line each if there are several."""
    if getattr(e, "args", ()):
        return "\n".join(ustr(argument) for argument in e.args)
    return str(e)


def clean_filename(name: str, replacement: str = "") -> str:
    """`name` without what some file system refuses; '' becomes 'Untitled'."""
    windows = r"^(?:CON|PRN|AUX|NUL|COM[1-9]|LPT[1-9])(?=\.|$)"
    cleaned = re.sub(r"[\x00-\x1f\x7f/\\:*?\"<>|]+", replacement, name)
    cleaned = re.sub(windows, replacement or "_", cleaned, flags=re.IGNORECASE).strip(" .")
    return cleaned or "Untitled"


_VERSION_PART = re.compile(r"\d+|[a-z]+")
# Words that come before the release they announce, in their order.
_BEFORE_RELEASE = {
    "dev": "a", "a": "b", "alpha": "b", "b": "c", "beta": "c", "c": "d", "pre": "d", "preview": "d", "rc": "d",
}  # fmt: skip


def parse_version(s: str) -> tuple[str, ...]:
    """A tuple that sorts as versions do: '18.0.1.2' < '18.0.1.10', '18.0rc1' < '18.0' == '18'.

    Each part is text whose first character gives the kind: 0 before the release, 1 the end, 2 a number, 3 a word.
    """
    parts: list[str] = []
    for found in _VERSION_PART.findall(str(s).lower()):
        if found.isdigit():
            parts.append("2" + found.zfill(10))
        elif found in _BEFORE_RELEASE:
            while parts and parts[-1] == "2" + "0" * 10:
                parts.pop()
            parts.append("0" + _BEFORE_RELEASE[found])
        elif found not in {"saas", "final", "v"}:
            parts.append("3" + found)
    while parts and parts[-1] == "2" + "0" * 10:
        parts.pop()
    return (*parts, "1")


def reverse_order(order: str) -> str:
    """'name, date desc' -> 'name desc, date'."""
    reversed_items = []
    for item in order.split(","):
        words = item.strip().lower().split()
        if not words:
            continue
        direction = "asc" if words[1:2] == ["desc"] else "desc"
        rest = [{"first": "last", "last": "first"}.get(word, word) for word in words[2:]]
        reversed_items.append(" ".join([item.strip().split()[0], direction, *rest]))
    return ", ".join(reversed_items)


def escape_psql(to_escape: str) -> str:
    """`to_escape` with the wildcards of LIKE made literal."""
    return to_escape.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")


def get_diff(
    data_from: tuple[str, str],
    data_to: tuple[str, str],
    custom_style: str | Literal[False] = False,
    dark_color_scheme: bool = False,
) -> Markup:
    """An HTML table of the differences between two (text, title) pairs."""
    table = difflib.HtmlDiff(tabsize=2).make_table(
        data_from[0].splitlines(),
        data_to[0].splitlines(),
        str(escape(data_from[1])),
        str(escape(data_to[1])),
        context=True,
        numlines=3,
    )
    style = custom_style or (
        "<style>td.diff_header{text-align:right} .diff_add{background:#aca} .diff_sub{background:#caa}</style>"
    )
    if dark_color_scheme and not custom_style:
        style = style.replace("#aca", "#353").replace("#caa", "#533")
    return Markup(str(style) + table.replace("nowrap", ""))
