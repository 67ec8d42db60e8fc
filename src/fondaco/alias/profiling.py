"""`odoo.tools.profiler` in its smallest form: contexts that run their block and count what they can."""

from __future__ import annotations

import sys
import threading
import time
from types import FrameType
from typing import Any


class Collector:
    """Collects entries while a profiler runs."""

    name = ""

    def __init__(self) -> None:
        self.profiler: Any = None
        self.entries: list[Any] = []

    @classmethod
    def make(cls, name: str, *args: Any, **kwargs: Any) -> Collector:
        kinds: dict[str, type[Collector]] = {kind.name: kind for kind in Collector.__subclasses__()}
        return kinds[name](*args, **kwargs)

    def start(self) -> None:
        """Begin."""

    def stop(self) -> None:
        """End."""

    def add(self, entry: Any = None, frame: FrameType | None = None) -> None:
        self.entries.append(entry or {"time": time.time()})

    def post_process(self) -> None:
        """After the end."""

    def summary(self) -> str:
        return f"{'=' * 10} {self.name or type(self).__name__} {'=' * 10}\n Entries: {len(self.entries)}"


class SQLCollector(Collector):
    """Statements."""

    name = "sql"


class PeriodicCollector(Collector):
    """Stacks at intervals."""

    name = "traces_async"

    def __init__(self, interval: float = 0.01) -> None:
        super().__init__()
        self.frame_interval = interval


class SyncCollector(Collector):
    """Every call."""

    name = "traces_sync"


class QwebCollector(Collector):
    """Template directives."""

    name = "qweb"


class QwebTracker:
    """Follows the rendering of a template; does nothing here."""

    @classmethod
    def wrap_render(cls, method_render: Any) -> Any:
        return method_render

    @classmethod
    def wrap_compile(cls, method_compile: Any) -> Any:
        return method_compile

    @classmethod
    def wrap_compile_directive(cls, method_compile_directive: Any) -> Any:
        return method_compile_directive


class ExecutionContext:
    """Names what runs inside of it."""

    def __init__(self, **context: Any) -> None:
        self.context = context

    def __enter__(self) -> ExecutionContext:
        return self

    def __exit__(self, *exc: Any) -> None:
        """Nothing was entered that must be left."""


class Profiler:
    """Times its block and counts the entries of its collectors."""

    def __init__(
        self,
        collectors: Any = None,
        db: Any = ...,
        profile_session: str | None = None,
        description: str | None = None,
        disable_gc: bool = False,
        params: Any = None,
        log: bool = False,
    ) -> None:
        made = ("sql", "traces_async") if collectors is None else collectors
        self.collectors = [Collector.make(kind) if isinstance(kind, str) else kind for kind in made]
        self.description = description
        self.profile_session = profile_session or make_session()
        self.duration = 0.0
        self.start_time = 0.0

    def __enter__(self) -> Profiler:
        self.start_time = time.time()
        for collector in self.collectors:
            collector.profiler = self
            collector.start()
        return self

    def __exit__(self, *exc: Any) -> None:
        for collector in self.collectors:
            collector.stop()
        self.duration = time.time() - self.start_time

    def entry_count(self) -> int:
        return sum(len(collector.entries) for collector in self.collectors)

    def summary(self) -> str:
        return "\n".join(collector.summary() for collector in self.collectors)


class Nested:
    """A profiler around another context."""

    def __init__(self, profiler: Profiler, context_manager: Any) -> None:
        self.profiler = profiler
        self.context_manager = context_manager

    def __enter__(self) -> Any:
        self.profiler.__enter__()
        return self.context_manager.__enter__()

    def __exit__(self, *exc: Any) -> Any:
        try:
            return self.context_manager.__exit__(*exc)
        finally:
            self.profiler.__exit__(*exc)


def make_session(name: str = "") -> str:
    """A name for profiles taken together."""
    return f"{time.strftime('%Y-%m-%d %H:%M:%S')} {name}".strip()


def get_current_frame(thread: threading.Thread | None = None) -> FrameType | None:
    """The frame a thread (this one) is in, outside of this module."""
    if thread is not None:
        return sys._current_frames().get(thread.ident or 0)
    return sys._getframe(1)


def stack_size() -> int:
    """How many frames are below the caller."""
    frame: FrameType | None = sys._getframe(1)
    size = 0
    while frame is not None:
        size, frame = size + 1, frame.f_back
    return size


def force_hook() -> None:
    """Collectors are not driven by hooks here."""
