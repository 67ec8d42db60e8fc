"""How an amount reads in words: by num2words where it is installed, else in digits."""

from __future__ import annotations

try:
    import num2words
except ImportError:  # optional: amounts in words are printed on a few documents only
    num2words = None


def amount_in_words(amount: float, places: int, unit: str, subunit: str, lang: str) -> str:
    """'Twelve Euros and Fifty Cents' for 12.5."""
    text = f"{amount:.{places}f}"
    whole, _dot, part = text.partition(".")
    words = f"{_number(int(whole), lang)} {unit}".strip()
    if part and int(part):
        words = f"{words} and {_number(int(part), lang)} {subunit}".strip()
    return words


def _number(number: int, lang: str) -> str:
    if num2words is None:
        return str(number)
    try:
        return str(num2words.num2words(number, lang=lang)).title()
    except NotImplementedError:
        return str(num2words.num2words(number, lang="en")).title()
