"""In which direction a language is written: as CLDR has it."""

from __future__ import annotations

import babel
import pytest
from babel.localedata import locale_identifiers

from fondaco.i18n.direction import direction


def test_languages_and_scripts_are_those_of_cldr() -> None:
    codes = [
        code for code in locale_identifiers() if "_" not in code or len(code.rpartition("_")[2]) == 4
    ]  # no country
    of_cldr = {code: babel.Locale.parse(code).text_direction for code in codes}

    assert len(of_cldr) > 300
    # Mongolian script runs from top to bottom, which HTML says with a style.
    assert [code for code, known in of_cldr.items() if direction(code) != known] == [
        code for code, known in of_cldr.items() if known == "ttb"
    ]


@pytest.mark.parametrize(
    ("code", "expected"),
    [("ar_SY", "rtl"), ("sr@latin", "ltr"), ("zh_Hant_TW", "ltr"), ("", "ltr"), ("our own", "ltr")],
)
def test_codes_of_all_kinds_have_a_direction(code: str, expected: str) -> None:
    assert direction(code) == expected
