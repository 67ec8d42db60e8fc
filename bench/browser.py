"""What people wait for in a browser: the client from nothing, the client again, a list; with requests and bytes.

    python -m bench.browser [--rounds 7] [--contacts 1000] [--workers 2]

Makes a scratch database, starts a server of its own and opens the client in Chromium (FONDACO_TEST_CHROMIUM or that of
the system). Needs Playwright, as the tests do. docs/benchmarks.md has the figures that were seen.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from bench.__main__ import DATABASE, LOGIN, PASSWORD, given_connection, serving
from fondaco.config import Config
from fondaco.engine import Engine, opened
from fondaco.modules import databases
from fondaco.modules.databases import NewDatabase
from fondaco.orm.environment import Environment

ROWS = 80
# notes when the page can be used: everything has registered itself and the first view stands
INTERACTIVE = """
    new MutationObserver(() => {
        const isReady = document.body?.classList.contains("f-ready") && document.querySelector(".f-apps");
        if (isReady && !window.interactive) { window.interactive = performance.now(); }
    }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["class"] });
"""
# From the press until the rows are on the screen. They come into the page at the beginning of a frame, as all that owl
# paints; what is due at once then runs when that frame is painted.
CLICK_TO_PAINT = """([selector, rows]) => new Promise((resolve) => {
    const begin = performance.now();
    const watch = new MutationObserver(() => {
        if (document.querySelectorAll(".f-list tbody tr[data-id]").length >= rows) {
            watch.disconnect();
            setTimeout(() => resolve(performance.now() - begin));
        }
    });
    watch.observe(document.body, { subtree: true, childList: true });
    document.querySelector(selector).click();
})"""


@dataclass
class Traffic:
    """The answers a page got since it was made: how many, how many bytes on the wire, which data."""

    requests: int = 0
    bytes: int = 0
    calls: list[str] = field(default_factory=list)

    def of(self, page: Any) -> Traffic:
        """Count those of `page`; what its cache gives does not count."""
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        cached: set[str] = set()
        session.on("Network.requestServedFromCache", lambda event: cached.add(event["requestId"]))
        session.on("Network.requestWillBeSent", lambda event: self._sent(event["request"]["url"]))
        session.on("Network.loadingFinished", lambda event: self._received(event, cached))
        return self

    def _sent(self, url: str) -> None:
        if "/call_kw/" in url:
            self.calls.append(url.rpartition("/")[2])

    def _received(self, event: dict[str, Any], cached: set[str]) -> None:
        if event["requestId"] not in cached and event["encodedDataLength"]:
            self.requests += 1
            self.bytes += int(event["encodedDataLength"])

    def clear(self) -> None:
        self.requests, self.bytes = 0, 0
        self.calls.clear()


@dataclass
class Step:
    """One thing people wait for, several times."""

    name: str
    goal: str
    times: list[float] = field(default_factory=list)
    requests: int = 0
    bytes: int = 0

    def add(self, time: float, traffic: Traffic) -> None:
        self.times.append(time)
        self.requests, self.bytes = traffic.requests, traffic.bytes
        traffic.clear()

    def row(self) -> str:
        low, middle, high = min(self.times), statistics.median(self.times), max(self.times)
        cells = [f"{middle:.0f} ms", f"{low:.0f} to {high:.0f} ms", str(self.requests), f"{self.bytes / 1000:.0f} kB"]
        return f"| {' | '.join([self.name, *cells, self.goal])} |"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.browser", description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--contacts", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=2, help="processes of the server; 0: threads of one")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fondaco-browser-") as folder:
        os.chmod(folder, 0o711)
        config = Config.default().replace(data_dir=folder, **given_connection())
        with opened(config, always_own=True) as engine:
            stock(engine, arguments.contacts)
            with serving(engine, arguments.workers, Path(folder)) as url, chromium() as browser:
                steps = measure(browser, url, arguments.rounds)
    print("| step | median | range | requests | bytes | goal |", "|---|---|---|---|---|---|", sep="\n")
    print("\n".join(step.row() for step in steps))
    return 0


def stock(engine: Engine, contacts: int) -> None:
    databases.create(engine.registries, NewDatabase(DATABASE, ("contacts",), LOGIN, PASSWORD))
    with engine.registries.get(DATABASE).cursor() as cr:
        env = Environment(cr, 1, {})
        values = [{"name": f"Contact {number}", "email": f"c{number}@example.com"} for number in range(contacts)]
        env["res.partner"].create(values)
        cr.commit()


@contextmanager
def chromium() -> Iterator[Any]:
    names = (os.environ.get("FONDACO_TEST_CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    executable = next((path for path in map(shutil.which, filter(None, names)) if path), None)
    if executable is None:
        sys.exit("no Chromium here: install chromium or name one in FONDACO_TEST_CHROMIUM")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=executable, args=["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        yield browser
        browser.close()


def measure(browser: Any, url: str, rounds: int) -> list[Step]:
    cold = Step("the client, empty cache", "1000 ms, 400 kB")
    warm = Step("the client again", "300 ms")
    first = Step(f"a list of {ROWS} records, first time", "")
    again = Step(f"a list of {ROWS} records", "100 ms, one request")
    for _round in range(rounds):
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        log_in(page, url)
        page.context.add_init_script(INTERACTIVE)
        page.context.new_cdp_session(page).send("Network.clearBrowserCache")
        traffic = Traffic().of(page)
        cold.add(load(page, url), traffic)
        warm.add(load(page, url), traffic)
        first.add(open_list(page), traffic)
        page.click(".f-nav-apps")
        page.wait_for_selector(".f-apps")
        traffic.clear()
        again.add(open_list(page), traffic)
        page.context.close()
    return [cold, warm, first, again]


def log_in(page: Any, url: str) -> None:
    page.goto(f"{url}/web/login")
    page.fill("input[name=login]", LOGIN)
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_selector("body.f-ready")


def load(page: Any, url: str) -> float:
    page.goto(f"{url}/odoo")
    page.wait_for_function("window.interactive")
    page.wait_for_load_state("networkidle")
    return float(page.evaluate("window.interactive"))


def open_list(page: Any) -> float:
    elapsed = float(page.evaluate(CLICK_TO_PAINT, ["a.f-app[data-menu-xmlid^=contacts]", ROWS]))
    page.wait_for_load_state("networkidle")
    return elapsed


if __name__ == "__main__":
    sys.exit(main())
