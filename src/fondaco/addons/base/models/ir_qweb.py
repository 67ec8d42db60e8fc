"""How a template becomes markup here: which template is meant, what it may use, how it shows fields."""

from __future__ import annotations

import json
import math
from copy import deepcopy
from functools import partial
from urllib.parse import quote_plus

from dateutil.relativedelta import relativedelta
from lxml import etree
from markupsafe import Markup

from fondaco.addon import api, models
from fondaco.assets.page import current_plan
from fondaco.errors import ExpressionError
from fondaco.http.current import request
from fondaco.qweb.compile import compile_template
from fondaco.qweb.expressions import Values
from fondaco.qweb.keeping import Keeping
from fondaco.qweb.render import QWebException, written_attributes
from fondaco.registry.ormcache import ormcache
from fondaco.security.safe_eval import MODULES
from fondaco.values.html import is_html_empty
from fondaco.values.images import image_data_uri

from .addon_files import asset_modules

OVERRIDABLE = ("foreach", "if", "groups", "set", "call", "field", "out", "esc", "raw")
"""Directives t-... that an addon may change by overriding `_compile_directive_...`."""
KEPT = "templates.cached_values"
EVERYWHERE = {
    "request": request,
    "json": MODULES["json"],
    "time": MODULES["time"],
    "datetime": MODULES["datetime"],
    "relativedelta": relativedelta,
    "quote_plus": quote_plus,
    "floor": math.floor,
    "ceil": math.ceil,
    "is_html_empty": is_html_empty,
    "image_data_uri": image_data_uri,
    "true": True,
    "false": False,
}
__all__ = ["IrQWeb", "QWebException"]


