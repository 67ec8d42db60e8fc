"""What is wrong with the file itself is told with its line, before a record is made."""

from __future__ import annotations

import logging

import pytest

from fondaco.data.load import load_file
from fondaco.errors import DataError

ENV = {"res.partner": None}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            b"id,name,email\na,A,\nb,B\n",
            r"x/res\.partner\.csv:3: 2 values for the 3 columns id, name, email; .*'b' one",
        ),
        (b'id,name\na,"A\n\nA"\n\nb\n', r"x/res\.partner\.csv:6: 1 values"),
        (b"id;name\na;A\n", r"x/res\.partner\.csv:1: the columns are divided by ';'; expected commas"),
        (b"id,name\na,\xe9\n", r"x/res\.partner\.csv:2: the byte 0xe9 is no UTF-8"),
        (b'id,name\na,"A\nb,B\n', r"x/res\.partner\.csv: a quote \(\"\) is opened and not closed"),
    ],
    ids=["short row", "lines", "semicolons", "encoding", "quote"],
)
def test_a_table_that_cannot_be_read_says_where(tmp_path, content, message):
    path = tmp_path / "res.partner.csv"
    path.write_bytes(content)

    with pytest.raises(DataError, match=message):
        load_file(ENV, "x", path)


def test_values_without_a_column_are_told_in_the_log(tmp_path, caplog, monkeypatch):
    class Model:
        def with_context(self, **context):
            return self

    path = tmp_path / "res.partner.csv"
    path.write_text("id,name\na,A,,\nb,B, with a comma\n")
    monkeypatch.setattr("fondaco.data.rows.load", lambda model, titles, data, **options: {"messages": []})

    with caplog.at_level(logging.WARNING):
        load_file({"res.partner": Model()}, "x", path)

    (record,) = caplog.records
    assert record.getMessage() == "x/res.partner.csv:3: more values than columns; not used:  with a comma"
