"""What is one instruction of an x2many value?

A command is a triplet `(command, id, value)`. Lists of commands are what clients and addons give for one2many and
many2many fields.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum
from typing import Any

Triplet = tuple["Command", int, Any]


class Command(IntEnum):
    """The seven instructions; each has a constructor of its lower-case name that gives the triplet."""

    CREATE = 0
    UPDATE = 1
    DELETE = 2
    UNLINK = 3
    LINK = 4
    CLEAR = 5
    SET = 6

    @classmethod
    def create(cls, values: Mapping[str, Any]) -> Triplet:
        """Make a record from `values` and link it."""
        return (cls.CREATE, 0, values)

    @classmethod
    def update(cls, id: int, values: Mapping[str, Any]) -> Triplet:
        """Write `values` on the linked record `id`."""
        return (cls.UPDATE, id, values)

    @classmethod
    def delete(cls, id: int) -> Triplet:
        """Unlink the record from the relation and delete it."""
        return (cls.DELETE, id, 0)

    @classmethod
    def unlink(cls, id: int) -> Triplet:
        """Take the record out of the relation; a one2many whose inverse cascades deletes it."""
        return (cls.UNLINK, id, 0)

    @classmethod
    def link(cls, id: int) -> Triplet:
        """Put an existing record into the relation."""
        return (cls.LINK, id, 0)

    @classmethod
    def clear(cls) -> Triplet:
        """Take every record out of the relation."""
        return (cls.CLEAR, 0, 0)

    @classmethod
    def set(cls, ids: Iterable[int]) -> Triplet:
        """Make the relation hold exactly `ids`."""
        return (cls.SET, 0, ids)
