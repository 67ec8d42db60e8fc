"""How pages for visitors are found, in which language they are shown, and what they show when something is wrong.

The language of a page: the one in its address; else what the visitor chose before (the cookie `frontend_lang`), what
his user or his browser prefers; else that of the site. A page asked for without a language that is not shown in the
one of the site is at another address, to which the visitor is sent; programs that read pages (`is_a_bot`) are not.
"""

from __future__ import annotations

import contextlib
import logging
import traceback
from contextlib import closing
from urllib.parse import quote, unquote

import werkzeug.exceptions
from werkzeug.exceptions import HTTPException, NotFound

from fondaco.addon import api, http, models

from . import addresses

_logger = logging.getLogger(__name__)

LANGUAGE_COOKIE = "frontend_lang"
READING = ("GET", "HEAD")
PAGES_OF_ERRORS = (400, 403, 404, 500)


class ModelConverter(http.ModelConverter):
    """`<model("res.partner"):partner>`: one record, written as `azure-interior-12` or `12`."""

    part_isolating = True
    regex = r"(?:\w[\w-]*?-)?-?\d+"

    def to_python(self, value):
        return super().to_python(str(addresses.id_of(value)))

    def to_url(self, value):
        return value.env["ir.http"]._slug(value) if hasattr(value, "_ids") else str(value)


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _get_converters(cls):
        return {**super()._get_converters(), "model": ModelConverter}

    @classmethod
    def _unslug_url(cls, value):
        """An address whose last step, if it is a slug, is the mere id: `/shop/oak-table-12` -> `/shop/12`."""
        before, slash, last = value.rpartition("/")
        record_id = addresses.id_of(last)
        return value if record_id is None else f"{before}{slash}{record_id}"

    # -- languages ------------------------------------------------------------------------------------------------

    @classmethod
    def _get_default_lang(cls):
        """The language of the site: that of new contacts, where it is in use."""
        env = _env()
        code = env["ir.default"].sudo()._get("res.partner", "lang")
        languages = env["res.lang"].sudo()._get_frontend()
        return languages.get(code) or next(iter(languages.values()))

    @classmethod
    def get_nearest_lang(cls, lang_code):
        """The code of the language of pages that is nearest to this one: itself, another of its kind, or None."""
        if not lang_code:
            return None
        languages = _env()["res.lang"].sudo()._get_frontend()
        if lang_code in languages:
            return lang_code
        kind = lang_code.partition("_")[0]
        return next((code for code in languages if code.partition("_")[0] == kind), None)

    @classmethod
    def _lang_named(cls, step):
        """The language that a step of a path names: by its code in addresses, or its own; None if it names none."""
        languages = _env()["res.lang"].sudo()._get_frontend().values()
        return next((lang for lang in languages if step == lang.url_code), None) or next(
            (lang for lang in languages if step == lang.code), None
        )

    @classmethod
    def _lang_preferred(cls):
        """The language of pages for this visitor, where the address names none."""
        request = http.request
        wanted = (request.cookies.get(LANGUAGE_COOKIE), request.env.context.get("lang"))
        code = next((code for code in map(cls.get_nearest_lang, wanted) if code), None)
        return _env()["res.lang"].sudo()._get_frontend()[code] if code else cls._get_default_lang()

    # -- addresses ------------------------------------------------------------------------------------------------

    @classmethod
    def _url_lang(cls, path_or_uri, lang_code=None):
        """A path of this site at its address in a language (default: that of the request); others stay as they are."""
        address = (path_or_uri or "").strip()
        if not addresses.is_local(address):
            return path_or_uri
        path, rest = addresses.split(address)
        step, behind = addresses.first_step(path)
        if cls._lang_named(step) is not None:
            path = behind
        if not cls._is_multilang_url(path):
            return path + rest
        lang = cls._lang_for(lang_code)
        if lang.code == cls._get_default_lang().code:
            return path + rest
        return addresses.with_step(lang.url_code, path) + rest

    @classmethod
    def _url_for(cls, url_from, lang_code=None):
        """The address under which pages link to another page."""
        return cls._url_lang(url_from, lang_code=lang_code)

    @classmethod
    def _url_localized(
        cls, url=None, lang_code=None, canonical_domain=None, prefetch_langs=False, force_default_lang=False
    ):
        """The address of a page (default: of this one) in a language, its records named in that language.

        canonical_domain: put in front. force_default_lang: the language of the site is named as well.
        """
        lang = cls._lang_for(lang_code)
        path, rest = addresses.split(url if url is not None else _asked_for())
        step, behind = addresses.first_step(path)
        path = behind if cls._lang_named(step) is not None else path
        path = cls._path_in(path, lang.code)
        if force_default_lang or lang.code != cls._get_default_lang().code:
            path = addresses.with_step(lang.url_code, path)
        return f"{(canonical_domain or '').rstrip('/')}{path}{rest}"

    @classmethod
    def _path_in(cls, path, lang_code):
        """A path whose records are named in a language; as it is, where it has no route or none of them may be read."""
        request = http.request
        try:
            rule, args = _env()["ir.http"].routing_map().match(path, "GET")
        except HTTPException:
            return path
        env = request.env(context={**request.env.context, "lang": lang_code})
        records = {name: env[v.model].browse(v.ids) for name, v in args.items() if isinstance(v, http.RecordsInPath)}
        if not records or not all(record.exists().has_access("read") for record in records.values()):
            return path
        return _built(rule, {**args, **records})

    @classmethod
    def _lang_for(cls, lang_code):
        """The language of pages with this code; without one that of the request."""
        languages = _env()["res.lang"].sudo()._get_frontend()
        if lang_code:
            return languages.get(cls.get_nearest_lang(lang_code)) or cls._get_default_lang()
        return http.request.lang or cls._lang_preferred()

    @classmethod
    def _is_multilang_url(cls, local_url, lang_url_codes=None):
        """Whether a path leads to a page that each language has at an address of its own.

        lang_url_codes: the codes to take for a language at its beginning; by default those of the languages of pages.
        """
        path, _rest = addresses.split(local_url)
        step, behind = addresses.first_step(path)
        if step in lang_url_codes if lang_url_codes is not None else cls._lang_named(step) is not None:
            path = behind
        if cls._is_static_file_url(path):
            return False
        for method in ("GET", "POST"):
            try:
                rule, _args = _env()["ir.http"].routing_map().match(path, method)
            except werkzeug.exceptions.MethodNotAllowed:
                continue
            except NotFound:
                return True
            return _is_multilang(rule.endpoint.routing)
        return False

    @classmethod
    def _is_static_file_url(cls, path):
        """Whether it is the address of a file of an addon, the same in all languages."""
        parts = path.split("/")
        return len(parts) > 3 and parts[2] == "static"

    # -- finding a page -------------------------------------------------------------------------------------------

    @classmethod
    def _match(cls, path_info):
        request = http.request
        step, behind = addresses.first_step(path_info)
        lang = cls._lang_named(step)
        if lang is not None:
            with contextlib.suppress(NotFound):
                return cls._match_below_language(path_info, lang, behind)
        try:
            rule, args = super()._match(path_info)
        except NotFound:
            _show(request, lang or cls._lang_preferred())
            raise
        if not rule.endpoint.routing.get("website"):
            return rule, args
        _show(request, cls._lang_preferred(), rule)
        if (
            request.is_frontend_multilang
            and _may_be_sent(request)
            and request.lang.code != cls._get_default_lang().code
        ):
            _send(addresses.with_step(request.lang.url_code, quote(path_info)), code=303)
        return rule, args

    @classmethod
    def _match_below_language(cls, path_info, lang, behind):
        """The page behind the language that the address begins with."""
        request = http.request
        rule, args = super()._match(behind)
        routing = rule.endpoint.routing
        if not routing.get("website"):
            raise NotFound
        _show(request, lang, rule)
        request.future_response.set_cookie(LANGUAGE_COOKIE, lang.code, samesite="Lax")
        if _may_be_sent(request, is_a_bot_too=True):
            if not _is_multilang(routing):
                _send(quote(behind), code=303)
            if lang.code == cls._get_default_lang().code:
                _send(quote(behind), code=301)
            wanted = addresses.with_step(lang.url_code, quote(behind))
            if quote(path_info) != wanted:
                _send(wanted, code=301)
        request.reroute(behind)
        return rule, args

    @classmethod
    def _pre_dispatch(cls, rule, args):
        request = http.request
        if request.is_frontend:
            cls._frontend_pre_dispatch()
        super()._pre_dispatch(rule, args)
        if request.is_frontend and _may_be_sent(request, is_a_bot_too=True):
            named = [value for value in args.values() if hasattr(value, "_ids")]
            wanted = _built(rule, args) if named else None
            if wanted and unquote(wanted) != request.path:
                _send(cls._url_lang(wanted), code=301)

    @classmethod
    def _frontend_pre_dispatch(cls):
        """The context of a page for visitors: its language."""
        http.request.update_context(lang=http.request.lang.code)

    @classmethod
    def _redirect(cls, location, code=303):
        return super()._redirect(
            cls._url_for(location) if http.request and http.request.is_frontend else location, code
        )

    # -- errors ---------------------------------------------------------------------------------------------------

    @classmethod
    def _handle_error(cls, exception):
        """A page that says what is wrong, where a page was asked for."""
        request = http.request
        answer = super()._handle_error(exception)
        is_error = isinstance(answer, HTTPException) and answer.response is None and (answer.code or 500) >= 400
        if not is_error or not request.is_frontend or request.dispatcher.routing_type != "http":
            return answer
        try:
            page = cls._error_page(exception, answer)
        except Exception:
            # Templates belong to whoever changes them: a broken one must not hide the error it was to show.
            _logger.exception("page of an error not rendered status=%s", answer.code)
            return answer
        request.dispatcher.post_dispatch(page)
        return page

    @classmethod
    def _error_page(cls, exception, answer):
        """The rendered page: in a transaction of its own, as what the request did was undone."""
        request = http.request
        with closing(request.registry.cursor(readonly=True)) as cr:
            request.env = api.Environment(cr, request.session.uid, {"lang": request.lang.code})
            if request.session.uid is None:
                request.update_env(user=request.env.ref("base.public_user").id, su=False)
            code, values = cls._get_exception_code_values(exception)
            values.setdefault("error_message", _said(answer))
            code, html = cls._get_error_html(request.env, answer.code or code, values)
            return http.Response(html, status=code, content_type="text/html; charset=utf-8")

    @classmethod
    def _get_exception_code_values(cls, exception):
        """(status, values for the template) of an exception; its traceback is for those who develop."""
        code = getattr(exception, "code", None) or 500
        is_developing = bool(http.request.session.debug) and http.request.env.user._is_internal()
        return code, {
            "exception": exception,
            "status_code": code,
            "status_message": getattr(exception, "name", ""),
            "traceback": "".join(traceback.format_exception(exception)) if is_developing else "",
        }

    @classmethod
    def _get_error_html(cls, env, code, values):
        """(status, markup) of the page of an error; statuses without a page of their own share one."""
        template = f"http_routing.{code}" if code in PAGES_OF_ERRORS else "http_routing.http_error"
        return code, env["ir.ui.view"]._render_template(template, values)

    # -- terms of scripts -----------------------------------------------------------------------------------------

    @api.model
    def _get_translation_frontend_modules_name(self):
        """The modules whose terms the scripts of pages need."""
        return ["web"]

    @api.model
    def _get_translation_frontend_modules_domain(self):
        """Which installed modules are among them."""
        return [("name", "in", self._get_translation_frontend_modules_name())]

    @api.model
    def get_frontend_session_info(self):
        info = super().get_frontend_session_info()
        if http.request and http.request.is_frontend and http.request.lang:
            info["lang_url_code"] = http.request.lang.url_code
        return info


