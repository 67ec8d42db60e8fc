"""An answer of the server in the form in which the recorded one is kept, and the two held against each other.

Pages are known by what a program finds in them: the title of an error, the fields of a form, embedded JSON. Files are
known by their first bytes, pictures by their size, workbooks by their cells.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import html
import html.parser
import io
import json
import re
import xmlrpc.client
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import openpyxl
from PIL import Image, UnidentifiedImageError

from tests.oracle.compare import Comparison


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


def decoded(answer: Answer, expected: dict[str, Any]) -> dict[str, Any]:
    """The answer in the form in which the recorded one is kept."""
    found: dict[str, Any] = {"status": answer.status, "headers": answer.headers}
    if "json" in expected or "json_shape" in expected:
        try:
            found["json"] = json.loads(answer.body)
        except ValueError:
            found["text"] = answer.body[:300].decode(errors="replace")
    elif "xmlrpc" in expected or "fault" in expected or "xmlrpc_shape" in expected:
        found["raw_xml"] = answer.body.decode(errors="replace")
        try:
            found["xmlrpc"] = xmlrpc.client.loads(answer.body, use_builtin_types=True)[0][0]
        except xmlrpc.client.Fault as fault:
            found["fault"] = {"faultCode": fault.faultCode, "faultString": fault.faultString}
        except Exception as error:  # noqa: BLE001  (whatever the parser trips over is the finding)
            found["text"] = f"{type(error).__name__}: {answer.body[:300]!r}"
    elif "html" in expected:
        found["html"] = Page.of(answer.body.decode(errors="replace"))
    elif "json_result" in expected:
        content = base64.b64decode(json.loads(answer.body).get("result") or "")
        found.update(described(content, expected["json_result"]))
    elif "zip" in expected or "binary" in expected or "xlsx" in expected:
        found.update(described(answer.body, expected))
    elif "text" in expected:
        found["text"] = answer.body.decode(errors="replace")
    return found


class Page(html.parser.HTMLParser):
    """What a program finds in a page."""

    def __init__(self) -> None:
        super().__init__()
        self.source = ""
        self.alerts = 0
        self.forms: list[dict[str, Any]] = []
        self.csrf_token: str | None = None

    @classmethod
    def of(cls, source: str) -> Page:
        page = cls()
        page.source = source
        page.feed(source)
        return page

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.alerts += values.get("role") == "alert"
        if tag == "form":
            method = (values.get("method") or "get").lower()
            self.forms.append({"action": values.get("action"), "method": method, "names": set()})
        elif tag in ("input", "select", "textarea", "button") and values.get("name"):
            if self.forms:
                self.forms[-1]["names"].add(values["name"])
            if values["name"] == "csrf_token":
                self.csrf_token = values.get("value")

    def embedded(self) -> Iterator[Any]:
        """Every JSON object and list in the page, the outermost first."""
        text = html.unescape(self.source)
        decoder = json.JSONDecoder()
        for match in re.finditer(r"[\[{]", text):
            with contextlib.suppress(ValueError):
                yield decoder.raw_decode(text, match.start())[0]


def described(content: bytes, expected: dict[str, Any]) -> dict[str, Any]:
    """What the recording says of a file."""
    if "binary" in expected:
        return {"binary": binary(content)}
    if not zipfile.is_zipfile(io.BytesIO(content)):
        return {"text": content[:300].decode(errors="replace")}
    if "xlsx" in expected:
        return {"xlsx": workbook(content)}
    archive = zipfile.ZipFile(io.BytesIO(content))
    members = {re.sub(r"[0-9a-f]{2}/[0-9a-f]{40}$", "<hh>/<sha1>", name) for name in archive.namelist()}
    return {"zip": {"members": members, "manifest": json.loads(archive.read("manifest.json"))}}


def binary(content: bytes) -> dict[str, Any]:
    """Length, first bytes and sum of a file; format and size of a picture."""
    found: dict[str, Any] = {
        "length": len(content),
        "magic": content[:16].hex(),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    with contextlib.suppress(UnidentifiedImageError), Image.open(io.BytesIO(content)) as picture:
        found |= {"format": picture.format, "size": list(picture.size)}
    return found


def workbook(content: bytes) -> dict[str, Any]:
    """Name and rows of the first sheet."""
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    return {"sheet": sheet.title, "rows": [list(row) for row in sheet.iter_rows(values_only=True)]}


def compare_response(comparison: Comparison, expected: dict[str, Any], found: dict[str, Any]) -> None:
    """Walk both; `comparison` gathers what differs."""
    comparison.walk("$.status", expected["status"], found["status"])
    compare_headers(comparison, expected, found)
    if "json" in expected:
        comparison.walk("$.json", expected["json"], found.get("json", found.get("text")))
    elif "json_shape" in expected:
        comparison.walk_shape("$.json", expected["json_shape"], found.get("json", found.get("text")))
    elif "fault" in expected:
        comparison.walk("$.fault", expected["fault"], found.get("fault", found.get("xmlrpc", found.get("text"))))
    elif "xmlrpc" in expected:
        comparison.walk("$.xmlrpc", expected["xmlrpc"], found.get("xmlrpc", found.get("fault", found.get("text"))))
    elif "xmlrpc_shape" in expected:
        comparison.walk_shape("$.xmlrpc", expected["xmlrpc_shape"], found.get("xmlrpc", found.get("fault")))
    elif "html" in expected:
        compare_page(comparison, expected["html"], found["html"])
    elif "text" in expected:
        comparison.walk("$.text", expected["text"], found["text"])
    else:
        compare_file(comparison, expected.get("json_result", expected), found)
    if "raw_xml" in expected and "$.raw_xml" not in comparison.volatile:
        wanted = comparison.substituted(expected["raw_xml"])
        if wanted != found.get("raw_xml"):
            comparison.say("$.raw_xml", wanted, found.get("raw_xml"), remark=True)


def compare_headers(comparison: Comparison, expected: dict[str, Any], found: dict[str, Any]) -> None:
    """Type of the content and address of a redirection bind; the others are remarks."""
    lower = {name.lower(): value for name, value in found["headers"].items()}
    for name, value in expected.get("headers", {}).items():
        path = f"$.headers.{name}"
        if path in comparison.volatile or not isinstance(value, str):
            continue
        have = lower.get(name.lower())
        if comparison.is_same_text(value, have):
            continue
        comparison.say(path, value, have, remark=name not in ("Content-Type", "Location"))


def compare_page(comparison: Comparison, expected: dict[str, Any], page: Page) -> None:
    """Alerts, the names of the fields of its forms, JSON; looks and texts are ours."""
    if expected.get("alerts") and not page.alerts:
        comparison.say("$.html.alerts", expected["alerts"], "no alert")
    for form in expected.get("forms", ()):
        wanted = {name for name in (entry.get("name") for entry in form["fields"]) if name}
        have = [
            found["names"]
            for found in page.forms
            if (found["action"], found["method"]) == (form["action"], form["method"])
        ]
        if not any(wanted <= names for names in have):
            comparison.say(f"$.html.forms[{form['action']}]", sorted(wanted), [sorted(names) for names in have])
    if "embedded_json" in expected:
        compare_embedded(comparison, expected["embedded_json"], page)


def compare_embedded(comparison: Comparison, expected: Any, page: Page) -> None:
    """One of the JSON values in the page is the recorded one; what is said is said of the one that is nearest."""
    trials = []
    for value in page.embedded():
        trial = Comparison(comparison.variables, comparison.volatile)
        trial.walk("$.html.embedded_json", expected, value)
        if not trial.differences:
            return
        trials.append(trial)
    if trials:
        comparison.differences.extend(min(trials, key=lambda trial: len(trial.differences)).differences)
    else:
        comparison.say("$.html.embedded_json", expected, "no JSON in the page")


def compare_file(comparison: Comparison, expected: dict[str, Any], found: dict[str, Any]) -> None:
    """Hold an archive, a workbook or another file against what the recording says of it."""
    if "xlsx" in expected:
        wanted = {"sheet": expected["xlsx"]["sheet"], "rows": expected["xlsx"]["rows"]}
        comparison.walk("$.xlsx", wanted, found.get("xlsx", found.get("text")))
    elif "binary" in expected:
        compare_binary(comparison, expected["binary"], found["binary"])
    elif "zip" in expected:
        archive = found.get("zip", {"members": set(), "manifest": {}})
        optional = {"filestore/checklist/<hh>/<sha1>"}
        wanted_members = set(expected["zip"]["members"])
        if archive["members"] | optional != wanted_members | optional:
            comparison.say("$.zip.members", sorted(wanted_members), sorted(archive["members"]))
        kinds = {key: type(value).__name__ for key, value in expected["zip"]["manifest"].items()}
        comparison.walk_shape("$.zip.manifest", kinds, archive["manifest"])


def compare_binary(comparison: Comparison, expected: dict[str, Any], found: dict[str, Any]) -> None:
    """A picture is told by format and size: encoders differ, and shipped pictures are our own."""
    for key in ("format", "size"):
        if key in expected:
            comparison.walk(f"$.binary.{key}", expected[key], found.get(key))
    if "format" in expected:
        return
    magic = expected.get("magic", "")
    if bytes.fromhex(magic).lower() != bytes.fromhex(found["magic"])[: len(magic) // 2].lower():
        comparison.say("$.binary.magic", magic, found["magic"])
    if "sha256" in expected and not found["sha256"].startswith(expected["sha256"]):
        comparison.say("$.binary.sha256", expected["sha256"], found["sha256"])
