"""Which tests run: the tags on their classes, and what `--test-tags` asks for.

    --test-tags SPEC[,SPEC...]      SPEC = [-][tag][/module][:class][.method]

A test runs if one of the specs without `-` takes it and none with `-` does. Without a tag a spec takes `standard`
tests, and with `-` all of them; `*` stands for every tag. With specs that only leave out, all `standard` tests but
those run.
"""

from __future__ import annotations

import re
import unittest
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from fondaco.errors import ConfigError

STANDARD = "standard"
EVERY = "*"
POSITIONS = ("at_install", "post_install")
DEFAULT_TAGS = frozenset({STANDARD, "at_install"})

SPEC = re.compile(
    r"""
    (?P<excludes>[+-]?)
    (?P<tag>\*|\w*)
    (?:/(?P<module>[\w/]+(?:\.py)?))?
    (?::(?P<class>\w*))?
    (?:\.(?P<method>\w*))?
    """,
    re.VERBOSE,
)

C = TypeVar("C", bound=type[Any])


def tagged(*tags: str) -> Callable[[C], C]:
    """Put tags on a class of tests; one that begins with '-' is taken off. Tags of the classes it extends are kept."""
    added = {tag for tag in tags if not tag.startswith("-")}
    removed = {tag[1:] for tag in tags if tag.startswith("-")}

    def decorate(cls: C) -> C:
        cls.test_tags = (set(getattr(cls, "test_tags", DEFAULT_TAGS)) | added) - removed
        return cls

    return decorate


@dataclass(frozen=True, slots=True)
class Spec:
    """One alternative of --test-tags; empty parts take everything."""

    tag: str
    module: str = ""
    test_class: str = ""
    method: str = ""

    def takes(self, test: unittest.TestCase) -> bool:
        tags = tags_of(test)
        kind = type(test)
        path = kind.__module__.removeprefix("odoo.addons.")
        module = path.split(".")[0]
        if self.tag != EVERY and self.tag not in tags:
            return False
        if self.module and self.module not in (module, path) and self.module != _file(path):
            return False
        if self.test_class and self.test_class != kind.__name__:
            return False
        return not self.method or self.method == test._testMethodName


def _file(path: str) -> str:
    """sale.tests.test_order -> sale/tests/test_order.py"""
    return path.replace(".", "/") + ".py"


class TagsSelector:
    """What a text of --test-tags chooses."""

    def __init__(self, text: str) -> None:
        self.included: list[Spec] = []
        self.excluded: list[Spec] = []
        for part in filter(None, (part.strip() for part in text.split(","))):
            excludes, spec = self._parse(part)
            (self.excluded if excludes else self.included).append(spec)
        if not self.included:
            self.included.append(Spec(STANDARD))

    def __repr__(self) -> str:
        return f"<TagsSelector {self.included} but not {self.excluded}>"

    @staticmethod
    def _parse(part: str) -> tuple[bool, Spec]:
        found = SPEC.fullmatch(part)
        if found is None:
            raise ConfigError(
                f"--test-tags: {part!r}: expected [-][tag][/module][:class][.method], as in 'slow,/sale:TestOrder'"
            )
        module = (found["module"] or "").removeprefix("odoo/addons/")
        excludes = found["excludes"] == "-"
        tag = found["tag"] or (EVERY if excludes else STANDARD)
        return excludes, Spec(tag, module, found["class"] or "", found["method"] or "")

    def check(self, test: unittest.TestCase) -> bool:
        """Whether the test runs."""
        return any(spec.takes(test) for spec in self.included) and not any(spec.takes(test) for spec in self.excluded)


def tags_of(test: unittest.TestCase) -> Iterable[str]:
    """The tags of a test; those of the method itself, where it has some, are added to those of its class."""
    method = getattr(test, test._testMethodName, None)
    return {*getattr(test, "test_tags", DEFAULT_TAGS), *getattr(method, "test_tags", ())}


def position_of(test: unittest.TestCase) -> str:
    """'at_install' or 'post_install': when the test runs while modules are installed; '' for none of both."""
    tags = tags_of(test)
    return next((position for position in reversed(POSITIONS) if position in tags), "")
