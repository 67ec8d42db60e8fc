"""What an installation is made of, as a CycloneDX document (a software bill of materials, ECMA-424).

Every distribution that Python has installed here, and the libraries of the web client that come in our own files. The
digest of a distribution is that of its archive, where pip noted one; `fondaco:record` is the digest of its list of
files, by which two installations can be compared.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any
from urllib.parse import quote

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from fondaco import VERSION

OURS = "fondaco"
LICENCE = "LGPL-3.0-or-later"
CLIENT = Path(__file__).parents[1] / "addons" / "web"
VENDORED = CLIENT / "vendored.json"
CLASSIFIER = re.compile(r"License :: (?:OSI Approved :: )?(?P<name>[^:]+)$")
LONGEST_NAME = 80
"""What is longer in the field for the licence is its text"""


def document(now: datetime) -> dict[str, Any]:
    """The whole document, JSON values."""
    installed = {str(canonicalize_name(one.name)): one for one in reversed(list(distributions())) if one.name}
    ours = installed.pop(OURS, None)
    libraries = list(vendored())
    parts = [*(_distribution(name, one) for name, one in sorted(installed.items())), *libraries]
    root = _part("application", OURS, VERSION, _pypi(OURS, VERSION)) | {"licenses": [_licence(LICENCE)]}
    refs = {name: _pypi(name, one.version) for name, one in installed.items()}
    needed = [*_needs(ours, refs), *(one["bom-ref"] for one in libraries if "#" not in one["bom-ref"])]
    edges = [{"ref": root["bom-ref"], "dependsOn": sorted(needed)}]
    edges += [{"ref": refs[name], "dependsOn": sorted(_needs(one, refs))} for name, one in sorted(installed.items())]
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid4()}",
        "version": 1,
        "metadata": {"timestamp": now.isoformat(timespec="seconds"), "component": root},
        "components": parts,
        "dependencies": edges,
    }


def vendored() -> Iterator[dict[str, Any]]:
    """The libraries of the web client, and what was bundled into their files."""
    for one in json.loads(VENDORED.read_text()):
        digest = hashlib.sha256((CLIENT / one["file"]).read_bytes()).hexdigest()
        part = _part("library", one["name"], one["version"], _npm(one["name"], one["version"]))
        where = [{"name": "fondaco:file", "value": f"addons/web/{one['file']}"}]
        yield part | {"licenses": [_licence(one["licence"])], "hashes": [_sha256(digest)], "properties": where}
        for name, version in one.get("holds", {}).items():
            ref = f"{_npm(name, version)}#{one['name']}"
            yield _part("library", name, version, _npm(name, version), ref) | {
                "licenses": [_licence(one["licence"])],
                "properties": where,
            }


def _distribution(name: str, one: Distribution) -> dict[str, Any]:
    part = _part("library", name, one.version, _pypi(name, one.version))
    if licences := list(_licences(one)):
        part["licenses"] = licences
    archive = json.loads(one.read_text("direct_url.json") or "{}").get("archive_info", {})
    if digest := archive.get("hashes", {}).get("sha256"):
        part["hashes"] = [_sha256(digest)]
    if record := one.read_text("RECORD"):
        digest = hashlib.sha256(record.encode()).hexdigest()
        part["properties"] = [{"name": "fondaco:record", "value": f"sha256:{digest}"}]
    return part


def _licences(one: Distribution) -> Iterator[dict[str, Any]]:
    """As the distribution says it: an SPDX expression, a name, or what it is classified as."""
    metadata = one.metadata
    if "License-Expression" in metadata:
        yield _licence(metadata["License-Expression"])
        return
    said = metadata["License"].strip() if "License" in metadata else ""
    if said and "\n" not in said and len(said) <= LONGEST_NAME and said.upper() != "UNKNOWN":
        yield {"license": {"name": said}}
        return
    for line in metadata.get_all("Classifier") or ():
        if found := CLASSIFIER.match(line):
            yield {"license": {"name": found["name"].strip()}}


def _needs(one: Distribution | None, refs: dict[str, str]) -> Iterable[str]:
    """Whom a distribution needs, of those that are installed; extras count, since who installed them wants them."""
    found = set()
    for line in (one.requires if one is not None else None) or ():
        try:
            name = canonicalize_name(Requirement(line).name)
        except InvalidRequirement:
            continue
        if name in refs:
            found.add(refs[name])
    return found


def _part(kind: str, name: str, version: str, purl: str, ref: str = "") -> dict[str, Any]:
    return {"type": kind, "bom-ref": ref or purl, "name": name, "version": version, "purl": purl}


def _licence(said: str) -> dict[str, Any]:
    return {"expression": said}


def _sha256(digest: str) -> dict[str, str]:
    return {"alg": "SHA-256", "content": digest}


def _pypi(name: str, version: str) -> str:
    return f"pkg:pypi/{name}@{quote(version)}"


def _npm(name: str, version: str) -> str:
    return f"pkg:npm/{quote(name)}@{quote(version)}"
