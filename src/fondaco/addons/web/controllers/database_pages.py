# ruff: noqa: E501  markup is read by its lines
"""What is on the page where databases are made, copied, dumped, restored and deleted.

Forms that need no script (one of ours shows how far it is): each is folded away until it is asked for. After a mistake the page comes back with the form open
and what was typed still in it, secrets aside.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from fondaco.addon import _
from fondaco.assets.page import Plan

from . import pages

NAME_PATTERN = "[a-zA-Z0-9][a-zA-Z0-9_.-]+"
ACTION = "/web/database/"
SCRIPT = '<script type="module" src="/web/static/pages/databases.js"></script>'


@dataclass(frozen=True, slots=True)
class Failure:
    """What did not work, and what had been typed."""

    action: str
    message: str
    typed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choices:
    """What a new database can be made in: (code, name)."""

    languages: Sequence[Sequence[str]]
    countries: Sequence[Sequence[str]]


def manager_page(
    plan: Plan, databases: Sequence[str], choices: Choices, *, failure: Failure | None = None, refusal: str = ""
) -> str:
    """The page; with `refusal` only the reason why there is nothing to do here."""
    parts = [Markup("<h1>{}</h1>").format(_("Databases"))]
    if refusal:
        parts.append(alert(refusal, "warning"))
    if failure is not None:
        parts.append(alert(failure.message, "danger"))
    if not refusal:
        parts += [_database(name, failure) for name in databases]
        if not databases:
            parts.append(Markup("<p>{}</p>").format(_("There is no database yet.")))
        parts += [
            _folded(
                _("Create a database"),
                _create(choices, _typed(failure, "create")),
                is_open=_is(failure, "create") or not (databases or failure),
            ),
            _folded(_("Restore a dump"), _restore(_typed(failure, "restore")), is_open=_is(failure, "restore")),
            _folded(_("Change the master password"), _change_password(), is_open=_is(failure, "change_password")),
        ]
    body = Markup(
        '<main class="f-page"><div class="f-page-box f-page-box-wide"><p class="f-brand">{}<span>Fondaco</span></p><div class="f-panel f-databases">{}</div>'
        '<p class="f-page-note"><a href="/web/database/selector">{}</a></p></div></main>'
    ).format(pages.BRAND, Markup("\n").join(parts), _("Choose a database"))
    return pages.document(title=_("Databases") + " · Fondaco", head=pages.styles(plan) + Markup(SCRIPT), body=body)


def alert(text: str, kind: str) -> Markup:
    return Markup('<p class="f-alert f-alert-{0} alert alert-{0}" role="alert">{1}</p>').format(kind, text)


# -- a database -------------------------------------------------------------------------------------------------------
def _database(name: str, failure: Failure | None) -> Markup:
    typed = failure.typed if failure is not None and failure.typed.get("name") == name else {}

    def is_open(action: str) -> bool:
        return _is(failure, action) and bool(typed)

    return Markup(
        '<section class="f-database"><h2><a href="/odoo?db={0}">{0}</a></h2><div class="f-database-actions">{1}{2}{3}</div></section>'
    ).format(
        name,
        _folded(_("Back up"), _backup(name), is_open=is_open("backup")),
        _folded(_("Duplicate"), _duplicate(name, typed), is_open=is_open("duplicate")),
        _folded(_("Delete"), _drop(name), is_open=is_open("drop")),
    )


def _backup(name: str) -> Markup:
    kinds = Markup('<option value="zip">{}</option><option value="dump">{}</option>').format(
        _("zip: rows and files"), _("dump: rows only, for pg_restore")
    )
    fields = [
        _fixed(name),
        _group(
            "backup_format",
            _("Format"),
            Markup('<select class="f-input f-select" id="{{id}}" name="backup_format" required>{}</select>').format(
                kinds
            ),
            name,
        ),
        _master(name),
    ]
    return _form("backup", fields, _("Download"))


def _duplicate(name: str, typed: Mapping[str, str]) -> Markup:
    fields = [
        _fixed(name),
        _input(
            "new_name",
            _("Name of the copy"),
            typed.get("new_name", ""),
            extra=f'required pattern="{NAME_PATTERN}" autocomplete="off" spellcheck="false"',
            of=name,
        ),
        _neutralize(is_checked="new_name" not in typed or bool(typed.get("neutralize_database"))),
        _master(name),
    ]
    return _form("duplicate", fields, _("Duplicate"))


def _drop(name: str) -> Markup:
    warning = Markup("<p>{}</p>").format(
        _("All its rows and files are deleted, for good. A backup first does no harm.")
    )
    typed = _input(
        "typed_name",
        _("Type its name, %s", name),
        extra=f'required pattern="{name.replace(".", "[.]")}" autocomplete="off" spellcheck="false"',
        of=name,
    )
    return _form("drop", [warning, _fixed(name), typed, _master(name)], _("Delete"), kind="danger")


# -- the server -------------------------------------------------------------------------------------------------------
def _create(choices: Choices, typed: Mapping[str, str]) -> Markup:
    lang = typed.get("lang") or "en_US"
    country = typed.get("country_code", "")
    languages = _options(choices.languages, lang)
    countries = Markup('<option value=""></option>') + _options(choices.countries, country)
    fields = [
        _input(
            "name",
            _("Name"),
            typed.get("name", ""),
            extra=f'required pattern="{NAME_PATTERN}" autocomplete="off" spellcheck="false"',
            of="create",
        ),
        _input(
            "login",
            _("Login of the first user"),
            typed.get("login", "admin"),
            extra='required autocomplete="off" autocapitalize="off" spellcheck="false"',
            of="create",
        ),
        _input(
            "password",
            _("Password of the first user"),
            kind="password",
            extra='required autocomplete="new-password"',
            of="create",
        ),
        _input("phone", _("Phone"), typed.get("phone", ""), kind="tel", extra='autocomplete="off"', of="create"),
        _group(
            "lang",
            _("Language"),
            Markup('<select class="f-input f-select" id="{{id}}" name="lang" required>{}</select>').format(languages),
            "create",
        ),
        _group(
            "country_code",
            _("Country"),
            Markup('<select class="f-input f-select" id="{{id}}" name="country_code">{}</select>').format(countries),
            "create",
        ),
        _check("demo", _("With demonstration data"), "1", is_checked=bool(typed.get("demo"))),
        _master("create"),
    ]
    return _form("create", fields, _("Create"))


def _restore(typed: Mapping[str, str]) -> Markup:
    is_copy = typed.get("copy", "true") == "true"
    fields = [
        _group(
            "backup_file",
            _("File"),
            Markup(
                '<input class="f-input" type="file" id="{id}" name="backup_file" required accept=".zip,.dump,application/zip">'
            ),
            "restore",
        ),
        _input(
            "name",
            _("Name"),
            typed.get("name", ""),
            extra=f'required pattern="{NAME_PATTERN}" autocomplete="off" spellcheck="false"',
            of="restore",
        ),
        Markup("<fieldset><legend>{}</legend>{}{}</fieldset>").format(
            _("The original"),
            _check(
                "copy",
                _("lives on: this one is a copy and gets an identity of its own"),
                "true",
                kind="radio",
                is_checked=is_copy,
            ),
            _check("copy", _("is gone: this one takes its place"), "false", kind="radio", is_checked=not is_copy),
        ),
        _neutralize(),
        _master("restore"),
    ]
    return _form("restore", fields, _("Restore"), encoding=' enctype="multipart/form-data"')


def _change_password() -> Markup:
    fields = [
        _input(
            "master_pwd_new",
            _("New master password"),
            kind="password",
            extra='required autocomplete="new-password"',
            of="change",
        ),
        _master("change", _("Present master password")),
    ]
    return _form("change_password", fields, _("Change"))


# -- parts ------------------------------------------------------------------------------------------------------------
def _folded(title: str, content: Markup, *, is_open: bool) -> Markup:
    return Markup('<details class="f-folded"{}><summary>{}</summary>{}</details>').format(
        Markup(" open") if is_open else "", title, content
    )


def _form(action: str, fields: Sequence[Markup], button: str, *, kind: str = "primary", encoding: str = "") -> Markup:
    told = Markup("") if action == "backup" else _told()  # a download has its own progress
    return Markup(
        '<form action="{}{}" method="post"{}{}>{}<button type="submit" class="f-button f-button-{}">{}</button></form>'
    ).format(ACTION, action, Markup(encoding), told, Markup("\n").join(fields), kind, button)


def _told() -> Markup:
    """What the script says while one waits."""
    return Markup(' data-sending="{}" data-working="{}" data-lost="{}"').format(
        _("The file is on its way to the server…"),
        _("The server is at work; this may take some minutes…"),
        _("The server did not answer. Reload the page to see what it has done."),
    )


def _group(name: str, label: str, control: Markup, of: str) -> Markup:
    identity = f"{of}-{name}"
    return Markup('<div class="f-control-group"><label for="{}">{}</label>{}</div>').format(
        identity, label, control.format(id=identity)
    )


def _input(name: str, label: str, value: str = "", *, kind: str = "text", extra: str = "", of: str = "") -> Markup:
    identity = f"{of}-{name}"
    return Markup(
        '<div class="f-control-group"><label for="{0}">{1}</label><input class="f-input" type="{2}" id="{0}" name="{3}" value="{4}" {5}></div>'
    ).format(identity, label, kind, name, value, Markup(extra))


def _master(of: str, label: str = "") -> Markup:
    return _input(
        "master_pwd",
        label or _("Master password"),
        kind="password",
        extra='required autocomplete="current-password"',
        of=of,
    )


def _fixed(name: str) -> Markup:
    return Markup('<input type="hidden" name="name" value="{}">').format(name)


def _neutralize(*, is_checked: bool = False) -> Markup:
    return _check("neutralize_database", _("Neutralize: no mail leaves, no job runs"), "on", is_checked=is_checked)


def _check(name: str, label: str, value: str, *, kind: str = "checkbox", is_checked: bool = False) -> Markup:
    return Markup('<label class="f-choice"><input type="{}" name="{}" value="{}"{}> {}</label>').format(
        kind, name, value, Markup(" checked") if is_checked else "", label
    )


def _options(pairs: Sequence[Sequence[str]], chosen: str) -> Markup:
    return Markup("").join(
        Markup('<option value="{}"{}>{}</option>').format(code, Markup(" selected") if code == chosen else "", name)
        for code, name in pairs
    )


def _typed(failure: Failure | None, action: str) -> Mapping[str, str]:
    return failure.typed if failure is not None and failure.action == action else {}


def _is(failure: Failure | None, action: str) -> bool:
    return failure is not None and failure.action == action
