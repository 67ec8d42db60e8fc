"""Whose line was it? What the code of an addon raises, told as one sentence with module, file and line.

    with culprit.of(manifest, "its hook post_init_hook=go"):
        go(env)

The sentence goes on as a `ModuleError`; the log has it as well, with the traceback from the addon's first line on,
which is what whoever mends it needs. A sentence that the addon itself wrote for people (`UserError`) stays what it is
and gets the place as a note.
"""

import inspect
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import psycopg

from fondaco.errors import ConfigError, DataError, FondacoError, ModuleError, RedirectWarning, UserError
from fondaco.modules.manifest import Manifest

log = logging.getLogger(__name__)

NEXT = "nothing of it is kept; mend that and try again"
SAID_BY = "said by module"
SPOKEN = (UserError, RedirectWarning)
WHOLE = (ModuleError, DataError, ConfigError, psycopg.OperationalError)
"""What names its place already, or is no fault of the addon: a setting is missing, the database is away, or another
transaction won."""


@contextmanager
def of(manifest: Manifest, what: str, *more: Path, and_then: str = NEXT) -> Iterator[None]:
    """What comes out of this block is the fault of `what` of the module. `more`: folders or files of its code that lie
    elsewhere."""
    try:
        yield
    except SPOKEN as error:
        if not any(note.startswith(SAID_BY) for note in getattr(error, "__notes__", ())):
            at = place(error, manifest.path, *more)
            error.add_note(f"{SAID_BY} {manifest.name!r}, {what}" + (f", at {at}" if at else ""))
        raise
    except DataError as error:
        root = _root(error)
        at = "" if isinstance(root, SPOKEN) else place(root, manifest.path, *more)
        if not at or at in str(error):
            raise
        told = f"{error}; raised at {at}"
        log.error("%s", told, exc_info=(type(root), root, own_part(root, manifest.path, *more)))
        raise DataError(told) from error
    except WHOLE:
        raise
    except (Exception, SystemExit) as error:
        at = place(error, manifest.path, *more)
        told = f"Module {manifest.name!r}: {what} failed" + (f" at {at}" if at else "") + f": {sentence(error)}"
        if not at and isinstance(error, FondacoError):
            raise ModuleError(f"{told}; {and_then}") from error
        told = f"{told}; {and_then}, the log has the traceback"
        log.error("%s", told, exc_info=(type(error), error, own_part(error, manifest.path, *more)))
        raise ModuleError(told) from error


def place(error: BaseException, *folders: Path) -> str:
    """`file:line` of the innermost line in `folders` that an error came through; nothing where there is none."""
    if isinstance(error, SyntaxError) and error.filename and Path(error.filename).is_file():
        return f"{error.filename}:{error.lineno or 1}"
    found = [step for step in _steps(error.__traceback__) if _is_in(step, folders)]
    return f"{found[-1].tb_frame.f_code.co_filename}:{found[-1].tb_lineno}" if found else ""


def own_part(error: BaseException, *folders: Path) -> TracebackType | None:
    """The traceback of an error from its first line in `folders` on; the whole where there is none."""
    own = next((step for step in _steps(error.__traceback__) if _is_in(step, folders)), None)
    return own if own is not None or isinstance(error, SyntaxError) else error.__traceback__


def sentence(error: BaseException) -> str:
    """What an error says, in one line, after the name of its class where it is not one of ours."""
    if isinstance(error, psycopg.Error) and error.diag.message_primary:
        text = "; ".join(filter(None, (error.diag.message_primary, error.diag.message_detail, error.diag.message_hint)))
    elif isinstance(error, SyntaxError):
        text = error.msg
    else:
        text = " ".join(str(error).split())
    text = text.rstrip(".")
    return text if isinstance(error, FondacoError | UserError) else f"{type(error).__name__}: {text}".rstrip(": ")


def check_call(function: Callable[..., object], what: str, manifest: Manifest, *args: Any, expected: str) -> None:
    """`ModuleError` where a function of the addon does not take what it will be called with."""
    try:
        # a decorator may hand on other arguments than it takes: what it takes itself counts
        signature = inspect.signature(function, follow_wrapped=False)
        signature.bind(*args)
    except ValueError:
        return  # written in C, it says nothing about itself
    except TypeError:
        code = getattr(inspect.unwrap(function), "__code__", None)
        at = f" at {code.co_filename}:{code.co_firstlineno}" if code is not None else ""
        raise ModuleError(
            f"Module {manifest.name!r}: {what}{at} takes {signature}; it is called with {expected}"
        ) from None


def _root(error: BaseException) -> BaseException:
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def _steps(traceback: TracebackType | None) -> Iterator[TracebackType]:
    while traceback is not None:
        yield traceback
        traceback = traceback.tb_next


def _is_in(step: TracebackType, folders: tuple[Path, ...]) -> bool:
    file = Path(step.tb_frame.f_code.co_filename)
    return any(file.is_relative_to(folder) for folder in folders)
