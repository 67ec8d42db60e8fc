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
    has_part = bool(part and int(part))
    if has_part and not subunit:
        return f"{text} {unit}"  # "12 Ariary and 50" says of nothing that there are 50
    words = f"{_number(int(whole), lang)} {unit}"
    if has_part:
        words = f"{words} and {_number(int(part), lang)} {subunit}"
    return f"Minus {words}" if has_part and whole == "-0" else words


def _number(number: int, lang: str) -> str:
    if num2words is None:
        return str(number)
    try:
        return str(num2words.num2words(number, lang=lang)).title()
    except NotImplementedError:
        return str(num2words.num2words(number, lang="en")).title()