class IrQWeb(models.AbstractModel):
    _name = "ir.qweb"
    _description = "Qweb"

    @api.model
    def _render(self, template, values=None, **options):
        """Markup of a template: its id, external id or tree, with the values that it names.

        Of a template that is missing nothing, where the option `raise_if_not_found` is false.
        """
        if not options.pop("raise_if_not_found", True) and not self._is_there(template):
            return Markup()
        values = Values(values or {})
        renderer = self.with_context(**options) if options else self
        if not self.env.context.get("minimal_qcontext"):
            renderer = renderer._prepare_environment(values)
        if isinstance(template, etree._Element):
            compiled = self._compile(deepcopy(template), template.get("t-name") or "given")
            return compiled.run(_PassingHost(renderer, Keeping(values)), values)
        return renderer._compiled(template).run(_Host(renderer, Keeping(values)), values)

    def _is_there(self, template):
        if isinstance(template, etree._Element):
            return True
        try:
            return bool(self.env["ir.ui.view"].sudo()._get_template_view(template))
        except ValueError:
            return self.env["ir.module.module"]._template_of_file(template) is not None

    @ormcache("template", "self.env.lang", cache="templates")
    def _compiled(self, template):
        try:
            view = self.env["ir.ui.view"].sudo()._get_template_view(template)
        except ValueError:
            arch = self.env["ir.module.module"]._template_of_file(template)
            if arch is None:
                raise
            return self._compile(arch, template)
        name = view.key or view.xml_id or f"ir.ui.view({view.id})"
        return self._compile(view._get_combined_arch(), name)

    def _compile(self, arch, name):
        is_overridden = type(self)._post_processing_att is not IrQWeb._post_processing_att
        return compile_template(arch, name, self._hooks(), asks_host=is_overridden)

    @api.model
    def _kept_for(self):
        """Whose parts of a page may be shown to whom: those of one language, time zone, company among the same
        companies, groups and developer mode. Addons add what else their pages depend on."""
        env = self.env
        groups = env.user._get_group_ids() if env.uid else ()
        debug = request.session.debug if request else ""
        return env.lang, env.context.get("tz"), env.company.id, env.companies._ids, groups, env.su, debug

    def _hooks(self):
        """The directives that addons override, as the compiler calls them."""
        kind = type(self)
        return {
            f"t-{name}": partial(self._call_directive, name)
            for name in OVERRIDABLE
            if getattr(kind, f"_compile_directive_{name}") is not getattr(IrQWeb, f"_compile_directive_{name}")
        }

    def _call_directive(self, name, element, write):
        code = getattr(self, f"_compile_directive_{name}")(element, {"write": write}, 0)
        if code:
            raise ExpressionError(
                f"an override of _compile_directive_{name} answered code: here it may change the element's attributes "
                "and call super(), but not write Python of its own"
            )

    def _compile_directive(self, el, compile_context, level):
        """Write the directive; addons override the methods below to change the attributes of `el` before that."""
        compile_context["write"](el)
        return []

    def _compile_directive_foreach(self, el, compile_context, level):
        return self._compile_directive(el, compile_context, level)

    def _compile_directive_if(self, el, compile_context, level):
        return self._compile_directive(el, compile_context, level)

    def _compile_directive_groups(self, el, compile_context, level):
        return self._compile_directive(el, compile_context, level)

    def _compile_directive_set(self, el, compile_context, level):
        return self._compile_directive(el, compile_context, level)

    def _compile_directive_call(self, el, compile_context, level):
        return self._compile_directive(el, compile_context, level)

    def _compile_directive_field(self, el, compile_context, level):
        return self._compile_directive(el, compile_context, level)

    def _compile_directive_out(self, el, compile_context, level):
        return self._compile_directive(el, compile_context, level)

    def _compile_directive_esc(self, el, compile_context, level):
        return self._compile_directive(el, compile_context, level)

    def _compile_directive_raw(self, el, compile_context, level):
        return self._compile_directive(el, compile_context, level)

    def _prepare_environment(self, values):
        """Names that every template may use; gives the model with which to render."""
        names = {
            "debug": request.session.debug if request else "",
            "env": self.env,
            "user_id": self.env.user,
            "lang": self.env.lang,
            **EVERYWHERE,
        }
        values.update({**names, **values})
        values.late = {"res_company": lambda: self.env.company.sudo(), **values.late}
        return self._prepare_frontend_environment(values) if request and request.is_frontend else self

    def _prepare_frontend_environment(self, values):
        """Names that templates of pages for visitors may use as well; gives the model with which to render."""
        return self

    def _post_processing_att(self, tagName, atts):  # noqa: N803 - documented name
        """The attributes of an element as they are written; a door for addons that change addresses."""
        return atts

    # -- fields and values ----------------------------------------------------------------------------------------

    def _get_field(self, record, field_name, expression, tagName, field_options, values):  # noqa: N803 - documented name
        """(attributes, content, inherit branding?) of a field shown by t-field."""
        field = record._fields.get(field_name)
        if field is None:
            raise ValueError(f"{record._name} has no field {field_name!r}")
        options = {
            **field_options,
            "tagName": tagName,
            "expression": expression,
            "field_name": field_name,
            "type": field_options.get("widget", field.type),
        }
        converter = self._converter(options["type"])
        content = converter.record_to_html(record, field_name, options)
        return converter.attributes(record, field_name, options, values), content, options.get("inherit_branding")

    def _get_widget(self, value, expression, tagName, field_options, values):  # noqa: N803 - documented name
        """As `_get_field`, for a value shown by t-out with a widget."""
        if value is None or value is False:
            return {}, None, None
        options = {**field_options, "tagName": tagName, "expression": expression, "type": field_options["widget"]}
        converter = self._converter(options["type"])
        try:
            content = converter.value_to_html(value, options)
        except KeyError as error:
            name = error.args[0]
            if name in options or name not in converter.get_available_options():
                raise
            widget, options_name = options["type"], f"t-options-{name}"
            raise ValueError(
                f"{expression}: widget {widget!r} needs the option {name!r} for a value that is no field of a record; "
                f'expected {options_name}="..." beside it'
            ) from error
        return {}, content, None

    def _converter(self, kind):
        name = f"ir.qweb.field.{kind}"
        return self.env[name] if name in self.env else self.env["ir.qweb.field"]

    # -- files of the client --------------------------------------------------------------------------------------

    def _get_asset_nodes(self, bundle, css=True, js=True, debug=False, async_load=False, defer_load=False,
                         lazy_load=False, media=None):  # fmt: skip
        """[(tag, attributes)] that load a bundle."""
        plan = self._asset_plan(bundle)
        nodes = []
        if css:
            nodes += [("link", {"rel": "stylesheet", "type": "text/css", "href": url, "media": media})
                      for url in plan.styles]  # fmt: skip
        if js:
            when = {"async": "async" if async_load else None, "defer": "defer" if defer_load or lazy_load else None}
            nodes += [("script", {"type": "text/javascript", "src": url, **when}) for url in plan.scripts]
            if plan.modules:
                nodes.append(("script", {"type": "importmap", "text": json.dumps({"imports": plan.imports})}))
                start = "\n".join(f'import "{name}";' for name in plan.modules)
                nodes.append(("script", {"type": "module", "text": start}))
        return nodes

    def _asset_markup(self, bundle, **options):
        """The elements that load a bundle; written once for each version of it, unless an addon has its own."""
        if type(self)._get_asset_nodes is not IrQWeb._get_asset_nodes:
            return self._written_nodes(bundle, **options)
        version = self._asset_plan(bundle).version
        return self._kept_nodes(bundle, version, **options)

    def _asset_plan(self, bundle):
        return current_plan(bundle, tuple(self.env.registry.loaded_modules), lambda: asset_modules(self.env))

    @ormcache("bundle", "version", "tuple(options.items())", cache="assets")
    def _kept_nodes(self, bundle, version, **options):
        return self._written_nodes(bundle, **options)

    def _written_nodes(self, bundle, **options):
        written = []
        for tag, attributes in self._get_asset_nodes(bundle, **options):
            # JSON and module ids go into the script as they are; `</` would end it
            text = attributes.pop("text", "").replace("</", "<\\/")
            described = written_attributes({name: value for name, value in attributes.items() if value})
            written.append(f"<{tag}{described}/>" if tag == "link" else f"<{tag}{described}>{text}</{tag}>")
        return Markup("\n".join(written))


