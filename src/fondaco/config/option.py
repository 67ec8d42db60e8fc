"""What is known of one option: its name everywhere, its kind, its default, its place in the documentation."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from fondaco.config.kinds import Kind

Saving = Literal["always", "set", "never"]


class Flag(NamedTuple):
    """A spelling on the command line.

    `value` is what the flag means when it takes no argument; None: it takes one. An obsolete flag works with a notice.
    """

    spelling: tuple[str, ...]
    value: Any = None
    obsolete: bool = False


class Option(NamedTuple):
    """One row of the table of options (fondaco.config.table)."""

    key: str
    kind: Kind
    default: Any
    group: str
    help: str
    flags: tuple[Flag, ...] = ()
    obsolete_keys: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    metavar: str = ""
    saving: Saving = "always"
    in_file: bool = True
    is_secret: bool = False
    is_ours: bool = False
    """Not an option of Odoo 18."""
    is_ready: bool = True
    """False: accepted so that files load unchanged, without an effect in this version."""
    saved_default: str | None = None
    """How `--save` spells the default, where it differs from what the kind writes."""

    @property
    def environment(self) -> str:
        """The environment variable that sets this option."""
        return f"FONDACO_{self.key.upper().replace('.', '_')}"

    @property
    def expected(self) -> str:
        return f"one of {', '.join(self.choices)}" if self.choices else self.kind.expected

    def read(self, text: str) -> Any:
        """The value of `text`; ValueError when it is none."""
        value = self.kind.read(text)
        if value is None and self.default is not None:
            return self.default
        if self.choices and value not in self.choices:
            raise ValueError(text)
        return value

    def write(self, value: Any) -> str:
        if self.saved_default is not None and value == self.default:
            return self.saved_default
        return self.kind.write(value)
