"""What a log line looks like and which lines are written."""

from __future__ import annotations

import ast
import inspect
import json
import logging
import re
import textwrap
from pathlib import Path

import pytest

from fondaco import log
from fondaco.config import Config
from fondaco.http import accesslog, slowlog

LINE = re.compile(
    r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}(?P<offset>\+0000)? \d+ (?P<level>\w+) (?P<db>\S+) (?P<logger>\S+): "
    r"(?P<message>.*) (?P<perf>.*)$"
)


pytestmark = pytest.mark.usefixtures("restored_logging")


def lines(tmp_path: Path, **options: object) -> Path:
    path = tmp_path / "logs" / "fondaco.log"
    log.set_up(Config.default().replace(logfile=str(path), **options))
    return path


def test_a_text_line_has_the_recorded_format(tmp_path: Path) -> None:
    path = lines(tmp_path)

    with log.about(db="shop"):
        logging.getLogger("odoo.http").info("Session expired")
    logging.getLogger("odoo.modules.loading").info("loading 3 modules...")

    first, second = path.read_text().splitlines()
    assert LINE.match(first).group("level", "db", "logger", "message", "perf") == (  # type: ignore[union-attr]
        "INFO", "shop", "odoo.http", "Session expired", "",
    )  # fmt: skip
    assert " INFO ? odoo.modules.loading: loading 3 modules... " in second


def test_text_lines_carry_the_utc_offset_when_asked(tmp_path: Path) -> None:
    path = lines(tmp_path, log_utc_offset=True)

    logging.getLogger("x").info("here")

    assert LINE.match(path.read_text().rstrip("\n")).group("offset") == "+0000"  # type: ignore[union-attr]


def test_json_lines_carry_fields_and_offset(tmp_path: Path) -> None:
    path = lines(tmp_path, log_format="json")

    with log.about(db="shop", uid=2):
        logging.getLogger("x").info("module %s", "sale", extra={"fields": {"queries": 4}})

    line = json.loads(path.read_text())
    assert (line["db"], line["uid"], line["message"], line["queries"]) == ("shop", 2, "module sale", 4)
    assert line["time"].endswith("+00:00")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"log_level": "warn"}, ["WARNING"]),
        ({"log_level": "warn", "log_handler": [":INFO"]}, ["WARNING"]),
        ({"log_level": "info"}, ["INFO", "WARNING"]),
        ({"log_handler": [":ERROR"]}, []),
        ({"log_handler": [":INFO", "odoo.http:DEBUG"]}, ["DEBUG", "INFO", "WARNING"]),
        ({"quiet": True}, []),
    ],
)
def test_w21_levels_are_honoured(tmp_path: Path, options: dict[str, object], expected: list[str]) -> None:
    path = lines(tmp_path, **options)

    for level in ("debug", "info", "warning"):
        getattr(logging.getLogger("fondaco.http.worker"), level)("said")

    found = [LINE.match(line).group("level") for line in path.read_text().splitlines()]  # type: ignore[union-attr]
    assert found == expected


def test_w21_log_ins_are_told_at_any_level_unless_their_own_logger_is_named(tmp_path: Path) -> None:
    path = lines(tmp_path, log_level="critical", quiet=True)
    logging.getLogger(log.LOGINS).info("told")
    log.set_up(Config.default().replace(logfile=str(path), log_handler=[f"{log.LOGINS}:ERROR"]))
    logging.getLogger(log.LOGINS).info("asked for silence")

    found = [line for line in path.read_text().splitlines() if f" {log.LOGINS}: " in line]
    assert [LINE.match(line).group("message") for line in found] == ["told"]  # type: ignore[union-attr]


def test_only_the_first_line_of_an_event_begins_at_the_margin(tmp_path: Path) -> None:
    path = lines(tmp_path)
    logger = logging.getLogger("x")

    logger.info("one\n2026-01-01 two\r\u2028\x1b[2J\ud800")
    try:
        raise ValueError("three\n2026-01-01 four")
    except ValueError:
        logger.exception("failed")

    text = path.read_text()
    assert "one\n    2026-01-01 two\\r\\u2028\\x1b[2J\\ud800 \n" in text
    assert "\n    ValueError: three\n    2026-01-01 four\n" in text
    assert len([line for line in text.split("\n") if line and not line.startswith(log.INDENT)]) == 2


def keys_of_json() -> set[str]:
    """The keys that our code gives lines: what a line is about, and what those who write lines put in."""
    found = {key for key, _name in accesslog._NOTED}
    for path in Path(log.__file__).parent.rglob("*.py"):
        text = path.read_text("utf-8")
        if "log.about(" in text or "log.bind(" in text:
            for call in ast.walk(ast.parse(text)):
                if isinstance(call, ast.Call) and ast.unparse(call.func) in ("log.about", "log.bind"):
                    found |= {word.arg for word in call.keywords if word.arg} | strings_of(call)
    for writer in (log.JsonFormatter, accesslog.note, slowlog):
        found |= strings_of(ast.parse(textwrap.dedent(inspect.getsource(writer))))
    return found - {"dbname", "fields"}


def strings_of(tree: ast.AST) -> set[str]:
    """What stands for a key: in a dict that is written out, or where one is set."""
    nodes = [
        key
        for node in ast.walk(tree)
        for key in (
            node.keys
            if isinstance(node, ast.Dict)
            else [node.slice]
            if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store)
            else []
        )
    ]
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_the_page_names_every_key_of_json_lines() -> None:
    page = (Path(__file__).parents[2] / "docs/operator/logging.md").read_text()
    keys = keys_of_json()

    assert {"time", "perf", "uid", "route", "trace_id", "is_unheard", "statements"} <= keys
    assert [key for key in sorted(keys) if not re.search(rf"`{key}`|\b{key}=", page)] == []


def test_json_that_cannot_be_written_is_written_as_text(tmp_path: Path) -> None:
    path = lines(tmp_path, log_format="json")

    logging.getLogger("x").info("half a \ud800", extra={"fields": {"big": 2**70}})

    line = json.loads(path.read_text())
    assert (line["message"], line["big"]) == ("half a \\ud800", str(2**70))


def test_remarks_about_the_configuration_are_logged(tmp_path: Path) -> None:
    path = tmp_path / "x.log"
    config = Config.default().replace(logfile=str(path))

    log.set_up(Config(config.values_by_key, config.sources, {}, ("odoo.conf:3: unknown option 'x' is ignored",)))

    assert "WARNING ? fondaco.config: odoo.conf:3: unknown option 'x' is ignored" in path.read_text()


def test_a_log_file_that_cannot_be_written_does_not_stop_the_server(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")

    log.set_up(Config.default().replace(logfile=str(tmp_path / "file" / "x.log")))

    assert "the log goes to standard error" in capsys.readouterr().err
