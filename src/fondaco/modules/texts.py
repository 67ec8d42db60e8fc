"""Which texts of modules can be translated, and how do they read in a language?

    po.write(texts.of_modules(env, ["product"], "fr_FR"), "fr_FR", ["product"])

Texts of records come from the translated fields of what the modules brought; texts of code from their Python, their
JavaScript and the templates of their client. What the server below the addons says to people is base's.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from lxml import etree

from fondaco.data.export import xmlid_of
from fondaco.data.xmlid import split
from fondaco.errors import ModuleError
from fondaco.i18n import client, po
from fondaco.i18n.catalog import SPOKESMAN, code_translations, module_path
from fondaco.i18n.terms import terms_of
from fondaco.sql.fragment import SQL
from fondaco.values.deferred import Deferred

if TYPE_CHECKING:
    from babel.messages import extract
else:
    extract = Deferred("babel.messages.extract")

_PYTHON_WORDS = {"_": None, "_lt": None}
_SERVER_WORDS = {**_PYTHON_WORDS, "to_translate": None}
_SERVER = Path(__file__).parents[1]
_SPEAKING = re.compile(r"(?<!\w)(?:_|_lt|to_translate)\(")
"""What is in a file of the server that has texts: reading all of them by their words takes seconds."""
_NOT_OURS = frozenset({"tests", "node_modules", "lib", "migrations", "upgrades", "__pycache__"})


class Found(NamedTuple):
    """A text at one of its places; plural and forms where it counts."""

    source: str
    translation: str
    place: po.Place
    module: str
    comment: str = ""
    plural: str = ""
    forms: tuple[str, ...] = ()


def of_modules(env: Any, modules: Sequence[str], lang: str | None) -> list[po.Entry]:
    """Every text of the modules; translations are '' where there is none, or without `lang`."""
    found: list[Found] = []
    for module in modules:
        found += _of_code(module, lang)
    env.flush_all()
    rows = env.cr.fetch(
        SQL(
            "SELECT module, name, model, res_id FROM ir_model_data WHERE module = ANY(%s) AND res_id IS NOT NULL"
            " ORDER BY module, model, name",
            list(modules),
        )
    )
    by_model: dict[str, dict[int, tuple[str, str]]] = {}
    for module, name, model, id_ in rows:
        if model == "ir.module.module" and not _stands_beside(module, name.removeprefix("module_")):
            continue  # what an addon of other hands is called is for its own files to say
        by_model.setdefault(model, {}).setdefault(id_, (module, name))
    for model, named in by_model.items():
        found += _of_records(env, model, named, lang)
    return _joined(found)


def _stands_beside(module: str, other: str) -> bool:
    mine, theirs = module_path(module), module_path(other)
    return mine is not None and theirs is not None and mine.parent == theirs.parent


def of_records(env: Any, model: str, ids: Iterable[int], lang: str | None) -> list[po.Entry]:
    """The texts of records, which get an xmlid if they have none."""
    records = env[model].browse(ids)
    named = {id_: split(xmlid) for id_, xmlid in xmlid_of(records).items()}
    return _joined(_of_records(env, model, named, lang))


def _joined(found: Iterable[Found]) -> list[po.Entry]:
    """One entry a text, with all the places where it stands."""
    by_source: dict[str, list[Found]] = {}
    for text in found:
        by_source.setdefault(text.source, []).append(text)
    return [_entry(source, texts) for source, texts in by_source.items()]


def _entry(source: str, texts: Sequence[Found]) -> po.Entry:
    counted = next((text for text in texts if text.plural), None)
    return po.Entry(
        source,
        next((text.translation for text in texts if text.translation not in ("", source)), ""),
        tuple(dict.fromkeys(text.place for text in texts)),
        tuple(sorted({text.module for text in texts})),
        tuple(sorted({text.comment for text in texts if text.comment})),
        counted.plural if counted else "",
        counted.forms if counted else (),
    )


# -- records --------------------------------------------------------------------------------------------------------


_FIELD_OF = {
    "ir.model.fields": "SELECT id, model, name FROM ir_model_fields WHERE id = ANY(%s)",
    "ir.model.fields.selection": "SELECT choice.id, model, field.name FROM ir_model_fields_selection choice"
    " JOIN ir_model_fields field ON field.id = choice.field_id WHERE choice.id = ANY(%s)",
}
"""Model -> SQL for (id, model, name) of the fields that its records describe."""


def _of_silent_fields(env: Any, model: str, ids: Iterable[int]) -> set[int]:
    """Those of the records that describe a field that stays out of the files, by its own word or its model's."""
    rows = env.cr.fetch(SQL(_FIELD_OF[model], list(ids))) if model in _FIELD_OF else ()
    silent = set()
    for id_, of_model, name in rows:
        if of_model not in env:
            continue
        model_class = env.registry[of_model]
        field = model_class._fields.get(name)
        if field is not None and not (model_class._translate and field.export_string_translation):
            silent.add(id_)
    return silent