class _Host:
    """What templates ask of this database and its user."""

    __slots__ = ("keeping", "model")

    def __init__(self, model, keeping):
        self.model = model
        self.keeping = keeping

    def call(self, template, values, options):
        model = self.model.with_context(lang=options["lang"]) if options.get("lang") else self.model
        ref = int(template) if isinstance(template, str) and template.isdecimal() else template
        return model._compiled(ref).run(type(self)(model, self.keeping), values)

    def field(self, record, name, expression, tag, options, values):
        return self.model._get_field(record, name, expression, tag, options, values)

    def widget(self, value, expression, tag, options, values):
        if "widget" not in options:
            return {}, value, None
        return self.model._get_widget(value, expression, tag, options, values)

    def assets(self, bundle, options):
        return self.model._asset_markup(bundle, **{name: value for name, value in options.items() if name != "debug"})

    def attributes(self, tag, attributes):
        return self.model._post_processing_att(tag, attributes)

    def has_groups(self, groups):
        return self.model.env.user.has_groups(groups)

    # -- parts that are kept ---------------------------------------------------------------------------------------

    def kept(self, key):
        return self.model.pool.answers(KEPT).get((*self.model._kept_for(), key))

    def keep(self, key, part):
        self.model.pool.remember(KEPT, (*self.model._kept_for(), key), part)

    def identity(self, value):
        """Records are told apart by their ids, and from what they were by when they were written."""
        if not isinstance(value, models.BaseModel):
            return None
        written = value.sudo().mapped("write_date") if value._log_access else ()
        if any(moment is False or moment >= self.model.env.cr.now() for moment in written):
            return object()  # this transaction may write them again without a sign: nobody will ask with this key
        return (value._name, value._ids, *written)


class _PassingHost(_Host):
    """The same for a tree that somebody passed: it has no name under which its parts could be kept."""

    def kept(self, key):
        return None

    def keep(self, key, part):
        pass
