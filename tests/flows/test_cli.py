"""The command line as a whole: commands, usage, configuration files, starting and stopping a server."""

from __future__ import annotations

import json
import os
import socket
import stat
import urllib.request
from pathlib import Path

import pytest

from fondaco import SERIES, VERSION
from fondaco.config import Config
from tests.fix_server import Fondaco, free_port, serving
from tests.processes import ended, first_line


def test_w17_version_names_the_version_and_the_series(fondaco: Fondaco) -> None:
    done = fondaco.run("--version")

    assert (done.returncode, done.stdout) == (0, f"Fondaco {VERSION} (speaks Odoo {SERIES})\n")


def test_an_unknown_command_is_a_usage_error_with_a_hint(fondaco: Fondaco) -> None:
    done = fondaco.run("shel", "-d", "x")

    assert (done.returncode, done.stderr) == (2, "fondaco: no command 'shel'; did you mean 'shell'?\n")


def test_help_is_a_command_too(fondaco: Fondaco) -> None:
    alone, of_db = fondaco.run("help"), fondaco.run("help", "db")

    assert (alone.returncode, of_db.returncode) == (0, 0)
    assert "fondaco scaffold" in alone.stdout and of_db.stdout.startswith("usage: fondaco db ")


def test_a_command_that_lacks_a_word_names_what_there_is_in_one_line(fondaco: Fondaco) -> None:
    done = fondaco.run("kit")

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "ACTION; there are: init, plan, write, diff; `fondaco kit --help` tells more" in done.stderr


