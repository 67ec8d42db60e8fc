"""The XML-RPC codec against the standard library's, the recorded texts and hostile input."""

from __future__ import annotations

import json
import xmlrpc.client
from datetime import date, datetime
from pathlib import Path

import pytest

from fondaco.rpc import xmlrpc as codec

ORACLE = Path(__file__).parents[3] / "shared" / "oracle" / "transcripts"


@pytest.mark.parametrize(
    "value",
    [1, -(2**31), 2**40, True, False, 1.5, "", "a<&>b", "héllo € 😀", [], [1, [2]], {"a": {"b": [1]}}, {"1": "x"}],
    ids=repr,
)
def test_what_is_written_is_read_back_by_the_standard_library(value):
    text = codec.dumps_result(value, allow_none=False)

    assert xmlrpc.client.loads(text)[0] == (value,)


@pytest.mark.parametrize(
    "value",
    [1, True, 2.5, "a<&>b", "  spaced ", [1, "x", [False]], {"a": {"b": []}}, b"\x00\x01", [["id", "=", 3]]],
    ids=repr,
)
def test_calls_of_the_standard_library_are_read(value):
    data = xmlrpc.client.dumps((value, "second"), "execute_kw", allow_none=True).encode()

    method, params = codec.loads(data)

    assert (method, params) == ("execute_kw", (value, "second"))


def test_dates_are_written_as_texts_and_bytes_as_their_text():
    values = [datetime(2026, 1, 2, 3, 4, 5), date(2026, 1, 2), b"abc"]

    text = codec.dumps_result(values, allow_none=False)

    assert xmlrpc.client.loads(text)[0] == (["2026-01-02 03:04:05", "2026-01-02", "abc"],)


def test_none_is_refused_by_the_first_version_and_nil_in_the_second():
    with pytest.raises(TypeError, match="cannot marshal None"):
        codec.dumps_result([None], allow_none=False)

    assert xmlrpc.client.loads(codec.dumps_result([None], allow_none=True))[0] == ([None],)


def test_control_characters_that_xml_forbids_are_dropped():
    assert b"<string>a\tb\ncd</string>" in codec.dumps_result("a\tb\nc\x0bd", allow_none=False)


def test_objects_are_named_in_the_refusal():
    with pytest.raises(TypeError, match="cannot marshal <class 'object'> objects"):
        codec.dumps_result(object(), allow_none=False)


def test_a_structure_that_contains_itself_is_refused():
    loop: list[object] = []
    loop.append(loop)

    with pytest.raises(TypeError, match="recursive"):
        codec.dumps_result(loop, allow_none=False)


@pytest.mark.parametrize(
    "data",
    [
        b"<!DOCTYPE x [<!ENTITY a 'b'>]><methodCall><methodName>v</methodName></methodCall>",
        b"<?xml version='1.0'?>\n"
        b"<!DOCTYPE x SYSTEM 'file:///etc/passwd'><methodCall><methodName>v</methodName></methodCall>",
        b"<!-- <methodCall --><!DOCTYPE x [<!ENTITY a 'b'>]><methodCall><methodName>&a;</methodName></methodCall>",
        b"<?xml version='1.0'?><?a <methodCall ?> <!-- - -->"
        b"<!DOCTYPE x><methodCall><methodName>v</methodName></methodCall>",
        "<!DOCTYPE x><methodCall><methodName>v</methodName></methodCall>".encode("utf-16"),
        b"<methodCall><methodName>version",
        b"hello",
        b"",
        b"<other/>",
        b"<methodCall/>",
        b"<methodCall><methodName>v</methodName>"
        b"<params><param><value><bogus>1</bogus></value></param></params></methodCall>",
        b"<methodCall><methodName>v</methodName><params><param>"
        + b"<value><array><data>" * 200
        + b"</data></array></value>" * 200
        + b"</param></params></methodCall>",
    ],
    ids=[
        "entity",
        "external",
        "entity-behind-comment",
        "behind-instruction",
        "utf-16",
        "cut",
        "text",
        "empty",
        "other",
        "nameless",
        "unknown-type",
        "deep",
    ],
)
def test_hostile_or_broken_documents_are_refused(data):
    with pytest.raises(codec.ExpatError):
        codec.loads(data)


def test_a_document_type_inside_a_text_is_a_text():
    data = xmlrpc.client.dumps(("<!DOCTYPE html>",), "m").encode()
    data = data.replace(b"&lt;!DOCTYPE html&gt;", b"<![CDATA[<!DOCTYPE html>]]>")

    assert codec.loads(data)[1] == ("<!DOCTYPE html>",)


def recorded():
    for file in ("01_rpc_common", "09_errors"):
        path = ORACLE / f"{file}.jsonl"
        if not path.exists():
            continue
        for line in path.read_text().splitlines():
            exchange = json.loads(line)
            text = exchange["response"].get("raw_xml")
            if text and "{{" not in text and "<now>" not in text and "<hex>" not in text:
                yield pytest.param(exchange["response"], text, id=exchange["id"].split("/")[1])


@pytest.mark.parametrize(("response", "text"), recorded())
def test_answers_are_the_recorded_texts(response, text):
    if "fault" in response:
        if "<cut>" in json.dumps(response["fault"]):
            pytest.skip("recorded text was cut")
        written = codec.dumps_fault(response["fault"]["faultCode"], response["fault"]["faultString"])
    else:
        written = codec.dumps_result(response["xmlrpc"], allow_none=False)

    assert written.decode() == text
