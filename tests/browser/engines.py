"""Browsers beside Chromium, each by the protocol that it speaks itself: WebKit by WebDriver, Firefox by BiDi.

Both take scripts and the same descriptions of keys and of the pointer. `complaints` is what the console said: in
Firefox all of it, in WebKit what came after the page was loaded (its driver does not tell the rest).
"""

from __future__ import annotations

import contextlib
import glob
import json
import os
import re
import select
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from websockets.sync.client import connect

from tests.fix_server import free_port

PATIENCE_S, START_S = 60, 120
MINIBROWSER = "/usr/lib/*/webkit2gtk-4.*/MiniBrowser"
NOTE_COMPLAINTS = """
    window.complaints = [];
    window.addEventListener("error", (event) => complaints.push(event.message));
    window.addEventListener("unhandledrejection", (event) => complaints.push(String(event.reason)));
    const before = console.error;
    console.error = (...words) => { complaints.push(words.join(" ")); before(...words); };
"""
QUIET_FIREFOX = {
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,none",
}
"""It asks nobody but the server under test"""


class Engine:
    """A window of a browser. `run` answers the value of an expression; `click` and `type` are gestures of people."""

    def go(self, url: str) -> None:
        raise NotImplementedError

    def run(self, expression: str) -> Any:
        raise NotImplementedError

    def perform(self, sources: list[dict[str, Any]]) -> None:
        raise NotImplementedError

    def complaints(self) -> list[str]:
        raise NotImplementedError

    def until(self, expression: str) -> Any:
        """The value of the expression once it has one."""
        end = time.monotonic() + PATIENCE_S
        while not (found := self.run(expression)):
            assert time.monotonic() < end, f"{expression} did not come to hold at {self.run('location.href')}"
            time.sleep(0.1)
        return found

    def click(self, selector: str) -> None:
        """Where the element has come to rest."""
        middle = f"""(() => {{
            const element = document.querySelector({json.dumps(selector)});
            element?.scrollIntoView({{ block: "nearest" }});
            const box = element?.getBoundingClientRect();
            return box?.width ? [Math.round(box.x + box.width / 2), Math.round(box.y + box.height / 2)] : null;
        }})()"""
        place = None
        while place != (place := self.until(middle)):
            time.sleep(0.1)
        steps = [
            {"type": "pointerMove", "x": place[0], "y": place[1]},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        self.perform([{"type": "pointer", "id": "mouse", "actions": steps}])

    def type(self, text: str) -> None:
        """Keys for whatever has the focus."""
        steps = [{"type": kind, "value": letter} for letter in text for kind in ("keyDown", "keyUp")]
        self.perform([{"type": "key", "id": "keyboard", "actions": steps}])


class WebKit(Engine):
    """WebKitGTK, the engine of Safari, by its driver at `port`."""

    def __init__(self, port: int, browser: str) -> None:
        self.address = f"http://127.0.0.1:{port}"
        options = {"binary": browser, "args": ["--automation"]}
        wanted = {"webkitgtk:browserOptions": options}
        self.address += "/session/" + self._ask("/session", capabilities={"alwaysMatch": wanted})["sessionId"]

    def _ask(self, path: str, **values: Any) -> Any:
        answer = requests.post(self.address + path, json=values, timeout=PATIENCE_S)
        assert answer.ok, f"{path}: {answer.text}"
        return answer.json()["value"]

    def go(self, url: str) -> None:
        self._ask("/url", url=url)
        self._ask("/execute/sync", script=NOTE_COMPLAINTS, args=[])

    def run(self, expression: str) -> Any:
        return self._ask("/execute/sync", script=f"return {expression};", args=[])

    def perform(self, sources: list[dict[str, Any]]) -> None:
        self._ask("/actions", actions=sources)

    def complaints(self) -> list[str]:
        found: list[str] = self.run("window.complaints || []")
        return found


class Firefox(Engine):
    """Firefox by the socket that it opens itself."""

    def __init__(self, socket: Any) -> None:
        self.socket, self.number, self.said = socket, 0, list[str]()
        self._ask("session.new", capabilities={})
        self.context = self._ask("browsingContext.getTree")["contexts"][0]["context"]
        self._ask("session.subscribe", events=["log.entryAdded"])

    def _ask(self, method: str, **values: Any) -> Any:
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": values}))
        while True:
            told = json.loads(self.socket.recv(timeout=PATIENCE_S))
            if told.get("method") == "log.entryAdded" and told["params"]["level"] == "error":
                self.said.append(told["params"]["text"])
            if told.get("id") == self.number:
                assert told["type"] == "success", told
                return told["result"]

    def go(self, url: str) -> None:
        self._ask("browsingContext.navigate", context=self.context, url=url, wait="complete")

    def run(self, expression: str) -> Any:
        told = self._ask(
            "script.evaluate", expression=f"JSON.stringify({expression} ?? null)", target={"context": self.context},
            awaitPromise=False,
        )  # fmt: skip
        assert told["type"] == "success", told
        return json.loads(told["result"]["value"])

    def perform(self, sources: list[dict[str, Any]]) -> None:
        self._ask("input.performActions", context=self.context, actions=sources)

    def complaints(self) -> list[str]:
        self.run("1")
        return self.said


def _program(name: str, package: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"no {name} here: install the package {package}")
    return found


@contextlib.contextmanager
def _running(command: list[str], **options: Any) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(command, text=True, **options)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(20)
        if process.stdout:
            process.stdout.close()


@contextlib.contextmanager
def webkit(_folder: Path) -> Iterator[WebKit]:
    """WebKitGTK on a screen of its own."""
    driver, screen = _program("WebKitWebDriver", "webkit2gtk-driver"), _program("Xvfb", "xvfb")
    browser = next(iter(glob.glob(MINIBROWSER)), "")
    if not browser:
        pytest.skip(f"no {MINIBROWSER} here: install the package webkit2gtk-driver")
    port, quiet = free_port(), subprocess.DEVNULL
    shown = [screen, "-displayfd", "1", "-screen", "0", "1400x1000x24", "-nolisten", "tcp"]
    with _running(shown, stdout=subprocess.PIPE, stderr=quiet) as display:
        assert display.stdout is not None
        assert select.select([display.stdout], [], [], START_S)[0], f"{screen} did not start"
        environ = {**os.environ, "DISPLAY": f":{display.stdout.readline().strip()}"}
        with _running([driver, f"--port={port}"], stdout=quiet, stderr=quiet, env=environ) as process:
            _until(lambda: _answers(f"http://127.0.0.1:{port}/status"), lambda: process.poll() is None, driver)
            window = WebKit(port, browser)
            try:
                yield window
            finally:
                requests.delete(window.address, timeout=PATIENCE_S)


@contextlib.contextmanager
def firefox(folder: Path) -> Iterator[Firefox]:
    """Firefox without a screen, with a profile in `folder`."""
    program = shutil.which("firefox-esr") or _program("firefox", "firefox-esr")
    lines = [f"user_pref({json.dumps(key)}, {json.dumps(value)});" for key, value in QUIET_FIREFOX.items()]
    (folder / "user.js").write_text("\n".join(lines) + "\n")
    command = [program, "--headless", "--no-remote", "--profile", str(folder), "--remote-debugging-port=0"]
    log = folder / "output.log"
    with log.open("w") as output, _running(command, stdout=output, stderr=output) as process:
        address = _until(lambda: re.search(r"ws://\S+", log.read_text()), lambda: process.poll() is None, "Firefox")
        with connect(f"{address[0]}/session", max_size=None) as socket:
            yield Firefox(socket)


def _until(found: Callable[[], Any], is_alive: Callable[[], bool], name: str) -> Any:
    """What a program that starts shows once it has started."""
    end = time.monotonic() + START_S
    while not (shown := found()):
        assert is_alive() and time.monotonic() < end, f"{name} did not start"
        time.sleep(0.05)
    return shown


def _answers(address: str) -> bool:
    try:
        return requests.get(address, timeout=PATIENCE_S).ok
    except requests.ConnectionError:
        return False
