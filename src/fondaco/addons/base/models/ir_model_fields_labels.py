"""What the fields of a model are called, explained and chosen from, in a language."""

from __future__ import annotations

from fondaco.addon import api, models
from fondaco.registry.ormcache import ormcache
from fondaco.sql.fragment import SQL


class IrModelFieldsLabels(models.Model):
    _inherit = "ir.model.fields"

    @api.model
    def get_field_string(self, model_name):
        """Labels of a model's fields, in the language of the context."""
        return {
            name: self._label(model_name, name, field.string) for name, field in self.env[model_name]._fields.items()
        }

    @api.model
    def get_field_help(self, model_name):
        """Help texts of a model's fields, in the language of the context."""
        texts = self._translated_texts(model_name, self.env.lang or "en_US")
        return {
            name: texts.get(name, (None, field.help))[1] or field.help
            for name, field in self.env[model_name]._fields.items()
        }

    @api.model
    def get_field_selection(self, model_name, field_name):
        """Pairs (value, label) of a selection, in the language of the context."""
        return self._selection_pairs(model_name, field_name, self.env.lang or "en_US")

    def _label(self, model_name, name, fallback):
        return self._translated_texts(model_name, self.env.lang or "en_US").get(name, (fallback, None))[0] or fallback

    @ormcache("model_name", "lang")
    def _translated_texts(self, model_name, lang):
        rows = self.env.execute_query(
            SQL(
                "SELECT name, COALESCE(field_description->>%s, field_description->>'en_US'),"
                " COALESCE(help->>%s, help->>'en_US') FROM ir_model_fields WHERE model = %s",
                lang,
                lang,
                model_name,
            )
        )
        return {name: (label, help_) for name, label, help_ in rows}

    @ormcache("model_name", "field_name", "lang")
    def _selection_pairs(self, model_name, field_name, lang):
        field_id = self._get_ids(model_name).get(field_name)
        return self.env.execute_query(
            SQL(
                "SELECT value, COALESCE(name->>%s, name->>'en_US') FROM ir_model_fields_selection"
                " WHERE field_id = %s ORDER BY sequence, id",
                lang,
                field_id or 0,
            )
        )
