"""Models as client tests want them described."""

from fondaco.addon import models

KEPT_ATTRIBUTES = (
    "definition_record_field", "definition_record", "aggregator", "name", "readonly", "related", "relation", "required",
    "searchable", "selection", "sortable", "store", "string", "tracking", "type",
)  # fmt: skip


class IrModel(models.Model):
    _inherit = "ir.model"

    def _get_model_definitions(self, model_names):
        """{model: description, fields and what else a client needs to imitate it}; relations to models that were not
        asked for are left out."""
        definitions = {}
        for name in model_names:
            model = self.env[name]
            known = model.fields_get(attributes=KEPT_ATTRIBUTES)
            definitions[name] = {
                "description": model._description,
                "fields": {
                    field: facts
                    for field, facts in known.items()
                    if not facts.get("relation") or facts["relation"] in model_names
                },
                "inherit": [parent for parent in type(model)._inherit_module if parent in model_names],
                "order": model._order,
                "parent_name": model._parent_name,
                "rec_name": model._rec_name,
            }
        return definitions