def _of_records(env: Any, model: str, named: dict[int, tuple[str, str]], lang: str | None) -> Iterator[Found]:
    if model not in env or not env[model]._auto or env[model]._abstract:
        return
    silent = _of_silent_fields(env, model, named)
    named = {id_: name for id_, name in named.items() if id_ not in silent}
    table = SQL.identifier(env[model]._table)
    for field in env[model]._fields.values():
        if not field.translate or not field.store or not field.column_type or field.related:
            continue
        column = SQL.identifier(field.name)
        rows = env.cr.fetch(
            SQL("SELECT id, %s FROM %s WHERE id = ANY(%s) AND %s IS NOT NULL", column, table, list(named), column)
        )
        for id_, value in rows:
            module, name = named[id_]
            source, translated = value.get("en_US") or "", value.get(lang) or "" if lang else ""
            if not callable(field.translate):
                if source.strip():
                    place = po.Place("model", f"{model},{field.name}", f"{module}.{name}")
                    yield Found(source, translated, place, module)
                continue
            place = po.Place("model_terms", f"{model},{field.name}", f"{module}.{name}")
            terms = terms_of(field.translate, source)
            # Terms of a translation stand where those of its source do.
            theirs = terms_of(field.translate, translated) if translated else []
            theirs = theirs if len(theirs) == len(terms) else [""] * len(terms)
            for term, their in zip(terms, theirs, strict=True):
                yield Found(term, their, place, module)


# -- code -----------------------------------------------------------------------------------------------------------


def _of_code(module: str, lang: str | None) -> Iterator[Found]:
    folder = module_path(module)
    if folder is None:
        return
    python = code_translations.get_python_translations(module, lang) if lang else {}
    messages = code_translations.get_web_translations(module, lang)["messages"] if lang else ()
    web = {message["id"]: message for message in messages}
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if _NOT_OURS.intersection(parts):
            continue
        is_client = parts[0] == "static"
        place = po.Place("code", f"addons/{module}/{path.relative_to(folder).as_posix()}", "0")
        if path.suffix == ".py" and not is_client:
            for source in _python_texts(path):
                yield Found(source, python.get(source, ""), place, module, po.PYTHON_COMMENT)
        elif path.suffix in (".js", ".xml") and is_client:
            for text in _client_texts(path):
                said = web.get(text.one, {})
                forms = tuple(said.get("plurals", ())) if text.many else ()
                yield Found(text.one, said.get("string", ""), place, module, po.JAVASCRIPT_COMMENT, text.many, forms)
    if module == SPOKESMAN:
        for path, source in _server_texts():
            place = po.Place("code", path.relative_to(_SERVER.parent).as_posix(), "0")
            yield Found(source, python.get(source, ""), place, module, po.PYTHON_COMMENT)


def _server_texts() -> Iterator[tuple[Path, str]]:
    for path in sorted(_SERVER.glob("**/*.py")):
        room = path.relative_to(_SERVER).parts[0]
        if room != "addons" and _SPEAKING.search(path.read_text("utf-8")):
            yield from ((path, source) for source in _python_texts(path, _SERVER_WORDS))


def _python_texts(path: Path, words: Mapping[str, None] = _PYTHON_WORDS) -> Iterator[str]:
    try:
        found = extract.extract_python(BytesIO(path.read_bytes()), words, (), {"encoding": "utf-8"})
        for _line, _function, texts, _comments in found:
            text = texts[0] if isinstance(texts, (tuple, list)) else texts
            if text:
                yield text
    except SyntaxError as error:
        raise ModuleError(f"{path}: {error.msg} (line {error.lineno})") from error


def _client_texts(path: Path) -> list[client.Text]:
    try:
        if path.suffix == ".js":
            return client.texts_of_script(path.read_text("utf-8", "replace"))
        return client.texts_of_templates(path.read_bytes())
    except etree.XMLSyntaxError as error:
        raise ModuleError(f"{path}: {error}") from error
