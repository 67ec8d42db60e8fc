"""How a long command shows that it is working: a bar on a terminal's stderr, nothing anywhere else."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self

from fondaco.config import Config
from fondaco.values.deferred import Deferred

if TYPE_CHECKING:
    from rich import console, progress
else:
    console, progress = Deferred("rich.console"), Deferred("rich.progress")


class Progress:
    """A bar that `__call__` moves: the text of the step, how many are done, of how many."""

    def __init__(self, config: Config) -> None:
        self._bar = _bar() if sys.stderr.isatty() and not config["quiet"] else None
        self._task = self._bar.add_task("", total=None) if self._bar is not None else None

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, text: str, done: int = 0, total: int | None = None) -> None:
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, description=text, completed=done, total=total)


def _bar() -> progress.Progress:
    return progress.Progress(
        progress.SpinnerColumn(),
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TimeElapsedColumn(),
        console=console.Console(stderr=True),
        transient=True,
    )
