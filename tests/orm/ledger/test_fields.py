"""A value of every type: what is written, what a record answers, what `read` answers, what the table holds."""

from __future__ import annotations

import base64
import io
from datetime import date, datetime
from typing import Any

import pytest
from markupsafe import Markup
from PIL import Image


def picture(width: int, height: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(out, "PNG")
    return base64.b64encode(out.getvalue())


@pytest.mark.parametrize(
    ("name", "written", "record", "read"),
    [
        ("flag", 1, True, True),
        ("flag", None, False, False),
        ("whole", "12", 12, 12),
        ("whole", False, 0, 0),
        ("part", 0.1, 0.1, 0.1),
        ("part", False, 0.0, 0.0),
        ("fixed", 1.23456, 1.235, 1.235),
        ("line", "abcdefg", "abcde", "abcde"),
        ("line", "", "", ""),
        ("line", False, False, False),
        ("line", 'q"\\\'%s', 'q"\\\'%', 'q"\\\'%'),
        ("text", "a\nb", "a\nb", "a\nb"),
        ("page", '<p onclick="x()">t<script>1</script></p>', Markup("<p>t</p>"), "<p>t</p>"),
        ("page", False, False, False),
        ("raw_page", "<script>1</script>", Markup("<script>1</script>"), "<script>1</script>"),
        ("day", "2024-02-29", date(2024, 2, 29), date(2024, 2, 29)),
        ("day", date(2024, 1, 1), date(2024, 1, 1), date(2024, 1, 1)),
        ("day", False, False, False),
        ("moment", "2024-02-29 12:30:00", datetime(2024, 2, 29, 12, 30), datetime(2024, 2, 29, 12, 30)),
        ("moment", date(2024, 1, 1), datetime(2024, 1, 1), datetime(2024, 1, 1)),
        ("choice", "b", "b", "b"),
        ("choice", False, False, False),
        ("anything", {"a": [1, None, {"b": "c"}]}, {"a": [1, None, {"b": "c"}]}, {"a": [1, None, {"b": "c"}]}),
        ("anything", False, False, False),
        ("file", base64.b64encode(b"\x00x"), base64.b64encode(b"\x00x"), "AHg="),
        ("file", False, False, False),
        ("column_file", base64.b64encode(b"\x00y"), base64.b64encode(b"\x00y"), "AHk="),
    ],
)  # fmt: skip
def test_values(env: Any, name: str, written: Any, record: Any, read: Any) -> None:
    made = env["ledger.sample"].create({name: written})
    changed = env["ledger.sample"].create({})
    changed.write({name: written})
    samples = made + changed
    for _state in ("cached", "stored"):
        for sample in samples:
            assert sample[name] == record
            assert type(sample[name]) is type(record)
        assert [row[name] for row in samples.read([name])] == [read] * 2
        env.invalidate_all()
    unsaved = env["ledger.sample"].new({name: written})
    if name not in ("page", "fixed"):  # what a form holds is cleaned and rounded when it is saved
        assert unsaved[name] == record
    copy = made.copy()
    env.invalidate_all()
    assert copy[name] == record


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("day", "no day"),
        ("day", datetime(2024, 1, 1, 23)),
        ("whole", "many"),
        ("currency_id", "x"),
        ("refers_to", "res.users,1"),
        ("tag_ids", 5),
    ],
)
def test_what_is_no_value_is_refused(env: Any, name: str, value: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        env["ledger.sample"].create({name: value})


def test_a_selection_refuses_what_its_list_does_not_have_and_takes_what_a_method_might_have_had(env: Any) -> None:
    with pytest.raises(ValueError, match="Wrong value for ledger.order.state: 'z'"):
        env["ledger.order"].create({"state": "z"})

    assert env["ledger.sample"].create({"choice": "z"}).choice == "z"


def test_a_copy_begins_in_the_first_state(env: Any) -> None:
    order = env["ledger.order"].create({"state": "done"})

    assert order.copy().state == "draft"


def test_amounts_are_rounded_to_their_currency(env: Any) -> None:
    coarse = env["res.currency"].create({"name": "XCO", "symbol": "c", "rounding": 0.5})
    sample = env["ledger.sample"].create({"amount": 1.3, "currency_id": coarse.id})
    assert sample.amount == 1.5
    sample.amount = 1.7
    assert sample.amount == 1.5
    sample.write({"amount": 7.123, "currency_id": False})
    assert sample.amount == 7.123
    env.invalidate_all()
    assert sample.amount == 7.123


def test_a_file_is_an_attachment_that_goes_with_it(env: Any) -> None:
    sample = env["ledger.sample"].create({"file": base64.b64encode(b"content")})
    attachments = env["ir.attachment"].search([("res_model", "=", "ledger.sample"), ("res_field", "=", "file")])
    assert (attachments.res_id, attachments.raw) == (sample.id, b"content")
    assert sample.with_context(bin_size=True).read(["file"])[0]["file"] == "7.00 bytes"
    assert base64.b64decode(sample.file) == b"content"
    sample.file = base64.b64encode(b"other")
    assert attachments.raw == b"other"
    assert env["ledger.sample"].search([("file", "!=", False)]) == sample
    sample.file = False
    assert not attachments.exists()
    assert not env["ledger.sample"].search([("file", "!=", False)])


def test_a_file_in_a_column_is_written_whoever_asks_for_sizes(env: Any) -> None:
    sizes = env["ledger.sample"].with_context(bin_size=True)
    sample = env["ledger.sample"].create({})
    assert not sizes.browse(sample.id).column_file
    sample.column_file = base64.b64encode(b"abc")
    sizes.env.flush_all()
    env.invalidate_all()
    assert base64.b64decode(sample.column_file) == b"abc"
    sizes.browse(sample.id).column_file = base64.b64encode(b"abcd")
    sizes.env.flush_all()
    env.invalidate_all()
    assert base64.b64decode(sample.column_file) == b"abcd"


def test_a_picture_is_made_to_fit(env: Any) -> None:
    sample = env["ledger.sample"].create({"picture": picture(32, 16)})
    made = Image.open(io.BytesIO(base64.b64decode(sample.picture)))
    assert made.size == (8, 4)


def test_references_name_a_model_too(env: Any) -> None:
    tag = env["ledger.tag"].create({"name": "T"})
    sample = env["ledger.sample"].create(
        {"refers_to": f"ledger.tag,{tag.id}", "res_model": tag._name, "res_id": tag.id}
    )
    env.invalidate_all()
    assert (sample.refers_to, sample.res_id) == (tag, tag.id)
    assert sample.read(["refers_to", "res_id"]) == [
        {"id": sample.id, "refers_to": f"ledger.tag,{tag.id}", "res_id": tag.id}
    ]
    order = env["ledger.order"].create({})
    sample.refers_to = order
    assert env["ledger.sample"].search([("refers_to", "=", f"ledger.order,{order.id}")]) == sample
    sample.refers_to = False
    assert not sample.refers_to


def test_a_json_value_is_a_copy(env: Any) -> None:
    sample = env["ledger.sample"].create({"anything": [1]})
    sample.anything.append(2)
    assert sample.anything == [1]
    sample.anything = [*sample.anything, 2]
    env.invalidate_all()
    assert sample.anything == [1, 2]


def test_json_values_that_are_equal_in_python_only_stay_what_they_are(env: Any) -> None:
    values = [{"v": 1}, {"v": True}, {"v": 1.0}, 1, True]
    samples = env["ledger.sample"].create([{"anything": value} for value in values])
    env.invalidate_all()
    assert [repr(sample.anything) for sample in samples] == [repr(value) for value in values]

    for sample, value in zip(samples, values[::-1], strict=True):
        sample.anything = value
    env.flush_all()
    env.invalidate_all()
    assert [repr(sample.anything) for sample in samples] == [repr(value) for value in values[::-1]]


def test_many_rows_of_every_type_go_and_come_in_one_statement(env: Any, queries: Any) -> None:
    values = {
        "flag": True, "whole": 3, "part": 1e-9, "fixed": 2.5, "line": "é\"'\\", "text": "x\ty", "page": "<p>p</p>",
        "day": "1900-01-01", "moment": "2030-12-31 23:59:59", "choice": "a", "anything": {"k": ["é"]},
        "column_file": base64.b64encode(b"\xff\x00"),
    }  # fmt: skip
    with queries() as seen:
        one = env["ledger.sample"].create(values)
        many = env["ledger.sample"].create([values] * 3)
        env.flush_all()
    assert len([code for code in seen if code.startswith("INSERT")]) == 2
    env.invalidate_all()
    rows = (one + many).read(list(values))
    assert [{**row, "id": 0} for row in rows] == [{**rows[0], "id": 0}] * 4
    for number, sample in enumerate(many):
        sample.write(
            {
                "part": number / 7,
                "moment": datetime(2000, 1, number + 1, 1, 2, 3),
                "anything": {"n": number},
                "line": None,
            }
        )
    env.invalidate_all()
    assert many.mapped("part") == [0.0, 1 / 7, 2 / 7]
    assert [moment.day for moment in many.mapped("moment")] == [1, 2, 3]
    assert many.mapped("anything") == [{"n": 0}, {"n": 1}, {"n": 2}]
    assert many.mapped("line") == [False] * 3
