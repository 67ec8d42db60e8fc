"""How a text in code finds its translation: PO files of modules, `_()`, its lazy form, and whose language counts.

Translations of code belong to a module and a language, are read once per process, and fall back from `fr_BE` to
`fr`. `_()` learns the module from the caller's module name and the language from the caller's environment: a local
`self` or `env` with a language, a `context` with a `lang`, else what a source registered by the http floor answers.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from babel import Locale, UnknownLocaleError
from babel.lists import format_list as babel_format_list
from markupsafe import Markup, escape

from fondaco.values.collections import ReadonlyDict
from fondaco.values.deferred import Postponed

if TYPE_CHECKING:
    from fondaco.i18n import po
else:
    po = Postponed("fondaco.i18n.po")

_logger = logging.getLogger(__name__)

SOURCE_LANG = "en_US"
PO_FOLDERS = ("i18n", "i18n_extra")
SPOKESMAN = "base"
"""The module whose translations have what the server itself says."""
_ADDONS = "odoo.addons."
_NO_TEXTS: Mapping[str, str] = ReadonlyDict({})
_NO_MESSAGES: Mapping[str, Any] = ReadonlyDict({"messages": ()})

LanguageSource = Callable[[], str | None]
# Asked in order when no frame knows the language; filled by the floors that know a request.
language_sources: list[LanguageSource] = []


def module_path(module: str) -> Path | None:
    """The folder of an addon of this process, None if it is not on the addons path."""
    imported = sys.modules.get(_ADDONS + module)
    file = getattr(imported, "__file__", None)
    if file:
        return Path(file).parent
    namespace = sys.modules.get(_ADDONS[:-1])
    for folder in getattr(namespace, "__path__", ()):
        if (Path(folder) / module).is_dir():
            return Path(folder) / module
    return None


def languages_of(lang: str) -> list[str]:
    """The file stems that may hold translations for `lang`, least specific first: fr_BE -> fr, fr_BE.

    Spanish of America shares es_419, Serbian in Latin letters keeps its modifier: sr@latin.
    """
    stems = []
    base, _at, modifier = lang.partition("@")
    language = base.partition("_")[0]
    if language != lang:
        stems.append(f"{language}@{modifier}" if modifier else language)
    if language == "es" and base not in {"es", "es_ES", "es_419"}:
        stems.append("es_419")
    stems.append(lang)
    return list(dict.fromkeys(stems))


def po_paths(module: str, lang: str) -> list[Path]:
    """The PO files of a module for a language, least specific first; `i18n_extra` comes after `i18n`."""
    folder = module_path(module)
    return [] if folder is None else _paths(folder, languages_of(lang))


def _paths(folder: Path, stems: Iterable[str]) -> list[Path]:
    candidates = (folder / sub / f"{stem}.po" for stem in stems for sub in PO_FOLDERS)
    return [path for path in candidates if path.is_file()]


class CodeTranslations:
    """Translations of the texts in Python and JavaScript code, read on first use.

    Kept by the module and the files that were found for the language, not by the language: whoever asks for languages
    and modules that there are not, as strangers may, leaves nothing behind.
    """

    def __init__(self) -> None:
        self._stems: dict[str, frozenset[str]] = {}  # of modules that are there: the languages they have files of
        self._python: dict[tuple[str, ...], Mapping[str, str]] = {}
        self._web: dict[tuple[str, ...], Mapping[str, Any]] = {}
        self._lock = threading.Lock()

    def _key(self, module: str, lang: str) -> tuple[str, ...]:
        """(module, language of each of its files that count); nothing where there is none."""
        stems = self._stems.get(module)
        if stems is None:
            # A path is no name: `base/.` would be one more name for base.
            folder = None if "/" in module else module_path(module)
            if folder is None:
                return ()
            stems = frozenset(path.stem for sub in PO_FOLDERS for path in (folder / sub).glob("*.po"))
            with self._lock:
                self._stems[module] = stems
        found = [stem for stem in languages_of(lang) if stem in stems]
        return (module, *found) if found else ()

    def _load(self, key: tuple[str, ...]) -> None:
        python: dict[str, str] = {}
        web: dict[str, dict[str, Any]] = {}
        module, *stems = key
        for path in _paths(module_path(module) or Path(), stems):
            for entry in po.read(path.read_bytes()):
                if not entry.translation:
                    continue
                if po.PYTHON_COMMENT in entry.comments:
                    python[entry.source] = entry.translation
                if po.JAVASCRIPT_COMMENT in entry.comments:
                    web[entry.source] = _message(entry)
        with self._lock:
            self._python[key] = ReadonlyDict(python)
            messages = tuple(ReadonlyDict(message) for message in web.values())
            self._web[key] = ReadonlyDict({"messages": messages})

    def get_python_translations(self, module_name: str, lang: str) -> Mapping[str, str]:
        """source -> translation."""
        key = self._key(module_name, lang)
        if not key:
            return _NO_TEXTS
        found = self._python.get(key)
        if found is None:
            self._load(key)
            found = self._python[key]
        return found

    def get_web_translations(self, module_name: str, lang: str) -> Mapping[str, Any]:
        """{'messages': ({'id': source, 'string': translation}, ...)} as the client takes it.

        A term that counts has its forms in `plurals` too.
        """
        key = self._key(module_name, lang)
        if not key:
            return _NO_MESSAGES
        found = self._web.get(key)
        if found is None:
            self._load(key)
            found = self._web[key]
        return found

    def clear(self) -> None:
        """Read the files again on next use."""
        with self._lock:
            self._stems.clear()
            self._python.clear()
            self._web.clear()


def _message(entry: po.Entry) -> dict[str, Any]:
    message: dict[str, Any] = {"id": entry.source, "string": entry.translation}
    return {**message, "plurals": entry.forms} if entry.forms else message


code_translations = CodeTranslations()


def get_translation(module: str, lang: str | None, source: str, args: tuple[Any, ...] | Mapping[str, Any]) -> str:
    """`source` in `lang` with `args` filled in; the source itself where there is no translation.

    Markup among the arguments makes the result Markup, the text escaped. Lists are joined as the language does.
    """
    if not isinstance(source, str):
        if isinstance(source, LazyGettext):
            return source._translate(lang or SOURCE_LANG)
        raise TypeError(f"_(): expected a text, got {source!r}; format it after translating")
    if not lang or lang == SOURCE_LANG:
        text = source
    else:
        text = code_translations.get_python_translations(module, lang).get(source, source)
    if not args:
        return text
    values = _fillings(args, lang or SOURCE_LANG)
    if any(isinstance(value, Markup) for value in (values.values() if isinstance(values, Mapping) else values)):
        source, text = escape(source), escape(text)
    try:
        filled: str = text % values
        return filled
    except (TypeError, ValueError, KeyError):
        _logger.warning("translation of %r in %r (%s) does not take its arguments: %r", source, lang, module, text)
        plain: str = source % values
        return plain


def _fillings(args: tuple[Any, ...] | Mapping[str, Any], lang: str) -> Any:
    if isinstance(args, Mapping):
        return {name: _filling(value, lang) for name, value in args.items()}
    return tuple(_filling(value, lang) for value in args)


def _filling(value: Any, lang: str) -> Any:
    if isinstance(value, LazyGettext):
        return value._translate(lang)
    if isinstance(value, (list, tuple, set, frozenset)) and value:
        return format_list([str(_filling(item, lang)) for item in value], lang)
    return value


def format_list(texts: Iterable[str], lang: str, style: Any = "standard") -> str:
    """'a, b, and c' as `lang` writes it."""
    listed = list(texts)
    try:
        return babel_format_list(listed, style, Locale.parse(lang.partition("@")[0]))
    except (ValueError, UnknownLocaleError):
        return ", ".join(listed)


def get_translated_module(arg: str | int) -> str:
    """The addon of a module name ('odoo.addons.sale.models.x' -> 'sale'), or of the caller `arg` frames up."""
    name = arg if isinstance(arg, str) else str(sys._getframe(arg + 1).f_globals.get("__name__", ""))
    if name.startswith(_ADDONS):
        return name.split(".")[2]
    return SPOKESMAN if "." in name or not isinstance(arg, str) else name


# How far `_()` and lazy texts look for an environment: a request is rarely further from its controller.
_MAX_FRAMES = 40


def _language_of_frame(frame: FrameType) -> str | None:
    names = frame.f_locals
    for name in ("self", "env", "records", "record"):
        owner = names.get(name)
        if owner is None:
            continue
        env = getattr(owner, "env", None) if name != "env" else owner
        context = getattr(env, "context", None)
        if isinstance(context, Mapping):
            return getattr(env, "lang", None) or SOURCE_LANG
    for name in ("context", "kwargs"):
        context = names.get(name)
        if name == "kwargs" and isinstance(context, Mapping):
            context = context.get("context")
        if isinstance(context, Mapping) and context.get("lang"):
            return str(context["lang"])
    return None


def language_around(frame: FrameType | None, depth: int = 1) -> str | None:
    """The language of the innermost of `depth` frames that knows one, else of the registered sources."""
    while frame is not None and depth > 0:
        found = _language_of_frame(frame)
        if found:
            return found
        frame, depth = frame.f_back, depth - 1
    for ask in language_sources:
        found = ask()
        if found:
            return found
    return None


def spoken_language() -> str:
    """The language in which whoever asked is answered, where no frame has an environment: that of the request."""
    return language_around(None) or SOURCE_LANG


def _(source: str, *args: Any, **kwargs: Any) -> str:
    """The translation of `source` for the module and the language of the caller."""
    if args and kwargs:
        raise TypeError("_(): fill the text with positional or with named values, not with both")
    frame = sys._getframe(1)
    module = get_translated_module(str(frame.f_globals.get("__name__", "")) or "base")
    return get_translation(module, language_around(frame), source, args or kwargs)


class LazyGettext:
    """A text that is translated when it is shown, in the language of whoever shows it."""

    __slots__ = ("_args", "_default_lang", "_module", "_source")

    def __init__(self, source: str, /, *args: Any, _module: str = "", _default_lang: str = "", **kwargs: Any) -> None:
        if args and kwargs:
            raise TypeError("_lt(): fill the text with positional or with named values, not with both")
        module = _module or str(sys._getframe(1).f_globals.get("__name__", ""))
        self._module = get_translated_module(module or "base")
        self._default_lang = _default_lang
        self._source = source
        self._args: tuple[Any, ...] | dict[str, Any] = args or kwargs

    def _translate(self, lang: str = "") -> str:
        return get_translation(self._module, lang or self._default_lang or SOURCE_LANG, self._source, self._args)

    def __str__(self) -> str:
        return self._translate(language_around(sys._getframe(1), _MAX_FRAMES) or "")

    def __repr__(self) -> str:
        return f"_lt({self._source!r}, module={self._module!r})"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, LazyGettext):
            return (self._module, self._source, self._args) == (other._module, other._source, other._args)
        return NotImplemented

    def __hash__(self) -> int:
        return hash((self._module, self._source))

    def __mod__(self, other: Any) -> str:
        filled: str = str(self) % other
        return filled

    def __add__(self, other: object) -> str:
        if isinstance(other, (str, LazyGettext)):
            return str(self) + str(other)
        return NotImplemented

    def __radd__(self, other: object) -> str:
        if isinstance(other, str):
            return other + str(self)
        return NotImplemented


_lt = LazyGettext


class LazyTranslate:
    """Makes lazy texts for one module: `_lt = LazyTranslate(__name__)`."""

    def __init__(self, module: str, *, default_lang: str = "") -> None:
        self.module = get_translated_module(module)
        self.default_lang = default_lang

    def __call__(self, source: str, *args: Any, **kwargs: Any) -> LazyGettext:
        return LazyGettext(source, *args, **kwargs, _module=self.module, _default_lang=self.default_lang)
