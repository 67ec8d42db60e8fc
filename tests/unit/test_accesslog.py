"""What the line of a request does not tell."""

from __future__ import annotations

import logging

import pytest

from fondaco.http import accesslog


@pytest.mark.parametrize(
    "address",
    [
        "/odoo?access_token={}&view=list",
        "/web/login?redirect=%2Fodoo%3Faccess_token%3D{}%26view%3Dlist",
        "/web/login/totp?totp_token={}",
        "/web/login/password?new_password={}#top",
        "/web/content/1?access%5Ftoken={}&download=1",
        "/web/session/x?api_key={}",
        "/odoo/contacts?search={}",
    ],
)
def test_a_secret_in_an_address_is_not_logged(caplog: pytest.LogCaptureFixture, address: str) -> None:
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/x", "REQUEST_URI": address.format("s3cr3t")}

    with caplog.at_level(logging.INFO, "werkzeug"):
        accesslog.note(environ, "200 OK", 0.0)

    assert "s3cr3t" not in caplog.text
    assert address.partition("{}")[0] in caplog.text
