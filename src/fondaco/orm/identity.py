"""What identifies a record: a database id, or a NewId while it has no row."""

from __future__ import annotations

from typing import TypeAlias


class NewId:
    """Identity of a record without a row; falsy.

    origin: id of the record that it shadows (a form being edited), or None.
    ref: any hashable by which a client knows the record, or None.
    Two NewIds are equal when their origin, or their ref, is equal.
    """

    __slots__ = ("_hash", "origin", "ref")

    def __init__(self, origin: int | None = None, ref: object = None) -> None:
        self.origin = origin
        self.ref = ref
        self._hash = hash(origin or ref or id(self))

    def __bool__(self) -> bool:
        return False

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, NewId) and bool(
            (self.origin and other.origin and self.origin == other.origin)
            or (self.ref and other.ref and self.ref == other.ref)
        )

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        if self.origin:
            return f"<NewId origin={self.origin!r}>"
        if self.ref:
            return f"<NewId ref={self.ref!r}>"
        return f"<NewId 0x{id(self):x}>"


Id: TypeAlias = int | NewId
"""Identity of one record."""


def origin_ids(ids: tuple[Id, ...]) -> tuple[int, ...]:
    """Database ids behind `ids`, in order; ids without one are left out."""
    if all(ids):
        return ids  # type: ignore[return-value]  # only NewId is falsy
    return tuple(id_ or id_.origin for id_ in ids if id_ or getattr(id_, "origin", None))  # type: ignore[union-attr,misc]
