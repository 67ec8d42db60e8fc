"""How fast are long files imported, and with how much memory? Contacts from a file, as jobs of one worker.

    python -m bench.imports [--rows 50000] [--kind csv|xlsx]

Makes a PostgreSQL and a database of its own. Printed are the seconds of the preview and of the import, the rows per
second, and the peak of the memory of this process, which is the worker. docs/benchmarks.md has figures.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import resource
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor

from bench.__main__ import given_connection
from fondaco.config import Config
from fondaco.engine import opened
from fondaco.jobs.runner import Runner
from fondaco.modules import databases
from fondaco.modules.databases import NewDatabase
from fondaco.modules.registries import Registries
from fondaco.orm.environment import SUPERUSER_ID, Environment
from fondaco.server.deadlines import Deadlines, Limits
from fondaco.values.tabular import Workbook

DATABASE = "fondaco_bench_imports"
TITLES = ["Name", "Email", "Phone", "City", "Country"]
FIELDS = ["name", "email", "phone", "city", "country_id"]
OPTIONS = {"has_headers": True, "separator": "", "quoting": '"', "encoding": ""}
COUNTRIES = ("Italy", "France", "Germany", "Portugal", "Austria")
EVERY_FAULTY = 1000


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.imports", description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--kind", choices=("csv", "xlsx"), default="csv")
    arguments = parser.parse_args()
    with ProcessPoolExecutor(1) as other:  # what making the file takes is not to be counted
        file = other.submit(content, arguments.kind, arguments.rows).result()
    with tempfile.TemporaryDirectory(prefix="fondaco-imports-") as folder:
        os.chmod(folder, 0o711)
        config = Config.default().replace(data_dir=folder, **given_connection())
        with opened(config, always_own=True) as engine:
            databases.create(engine.registries, NewDatabase(DATABASE, ("base_import", "contacts"), "admin", "admin"))
            measure(engine.registries, file, arguments.kind, arguments.rows)
    return 0


def measure(registries: Registries, file: bytes, kind: str, rows: int) -> None:
    """Import so many contacts, one in a thousand of them from a country that there is not."""
    with registries.get(DATABASE).cursor() as cr:
        model = Environment(cr, SUPERUSER_ID, {})["base_import.import"]
        record = model.create({"res_model": "res.partner", "file": file, "file_name": f"contacts.{kind}"})
        before = time.perf_counter()
        record.parse_preview(OPTIONS)
        preview_s = time.perf_counter() - before
        record.start_import(FIELDS, TITLES, OPTIONS)
        number = record.id
        cr.commit()
    runner = Runner(registries, Deadlines(Limits(), cancel=registries.pools.cancel), "bench")
    before = time.perf_counter()
    while runner.run_one(DATABASE, None):
        pass
    seconds = time.perf_counter() - before
    with registries.get(DATABASE).cursor() as cr:
        status = Environment(cr, SUPERUSER_ID, {})["base_import.import"].browse(number).import_status()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{kind}: {status['imported']} of {rows} rows, {status['faulty']} with problems, {status['state']}; "
        f"preview {preview_s:.1f} s, import {seconds:.1f} s, {rows / seconds:.0f} rows/s, peak {peak:.0f} MB"
    )


def content(kind: str, rows: int) -> bytes:
    lines = ([*line(number)] for number in range(rows))
    if kind == "xlsx":
        book = Workbook("Contacts")
        book.add(TITLES)
        for values in lines:
            book.add(values)
        return book.content()
    out = io.StringIO()
    csv.writer(out).writerows([TITLES, *lines])
    return out.getvalue().encode()


def line(number: int) -> tuple[str, ...]:
    country = "Atlantis" if number % EVERY_FAULTY == 7 else COUNTRIES[number % len(COUNTRIES)]
    return (f"Contact {number}", f"c{number}@example.com", f"+39 02 {number:07}", f"City {number % 500}", country)


if __name__ == "__main__":
    sys.exit(main())
