"""Is a language written from left to right or from right to left?

The first page of a process asks this of one language; CLDR's data of it, which babel would read, are ten times the rest
of the page. A test holds the two tables against CLDR.
"""

from __future__ import annotations

LANGUAGES = frozenset({
    "apc", "ar", "ary", "bal", "bgn", "bqi", "brh", "ckb", "dv", "fa", "he", "ks", "lrc", "mzn", "nqo", "ps", "rhg",
    "sd", "sdh", "skr", "syr", "trw", "ug", "ur", "yi",
})  # fmt: skip
"""Those that are written from right to left where no script is named."""
SCRIPTS = frozenset({"Adlm", "Arab", "Hebr", "Mand", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa"})
_SCRIPT_LENGTH = 4  # letters, which no name of a country has


def direction(code: str) -> str:
    """`ltr` or `rtl`, as HTML has it, for the code of a language; for what is none: `ltr`.

    >>> direction("fr_FR"), direction("ar"), direction("az_Arab_IR"), direction("sr@latin")
    ('ltr', 'rtl', 'rtl', 'ltr')
    """
    language, *more = code.partition("@")[0].split("_")
    script = next((part for part in more if len(part) == _SCRIPT_LENGTH), None)
    is_reversed = language in LANGUAGES if script is None else script in SCRIPTS
    return "rtl" if is_reversed else "ltr"
