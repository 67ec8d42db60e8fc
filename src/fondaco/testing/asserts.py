"""What tests of addons claim beyond unittest: values of records, numbers of statements, trees of XML."""

from __future__ import annotations

import contextlib
import inspect
import logging
import re
import unittest
from collections.abc import Iterator, Mapping, Sequence
from pprint import pformat
from typing import Any
from unittest.mock import patch

from lxml import etree, html

from fondaco.sql.cursor import Cursor
from fondaco.values.floats import float_compare

_logger = logging.getLogger(__name__)


class Like:
    """Equal to every text that fits the pattern, in which '...' stands for anything; spaces are all alike."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        parts = [re.escape(" ".join(part.split())) for part in pattern.split("...")]
        self._regex = re.compile(r"\s*.*\s*".join(parts), re.DOTALL)

    def __eq__(self, other: object) -> bool:
        return self._regex.fullmatch(" ".join(str(other).split())) is not None

    def __hash__(self) -> int:
        return hash(self.pattern)

    def __repr__(self) -> str:
        return repr(self.pattern)


class Approx:
    """Equal to numbers that are the same when rounded: to so many digits, to a step, or as a currency rounds."""

    def __init__(self, value: float, rounding: Any, /, decorate: bool = False) -> None:
        self.value = value
        self.decorate = decorate
        self.rounding = rounding

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, int | float):
            return False
        if isinstance(self.rounding, int):
            return float_compare(self.value, other, precision_digits=self.rounding) == 0
        if isinstance(self.rounding, float):
            return float_compare(self.value, other, precision_rounding=self.rounding) == 0
        return bool(self.rounding.compare_amounts(self.value, other) == 0)

    def __hash__(self) -> int:
        return hash(self.value)

    def __repr__(self) -> str:
        return f"~{self.value!r}" if self.decorate else repr(self.value)


class RecordCapturer:
    """Within it, records of `model` that fit `domain` are made; `records` are these."""

    def __init__(self, model: Any, domain: Sequence[Any]) -> None:
        self._model = model
        self._domain = list(domain)
        self._before: Any = model.browse()
        self._after: Any = None

    def __enter__(self) -> RecordCapturer:
        self._before = self._model.search(self._domain)
        self._after = None
        return self

    def __exit__(self, kind: type[BaseException] | None, *_error: object) -> None:
        if kind is None:
            self._after = self._model.search(self._domain) - self._before

    @property
    def records(self) -> Any:
        """What was made inside; before the end, what was made so far."""
        if self._after is None:
            return self._model.search(self._domain) - self._before
        return self._after


class RecordAsserts(unittest.TestCase):
    """Claims about records, statements and documents."""

    env: Any
    warm = True
    """False in the first of the two runs of a test with @warmup, whose statements are not counted."""

    # -- records ---------------------------------------------------------------------------------------------------
    def assertRecordValues(
        self, records: Any, expected_values: Sequence[Mapping[str, Any]], *, field_names: Sequence[str] | None = None
    ) -> None:
        """Each record, in order, has the values of its dict. Relations are given as ids or records; None is False."""
        names = list(field_names or dict.fromkeys(name for values in expected_values for name in values))
        found, wanted = [], []
        for position in range(max(len(records), len(expected_values))):
            if position < len(records):
                found.append(_shown(records[position], names))
            if position < len(expected_values):
                record = records[position] if position < len(records) else records.browse()
                wanted.append(_wished(record, names, expected_values[position]))
        if found != wanted:
            self.fail("\n".join([f"{records!r}: values differ", *_differences(records, found, wanted)]))

    # -- statements ------------------------------------------------------------------------------------------------
    @contextlib.contextmanager
    def assertQueries(self, expected: Sequence[str], flush: bool = True) -> Iterator[list[str]]:
        """Inside, exactly these statements are carried out; spaces do not count."""
        with self._recorded(flush) as seen:
            yield seen
        self.assertEqual([_squeezed(code) for code in seen], [_squeezed(code) for code in expected])

    @contextlib.contextmanager
    def assertQueriesContain(self, expected: Sequence[str], flush: bool = True) -> Iterator[list[str]]:
        """Inside, as many statements are carried out as expected, each containing its text."""
        with self._recorded(flush) as seen:
            yield seen
        self.assertEqual(len(seen), len(expected), f"statements:\n{chr(10).join(seen)}")
        for code, part in zip(seen, expected, strict=True):
            self.assertIn(_squeezed(part), _squeezed(code))

    @contextlib.contextmanager
    def _recorded(self, flush: bool) -> Iterator[list[str]]:
        seen: list[str] = []
        count = Cursor._count

        def record(cursor: Cursor, start: float, code: str, params: Any) -> None:
            seen.append(code)
            count(cursor, start, code, params)

        if flush:
            self.env.flush_all()
        with patch.object(Cursor, "_count", record):
            yield seen
            if flush:
                self.env.flush_all()

    @contextlib.contextmanager
    def assertQueryCount(self, default: int = 0, flush: bool = True, **counters: int) -> Iterator[None]:
        """Inside, at most so many statements are carried out: `default`, or what is given for the user's login."""
        login = self.env.user.login if counters else ""
        expected = counters.get(login, default)
        if flush:
            self.env.flush_all()
        before = self.env.cr.sql_count
        yield
        if flush:
            self.env.flush_all()
        count = self.env.cr.sql_count - before
        if not self.warm or count == expected:
            return
        where = _place()
        if count > expected:
            self.fail(f"{where}: {count} statements where at most {expected} are allowed{' for ' * bool(login)}{login}")
        _logger.info("fewer statements than allowed at=%s count=%d allowed=%d", where, count, expected)

    # -- documents -------------------------------------------------------------------------------------------------
    def assertTreesEqual(self, n1: Any, n2: Any, msg: str | None = None) -> None:
        """Two trees have the same elements with the same attributes and texts."""
        self.assertEqual(_outline(n1), _outline(n2), msg)

    def assertXMLEqual(self, original: str | bytes, expected: str | bytes) -> None:
        """Two texts are the same XML; spaces around texts and the order of attributes do not count."""
        self.assertEqual(*(_outline(etree.fromstring(_bytes(text))) for text in (original, expected)))

    def assertHTMLEqual(self, original: str | bytes, expected: str | bytes) -> None:
        """As assertXMLEqual, for fragments of HTML."""
        self.assertEqual(
            *(_outline(html.fragment_fromstring(text, create_parent="div")) for text in (original, expected))
        )

    def assertItemsEqual(self, a: Any, b: Any, msg: str | None = None) -> None:
        """The same elements, in any order."""
        self.assertCountEqual(a, b, msg)


