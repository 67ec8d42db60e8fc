"""Is this the master password, and where does another one go?

It guards the life of databases. The one that every manual prints opens nothing, and neither does none at all. A new
one is kept as a hash in the configuration file; every process of the server looks at the file again when it changed.
"""

from __future__ import annotations

import logging
import os
import threading

from fondaco import log
from fondaco.config import Config, inifile
from fondaco.errors import AccessDenied
from fondaco.security.credentials import constant_time_equal, hash_password, verify_password
from fondaco.security.guesses import Guesses

_logger = logging.getLogger("fondaco.rpc")
_door = logging.getLogger(log.LOGINS)

KEY = "admin_passwd"
BEFORE = "admin_passwd_before"
"""The one before, while whoever knows it is being told another."""
UNSAFE = "admin"  # what an untouched configuration of old says: everybody knows it
HASHED = "$pbkdf2-"
HIDDEN = (
    ". This is a proxy whose headers are not believed, and all who come through it count as one; next: set proxy_mode "
    "= True (and trusted_proxies, if it is elsewhere). Until then ask past it, on the server's own port, or use "
    "`fondaco db`"
)


class TooManyGuesses(AccessDenied):
    """Whether the password is right is not even looked at."""

    def __init__(self) -> None:
        super().__init__("Too many wrong master passwords came from here: wait a minute, then try again.")


class MasterPassword:
    """The master password of a server."""

    def __init__(self, config: Config) -> None:
        self._path = config.rcfile
        source = config.source(KEY)
        self._is_from_file = bool(self._path) and (source == "default" or source.startswith(f"{self._path}:"))
        self._text = str(config.get(KEY) or "")
        self._before = str(config.get(BEFORE) or "")
        self._seen = self._time()
        self._lock = threading.Lock()
        self._guesses = Guesses()
        self._unheard = Guesses()  # of clients that a proxy hides: they lock out nobody who comes past it

    def __repr__(self) -> str:
        return f"<MasterPassword set={self.is_set}>"

    @property
    def is_set(self) -> bool:
        """Whether there is one that could be right."""
        return self._current() not in ("", UNSAFE)

    def check(self, text: object) -> bool:
        """True if `text` is right; else `AccessDenied`. An address that is often wrong has to wait."""
        known, address = self._current(), str(log.known("address", "n/a"))
        is_hidden = bool(log.known("is_unheard"))
        guesses = self._unheard if is_hidden else self._guesses
        is_too_fast = guesses.is_too_fast(address)
        if known == UNSAFE:
            _logger.error("the master password is still %r: database management is refused; set %s", UNSAFE, KEY)
        elif is_too_fast:
            _logger.warning(
                "master password from %s not looked at: too many were wrong%s", address, HIDDEN if is_hidden else ""
            )
        elif known and isinstance(text, str) and any(_opens(text, one) for one in (known, self._before)):
            guesses.was_right(address)
            return True
        else:
            guesses.was_wrong(address)
        # In the words of every refused log-in, so that a jail counts these too.
        _door.info("Login failed for db:- login:master-password from %s", address)
        raise TooManyGuesses if is_too_fast else AccessDenied

    def change(self, text: str) -> None:
        """Let `text` be the master password from now on."""
        if not text or text == UNSAFE:
            raise AccessDenied(f"{text!r} is no master password: everybody would guess it")
        hashed = hash_password(text)
        with self._lock:
            if self._is_from_file:
                inifile.put(self._path, KEY, hashed)
            else:
                _logger.warning(
                    "master password changed for this process only: it does not come from a configuration file "
                    "(start with -c FILE)"
                )
            self._text, self._seen = hashed, self._time()

    def _current(self) -> str:
        """The password, read anew when another process changed the file."""
        if self._is_from_file and self._time() != self._seen:
            with self._lock:
                self._seen = self._time()
                options = inifile.read(self._path).options
                self._text, self._before = (options[key].text if key in options else "" for key in (KEY, BEFORE))
        return self._text

    def _time(self) -> int:
        try:
            return os.stat(self._path).st_mtime_ns if self._path else 0
        except OSError:
            return 0


def _opens(text: str, known: str) -> bool:
    """Whether `text` is what a file says; the one that everybody knows is none, nor is nothing."""
    if not text or known in ("", UNSAFE):
        return False
    matches = verify_password if known.startswith(HASHED) else constant_time_equal
    return matches(text, known)
