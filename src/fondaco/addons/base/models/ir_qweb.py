"""How a template becomes markup: the door to the engine that renders QWeb."""

from __future__ import annotations

from fondaco.addon import api, models
from fondaco.errors import UserError


class QWebException(Exception):  # noqa: N818 - name of the documented interface
    """A template cannot be compiled or rendered; the message says where."""


class IrQWeb(models.AbstractModel):
    _name = "ir.qweb"
    _description = "Qweb"

    @api.model
    def _render(self, template, values=None, **options):
        """Markup of a template: its id, external id or tree, with the values that it names."""
        engine = getattr(self.env.registry, "qweb", None)
        if engine is None:
            raise UserError(self.env._("Templates cannot be rendered: no QWeb engine is installed."))
        return engine.render(self.with_context(**options), template, dict(values or {}))

    def _prepare_environment(self, values):
        """Values that every template may use."""
        values.setdefault("env", self.env)
        values.setdefault("user_id", self.env.user)
        values.setdefault("res_company", self.env.company.sudo())
        return self

    def _get_field(self, record, field_name, expression, tagName, field_options, values):  # noqa: N803 - documented name
        """(attributes, content, inherit branding?) of a field shown by t-field."""
        field = record._fields[field_name]
        options = {
            **field_options,
            "tagName": tagName,
            "expression": expression,
            "type": field_options.get("widget", field.type),
        }
        converter = self._converter(options["type"])
        content = converter.record_to_html(record, field_name, options)
        return converter.attributes(record, field_name, options, values), content, options.get("inherit_branding")

    def _get_widget(self, value, expression, tagName, field_options, values):  # noqa: N803 - documented name
        """As `_get_field`, for a value shown by t-out with a widget."""
        options = {**field_options, "tagName": tagName, "expression": expression, "type": field_options["widget"]}
        content = self._converter(options["type"]).value_to_html(value, options)
        return {}, content, None

    def _converter(self, kind):
        name = f"ir.qweb.field.{kind}"
        return self.env[name] if name in self.env else self.env["ir.qweb.field"]
