"""The outcome of a check: a verdict, what was seen, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """PASS: holds. WARN: works, but somebody should decide. FAIL: mend it before going live. SKIP: nothing to see."""

    PASS = "PASS"
    WARN = "WARN"
    FAIL = "FAIL"
    SKIP = "SKIP"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check saw; `next_step` is for a person, and empty when nothing is to be done."""

    verdict: Verdict
    evidence: str
    next_step: str = ""


def first_line(error: Exception) -> str:
    """What an error says, short enough for a line of evidence."""
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")[:200]


def passed(evidence: str) -> Finding:
    return Finding(Verdict.PASS, evidence)


def warned(evidence: str, next_step: str) -> Finding:
    return Finding(Verdict.WARN, evidence, next_step)


def failed(evidence: str, next_step: str) -> Finding:
    return Finding(Verdict.FAIL, evidence, next_step)


def skipped(evidence: str, next_step: str = "") -> Finding:
    return Finding(Verdict.SKIP, evidence, next_step)
