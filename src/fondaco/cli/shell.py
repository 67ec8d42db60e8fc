"""`fondaco shell -d NAME`: a Python prompt with `env`; a script on standard input is run instead.

Nothing is kept unless `env.cr.commit()` is called.
"""

from __future__ import annotations

import argparse
import code
import sys
from typing import Any

from fondaco import VERSION
from fondaco.cli.command import Command, CommandError, Exit
from fondaco.config import Config
from fondaco.engine import opened
from fondaco.orm.environment import Environment

SUPERUSER = 1


def run(arguments: argparse.Namespace, config: Config) -> int:
    if len(config["db_name"]) != 1:
        raise CommandError("shell: name one database with -d", Exit.USAGE)
    (name,) = config["db_name"]
    with opened(config) as engine:
        registry = engine.registries.get(name)
        with registry.cursor() as cr:
            env = Environment(cr, SUPERUSER, {})
            names = {"env": env, "self": env.user, "registry": registry, "config": config}
            try:
                _converse(names, config["shell_interface"])
            finally:
                cr.rollback()
    return Exit.OK


def _converse(names: dict[str, Any], interface: str) -> None:
    if not sys.stdin.isatty():
        exec(compile(sys.stdin.read(), "<stdin>", "exec"), {"__name__": "__main__", **names})
        return
    banner = f"Fondaco {VERSION}: env, self, registry, config. env.cr.commit() keeps what you did."
    if interface in ("", "ipython"):
        try:
            import IPython  # noqa: PLC0415 (optional)
        except ImportError:
            pass
        else:
            IPython.embed(user_ns=names, banner1=banner, colors="neutral")
            return
    elif interface == "ptpython":
        import ptpython.repl  # noqa: PLC0415 (optional)

        ptpython.repl.embed(names)
        return
    code.interact(banner, local=names, exitmsg="")


COMMAND = Command("shell", "a Python prompt with the environment of a database", run)
