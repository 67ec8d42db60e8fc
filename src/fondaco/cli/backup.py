"""`fondaco backup ...`: back databases up, list and compare what there is, restore beside, rehearse the way back."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import psycopg

from fondaco.backup import past, restore, state, wal
from fondaco.backup import run as running
from fondaco.backup import verify as verifying
from fondaco.backup.drill import drill
from fondaco.backup.place import Place, place_of
from fondaco.backup.repository import Backup, Repository, latest
from fondaco.cli.command import Command, CommandError, Exit
from fondaco.cli.progress import Progress
from fondaco.cli.speech import answer, tell
from fondaco.config import Config
from fondaco.config.commandline import Given, add_flags
from fondaco.engine import Engine, opened
from fondaco.errors import FondacoError

FAULTS = ("failure", "problems", "newly_missing")
SHOWN = 20  # problems of a backup; --json shows them all


def add_arguments(parser: argparse.ArgumentParser, given: Given) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    making = actions.add_parser("run", help="back databases up, and compare each backup with what it was made of")
    making.add_argument("databases", nargs="*", metavar="DATABASE", help="those of -d, or all")
    making.add_argument("--no-verify", action="store_true", help="leave the comparison to `fondaco backup verify`")
    making.add_argument(
        "--wal", action="store_true", help="only bring PostgreSQL's log up to now, for a frequent timer"
    )
    listing = actions.add_parser("list", help="list backups")
    listing.add_argument("databases", nargs="*", metavar="DATABASE")
    verifying_ = actions.add_parser("verify", help="restore backups into a sandbox and compare rows and files")
    verifying_.add_argument("databases", nargs="*", metavar="DATABASE", help="the last backup of each; those of all")
    verifying_.add_argument("--all", action="store_true", help="every backup, not only the last one")
    verifying_.add_argument("--repository", action="store_true", help="read every byte of the repository as well")
    restoring = actions.add_parser("restore", help="make a database of another name from a backup, neutralised")
    restoring.add_argument("database", help="the one that was backed up")
    restoring.add_argument("name", help="the name of the new one")
    restoring.add_argument("--live", action="store_true", help="it is to be the real one: same identity, mail and jobs")
    restoring.add_argument("--with-losses", action="store_true", help="without the files that are damaged, if need be")
    for action in (verifying_, restoring):
        action.add_argument("--id", help="a backup by its id")
    restoring.add_argument("--at", metavar="TIME", help="as it was then (UTC): 2026-11-28, 2026-11-28T14:05:30")
    drilling = actions.add_parser("drill", help="rehearse the way back and measure it: run, verify, restore, drop")
    drilling.add_argument("databases", nargs="*", metavar="DATABASE", help="those of -d, or all")
    for action in (making, listing, verifying_, restoring, drilling):
        action.add_argument("--json", action="store_true", help="answer with one JSON value on stdout")
        add_flags(action, given)


def run(arguments: argparse.Namespace, config: Config) -> int:
    place = place_of(config)
    if arguments.action == "list":
        return _list(arguments, config, _present(Repository(place)))
    if arguments.action == "run" and arguments.wal:
        return _bring_log(arguments, config, place)
    with opened(config) as engine, Progress(config) as progress:
        if arguments.action in USING:
            return USING[arguments.action](arguments, engine, _present(Repository(place)), progress)
        with running.alone(place.folder):
            return MAKING[arguments.action](arguments, engine, running.ready(place), progress)


def _present(repository: Repository) -> Repository:
    if not repository.exists():
        raise CommandError(
            f"there is no repository at {repository.place}; `fondaco backup run` makes it with the first backup",
            Exit.NOT_FOUND,
        )
    return repository


# -- making ---------------------------------------------------------------------------------------------------------
def _run(arguments: argparse.Namespace, engine: Engine, repository: Repository, progress: Progress) -> int:
    archive = wal.archive_of(engine.config)
    names = running.wanted(engine.registries, arguments.databases)
    results: list[dict[str, Any]] = []
    for outcome in running.run(engine.registries, repository, names, progress):
        result: dict[str, Any] = {"database": outcome.database, "seconds": round(outcome.seconds, 3)}
        if outcome.backup is None:
            result["failure"] = outcome.failure
        else:
            result |= _backup_values(outcome.backup) | {
                "rows": outcome.rows, "files": outcome.files, "missing": list(outcome.missing),
                "newly_missing": outcome.newly_missing, "bytes": outcome.size, "added": outcome.added,
            }  # fmt: skip
            if not arguments.no_verify:
                result["problems"] = list(
                    verifying.verify(engine.registries, repository, outcome.backup, progress).problems
                )
        results.append(result)
        if not arguments.json:
            _show(_run_lines(result))
    if archive is not None:
        try:
            log = wal.back_up(engine.pools, repository, archive, progress)
            tell(engine.config, _log_line(log))
        except (FondacoError, OSError, psycopg.Error) as error:
            results.append({"database": state.CLUSTER, "failure": str(error)})
            tell(engine.config, f"the log is not kept: {error}")
    is_good = not any(result.get(key) for result in results for key in FAULTS)
    # Nothing old goes away while anything new is missing or wrong.
    if is_good and not repository.place.is_append_only:
        progress("giving up old backups", 0, 1)
        with wal.alone(repository.place.folder):
            if archive is not None:
                repository.remove(wal.expired(repository, archive, datetime.now(UTC)))
            removed = repository.forget(repository.place.keep)
        tell(engine.config, f"{removed} backups beyond those to keep were removed from {repository.place}")
    if arguments.json:
        answer(results)
    return Exit.OK if is_good else Exit.FAILED


def _bring_log(arguments: argparse.Namespace, config: Config, place: Place) -> int:
    """What a frequent timer runs; a backup of databases may be at work meanwhile."""
    archive = wal.archive_of(config)
    if archive is None:
        raise CommandError("--wal: backup_wal_folder is not set, so no log is kept", Exit.USAGE)
    log = wal.bring_log(_present(Repository(place)), archive, lambda text, done, total: None)
    answer(_backup_values(log) if arguments.json else _log_line(log))
    return Exit.OK


def _log_line(log: Backup) -> str:
    return f"the log is kept until {log.moment:%Y-%m-%d %H:%M:%S} UTC"


def _run_lines(result: dict[str, Any]) -> Iterator[str]:
    name = result["database"]
    if "failure" in result:
        yield f"{name}: no backup: {result['failure']}"
        return
    compared = "not compared yet" if "problems" not in result else "compared, all as it was"
    compared = f"{len(result['problems'])} problems" if result.get("problems") else compared
    yield (
        f"{name}: {result['id']}, {result['rows']:,} rows, {result['files']:,} files, {result['bytes']:,} bytes, "
        f"{result['added']:,} of them new, in {result['seconds']:.1f} s; {compared}"
    )
    yield from (f"{name}: a row names a file that was not there: {key}" for key in result["missing"][:SHOWN])
    if result["newly_missing"]:
        yield (
            f"{name}: {result['newly_missing']} more files are missing than at the backup before, so nothing old is "
            "removed. Is the disk of the files mounted? If they are lost, bring them back from an older backup"
        )
    yield from _problem_lines(name, result.get("problems", ()))


def _drill(arguments: argparse.Namespace, engine: Engine, repository: Repository, progress: Progress) -> int:
    reports = []
    for name in running.wanted(engine.registries, arguments.databases):
        report = drill(engine.registries, repository, name, progress)
        reports.append(report.as_values())
        if not arguments.json:
            ago = (
                "no backup before this drill"
                if report.rpo_s is None
                else f"the backup before was {report.rpo_s:.0f} s old"
            )
            answer(
                f"{name}: backup {report.backup_s:.1f} s, comparison {report.verify_s:.1f} s, back in "
                f"{report.rto_s:.1f} s (RTO); {ago} (RPO); {report.rows:,} rows, {report.files:,} files"
            )
    if arguments.json:
        answer(reports)
    return Exit.OK


# -- using ----------------------------------------------------------------------------------------------------------
def _list(arguments: argparse.Namespace, config: Config, repository: Repository) -> int:
    names = arguments.databases or config["db_name"]
    found = [backup for backup in repository.backups() if not names or backup.subject in names]
    if arguments.json:
        answer([{"database": backup.subject, **_backup_values(backup)} for backup in found])
    else:
        _show(f"{backup.short}  {backup.moment:%Y-%m-%d %H:%M:%S} UTC  {backup.subject}" for backup in found)
        if logs := repository.backups(kind=wal.LOG):
            spans = past.spans(repository.backups(kind=wal.BASE), logs)
            shown = ", and ".join(
                f"from {since:%Y-%m-%d %H:%M:%S} to {until:%Y-%m-%d %H:%M:%S}" for since, until in spans
            )
            if spans:  # a log whose base is gone brings nothing back
                tell(config, f"any moment {shown} UTC can be had: fondaco backup restore ... --at TIME")
    return Exit.OK


def _verify(arguments: argparse.Namespace, engine: Engine, repository: Repository, progress: Progress) -> int:
    results = []
    for backup in _to_verify(arguments, engine.config, repository):
        verdict = verifying.verify(engine.registries, repository, backup, progress)
        results.append({
            "database": backup.subject, **_backup_values(backup), "seconds": round(verdict.seconds, 3),
            "tables": verdict.tables, "rows": verdict.rows, "files": verdict.files, "problems": list(verdict.problems),
        })  # fmt: skip
        if not arguments.json:
            said = f"{len(verdict.problems)} problems" if verdict.problems else "all as it was"
            _show([f"{backup}: {verdict.rows:,} rows of {verdict.tables} tables, {verdict.files:,} files: {said}"])
            _show(_problem_lines(backup.subject, verdict.problems))
    complaints = repository.complaints() if arguments.repository else []
    if arguments.json:
        answer({"backups": results, "repository": complaints})
    else:
        _show(f"repository: {complaint}" for complaint in complaints)
    return Exit.FAILED if complaints or any(result["problems"] for result in results) else Exit.OK


def _to_verify(arguments: argparse.Namespace, config: Config, repository: Repository) -> list[Backup]:
    there = repository.backups()
    names = arguments.databases or config["db_name"] or sorted({backup.subject for backup in there})
    if arguments.id:
        found = [backup for backup in there if backup.id.startswith(arguments.id)]
    elif arguments.all:
        found = [backup for backup in there if backup.subject in names]
    else:
        last = [latest(backup for backup in there if backup.subject == name) for name in names]
        found = [backup for backup in last if backup is not None]
    if missing := sorted(set(arguments.databases) - {backup.subject for backup in found}):
        raise CommandError(
            f"there is no such backup of {', '.join(missing)}; see `fondaco backup list`", Exit.NOT_FOUND
        )
    if not found:
        raise CommandError("there is no such backup; see `fondaco backup list`", Exit.NOT_FOUND)
    return found


def _restore(arguments: argparse.Namespace, engine: Engine, repository: Repository, progress: Progress) -> int:
    if arguments.id and arguments.at:
        raise CommandError("--id and --at: expected one of them", Exit.USAGE)
    at = _moment(arguments.at) if arguments.at else None
    restore.require_free(engine.registries, arguments.name)
    sources = past.choose(repository, at) if at else None
    if at is not None and sources is not None:
        done = past.restore_at(
            engine.registries, repository, sources, arguments.database, arguments.name, at, progress,
            is_live=arguments.live,
        )  # fmt: skip
    else:
        backup = restore.chosen(repository, arguments.database, id_=arguments.id, at=at)
        done = restore.restore(
            engine.registries, repository, backup, arguments.name, progress,
            is_live=arguments.live, with_losses=arguments.with_losses,
        )  # fmt: skip
    if arguments.json:
        answer({
            "database": done.database, "of": arguments.database, "id": done.backup.short,
            "moment": done.moment.isoformat(timespec="milliseconds"), "seconds": round(done.seconds, 3),
            "neutralized": not arguments.live, "lost": list(done.lost),
        })  # fmt: skip
    else:
        quiet = "it sends mail and runs jobs" if arguments.live else "neutralised: no mail, no jobs"
        answer(
            f"database {done.database} is {arguments.database} of {done.moment:%Y-%m-%d %H:%M:%S} UTC, in "
            f"{done.seconds:.1f} s; {quiet}"
        )
        _show(f"lost: {text}" for text in done.lost[:SHOWN])
    return Exit.OK


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"--at: found {text!r}, expected a time such as 2026-11-28T14:05:30", Exit.USAGE) from error
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


# -- words ----------------------------------------------------------------------------------------------------------
def _backup_values(backup: Backup) -> dict[str, str]:
    return {"id": backup.short, "moment": backup.moment.isoformat(timespec="seconds")}


def _problem_lines(name: str, problems: Sequence[str]) -> Iterator[str]:
    yield from (f"{name}: {problem}" for problem in problems[:SHOWN])
    if len(problems) > SHOWN:
        yield f"{name}: and {len(problems) - SHOWN} more; --json lists them"


def _show(lines: Iterable[str]) -> None:
    for line in lines:
        answer(line)


MAKING = {"run": _run, "drill": _drill}
USING = {"verify": _verify, "restore": _restore}
COMMAND = Command(
    "backup", "back databases up, prove the backups, restore beside, rehearse the way back", run, add_arguments
)
