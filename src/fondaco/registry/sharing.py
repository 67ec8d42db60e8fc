"""Answers that one process found and others need not find again: kept in Redis, named by all that makes them true.

The name of an answer holds what was announced for its group (`signaling`) as the asking transaction sees it. A change
makes another name, in the very transaction that makes the old answer wrong; so nothing is ever removed, and an old
answer is not found by whoever sees the change. Answers are plain values, written as JSON: what is read back can be
nothing but text, numbers and lists of them. Without Redis every process finds its answers by itself.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from fondaco.errors import ConfigError
from fondaco.sql.fragment import SQL
from fondaco.values.collections import frozendict

_logger = logging.getLogger(__name__)

PREFIX = "fondaco:answer:"
LIFETIME_S = 86_400  # where cache_timeout names none
AWAY_S = 5.0  # before a Redis that did not answer is asked again
CONNECT_S = 0.3
ANSWER_S = 0.3
MISSING = object()
# Which rows the numbers of `signaling` are about. One Redis may serve several clusters, in which databases of one name
# have one oid; and a cluster that is set back to an earlier state, or a standby that takes over, begins to serve anew.
_DATABASE = SQL(
    """
    SELECT current_database()::text,
           (SELECT oid::int8 FROM pg_database WHERE datname = current_database()),
           pg_postmaster_start_time()::text,
           (SELECT value FROM ir_config_parameter WHERE key = 'database.uuid')
    """
)


class NotPlain(TypeError):
    """A value that cannot be shared."""


def packed(value: Any) -> Any:
    """`value` as JSON can hold it, types kept; `NotPlain` for any other type, subclasses of plain ones included."""
    kind = type(value)
    if value is None or kind in (str, int, bool, float):
        return value
    if kind is list:
        return [packed(one) for one in value]
    if kind in (tuple, set, frozenset):
        parts = [packed(one) for one in value]
        return {"": kind.__name__, "of": parts if kind is tuple else sorted(parts, key=json.dumps)}
    if kind in (dict, frozendict):
        return {"": kind.__name__, "of": [[packed(key), packed(one)] for key, one in value.items()]}
    raise NotPlain(kind.__name__)


_KINDS: Mapping[str, Any] = {
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
    "dict": dict,
    "frozendict": frozendict,
}


def unpacked(value: Any) -> Any:
    """The value of which `packed` made this."""
    if isinstance(value, list):
        return [unpacked(one) for one in value]
    if not isinstance(value, dict):
        return value
    kind = _KINDS[value[""]]
    if kind in (dict, frozendict):
        return kind({unpacked(key): unpacked(one) for key, one in value["of"]})
    return kind(unpacked(one) for one in value["of"])


class SharedAnswers:
    """The answers of all processes, in the Redis of `redis_url`."""

    def __init__(self, url: str, lifetime_s: float = 0.0) -> None:
        try:
            import valkey  # noqa: PLC0415  an optional library
        except ImportError as error:
            raise ConfigError(
                "redis_url is set, but the client library is missing; pip install 'fondaco[redis]'"
            ) from error
        try:
            self._client: Any = valkey.Valkey.from_url(url, socket_connect_timeout=CONNECT_S, socket_timeout=ANSWER_S)
        except ValueError as error:
            raise ConfigError(f"redis_url: {error}") from error
        self._failures = (valkey.ConnectionError, valkey.TimeoutError)
        self._lifetime_s = int(lifetime_s) or LIFETIME_S
        self._away_until = 0.0
        self.hits = 0

    def __repr__(self) -> str:
        return f"<SharedAnswers {'away' if self._away_until else 'there'} hits={self.hits}>"

    def get(self, name: str) -> Any:
        """The answer, or MISSING."""
        content = self._ask("get", name)
        if content is None:
            return MISSING
        try:
            value = unpacked(json.loads(content))
        except (ValueError, KeyError, TypeError) as error:
            _logger.warning("an answer in Redis cannot be read and is found anew: %s", error)
            return MISSING
        self.hits += 1
        return value

    def put(self, name: str, value: Any) -> None:
        """Keep the answer for others, if it is plain."""
        try:
            content = json.dumps(packed(value))
        except NotPlain:
            return
        self._ask("setex", name, self._lifetime_s, content)

    def _ask(self, command: str, *arguments: Any) -> Any:
        """What Redis says; None when it does not answer, and for a while after that."""
        if time.monotonic() < self._away_until:
            return None
        try:
            answer = getattr(self._client, command)(*arguments)
        except self._failures as error:
            if not self._away_until:
                _logger.warning("Redis did not answer; each process finds its answers by itself: %s", error)
            self._away_until = time.monotonic() + AWAY_S
            return None
        self._away_until = 0.0
        return answer


class Sharing:
    """How a registry shares its answers. code: a fingerprint of what finds them."""

    def __init__(self, answers: SharedAnswers, code: str) -> None:
        self.answers = answers
        self.code = code

    def found(self, model: Any, cache_name: str, key: tuple[Any, ...], find: Callable[[], Any]) -> Any:
        """An answer that this process does not remember: another's, or found now and told to the others."""
        name = self._name(model, cache_name, key)
        if name is None:
            return find()
        value = self.answers.get(name)
        if value is MISSING:
            value = find()
            # What `find` did may have changed what was announced.
            if self._name(model, cache_name, key) == name:
                self.answers.put(name, value)
        return value

    def _name(self, model: Any, cache_name: str, key: tuple[Any, ...]) -> str | None:
        """The name of the answer; None where this transaction must find it itself, or the question is not plain."""
        announced = model.pool.announced_for(model.env.cr, cache_name)
        if announced is None:
            return None
        model_name, method, *question = key
        try:
            asked = packed([self.code, announced, model_name, method.__qualname__, question])
        except NotPlain:
            return None
        text = json.dumps([asked, *model.env.cr.fetch(_DATABASE)])
        return PREFIX + hashlib.sha256(text.encode()).hexdigest()
