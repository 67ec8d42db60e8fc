"""What addons may change in the handling of a request: doors to the six points that fondaco.http asks, each once."""

from __future__ import annotations

import hashlib
import json
import logging
import unicodedata

import werkzeug.utils

from fondaco.addon import api, models
from fondaco.http import stages
from fondaco.http.current import request, requests
from fondaco.http.response import Response
from fondaco.http.routing import CONVERTERS, RoutingMap, endpoints
from fondaco.http.sessions import session_store
from fondaco.i18n.catalog import code_translations
from fondaco.registry.ormcache import ormcache

_logger = logging.getLogger(__name__)


class IrHttp(models.AbstractModel):
    _name = "ir.http"
    _description = "HTTP Routing"

    @classmethod
    def _slugify_one(cls, value, max_length=0):
        """ASCII words of a text joined by dashes."""
        text = unicodedata.normalize("NFKD", value or "").encode("ascii", "ignore").decode("ascii")
        words = "".join(c if c.isalnum() or c == "_" else " " for c in text).split()
        slug = "-".join(words).lower()
        return slug[:max_length] if max_length > 0 else slug

    @classmethod
    def _slugify(cls, value, max_length=0, path=False):
        if not path:
            return cls._slugify_one(value, max_length=max_length)
        return "/".join(part for part in (cls._slugify_one(step) for step in value.split("/")) if part)

    @classmethod
    def _slug(cls, value):
        """name-id of a record, or of a pair (id, name)."""
        identifier, name = (value.id, value.display_name) if hasattr(value, "_ids") else value
        if not identifier:
            raise ValueError("a slug needs a saved record")
        slug = cls._slugify(name or "")
        return f"{slug}-{identifier}" if slug else str(identifier)

    @classmethod
    def _unslug(cls, value):
        """(name, id) of a slug; (None, None) when it is none."""
        name, _dash, number = value.rpartition("-")
        if not number.isdigit():
            return None, None
        return (name[:-1] or None, -int(number)) if name.endswith("-") else (name or None, int(number))

    # -- the six points -------------------------------------------------------------------------------------------

    @classmethod
    def _get_converters(cls):
        """URL converter name -> class, for routes."""
        return dict(CONVERTERS)

    @classmethod
    def _match(cls, path_info):
        """(rule, arguments) of a path."""
        return stages.match(requests.top, path_info)

    @classmethod
    def _authenticate(cls, endpoint):
        """Let the request in as the route asks: calls `_auth_method_<auth>`."""
        return stages.authenticate(requests.top, endpoint)

    @classmethod
    def _auth_method_user(cls):
        return stages.auth_user(requests.top)

    @classmethod
    def _auth_method_none(cls):
        return stages.auth_none(requests.top)

    @classmethod
    def _auth_method_public(cls):
        return stages.auth_public(requests.top)

    @classmethod
    def _auth_method_bearer(cls):
        return stages.auth_bearer(requests.top)

    @classmethod
    def _pre_dispatch(cls, rule, args):
        """Before the endpoint is called: the last look at its arguments."""
        return stages.pre_dispatch(requests.top, rule, args)

    @classmethod
    def _dispatch(cls, endpoint):
        """Call the endpoint."""
        return stages.dispatch(requests.top, endpoint)

    @classmethod
    def _post_dispatch(cls, response):
        """The response on its way out."""
        return stages.post_dispatch(requests.top, response)

    @classmethod
    def _handle_error(cls, exception):
        """A response for an exception."""
        return stages.handle_error(requests.top, exception)

    @classmethod
    def _serve_fallback(cls):
        """A response for a path without a route; None: not found."""
        return None

    @classmethod
    def _redirect(cls, location, code=303):
        return werkzeug.utils.redirect(location, code, Response=Response)

    # -- for clients ----------------------------------------------------------------------------------------------

    @api.model
    @ormcache("tuple(modules or ())", "lang", shared=True)
    def get_web_translations_hash(self, modules, lang):
        """A fingerprint of the translations a client loads: it changes with them."""
        translations, parameters = self.get_translations_for_webclient(modules, lang)
        content = {
            "lang_parameters": parameters,
            "modules": translations,
            "lang": lang,
            "multi_lang": len(self.env["res.lang"].sudo().get_installed()) > 1,
        }
        text = json.dumps(content, sort_keys=True, default=str)
        return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()

    @api.model
    def get_translations_for_webclient(self, modules, lang):
        """(module -> messages, parameters of the language) for the client; in US English where the language is not
        installed, and without messages of modules that are not: anybody may ask for anything."""
        loaded = self.env.registry.loaded_modules
        lang = lang or self.env.lang or "en_US"
        language = self.env["res.lang"]._get_data(code=lang)
        if not language:
            lang = "en_US"
            language = self.env["res.lang"]._get_data(code=lang)
        names = (
            "name",
            "code",
            "direction",
            "date_format",
            "time_format",
            "short_time_format",
            "grouping",
            "decimal_point",
            "thousands_sep",
            "week_start",
        )
        parameters = {name: language[name] for name in names} if language else None
        if parameters:
            parameters["week_start"] = int(parameters["week_start"])
        messages = {
            module: {"messages": self._client_messages(module, lang) if module in loaded else []}
            for module in modules or sorted(loaded)
        }
        return messages, parameters

    def _client_messages(self, module, lang):
        """Translated texts of a module's client code: [{id, string}]."""
        return [dict(message) for message in code_translations.get_web_translations(module, lang)["messages"]]

    @classmethod
    def _is_allowed_cookie(cls, cookie_type):
        """Whether the visitor agreed to this kind of cookie."""
        return True

    @classmethod
    def is_a_bot(cls):
        """Whether the visitor says he is a robot."""
        agent = (request.httprequest.user_agent.string or "").lower() if request else ""
        return any(word in agent for word in ("bot", "crawl", "slurp", "spider", "curl", "wget", "facebookexternalhit"))

    @ormcache("key", cache="routing")
    def routing_map(self, key=None):
        """The routes of the installed modules, until the group `routing` of remembered answers is cleared."""
        modules = [name for name in self.pool.loaded_modules if name in self.pool._init_modules]
        converters = self._get_converters()
        return RoutingMap(self._generate_routing_rules(modules, converters), {**CONVERTERS, **converters})

    def _generate_routing_rules(self, modules, converters):
        """(address, endpoint) of each route; override it to add some."""
        return endpoints(modules)

    @classmethod
    def _has_plain_routes(cls):
        """Whether routes come from the code of the modules alone: then they are known without a transaction."""
        return cls.routing_map is IrHttp.routing_map and cls._generate_routing_rules is IrHttp._generate_routing_rules

    @api.model
    def _clear_routing_map(self):
        self.env.registry.clear_cache("routing")

    @api.autovacuum
    def _gc_sessions(self):
        """Remove the sessions that ended; jobs run outside of any request."""
        session_store(self.env.registry.config).vacuum()
