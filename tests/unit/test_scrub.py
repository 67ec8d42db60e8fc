"""A statement loses its values and keeps its shape."""

from __future__ import annotations

import pytest

from fondaco.sql.scrub import without_values


@pytest.mark.parametrize(
    ("statement", "shown"),
    [
        ("SELECT 'secret', 12.5 FROM t1 WHERE a = 'it''s'", "SELECT ?, ? FROM t1 WHERE a = ?"),
        ("SELECT E'a\\'b' || $$x'y$$ || $tag$z$tag$", "SELECT ? || ? || ?"),
        ("SELECT \"it's\".id FROM \"it's\" WHERE x = 's'", 'SELECT "it\'s".id FROM "it\'s" WHERE x = ?'),
        ("DELETE FROM t WHERE id IN (1, 2,\n 3)", "DELETE FROM t WHERE id IN (?, ...)"),
        ("UPDATE t SET a = 'cut off in the mid", "UPDATE t SET a = ?"),
        ("SELECT a FROM t WHERE b = $1 AND c = %s LIMIT 80", "SELECT a FROM t WHERE b = $1 AND c = %s LIMIT ?"),
    ],
)
def test_values_become_question_marks(statement, shown):
    assert without_values(statement) == shown
