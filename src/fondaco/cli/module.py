"""What -i and -u do: install and upgrade modules in the databases named by -d, creating the database if need be."""

from __future__ import annotations

from fondaco.cli import password
from fondaco.cli.command import CommandError, Exit
from fondaco.cli.progress import Progress
from fondaco.cli.speech import tell
from fondaco.engine import Engine
from fondaco.modules.databases import NewDatabase, create, names

FIRST_LOGIN = "admin"


def prepare_databases(engine: Engine) -> None:
    """Bring the databases of -d to the state that -i and -u ask for."""
    config = engine.config
    wanted = tuple(config["init"]), tuple(config["update"])
    if any(wanted) and not config["db_name"]:
        raise CommandError("-i and -u need a database; name it with -d", Exit.USAGE)
    existing = set(names(engine.registries))
    for name in config["db_name"]:
        if name in existing:
            if any(wanted):
                with Progress(config) as progress:
                    engine.registries.update(
                        name, install=wanted[0], upgrade=wanted[1], progress=progress, with_demo=config["with_demo"]
                    )
        elif wanted[0] or config.source("db_name") == "container environment":
            _create(engine, name, wanted[0])
        else:
            raise CommandError(
                f"database {name!r} does not exist; create it with `fondaco db create {name}`, or add `-i base`",
                Exit.NOT_FOUND,
            )


def _create(engine: Engine, name: str, modules: tuple[str, ...]) -> None:
    config = engine.config
    chosen = password.choose()
    lang = (config["load_language"] or ["en_US"])[0]
    new = NewDatabase(name, modules, FIRST_LOGIN, chosen.text, config["with_demo"], lang)
    with Progress(config) as progress:
        create(engine.registries, new, progress=progress)
    if chosen.is_generated:
        # Said even with --quiet: nobody can know it otherwise.
        tell(
            config.replace(quiet=False),
            f"database {name} created; login {FIRST_LOGIN}, password {chosen.text} (shown this once)",
        )
