"""Which releases an index knows, and whether one mends what is wrong with ours for safety.

Understood are the JSON of PyPI (`/pypi/NAME/json`, which also knows of vulnerabilities) and the simple API in JSON or
HTML (PEP 691, PEP 503), as mirrors have it. It is asked when somebody asks, within a time that is kept whatever the
other side does.
"""

from __future__ import annotations

import json
import queue
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urljoin, urlsplit

from lxml import html
from lxml.etree import LxmlError
from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from fondaco.errors import FondacoError
from fondaco.values.deferred import Deferred

if TYPE_CHECKING:
    import requests
else:
    requests = Deferred("requests")

ACCEPTED = "application/vnd.pypi.simple.v1+json, application/json;q=0.9, text/html;q=0.5"
LARGEST = 32 * 2**20
OF_PYPI = re.compile(r"/json/?$")


class Unanswered(FondacoError):
    """The index could not be asked, or said nothing that is understood."""


class NotThere(Unanswered):
    """The index has no such page: it answered 404."""


@dataclass(frozen=True, slots=True)
class Fix:
    """A known weakness of the version that is installed, and the releases that do not have it."""

    id: str
    summary: str
    fixed_in: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class News:
    """What an index says of a version. `newest` is "" where it knows no release."""

    newest: str
    is_newer: bool
    is_withdrawn: bool
    """Whether the version that is installed was taken back (yanked)"""
    fixes: tuple[Fix, ...]


def ask(index: str, installed: str, timeout_s: float) -> News:
    """What the index at this address says; Unanswered within the time, at the latest."""
    if urlsplit(index).scheme not in ("http", "https"):
        raise Unanswered(f"{index!r} is no address of an index: expected http:// or https://")
    told: queue.SimpleQueue[News | Unanswered] = queue.SimpleQueue()

    def work() -> None:
        try:
            told.put(_asked(index, installed, timeout_s))
        except Unanswered as error:
            told.put(error)
        except (requests.RequestException, OSError) as error:
            told.put(Unanswered(f"{urlsplit(index).hostname} could not be asked: {type(error).__name__}"))

    # A daemon, so that one that still waits for a slow answer does not keep the command from its end.
    threading.Thread(target=work, daemon=True).start()
    try:
        found = told.get(timeout=timeout_s)
    except queue.Empty:
        raise Unanswered(f"{urlsplit(index).hostname} did not answer within {timeout_s:g} s") from None
    if isinstance(found, Unanswered):
        raise found
    return found


def _asked(index: str, installed: str, timeout_s: float) -> News:
    kind, body = _fetched(index, timeout_s)
    if kind == "text/html":
        return news(_of_links(body, index), installed)
    try:
        values = json.loads(body)
        releases = dict(_of_json(values))
        if OF_PYPI.search(index) and releases:
            values = _of_version(OF_PYPI.sub(f"/{installed}/json", index), timeout_s)
        return news(releases, installed, tuple(_fixes(values)))
    except (ValueError, AttributeError, TypeError, KeyError) as error:
        raise Unanswered(f"{urlsplit(index).hostname} answered nothing that an index says: {error}") from error


def _of_version(address: str, timeout_s: float) -> Any:
    """What stands at a version's own address: what is known of it. Nothing where the index never had it."""
    try:
        return json.loads(_fetched(address, timeout_s)[1])
    except NotThere:
        return {}


def _fetched(address: str, timeout_s: float) -> tuple[str, bytes]:
    """(type, body) of an answer."""
    headers = {"Accept": ACCEPTED, "User-Agent": "fondaco"}
    with requests.get(address, headers=headers, timeout=timeout_s, stream=True) as answer:
        if answer.status_code == 404:
            raise NotThere(f"{urlsplit(address).hostname} answered 404; expected 200")
        if not answer.ok:
            raise Unanswered(f"{urlsplit(address).hostname} answered {answer.status_code}; expected 200")
        body = b""
        for piece in answer.iter_content(65_536):
            body += piece
            if len(body) > LARGEST:
                raise Unanswered(f"{urlsplit(address).hostname} answered more than {LARGEST} bytes")
        return answer.headers.get("Content-Type", "").partition(";")[0].strip().lower(), body


def _of_json(values: dict[str, Any]) -> Iterator[tuple[str, bool]]:
    """(version, whether it was withdrawn) of each release."""
    if "releases" in values:
        for version, files in values["releases"].items():
            yield version, bool(files) and all(file.get("yanked") for file in files)
        return
    yield from _of_files((file["filename"], bool(file.get("yanked"))) for file in values["files"])


def _of_links(body: bytes, index: str) -> dict[str, bool]:
    try:
        links = html.document_fromstring(body).iter("a")
    except LxmlError as error:
        raise Unanswered(f"{urlsplit(index).hostname} answered no page of an index: {error}") from error
    names = (
        (unquote(urlsplit(urljoin(index, link.get("href", ""))).path.rpartition("/")[2]), "data-yanked" in link.attrib)
        for link in links
    )
    return dict(_of_files(names))


def _of_files(files: Iterator[tuple[str, bool]]) -> Iterator[tuple[str, bool]]:
    """The version of each file, withdrawn only when all its files are."""
    found: dict[str, bool] = {}
    for name, is_withdrawn in files:
        try:
            version = (parse_wheel_filename if name.endswith(".whl") else parse_sdist_filename)(name)[1]
        except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion):
            continue
        found[str(version)] = found.get(str(version), True) and is_withdrawn
    yield from found.items()


def _fixes(values: dict[str, Any]) -> Iterator[Fix]:
    for one in values.get("vulnerabilities") or ():
        if not one.get("withdrawn"):
            names = [*one.get("aliases", ()), one.get("id", "")]
            name = next((name for name in names if name.startswith("CVE-")), one.get("id", ""))
            summary = " ".join((one.get("summary") or one.get("details") or "").split())[:200]
            yield Fix(name, summary, tuple(one.get("fixed_in") or ()))


def news(releases: dict[str, bool], installed: str, fixes: tuple[Fix, ...] = ()) -> News:
    """What these releases ({version: whether it was withdrawn}) mean for the version that is installed.

    A release before its time (18.1rc1) counts only for who runs one.
    """
    ours = Version(installed)
    known: list[Version] = []
    is_withdrawn = False
    for text, withdrawn in releases.items():
        try:
            version = Version(text)
        except InvalidVersion:
            continue
        is_withdrawn = is_withdrawn or (version == ours and withdrawn)
        if not withdrawn and (not version.is_prerelease or ours.is_prerelease):
            known.append(version)
    newest = max(known, default=None)
    return News(str(newest or ""), newest is not None and newest > ours, is_withdrawn, fixes)
