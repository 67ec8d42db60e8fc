"""Running tests and telling what came of it: log lines as Odoo 18 writes them, counts, and a report.

run = TestRun(config, build)
run.at_install(registry, "sale"); run.post_install(registry, ["sale"])
run.report.is_good
"""

from __future__ import annotations

import logging
import time
import traceback
import unittest
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fondaco import log
from fondaco.alias import process
from fondaco.testing.discover import make_suite, tests_of_file
from fondaco.testing.ground import Ground, stand_on
from fondaco.testing.tags import TagsSelector

if TYPE_CHECKING:
    from fondaco.registry.registry import Registry

_result_logger = logging.getLogger("odoo.tests.result")
_stats_logger = logging.getLogger("odoo.tests.stats")
_loading_logger = logging.getLogger("odoo.modules.loading")


@dataclass(frozen=True, slots=True)
class Problem:
    """A test, or one of its subtests, that did not pass."""

    kind: str
    """'failure' or 'error'"""
    module: str
    test: str
    text: str


@dataclass(slots=True)
class Report:
    """What a run found."""

    tests: int = 0
    passed: int = 0
    skipped: dict[str, str] = field(default_factory=dict)
    """{test: why}"""
    problems: list[Problem] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def failures(self) -> int:
        return sum(problem.kind == "failure" for problem in self.problems)

    @property
    def errors(self) -> int:
        return sum(problem.kind == "error" for problem in self.problems)

    @property
    def is_good(self) -> bool:
        return not self.problems

    @property
    def sentence(self) -> str:
        return (
            f"{self.tests} tests: {self.passed} passed, {self.failures} failed, {self.errors} with errors, "
            f"{len(self.skipped)} skipped ({self.seconds:.1f} s)"
        )

    def as_json(self) -> dict[str, Any]:
        return {
            "tests": self.tests,
            "passed": self.passed,
            "failures": self.failures,
            "errors": self.errors,
            "skipped": self.skipped,
            "seconds": round(self.seconds, 2),
            "problems": [
                {"kind": problem.kind, "module": problem.module, "test": problem.test, "text": problem.text}
                for problem in self.problems
            ],
        }

    def add(self, other: Report) -> None:
        self.tests += other.tests
        self.passed += other.passed
        self.skipped.update(other.skipped)
        self.problems += other.problems
        self.seconds += other.seconds


class Result(unittest.TestResult):
    """Counts and logs what unittest tells."""

    def __init__(self) -> None:
        super().__init__()
        self.report = Report()
        self._troubled: set[str] = set()

    def startTest(self, test: unittest.TestCase) -> None:
        super().startTest(test)
        _logger_of(test).info("Starting %s ...", name_of(test))

    def stopTest(self, test: unittest.TestCase) -> None:
        super().stopTest(test)
        self.report.tests += 1
        if test.id() not in self._troubled:
            self.report.passed += 1

    def addFailure(self, test: Any, err: Any) -> None:
        super().addFailure(test, err)
        self._note("failure", test, err)

    def addError(self, test: Any, err: Any) -> None:
        super().addError(test, err)
        self._note("error", test, err)

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:
        super().addSubTest(test, subtest, err)
        if err is not None:
            kind = "failure" if issubclass(err[0], test.failureException) else "error"
            self._note(kind, test, err, f"Subtest {name_of(test)} {subtest._subDescription()}")

    def addSkip(self, test: Any, reason: str) -> None:
        super().addSkip(test, reason)
        self._troubled.add(test.id())
        self.report.skipped[name_of(test)] = reason
        _logger_of(test).info("skipped %s : %s", name_of(test), reason)

    def addExpectedFailure(self, test: Any, err: Any) -> None:
        super().addExpectedFailure(test, err)

    def addUnexpectedSuccess(self, test: Any) -> None:
        super().addUnexpectedSuccess(test)
        error = AssertionError("the test passes, though it is marked as an expected failure")
        self._note("failure", test, (AssertionError, error, None))

    def _note(self, kind: str, test: Any, err: Any, name: str = "") -> None:
        self._troubled.add(test.id())
        text = "".join(traceback.TracebackException(*err).format())
        name = name or name_of(test)
        self.report.problems.append(Problem(kind, module_of(test), name, text))
        _logger_of(test).error("%s: %s\n%s", {"failure": "FAIL", "error": "ERROR"}[kind], name, text)


class TestRun:
    """All tests of one start of the server, or of one command."""

    __test__ = False

    def __init__(self, config: Mapping[str, Any], build: Callable[[Any, Any], Any]) -> None:
        self.config = config
        self.build = build
        self.selector = TagsSelector(config["test_tags"] or "")
        self.report = Report()
        self.changed: dict[str, list[str]] = {}
        """{database: modules that this start installed or upgraded}"""

    def at_install(self, registry: Registry, module: str) -> None:
        """The tests of a module that run as soon as it is installed or upgraded."""
        self._run_modules(registry, [module], "at_install")

    def post_install(self, registry: Registry, modules: Iterable[str]) -> None:
        """The tests of these modules that run when all are installed."""
        self._run_modules(registry, modules, "post_install")

    def all_of(self, registry: Registry, modules: Iterable[str]) -> None:
        """The tests of modules that are installed, whenever they would run."""
        self._run_modules(registry, modules, "")

    def file(self, registry: Registry, path: str) -> None:
        """The tests of one file, whatever their tags."""
        self.run(registry, path, unittest.TestSuite(tests_of_file(path)))

    def _run_modules(self, registry: Registry, modules: Iterable[str], position: str) -> None:
        for module in modules:
            suite = make_suite([module], position, self.selector)
            if suite.countTestCases():
                self.run(registry, module, suite)

    def run(self, registry: Registry, title: str, suite: unittest.TestSuite) -> Report:
        """Run the suite on this registry; the report of this run alone, added to that of all."""
        result = Result()
        started = time.monotonic()
        before = process.config.get("test_enable")
        process.config["test_enable"] = True
        stand_on(Ground(registry, self.config, self.build))
        try:
            with log.about(db=registry.db_name):
                suite.run(result)
                result.report.seconds = time.monotonic() - started
                self._tell(title, result.report)
        finally:
            stand_on(None)
            process.config["test_enable"] = before
        self.report.add(result.report)
        return result.report

    def _tell(self, title: str, report: Report) -> None:
        _stats_logger.info("%s: %d tests %.2fs", title, report.tests, report.seconds)
        if not report.is_good:
            _loading_logger.error(
                "Module %s: %d failures, %d errors of %d tests", title, report.failures, report.errors, report.tests
            )

    def conclude(self, db: str) -> None:
        """The last line: how many failed."""
        report = self.report
        with log.about(db=db):
            _result_logger.log(
                logging.INFO if report.is_good else logging.ERROR,
                "%d failed, %d error(s) of %d tests when loading database %r",
                report.failures,
                report.errors,
                report.tests,
                db,
            )


def name_of(test: Any) -> str:
    """Class and method of a test; of a class that could not be set up, what unittest says."""
    method = getattr(test, "_testMethodName", None)
    return f"{type(test).__name__}.{method}" if method else str(test)


def module_of(test: Any) -> str:
    """The addon of a test."""
    name = type(test).__module__
    if name == "unittest.suite":  # "setUpClass (odoo.addons.sale.tests.test_order.TestOrder)"
        name = str(test).partition("(")[2]
    return name.removeprefix("odoo.addons.").split(".")[0]


def _logger_of(test: Any) -> logging.Logger:
    return logging.getLogger(type(test).__module__)