def _shown(record: Any, names: Sequence[str]) -> dict[str, Any]:
    """The values of a record in the form in which they are compared."""
    values: dict[str, Any] = {}
    for name in names:
        field, value = record._fields[name], record[name]
        if field.relational:
            value = sorted(value.ids) if field.type != "many2one" else value.id
        elif field.type == "reference":
            value = f"{value._name},{value.id}" if value else False
        values[name] = value if value is not None else False
    return values


def _wished(record: Any, names: Sequence[str], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """What is expected of a record, in the same form; floats compare as the field rounds."""
    values: dict[str, Any] = {}
    for name in names:
        field, value = record._fields[name], wanted.get(name, False)
        if hasattr(value, "_ids"):
            value = value.ids if field.type != "many2one" else value.id
        if field.type in ("one2many", "many2many"):
            value = sorted(value or ())
        elif field.type == "monetary" and record and isinstance(value, int | float):
            currency = record[field.get_currency_field(record)]
            value = Approx(value, currency if currency else 6)
        elif field.type == "float" and isinstance(value, int | float):
            digits = field.get_digits(record.env)
            value = Approx(value, digits[1] if digits else 6)
        values[name] = value if value is not None else False
    return values


def _differences(records: Any, found: list[dict[str, Any]], wanted: list[dict[str, Any]]) -> Iterator[str]:
    if len(found) != len(wanted):
        yield f"{len(found)} records, expected {len(wanted)}: {records!r}"
    for position, (values, expected) in enumerate(zip(found, wanted, strict=False)):
        for name, value in values.items():
            if value != expected[name]:
                where = f"{position}. {records[position]!r} {name}"
                yield f"  {where}: {pformat(value)}, expected {pformat(expected[name])}"


def _squeezed(code: str) -> str:
    return " ".join(str(code).split())


def _place() -> str:
    """File and line of the test that made the claim."""
    for frame in inspect.stack()[2:]:
        if frame.filename != __file__ and "contextlib" not in frame.filename:
            return f"{frame.filename}:{frame.lineno}"
    return "?"


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


def _outline(node: Any) -> Any:
    """A tree as tuples: tag, attributes, text, children, what follows."""
    return (
        node.tag,
        dict(node.attrib),
        (node.text or "").strip(),
        [_outline(child) for child in node],
        (node.tail or "").strip(),
    )
