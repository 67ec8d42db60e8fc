"""`fondaco secret`: a random secret, for admin_passwd for example."""

from __future__ import annotations

import argparse

from fondaco.cli.command import Command, Exit
from fondaco.cli.speech import answer
from fondaco.config import Config
from fondaco.security.credentials import random_secret


def run(_arguments: argparse.Namespace, _config: Config) -> int:
    answer(random_secret())
    return Exit.OK


COMMAND = Command("secret", "print a random secret of 32 letters and digits, for admin_passwd for example", run)
