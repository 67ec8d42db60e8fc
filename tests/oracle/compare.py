"""Is an answer the recorded one, the places aside that may differ?

Two weights: a *difference* is one a client's program would notice (status, type, value, error class); a *remark* is
wording (messages, tracebacks, the spelling of XML, headers beside Content-Type), which the oracle's README calls
implementation detail.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

KINDS = {
    "<now>": re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d.*", re.DOTALL),
    "<hex>": re.compile(r"[0-9a-fA-F]+"),
    "<uuid>": re.compile(r"[0-9a-fA-F-]{36}"),
    "<csrf>": re.compile(r".+"),
    "<sid>": re.compile(r".+"),
    "<httpdate>": re.compile(r".+"),
    "<text>": re.compile(r".*", re.DOTALL),
}
VARIABLE = re.compile(r"\{\{(\w+)\}\}")
EXPORTED = re.compile(r"(__export__\.\w+?)_(?:\d+_[0-9a-f]{8}|<id>_<hex>)")
"""An xmlid made for an export ends with the record's id and a random number."""
WORDING = re.compile(r"\.(debug|message|arguments|faultString)(\b|\[|$)")
UNORDERED = re.compile(r"\.result\.models\.[\w.]+$")
"""The fields that views name, by model: a set written as a list."""
ACTION = "ir.actions."
ACTION_WORDING = ("name", "help", "display_name")
FLOAT_TOLERANCE = 1e-9
SHOWN = 160


@dataclass
class Comparison:
    """What was found while walking two answers in parallel; binds the variables that the recording names."""

    variables: dict[str, Any]
    volatile: frozenset[str]
    differences: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def say(self, path: str, expected: object, found: object, *, remark: bool = False) -> None:
        if path.startswith("$.frames") and path.endswith(".reason") and expected != "OUTDATED_VERSION":
            remark = True
        if path == "$.fault.faultCode" and class_of(expected) == class_of(found) is not None:
            remark = True
        line = f"{path}: expected {shortened(expected)}, found {shortened(found)}"
        (self.remarks if remark or WORDING.search(path) else self.differences).append(line)

    def walk(self, path: str, expected: Any, found: Any) -> None:
        """Compare two JSON values."""
        if path in self.volatile:
            return
        if isinstance(expected, dict):
            self._walk_dict(path, expected, found)
        elif isinstance(expected, list):
            self._walk_list(path, expected, found)
        elif isinstance(expected, str):
            self._walk_text(path, expected, found)
        elif not same_scalar(expected, found):
            self.say(path, expected, found)

    def _walk_dict(self, path: str, expected: dict[str, Any], found: Any) -> None:
        if set(expected) == {"$var"}:
            self.bind(path, expected["$var"], found)
            return
        if set(expected) == {"$arch"}:
            if not isinstance(found, str):
                self.say(path, "an arch", found)
            return
        if not isinstance(found, Mapping):
            self.say(path, expected, found)
            return
        named = {self.substituted(key): value for key, value in expected.items()}
        for key in named.keys() - found.keys():
            self.say(f"{path}.{key}", named[key], "nothing")
        for key in found.keys() - named.keys():
            self.say(f"{path}.{key}", "nothing", found[key])
        is_action = str(named.get("type", "")).startswith(ACTION)
        for key, value in named.items():
            if key in found and is_action and key in ACTION_WORDING and isinstance(value, str):
                # Titles of screens are texts like any other.
                self.walk(f"{path}.message", value, found[key])
            elif key in found:
                self.walk(f"{path}.{key}", value, found[key])

    def _walk_list(self, path: str, expected: list[Any], found: Any) -> None:
        if not isinstance(found, list | tuple) or len(found) != len(expected):
            self.say(path, expected, found)
            return
        if UNORDERED.search(path):
            expected, found = sorted(expected), sorted(found)
        for index, (want, have) in enumerate(zip(expected, found, strict=True)):
            self.walk(f"{path}[{index}]", want, have)

    def _walk_text(self, path: str, expected: str, found: Any) -> None:
        if expected in KINDS:
            if not isinstance(found, str) or not KINDS[expected].fullmatch(found):
                self.say(path, expected, found)
            return
        if not self.is_same_text(expected, found):
            self.say(path, self.substituted(expected), found)

    def is_same_text(self, expected: str, found: Any) -> bool:
        """Whether the text is the recorded one, its variables and marks apart."""
        wanted = self.substituted(expected)
        if wanted == found:
            return True
        if not isinstance(found, str):
            return False
        if EXPORTED.sub(r"\1", wanted) == EXPORTED.sub(r"\1", found):
            return True
        return is_pattern(wanted) and pattern_of(wanted).fullmatch(found) is not None

    def bind(self, path: str, name: str, found: Any) -> None:
        """A variable takes the first value it meets and keeps it."""
        if name not in self.variables:
            self.variables[name] = found
        elif not same_scalar(self.variables[name], found):
            self.say(path, f"{name}={self.variables[name]!r}", found)

    def substituted(self, text: str) -> str:
        return VARIABLE.sub(lambda match: str(self.variables.get(match[1], match[0])), text)

    def walk_shape(self, path: str, expected: Any, found: Any) -> None:
        """Compare a value with a skeleton of types."""
        if isinstance(expected, dict) and "$keys" in expected:
            if not isinstance(found, dict) or len(found) != expected["$keys"]:
                self.say(path, f"{expected['$keys']} keys", len(found) if isinstance(found, dict) else found)
            elif expected.get("$first"):
                first = {key: found.get(key) for key in expected["$first"]}
                self.walk_shape(path, expected["$first"], first)
        elif isinstance(expected, dict) and isinstance(found, dict):
            for key, shape in expected.items():
                self.walk_shape(f"{path}.{key}", shape, found.get(key))
        elif isinstance(expected, list) and isinstance(found, list):
            count = len(expected)
            if count == 2 and isinstance(expected[1], str) and expected[1].startswith("×"):
                count = int(expected[1][1:])
                # Of scalars the skeleton keeps the type of the first alone; how long the lists in it are, too.
                others = [without_lengths(expected[0])] * (count - 1)
                expected = [expected[0], *([] if isinstance(expected[0], str) else others)]
            if len(found) != count:
                self.say(path, f"{count} items", f"{len(found)} items")
            for index, (shape, item) in enumerate(zip(expected, found, strict=False)):
                self.walk_shape(f"{path}[{index}]", shape, item)
        elif isinstance(expected, str) and expected not in ("null", "NoneType") and type(found).__name__ != expected:
            self.say(path, expected, type(found).__name__)


