"""URL words that `odoo.http` carries on from older werkzeug; and a GeoIP that knows nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, quote_plus, unquote, unquote_plus, urlencode, urljoin, urlsplit, urlunsplit

import werkzeug.urls
from werkzeug.datastructures import MultiDict


class URL(NamedTuple):
    """The parts of a URL."""

    scheme: str
    netloc: str
    path: str
    query: str
    fragment: str

    @property
    def host(self) -> str | None:
        return urlsplit(f"//{self.netloc}").hostname

    @property
    def port(self) -> int | None:
        return urlsplit(f"//{self.netloc}").port

    def replace(self, **parts: Any) -> URL:
        return self._replace(**parts)

    def to_url(self) -> str:
        return urlunsplit(self)

    def decode_query(self) -> dict[str, str]:
        return dict(parse_qsl(self.query, keep_blank_values=True))

    def join(self, *args: Any) -> URL:
        return url_parse(urljoin(self.to_url(), *args))


def url_parse(url: str, scheme: str | None = None, allow_fragments: bool = True) -> URL:
    """The parts of `url`."""
    return URL(*urlsplit(url, scheme or "", allow_fragments))


def url_encode(obj: Any, charset: str = "utf-8", sort: bool = False, key: Any = None, separator: str = "&") -> str:
    """`obj` (a mapping or pairs) as a query string; None values are left out."""
    pairs = obj.items(multi=True) if hasattr(obj, "getlist") else obj.items() if isinstance(obj, Mapping) else obj
    flat = [(name, item) for name, value in pairs for item in (value if isinstance(value, (list, tuple)) else (value,))]
    chosen = [(name, value) for name, value in flat if value is not None]
    text = urlencode(sorted(chosen, key=key) if sort else chosen, encoding=charset)
    return text if separator == "&" else text.replace("&", separator)


def url_quote(string: Any, charset: str = "utf-8", errors: str = "strict", safe: str = "/:", unsafe: str = "") -> str:
    """`string` with what a URL cannot hold as percent escapes."""
    return quote(str(string), safe="".join(set(safe) - set(unsafe)), encoding=charset, errors=errors)


def url_decode(
    s: str | bytes, charset: str = "utf-8", include_empty: bool = True, errors: str = "replace", separator: str = "&"
) -> Any:
    """The values of a query string, in order, several by a name."""
    text = s.decode(charset, errors) if isinstance(s, bytes) else s
    pairs = parse_qsl(text, keep_blank_values=include_empty, encoding=charset, errors=errors, separator=separator)
    return MultiDict(pairs)


def url_unquote(s: str | bytes, charset: str = "utf-8", errors: str = "replace", unsafe: str = "") -> str:
    """`s` with its %xx read."""
    return unquote(s.decode() if isinstance(s, bytes) else s, charset, errors)


def url_unquote_plus(s: str | bytes, charset: str = "utf-8", errors: str = "replace") -> str:
    """`s` with its %xx read and + for a space."""
    return unquote_plus(s.decode() if isinstance(s, bytes) else s, charset, errors)


def url_quote_plus(string: Any, charset: str = "utf-8", errors: str = "strict", safe: str = "") -> str:
    """`string` for a query, + for a space."""
    return quote_plus(string if isinstance(string, str | bytes) else str(string), safe, charset, errors)


def url_unparse(components: Iterable[str]) -> str:
    """The URL of its parts."""
    return urlunsplit(tuple(components))


def url_join(base: str, url: str, allow_fragments: bool = True) -> str:
    """`url` as a page at `base` means it."""
    return urljoin(base, url, allow_fragments)


def lend_to_werkzeug() -> None:
    """Give `werkzeug.urls` the words that addons import from it, and newer releases no longer have."""
    quoting = (url_quote, url_quote_plus, url_unquote, url_unquote_plus)
    for word in (*quoting, url_decode, url_encode, url_join, url_parse, url_unparse):
        if not hasattr(werkzeug.urls, word.__name__):
            setattr(werkzeug.urls, word.__name__, word)


class GeoIP(Mapping[str, Any]):
    """Where an address is: nowhere, without a database of places."""

    def __init__(self, ip: str) -> None:
        self.ip = ip

    country_code: str | None = None
    country_name: str | None = None

    def __getitem__(self, item: str) -> Any:
        if item in {"country_code", "country_name", "city", "latitude", "longitude", "region", "time_zone"}:
            return None
        raise KeyError(item)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __bool__(self) -> bool:
        return False
