"""Which bucket the configuration names, and how to reach it.

ir_attachment.location = 's3://bucket/prefix'
ir_attachment.config = '{"endpoint_url": "https://s3.example.com", "access_key_id": "...", "secret_access_key": "..."}'
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from fondaco.errors import ConfigError

LOCATION, SETTINGS = "ir_attachment.location", "ir_attachment.config"
FILE, DB, S3 = "file", "db", "s3://"
NEEDED = ("access_key_id", "secret_access_key")
KNOWN = ("endpoint_url", *NEEDED, "bucket_name", "region_name")
AMAZON = "https://s3.amazonaws.com"
REGION = "us-east-1"
"""What object stores other than Amazon's take for any region."""
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX = re.compile(r"[\w.-]+(/[\w.-]+)*", re.ASCII)


@dataclass(frozen=True, slots=True)
class BucketLocation:
    """A bucket, the folder in it that is ours, and the keys to it."""

    endpoint: str
    bucket: str
    prefix: str
    region: str
    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)

    def __str__(self) -> str:
        return f"{S3}{self.bucket}/{self.prefix}".rstrip("/") + f" at {self.endpoint}"


def location_of(config: Mapping[str, Any]) -> BucketLocation | None:
    """The bucket of these settings; None when files lie on this machine or in databases. ConfigError, never with a
    secret in it."""
    place = str(config.get(LOCATION) or FILE)
    if place in (FILE, DB):
        return None
    if not place.startswith(S3):
        raise ConfigError(
            f"{LOCATION}: found {place!r}, expected {FILE}, {DB} or {S3}BUCKET; see docs/operator/storage.md"
        )
    bucket, _, prefix = place.removeprefix(S3).partition("/")
    prefix = prefix.strip("/")
    if not _BUCKET.fullmatch(bucket):
        raise ConfigError(f"{LOCATION}: {bucket!r} is no name of a bucket; expected {S3}BUCKET or {S3}BUCKET/PREFIX")
    if prefix and (not _PREFIX.fullmatch(prefix) or {".", ".."} & set(prefix.split("/"))):
        raise ConfigError(f"{LOCATION}: the prefix {prefix!r} has other than letters, digits, '_', '-' and '.'")
    settings = _settings(config.get(SETTINGS) or {}, bucket)
    return BucketLocation(
        endpoint=_endpoint(settings.get("endpoint_url") or AMAZON),
        bucket=bucket,
        prefix=prefix,
        region=settings.get("region_name") or REGION,
        access_key=settings["access_key_id"],
        secret_key=settings["secret_access_key"],
    )


def _settings(given: Mapping[str, Any], bucket: str) -> dict[str, str]:
    """The settings as texts; an unknown or missing one is told by its name."""
    unknown = [name for name in given if name not in KNOWN]
    if unknown:
        raise ConfigError(f"{SETTINGS}: unknown setting {unknown[0]!r}; there are {', '.join(KNOWN)}")
    wrong = [name for name, value in given.items() if not isinstance(value, str)]
    if wrong:
        raise ConfigError(f"{SETTINGS}: {wrong[0]} is no text")
    missing = [name for name in NEEDED if not given.get(name)]
    if missing:
        raise ConfigError(f"{SETTINGS}: {' and '.join(missing)} missing, which {LOCATION} = {S3}{bucket} needs")
    if given.get("bucket_name", bucket) != bucket:
        raise ConfigError(
            f"{SETTINGS}: bucket_name is {given['bucket_name']!r}, but {LOCATION} names the bucket {bucket!r}"
        )
    return dict(given)


def _endpoint(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ConfigError(f"{SETTINGS}: endpoint_url: expected http(s)://HOST or http(s)://HOST:PORT, without a path")
    if parts.username or parts.password:
        raise ConfigError(f"{SETTINGS}: endpoint_url has a user in it; the keys have settings of their own")
    return f"{parts.scheme}://{parts.netloc}"