def test_w17_the_command_of_the_manual_writes_a_private_file(fondaco: Fondaco, tmp_path: Path) -> None:
    path = tmp_path / "etc" / "odoo.conf"

    done = fondaco.run(
        "--stop-after-init", "--save", "--config", str(path), "--db_host=127.0.0.1", "--db_port=5432",
        "--db_user=odoo", "--db_password=your_db_password",
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "db_password = your_db_password\n" in path.read_text()


def test_a_wrong_file_is_an_error_in_one_sentence(fondaco: Fondaco, tmp_path: Path) -> None:
    path = tmp_path / "odoo.conf"
    path.write_text("[options]\nworkers = many\n")

    done = fondaco.run("-c", str(path))

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"fondaco: {path}:2: workers: found 'many', expected a whole number\n"


def test_w26_an_unknown_key_is_named_in_a_warning_with_its_line(fondaco: Fondaco, tmp_path: Path) -> None:
    path = tmp_path / "odoo.conf"
    path.write_text("[options]\nworkers = 0\ncsv_insecure_sep = False\n")

    done = fondaco.run("-c", str(path), "--stop-after-init")

    assert done.returncode == 0
    assert f"{path}:3: unknown option 'csv_insecure_sep' is ignored" in done.stderr


def test_w19_a_data_directory_that_cannot_be_used_is_an_error_that_says_so(fondaco: Fondaco, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    done = fondaco.run("db", "list", "--data-dir", str(tmp_path / "file" / "data"))

    assert done.returncode == 2
    assert "data_dir" in done.stderr
    assert "cannot be made" in done.stderr


def test_postgresql_that_does_not_answer_is_an_error_that_says_what_to_do(fondaco: Fondaco, tmp_path: Path) -> None:
    nobody = ("--db_host=127.0.0.1", f"--db_port={free_port()}")
    done = fondaco.run("db", "list", *nobody, FONDACO_DB_RECONNECTION_RETRIES="1")

    assert done.returncode == 1
    assert "PostgreSQL does not answer" in done.stderr
    assert "Traceback" not in done.stderr


NOT_CONFIGURED = {f"FONDACO_{name}": None for name in ("DB_HOST", "DB_PORT", "DB_USER", "DB_PASSWORD")}

P8_BLOCKS = {
    "filter": "[options]\ndbfilter = ^mycompany.*$\n",
    "database": "[options]\nadmin_passwd = mysupersecretpassword\ndbfilter = ^mycompany.*$\n",
    "security": "[options]\nlist_db = False\nproxy_mode = True\nx_sendfile = True\ncsv_insecure_sep = False\n",
    "limits": "[options]\nlimit_memory_hard = 1677721600\nlimit_memory_soft = 629145600\nlimit_request = 8192\n"
    "limit_time_cpu = 600\nlimit_time_real = 1200\nmax_cron_threads = 1\nworkers = 8\n",
    "log": "[options]\nlog_level = info\nlog_handler = [':INFO']\nlog_db = False\n",
}


@pytest.mark.parametrize("block", P8_BLOCKS.values(), ids=P8_BLOCKS)
def test_p8_a_server_starts_with_the_blocks_of_the_manuals(fondaco: Fondaco, tmp_path: Path, block: str) -> None:
    path = tmp_path / "odoo.conf"
    path.write_text(block)

    with fondaco.started("-c", str(path), "--workers=0") as (process, port):
        with socket.create_connection(("127.0.0.1", port)):
            pass

        assert ended(process) == 0


def test_p9_container_variables_start_on_their_database(fondaco: Fondaco, config: Config, database: str) -> None:
    variables = {
        "HOST": config["db_host"],
        "PORT": str(config["db_port"] or 5432),
        "USER": config["db_user"],
        "PASSWORD": config["db_password"] or "unused",
        "DATABASE": database,
        **NOT_CONFIGURED,
    }

    with fondaco.started(**variables) as (_process, port):
        page = urllib.request.urlopen(f"http://127.0.0.1:{port}/web/login", timeout=30).read().decode()

    assert 'name="login"' in page


def test_w18_files_of_your_own_addons_are_served(
    fondaco: Fondaco, config: Config, database: str, tmp_path: Path
) -> None:
    static = tmp_path / "addons" / "harbour" / "static"
    static.mkdir(parents=True)
    (static.parent / "__manifest__.py").write_text("{'name': 'Harbour', 'depends': ['base'], 'license': 'LGPL-3'}")
    (static.parent / "__init__.py").write_text("")
    (static / "boat.txt").write_text("ahoy")

    with serving(config.replace(addons_path=[str(tmp_path / "addons")]), database, tmp_path) as server:
        assert urllib.request.urlopen(f"{server.url}/harbour/static/boat.txt", timeout=30).read() == b"ahoy"


def test_the_port_of_another_program_is_an_error_that_says_what_to_do(fondaco: Fondaco) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]

        done = fondaco.run("--http-interface=127.0.0.1", "--http-port", str(port))

    assert done.returncode != 0
    assert str(port) in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_the_demo_serves_stops_and_finds_its_data_again(fondaco: Fondaco, tmp_path: Path) -> None:
    data_dir = tmp_path / "data"

    first = demo(fondaco, data_dir)
    second = demo(fondaco, data_dir)

    assert (first["database"], first["login"]) == ("demo", "admin")
    assert len(first["password"]) >= 12
    assert {key: second[key] for key in ("database", "login", "password")} == {
        key: first[key] for key in ("database", "login", "password")
    }
    assert stat.S_IMODE((data_dir / "demo.json").stat().st_mode) == 0o600
    assert processes_in(data_dir) == []


def demo(fondaco: Fondaco, data_dir: Path) -> dict[str, str]:
    """Start the demo, ask it for its products, stop it; what it printed."""
    process = fondaco.start(
        "demo", "--json", "--http-port", str(free_port()), "--data-dir", str(data_dir),
        **NOT_CONFIGURED,
    )  # fmt: skip
    try:
        line = first_line(process)
        assert line, process.stderr.read() if process.stderr else ""
        printed: dict[str, str] = json.loads(line)
        arguments = ["product.template", "search_count", [[]]]
        call = {"service": "object", "method": "execute_kw"}
        login = [printed["database"], printed["login"], printed["password"]]
        uid = rpc(printed["url"], {"service": "common", "method": "login", "args": login})
        count = rpc(printed["url"], {**call, "args": [login[0], uid, login[2], *arguments]})
        assert isinstance(count, int) and count >= 5
    finally:
        ended(process)
    return printed


def rpc(url: str, params: dict[str, object]) -> object:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "call", "params": params}).encode()
    request = urllib.request.Request(f"{url}/jsonrpc", body, {"Content-Type": "application/json"})
    return json.load(urllib.request.urlopen(request, timeout=60)).get("result")


def processes_in(directory: Path) -> list[str]:
    """Command lines of the processes that work below a directory."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and os.readlink(entry / "cwd").startswith(str(directory)):
                found.append((entry / "cmdline").read_text())
        except OSError:
            continue
    return found


def test_no_command_line_shows_a_traceback_for_a_wrong_flag(fondaco: Fondaco) -> None:
    done = fondaco.run("db", "create", "--nonsense")

    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_d3_a_secret_of_32_random_characters_is_printed(fondaco: Fondaco) -> None:
    first, second = (fondaco.run("secret", check=True).stdout.rstrip("\n") for _ in range(2))

    assert len(first) == len(second) == 32
    assert first.isalnum()
    assert first != second
