"""Whose letters are in a document? Their styles stand in its head."""

from fondaco.addon import api, models


class IrActionsReport(models.Model):
    _inherit = "ir.actions.report"

    @api.model
    def _get_writing_companies(self, docs):
        """The companies of `docs`, a report's value of that name; the present one for what has none."""
        present = self.env.company.sudo()
        field = docs._fields.get("company_id") if isinstance(docs, models.BaseModel) else None
        if field is None or field.type != "many2one" or field.comodel_name != "res.company":
            return present
        companies = docs.sudo().mapped("company_id")
        return companies if docs and all(doc.company_id for doc in docs.sudo()) else companies | present
