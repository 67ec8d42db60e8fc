"""Where the backups go and what opens that place, by the configuration; refused before anything is begun."""

from __future__ import annotations

import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from fondaco.config import Config
from fondaco.errors import ConfigError

NEXT = "see docs/operator/backups.md"
PASSED_ON = re.compile(r"(AWS|AZURE|B2|GOOGLE|OS|RCLONE|RESTIC_REST|ST)_[A-Z0-9_]+")
"""What restic's back ends read; any other name in the file is a mistake, or an attempt at PATH and its like."""
OF_CONTAINERS = Path("/run/secrets")
"""Files that only a container sees, whatever their mode."""
KEPT = {
    "daily": "backup_keep_daily",
    "weekly": "backup_keep_weekly",
    "monthly": "backup_keep_monthly",
    "yearly": "backup_keep_yearly",
}
"""Restic's words for periods, and the options that say of how many the last backup is kept."""
FOLDER = "backups"
PASSABLE = 0o711
"""Of the folder: a collector of metrics passes through to its file, and sees nothing else."""


@dataclass(frozen=True, slots=True)
class Place:
    """A repository, the keys to it, and the folder of this machine where backups are prepared.

    keep: {"daily": 14, ...}, the last backup of so many days, weeks, months and years.
    """

    location: str = field(repr=False)
    password_file: Path
    credentials: Mapping[str, str] = field(repr=False)
    folder: Path
    is_append_only: bool
    keep: Mapping[str, int]

    def __str__(self) -> str:
        return self.without_secrets(self.location)

    def without_secrets(self, text: str) -> str:
        """`text` without a user and password that the address of the repository may have in it."""
        found = urlsplit(self.location.partition(":")[2]).netloc.rpartition("@")[0]
        return text.replace(f"{found}@", "") if ":" in found else text


def folder_of(config: Config) -> Path:
    """Where backups are prepared and their results kept."""
    return Path(config["backup_folder"] or Path(config["data_dir"], FOLDER)).absolute()


def place_of(config: Config) -> Place:
    """The place that the configuration names; ConfigError with what is missing or open to others."""
    location = str(config["backup_repository"])
    if not location:
        raise ConfigError(
            f"backup_repository is not set: found nothing, expected a directory, sftp:, s3: or rest:; {NEXT}"
        )
    if not config["backup_password_file"]:
        raise ConfigError(
            "backup_password_file is not set: backups are encrypted; `(umask 077; fondaco secret > FILE)` makes a "
            f"password, of which a copy belongs on paper or in a safe; {NEXT}"
        )
    keep = {word: int(config[option] or 0) for word, option in KEPT.items()}
    if min(keep.values()) < 0 or not any(keep.values()):
        raise ConfigError(f"backup_keep_*: found {keep}, expected numbers from 0 on, and one above 0")
    password_file = _private(Path(config["backup_password_file"]), "backup_password_file")
    if not password_file.read_bytes().strip():
        raise ConfigError(f"backup_password_file: {password_file} is empty; expected the password on its first line")
    credentials = config["backup_credentials_file"]
    return Place(
        location=location,
        password_file=password_file.absolute(),
        credentials=_credentials(_private(Path(credentials), "backup_credentials_file")) if credentials else {},
        folder=folder_of(config),
        is_append_only=config["backup_append_only"],
        keep=keep,
    )


def _private(path: Path, option: str) -> Path:
    """A file that only its owner may read."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        path.open("rb").close()
    except OSError as error:
        raise ConfigError(f"{option}: {path} cannot be read: {error.strerror}; {NEXT}") from error
    if mode & 0o077 and path.parent != OF_CONTAINERS:
        raise ConfigError(f"{option}: {path} has mode {mode:04o}, expected 0600: others may read it; chmod 600 {path}")
    return path


def _credentials(path: Path) -> dict[str, str]:
    """The variables of a file in the form that systemd's EnvironmentFile has."""
    found = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        name, sign, value = line.strip().partition("=")
        if not name or name.startswith("#"):
            continue
        if not sign or not PASSED_ON.fullmatch(name):
            raise ConfigError(
                f"{path}:{number}: expected NAME=VALUE with a name that restic's stores read, such as AWS_ACCESS_KEY_ID"
            )
        quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
        found[name] = value[1:-1] if quoted else value
    return found
