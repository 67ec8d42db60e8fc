"""Which models may the user see, and what are they called?"""

from fondaco.addon import api, models


class IrModel(models.Model):
    _inherit = "ir.model"

    @api.model
    def display_name_for(self, models):
        """The names of models that the user may read, for each asked: {display_name, model}."""
        found = {row["model"]: row["display_name"] for row in self._display_name_for(self._readable(models))}
        return [{"display_name": found.get(model, model), "model": model} for model in models]

    @api.model
    def _readable(self, names):
        return [name for name in names if name in self.env and self.env[name].has_access("read")]

    @api.model
    def _display_name_for(self, names):
        rows = self.sudo().search_read([("model", "in", names)], ["name", "model"])
        return [{"model": row["model"], "display_name": row["name"]} for row in rows]

    def get_available_models(self):
        """Every model with a table that the user may read: {display_name, model}."""
        names = [
            name for name, model in self.env.registry.models.items() if not model._abstract and not model._transient
        ]
        return sorted(self._display_name_for(self._readable(names)), key=lambda row: row["display_name"])