def _said(answer):
    """What an error says to a visitor in words of its own; those of a broken server are not for him."""
    description = answer.description or ""
    return "" if answer.code >= 500 or description == type(answer).description else str(description)


def _env():
    """The environment in which languages and routes are looked up."""
    return http.request.env


def _show(request, lang, rule=None):
    """Note that the request is for a page, in which language, and whether each language has its own."""
    request.is_frontend = True
    request.is_frontend_multilang = rule is None or _is_multilang(rule.endpoint.routing)
    request.lang = lang


def _is_multilang(routing):
    return bool(routing.get("website")) and bool(routing.get("multilang", routing["type"] == "http"))


def _may_be_sent(request, is_a_bot_too=False):
    """Whether the visitor may be sent to another address: he reads, and is a person."""
    return request.method in READING and (is_a_bot_too or not request.env["ir.http"].is_a_bot())


def _send(path, code):
    """End here: the page is at another address of this site."""
    query = http.request.environ.get("QUERY_STRING", "")
    response = werkzeug.utils.redirect(path + (f"?{query}" if query else ""), code, Response=http.Response)
    raise HTTPException(response=response)


def _built(rule, args):
    """The path of a route with these arguments."""
    built = rule.build(args, append_unknown=False)
    return built[1] if built else None


def _asked_for():
    """The address of the request, before anything was taken from it."""
    request = http.request
    path = request.environ.get("fondaco.original_path", request.path)
    query = request.environ.get("QUERY_STRING", "")
    return quote(path) + (f"?{query}" if query else "")
