"""Which password the first user of a new database gets: the one given, or a generated one that is printed once."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from fondaco.cli.command import CommandError, Exit
from fondaco.config.sources import secret_from_file

VARIABLE = "FONDACO_ADMIN_PASSWORD"
GENERATED_BYTES = 12


@dataclass(frozen=True, slots=True)
class Password:
    """A password and whether we made it up, in which case it must be shown."""

    text: str
    is_generated: bool

    def __repr__(self) -> str:
        return f"Password(is_generated={self.is_generated})"


def choose(password_file: str | None = None, environ: Mapping[str, str] = os.environ) -> Password:
    """From the file (`-`: standard input), then the environment, then chance. There is no default password."""
    if password_file == "-":
        text = sys.stdin.readline().rstrip("\n")
        if not text:
            raise CommandError("--password-file -: nothing on standard input; expected the password", Exit.USAGE)
        return Password(text, is_generated=False)
    if password_file:
        return Password(secret_from_file(password_file, "--password-file"), is_generated=False)
    if environ.get(VARIABLE):
        return Password(environ[VARIABLE], is_generated=False)
    if environ.get(f"{VARIABLE}_FILE"):
        return Password(secret_from_file(environ[f"{VARIABLE}_FILE"], f"{VARIABLE}_FILE"), is_generated=False)
    return Password(secrets.token_urlsafe(GENERATED_BYTES), is_generated=True)
