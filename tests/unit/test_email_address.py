"""Addresses in text as people, headers and careless programs write them."""

import pytest

from fondaco.email.address import (
    decode_message_header,
    email_domain_extract,
    email_normalize,
    email_split_and_format,
    email_split_tuples,
    encapsulate_email,
    formataddr,
    parse_contact_from_email,
    tag_addresses,
)


@pytest.mark.parametrize(
    "text, pairs",
    [
        ("", []),
        ("nobody", []),
        ("@x.y", []),
        ("a@b@c.d", []),
        ("ann@example.com", [("", "ann@example.com")]),
        ("Ann ann@example.com", [("", "ann@example.com")]),
        ("a@x.y b@x.y", [("", "a@x.y"), ("", "b@x.y")]),
        ("x <a@b.c>, y <d@e.f>", [("x", "a@b.c"), ("y", "d@e.f")]),
        ("x <a@b.c> y <d@e.f>", [("x", "a@b.c"), ("y", "d@e.f")]),
        ("tony@e.com; x@y.z\nq@r.s", [("", "tony@e.com"), ("", "x@y.z"), ("", "q@r.s")]),
        ('"Ann, B." <ann@example.com>', [("Ann, B.", "ann@example.com")]),
        ('"a@b.c" <d@e.f>', [("a@b.c", "d@e.f")]),
        ("write to ann@example.com please", [("", "ann@example.com")]),
        ("=?utf-8?b?SsO2aG4=?= <j@x.y>", [("Jöhn", "j@x.y")]),
        ('Ann "The" <a@b>', [("Ann The", "a@b")]),
        ("Ünï <ü@ä.com>", [("Ünï", "ü@ä.com")]),
        ('"unclosed <a@b.c>', [('"unclosed', "a@b.c")]),
    ],
)
def test_addresses_are_found(text, pairs):
    assert email_split_tuples(text) == pairs


def test_normal_forms():
    assert email_normalize('"Ann" <Ann@Example.COM>') == "ann@example.com"
    assert email_normalize("a@x.y, b@x.y") is False
    assert email_normalize("a@x.y, b@x.y", strict=False) == "a@x.y"
    assert email_normalize(None) is False
    assert email_domain_extract("Ann <Ann@Example.COM>") == "example.com"


def test_headers():
    assert formataddr(("", "a@b.c")) == "a@b.c"
    assert formataddr(('Jöhn "x"', "a@b.c")) == '"Jöhn \\"x\\"" <a@b.c>'
    assert formataddr(("Jöhn", "a@bä.c"), "ascii") == "=?utf-8?b?SsO2aG4=?= <a@xn--b-0fa.c>"
    assert email_split_and_format("Ann <a@b.c>, d@e.f") == ['"Ann" <a@b.c>', "d@e.f"]
    assert encapsulate_email("ann@gmail.com", "bounce@example.com") == '"ann" <bounce@example.com>'


def test_contacts_typed_into_one_field():
    assert parse_contact_from_email("Ann <Ann@example.com>") == ("Ann", "ann@example.com")
    assert parse_contact_from_email("Ann ann@example.com") == ("Ann", "ann@example.com")
    assert parse_contact_from_email("Just a name") == ("Just a name", "")
    assert parse_contact_from_email("") == ("", "")


def test_headers_are_decoded():
    from email.message import EmailMessage

    message = EmailMessage()
    message["Subject"] = "Hé"

    assert decode_message_header(message, "Subject") == "Hé"


def test_addresses_become_links_and_nothing_else_does():
    assert tag_addresses("<b> ann@example.com") == '&lt;b&gt; <a href="mailto:ann@example.com">ann@example.com</a>'
