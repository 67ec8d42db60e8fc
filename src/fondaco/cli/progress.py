"""How a long command shows that it is working: a bar on a terminal's stderr, nothing anywhere else."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self

import rich.console
import rich.progress

from fondaco.config import Config


class Progress:
    """A bar that `__call__` moves: the text of the step, how many are done, of how many."""

    def __init__(self, config: Config) -> None:
        self.is_shown = sys.stderr.isatty() and not config["quiet"]
        self._bar = rich.progress.Progress(
            rich.progress.SpinnerColumn(),
            rich.progress.TextColumn("{task.description}"),
            rich.progress.BarColumn(),
            rich.progress.MofNCompleteColumn(),
            rich.progress.TimeElapsedColumn(),
            console=rich.console.Console(stderr=True),
            transient=True,
            disable=not self.is_shown,
        )
        self._task = self._bar.add_task("", total=None)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._bar.stop()

    def __call__(self, text: str, done: int = 0, total: int | None = None) -> None:
        self._bar.update(self._task, description=text, completed=done, total=total)
