"""The samples of limits and workers in the documents, pasted as they are: servers start with them and keep them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from itertools import groupby
from pathlib import Path

import pytest

from fondaco.config import Config
from fondaco.config.sources import load
from tests.bus.client import Client
from tests.fix_server import free_port, serving
from tests.processes import wait_until
from tests.seeds.sites import SEEDS

# file, first and last line of the sample, HTTP workers, cron workers
SAMPLES = {
    "w5 0:156": ("000", 156, 162, 8, 1),
    "w6 3:291": ("003", 291, 297, 4, 1),
    "w6 4:174": ("004", 174, 179, 4, None),
    "w6 4:278": ("004", 278, 281, 4, 1),
}


def sample(seed, first, last):
    path = next(iter(sorted(SEEDS.glob(f"{seed}_*"))), None)
    if path is None:
        pytest.skip(f"{SEEDS} is not beside this repository")
    return "\n".join(path.read_text().splitlines()[first - 1 : last]) + "\n"


OPTION = re.compile(r"([a-z_.]+) *= *(.*)")


def blocks():
    """Every run of lines of the documents that belongs into the server's configuration: {place: text}."""
    known = set(Config.default().values_by_key)
    found = {}
    for number in (0, 1, 3, 4):
        path = next(iter(sorted(SEEDS.glob(f"{number:03}_*"))), None)
        lines = path.read_text().splitlines() if path is not None else []
        for is_block, run in groupby(
            enumerate(lines, 1), lambda line: line[1] == "[options]" or OPTION.match(line[1]) is not None
        ):
            numbered = list(run)
            names = {option[1] for _number, line in numbered if (option := OPTION.match(line))}
            if is_block and names & known:
                found[f"{number}:{numbered[0][0]}"] = "\n".join(line for _number, line in numbered)
    return found


@pytest.mark.parametrize("place", blocks() or [pytest.param("", marks=pytest.mark.skip("no documents here"))])
def test_every_block_of_options_in_the_documents_is_read_as_it_is_written(place, tmp_path):
    text = blocks()[place]
    path = tmp_path / "pasted.conf"
    path.write_text(text if text.startswith("[options]") else f"[options]\n{text}\n")

    read = load(["-c", str(path)], {})

    for name, written in OPTION.findall(text):
        plain = written.replace("'", "").strip("[]")
        assert as_written(read[name]) == ("" if (name, plain) == ("log_db", "False") else plain)


def as_written(value):
    """A value as the documents write it, without quotes."""
    if isinstance(value, dict):
        return json.dumps(value)
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def started(config, database, directory, text, http, cron):
    """Start a server with these lines at the end of its file, and look at what runs."""
    settings = config.replace(gevent_port=free_port(), max_cron_threads=1)
    pasted = {line.partition(" =")[0] for line in text.splitlines()}
    with serving(settings, database, directory, pasted=text) as server:
        conf = server.logfile.with_suffix(".conf")
        kept = load(["-c", str(conf)], {})
        assert {key: str(kept[key]) for key in pasted} == dict(
            line.split(" = ") for line in text.splitlines() if " = " in line
        )
        assert Client(server).uid
        children = Path(f"/proc/{server.pid}/task/{server.pid}/children")
        expected = 1 + http + (cron or 1) + 1  # dispatcher, HTTP, cron, websockets
        # The first worker answers while the others are still being made.
        wait_until(lambda: len(children.read_text().split()) == expected)


def test_w5_the_sample_of_the_first_document_starts(config, database, tmp_path):
    seed, first, last, http, cron = SAMPLES["w5 0:156"]
    started(config, database, tmp_path, sample(seed, first, last), http, cron)


@pytest.mark.parametrize("name", [name for name in SAMPLES if name.startswith("w6")])
def test_w6_the_samples_of_the_other_documents_start(config, database, tmp_path, name):
    seed, first, last, http, cron = SAMPLES[name]
    started(config, database, tmp_path, sample(seed, first, last), http, cron)


def test_w3_where_there_is_no_fork_the_reason_is_said():
    program = "import sys; sys.platform = 'win32'; import fondaco.cli"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert re.match(r"Fondaco runs on Linux: .* WSL 2", done.stderr) and "Traceback" not in done.stderr


def test_w3_where_there_is_no_epoll_the_reason_is_said():
    program = (
        "import select, sys\nfrom fondaco.http.serve import serve\ndel select.epoll\nsys.platform = 'darwin'\n"
        "serve({'http_port': 0}, None)"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert "ConfigError: darwin has no epoll" in done.stderr