def without_lengths(shape: Any) -> Any:
    """The skeleton of an item, its empty lists left out: those of its neighbours may be full."""
    if not isinstance(shape, dict):
        return shape
    return {key: value for key, value in shape.items() if value != []}


def class_of(code: object) -> str | None:
    """The class that a faultCode of /xmlrpc begins with: "warning -- UserError"; "" for the bare message of an
    unforeseen error, None for what is no code of this protocol."""
    if not isinstance(code, str):
        return None
    if code.startswith(("warning -- ", "AccessDenied")):
        return code.partition("\n\n")[0]
    return ""


def same_scalar(expected: Any, found: Any) -> bool:
    if isinstance(expected, bool) or isinstance(found, bool) or expected is None or found is None:
        return expected is found
    if isinstance(expected, int | float) and isinstance(found, int | float):
        return abs(expected - found) <= FLOAT_TOLERANCE * max(1, abs(expected))
    return bool(expected == found)


def is_pattern(text: str) -> bool:
    return "<cut>" in text or "<position elided>" in text or any(kind in text for kind in KINDS)


def pattern_of(text: str) -> re.Pattern[str]:
    """A recorded text with marks in it, as a regular expression."""
    parts = re.split(r"(<cut>|<position elided>|" + "|".join(map(re.escape, KINDS)) + ")", text)
    return re.compile(
        "".join(".*" if part.startswith("<") and part.endswith(">") else re.escape(part) for part in parts), re.DOTALL
    )


def shortened(value: object) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
