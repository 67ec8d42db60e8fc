"""Browsers and devices are told apart by what they send."""

from __future__ import annotations

import pytest

from fondaco.http.useragent import UserAgent

WEBKIT = "AppleWebKit/537.36"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
            ("linux", "firefox", "128.0"),
        ),
        (
            f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/126.0 Safari/537.36",
            ("windows", "chrome", "126.0"),
        ),
        (f"Mozilla/5.0 (Windows NT 10.0) {WEBKIT} Chrome/126.0 Safari/537.36 Edg/126.1", ("windows", "edge", "126.1")),
        (
            f"Mozilla/5.0 (Linux; Android 14) {WEBKIT} Chrome/126.0 Mobile Safari/537.36",
            ("android", "chrome", "126.0"),
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/17.5 Mobile/15E148 Safari/604.1",
            ("iphone", "safari", "17.5"),
        ),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) Version/17.5 Safari/605.1.15", ("macos", "safari", "17.5")),
        ("python-requests/2.32.0", (None, "python", "2.32.0")),
        ("", (None, None, None)),
    ],
)
def test_a_header_is_read(text, expected):
    agent = UserAgent(text)

    assert (agent.platform, agent.browser, agent.version) == expected
    assert agent.string == text
