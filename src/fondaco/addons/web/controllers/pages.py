# ruff: noqa: E501  markup is read by its lines
"""What is in the few pages the server writes itself: the frame of the client, steps of log-in, the choice of a database.

Functions from plain values to HTML; they know no request. Every value is escaped by `markupsafe`.
"""

from collections.abc import Callable, Sequence

import orjson
from markupsafe import Markup, escape

from fondaco.addon import _, spoken_language
from fondaco.assets.page import Plan
from fondaco.i18n.direction import direction as direction_of

BRAND = Markup(
    '<svg viewBox="0 0 32 32" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" '
    'stroke-linejoin="round" aria-hidden="true"><path d="M4 27V13M28 27V13M4 13L16 4l12 9M4 27h24"/>'
    '<path d="M9 27v-6a2.300 2.300 0 0 1 4.600 0v6M18.400 27v-6a2.300 2.300 0 0 1 4.600 0v6M13.700 15a2.300 2.300 0 0 1 4.600 0"/></svg>'
)
ICON = "/web/static/img/favicon.svg"

_DOCUMENT = Markup(
    """<!DOCTYPE html>
<html lang="{lang}" dir="{direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="icon" type="image/svg+xml" href="{icon}">
<link rel="apple-touch-icon" href="/web/static/img/icon-apple-192.png">
<link rel="manifest" href="/web/manifest.webmanifest" crossorigin="use-credentials">
{head}
</head>
<body class="{body_class}">
{body}
</body>
</html>
"""
)


def dumps(value: object) -> bytes:
    """JSON of plain values; keys that are numbers become texts."""
    return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS)


def embed(value: object) -> Markup:
    """JSON that may stand inside a `<script>` element."""
    text = dumps(value).decode()
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))


def styles(plan: Plan) -> Markup:
    return Markup("\n").join(Markup('<link rel="stylesheet" href="{}">').format(url) for url in plan.styles)


class Stencil:
    """A document with slots: what differs with each request is filled in, the rest was written once.

    A slot stands in the document as `slot(name)`; what fills it is markup.
    """

    def __init__(self, document: str) -> None:
        self._parts = document.split(_SLOT)  # text, name of a slot, text, ...

    def __repr__(self) -> str:
        return f"<Stencil {self._parts[1::2]}>"

    def filled(self, **values: str) -> str:
        """The document; `values` are markup."""
        parts = self._parts.copy()
        parts[1::2] = [values[name] for name in parts[1::2]]
        return "".join(parts)


_SLOT = "\x00"  # in no document: HTML has no such character


def slot(name: str) -> Markup:
    return Markup(f"{_SLOT}{name}{_SLOT}")


_stencils: dict[tuple[object, ...], Stencil] = {}
"""By the version of a plan, which changes when anything in it does, and what else is written in."""
MOST_STENCILS = 64
NOT_STARTED = "not-started"  # the element that is shown when the client does not start
TOO_OLD = "too-old"  # the element that is shown where the client could not start
# Older than ES modules, so that the oldest browser can say it: import maps (Chrome 89, Firefox 108, Safari 16.4),
# popovers (114, 125, 17), light-dark() (123, 120, 17.5).
_KNOWS_ENOUGH = (
    'window.HTMLScriptElement && HTMLScriptElement.supports && HTMLScriptElement.supports("importmap") && '
    'window.HTMLElement && "popover" in HTMLElement.prototype && '
    'window.CSS && CSS.supports && CSS.supports("color", "light-dark(#000, #fff)")'
)


def _kept(key: tuple[object, ...], write: Callable[[], str]) -> Stencil:
    stencil = _stencils.get(key)
    if stencil is None:
        if len(_stencils) >= MOST_STENCILS:
            _stencils.clear()
        stencil = _stencils[key] = Stencil(write())
    return stencil


def client_page(plan: Plan, session_info: object, *, csrf_token: str, nonce: str, lang: str, direction: str) -> str:
    """The frame of the client: styles, the import map, the session, one module that starts everything."""
    stencil = _kept(("client", plan.version, lang, direction), lambda: _client_form(plan, lang, direction))
    return stencil.filled(nonce=escape(nonce), session=embed(session_info), token=embed(csrf_token))


def _client_form(plan: Plan, lang: str, direction: str) -> str:
    preload = Markup("\n").join(
        Markup('<link rel="modulepreload" href="{}">').format(url)
        for url in dict.fromkeys(plan.imports[name] for name in plan.modules)
    )
    scripts = Markup("\n").join(Markup('<script defer src="{}"></script>').format(url) for url in plan.scripts)
    if plan.templates:
        templates = Markup(plan.templates.replace("</script", "<\\/script"))
        scripts += Markup('<script id="client-templates" type="text/xml">{}</script>').format(templates)
    nonce = slot("nonce")
    head = Markup("\n").join(
        [
            styles(plan),
            Markup('<script type="importmap" nonce="{}">{}</script>').format(nonce, embed({"imports": plan.imports})),
            preload,
            Markup('<script id="session-info" type="application/json" nonce="{}">{}</script>').format(
                nonce, slot("session")
            ),
            Markup('<script nonce="{}">var odoo = {{csrf_token: {}, debug: ""}};</script>').format(
                nonce, slot("token")
            ),
            scripts,
            Markup('<script type="module" nonce="{}">\n{}\n</script>').format(nonce, _entry(plan)),
        ]
    )
    body = Markup('<noscript><p class="f-page">{}</p></noscript>').format(_("This page needs JavaScript."))
    body += Markup('<div id="{}" aria-live="assertive" hidden><p class="f-page">{} <a href="">{}</a></p></div>').format(
        NOT_STARTED, _("The page could not be started."), _("Load it again")
    )
    body += Markup('<div id="{}" role="alert" style="display: none"><p class="f-page">{}</p></div>').format(
        TOO_OLD, _("This browser is too old for this page. Use a current version of Chrome, Edge, Firefox or Safari.")
    )
    body += Markup(
        '<script nonce="{}">if (!({})) document.getElementById("{}").style.display = "block";</script>'
    ).format(nonce, Markup(_KNOWS_ENOUGH), TOO_OLD)
    return document(title="Fondaco", head=head, body=body, body_class="f-client", lang=lang, direction=direction)


