"""Look at everything, and mend what can be mended safely."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import psycopg

from fondaco.checks.check import Check
from fondaco.checks.finding import Finding, Verdict, failed, first_line, skipped
from fondaco.checks.site import Site
from fondaco.checks.table import BY_ID, CHECKS
from fondaco.sql.fragment import SQL

_logger = logging.getLogger(__name__)
NOTHING = SQL("SELECT 1")
"""Asked to see whether PostgreSQL answers"""
WORST = (Verdict.FAIL, Verdict.WARN)


@dataclass(frozen=True, slots=True)
class Result:
    """A check with what it found; `fixed` says what was mended before that."""

    check: Check
    finding: Finding
    fixed: str = ""

    def as_values(self) -> dict[str, str]:
        """For JSON."""
        found = {
            "id": self.check.id,
            "verdict": self.finding.verdict.value,
            "title": self.check.title,
            "evidence": self.finding.evidence,
            "next": self.finding.next_step,
            "seed": self.check.seed,
        }
        return {**found, "fixed": self.fixed} if self.fixed else found


def chosen(names: Iterable[str]) -> list[Check]:
    """The checks of these ids and areas, all when none is named; KeyError with a name that is neither."""
    wanted = list(names)
    areas = {check.area for check in CHECKS}
    for name in wanted:
        if name not in BY_ID and name not in areas:
            raise KeyError(name)
    return [check for check in CHECKS if not wanted or check.id in wanted or check.area in wanted]


def run(site: Site, checks: Sequence[Check], *, with_fixes: bool = False) -> Iterator[Result]:
    """The result of each check, as it comes."""
    for check in checks:
        finding, fixed = look(site, check), ""
        if with_fixes and check.fix is not None and finding.verdict in WORST:
            fixed = check.fix(site)
            finding = look(site, check)
        yield Result(check, finding, fixed)


def look(site: Site, check: Check) -> Finding:
    """One finding. A check that breaks is one that failed: what it should have seen is unknown."""
    try:
        return check.probe(site)
    except psycopg.Error as error:
        if site.pools is not None and check.id != "postgresql.answers":
            return skipped(f"PostgreSQL would not say: {first_line(error)}")
        return failed(first_line(error), "see postgresql.answers")
    except PermissionError as error:
        return skipped(f"{error.filename} is closed to this account", "look as root, with sudo")
    except Exception as error:
        _logger.exception("check %s broke", check.id)
        return failed(
            f"the check itself broke: {type(error).__name__}: {error}", "report it, with the lines of the log above"
        )


def worst(results: Iterable[Result]) -> Verdict:
    """What decides the exit code."""
    found = {result.finding.verdict for result in results}
    return next((verdict for verdict in WORST if verdict in found), Verdict.PASS)
