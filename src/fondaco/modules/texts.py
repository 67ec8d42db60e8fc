"""Which texts of modules can be translated, and how do they read in a language?

    po.write(texts.of_modules(env, ["product"], "fr_FR"), "fr_FR", ["product"])

Texts of records come from the translated fields of what the modules brought; texts of code from their Python, their
JavaScript and the templates of their client.
"""

from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lxml import etree

from fondaco.data.export import xmlid_of
from fondaco.data.xmlid import split
from fondaco.errors import ModuleError
from fondaco.i18n import po
from fondaco.i18n.catalog import code_translations, module_path
from fondaco.i18n.terms import terms_of, xml_translate
from fondaco.sql.fragment import SQL
from fondaco.values.deferred import Deferred

if TYPE_CHECKING:
    from babel.messages import extract
else:
    extract = Deferred("babel.messages.extract")

_PYTHON_WORDS = {"_": None, "_lt": None}
_JAVASCRIPT_WORDS = {"_t": None, "_lt": None}
_NOT_OURS = frozenset({"tests", "node_modules", "lib", "migrations", "upgrades", "__pycache__"})

Found = tuple[str, str, po.Place, str, str]
"""Source, translation, place, module, comment."""


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
        by_model.setdefault(model, {}).setdefault(id_, (module, name))
    for model, named in by_model.items():
        found += _of_records(env, model, named, lang)
    return _joined(found)


def of_records(env: Any, model: str, ids: Iterable[int], lang: str | None) -> list[po.Entry]:
    """The texts of records, which get an xmlid if they have none."""
    records = env[model].browse(ids)
    named = {id_: split(xmlid) for id_, xmlid in xmlid_of(records).items()}
    return _joined(_of_records(env, model, named, lang))


def _joined(found: Iterable[Found]) -> list[po.Entry]:
    """One entry a text, with all the places where it stands."""
    entries: dict[str, tuple[list[str], dict[po.Place, None], set[str], set[str]]] = {}
    for source, translation, place, module, comment in found:
        translations, places, modules, comments = entries.setdefault(source, ([], {}, set(), set()))
        translations += [translation] if translation and translation != source else []
        places[place] = None
        modules.add(module)
        comments |= {comment} if comment else set()
    return [
        po.Entry(source, translations[0] if translations else "", tuple(places), tuple(sorted(modules)),
                 tuple(sorted(comments)))
        for source, (translations, places, modules, comments) in entries.items()
    ]  # fmt: skip


# -- records --------------------------------------------------------------------------------------------------------


def _of_records(env: Any, model: str, named: dict[int, tuple[str, str]], lang: str | None) -> Iterator[Found]:
    if model not in env or not env[model]._auto or env[model]._abstract:
        return
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
                    yield source, translated, place, module, ""
                continue
            place = po.Place("model_terms", f"{model},{field.name}", f"{module}.{name}")
            terms = terms_of(field.translate, source)
            # Terms of a translation stand where those of its source do.
            theirs = terms_of(field.translate, translated) if translated else []
            theirs = theirs if len(theirs) == len(terms) else [""] * len(terms)
            for term, their in zip(terms, theirs, strict=True):
                yield term, their, place, module, ""


# -- code -----------------------------------------------------------------------------------------------------------


def _of_code(module: str, lang: str | None) -> Iterator[Found]:
    folder = module_path(module)
    if folder is None:
        return
    python = code_translations.get_python_translations(module, lang) if lang else {}
    messages = code_translations.get_web_translations(module, lang)["messages"] if lang else ()
    web = {message["id"]: message["string"] for message in messages}
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if _NOT_OURS.intersection(parts):
            continue
        is_client = parts[0] == "static"
        texts: Iterable[str]
        if path.suffix == ".py" and not is_client:
            texts, translations, comment = _python_texts(path), python, po.PYTHON_COMMENT
        elif path.suffix == ".js" and is_client:
            texts, translations, comment = _javascript_texts(path), web, po.JAVASCRIPT_COMMENT
        elif path.suffix == ".xml" and is_client:
            texts, translations, comment = _template_texts(path), web, po.JAVASCRIPT_COMMENT
        else:
            continue
        place = po.Place("code", f"addons/{module}/{path.relative_to(folder).as_posix()}", "0")
        for text in texts:
            yield text, translations.get(text, ""), place, module, comment


def _python_texts(path: Path) -> Iterator[str]:
    try:
        yield from _words(extract.extract_python(BytesIO(path.read_bytes()), _PYTHON_WORDS, (), {"encoding": "utf-8"}))
    except SyntaxError as error:
        raise ModuleError(f"{path}: {error.msg} (line {error.lineno})") from error


def _javascript_texts(path: Path) -> Iterator[str]:
    source = BytesIO(path.read_bytes())
    yield from _words(extract.extract_javascript(source, _JAVASCRIPT_WORDS, (), {"encoding": "utf-8"}))


def _words(extracted: Iterable[Any]) -> Iterator[str]:
    for _line, _function, texts, _comments in extracted:
        text = texts[0] if isinstance(texts, (tuple, list)) else texts
        if text:
            yield text


def _template_texts(path: Path) -> list[str]:
    try:
        root = etree.fromstring(path.read_bytes())
    except etree.XMLSyntaxError as error:
        raise ModuleError(f"{path}: {error}") from error
    found: dict[str, None] = {}
    for template in root:
        if isinstance(template.tag, str):
            found.update(dict.fromkeys(terms_of(xml_translate, etree.tostring(template, encoding="unicode"))))
    return list(found)