def _entry(plan: Plan) -> Markup:
    return Markup(plan.entry("@web/boot", NOT_STARTED).replace("</", "<\\/"))


def step_page(
    plan: Plan,
    title: str,
    fields: Markup,
    *,
    csrf_token: str,
    button: str,
    leave: str,
    redirect: str | None = None,
    error: str = "",
) -> str:
    """What is asked between the password and the client; the form goes to where the page came from."""
    parts = [_hidden("csrf_token", csrf_token), _hidden("redirect", redirect)]
    if error:
        parts.append(Markup('<p class="f-alert f-alert-danger alert alert-danger" role="alert">{}</p>').format(error))
    parts += [fields, Markup('<button type="submit" class="f-button f-button-primary">{}</button>').format(button)]
    body = Markup(
        '<main class="f-page"><div class="f-page-box"><p class="f-brand">{}<span>Fondaco</span></p><form class="f-panel" method="post"><h1>{}</h1>{}</form>'
        '<p class="f-page-note"><a href="/web/session/logout?redirect=/web/login">{}</a></p></div></main>'
    ).format(BRAND, title, Markup("\n").join(parts), leave)
    return document(title=f"{title} · Fondaco", head=styles(plan), body=body)


def selector_page(plan: Plan, databases: Sequence[str], *, manager: str = "") -> str:
    """Which database; and the way to where they are made."""
    items = Markup("").join(Markup('<li><a href="/odoo?db={}">{}</a></li>').format(name, name) for name in databases)
    note = (
        Markup('<p class="f-page-note"><a href="{}">{}</a></p>').format(manager, _("Manage databases"))
        if manager
        else ""
    )
    body = Markup(
        '<main class="f-page"><div class="f-page-box"><p class="f-brand">{}<span>Fondaco</span></p><div class="f-panel"><h1>{}</h1><ul class="f-choices">{}</ul></div>{}</div></main>'
    ).format(BRAND, _("Databases"), items, note)
    return document(title=_("Databases") + " · Fondaco", head=styles(plan), body=body)


def notice_page(plan: Plan, title: str, text: str, *, csrf_token: str = "") -> str:
    """One sentence, and the way out."""
    body = Markup(
        '<main class="f-page"><div class="f-page-box"><p class="f-brand">{}<span>Fondaco</span></p><div class="f-panel"><h1>{}</h1><p>{}</p><p class="f-page-note"><a href="/web/session/logout">{}</a></p></div></div></main>'
    ).format(BRAND, title, text, _("Log out"))
    head = styles(plan) + (Markup('<meta name="csrf_token" content="{}">').format(csrf_token) if csrf_token else "")
    return document(title=f"{title} · Fondaco", head=head, body=body)


_OFFLINE_HEAD = Markup("""<style>
:root { color-scheme: light dark; }
body { display: grid; place-content: center; min-height: 90vh; margin: 24px; text-align: center; font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.25rem; }
a { display: inline-block; padding: 8px 20px; border: 1px solid; border-radius: 6px; color: inherit; text-decoration: none; }
svg { width: 56px; margin-inline: auto; color: light-dark(#0a6a70, #4fc0c0); }
</style>
<script>
const ask = () => fetch("/web/health", { cache: "no-store" }).then(({ ok }) => ok && location.reload(), () => {});
addEventListener("online", ask);
setInterval(ask, 5000);
</script>""")


def offline_page() -> str:
    """What a browser that keeps it shows where the server cannot be reached; nothing in it is fetched, or of anybody."""
    body = Markup('<main>{}<h1>{}</h1><p>{}</p><p><a href="">{}</a></p></main>').format(
        BRAND,
        _("The server cannot be reached"),
        _("What you saved is there. The page comes back with the connection."),
        _("Load it again"),
    )
    return document(title=f"{_('Offline')} · Fondaco", head=_OFFLINE_HEAD, body=body)


def _hidden(name: str, value: str | None) -> Markup:
    if value is None:
        return Markup('<input type="hidden" name="{}">').format(name)
    return Markup('<input type="hidden" name="{}" value="{}">').format(name, value)


def document(
    *, title: str, head: Markup, body: Markup, body_class: str = "", lang: str = "", direction: str = ""
) -> str:
    """A page of its own, in the language of the request unless another is given."""
    if not lang:
        code = spoken_language()
        lang = code.replace("_", "-")
        direction = direction_of(code)
    return str(
        _DOCUMENT.format(
            title=title, head=head, body=body, body_class=body_class, lang=lang, direction=direction, icon=escape(ICON)
        )
    )
