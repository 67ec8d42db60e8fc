"""What the technical guide of a module lists."""

from __future__ import annotations

from fondaco.addon import api, models


class IrModelReferenceReport(models.AbstractModel):
    _name = "report.base.report_irmodulereference"
    _description = "Module Reference Report (base)"

    @api.model
    def _object_find(self, module):
        """Models that a module defines or extends."""
        rows = self.env["ir.model.data"].sudo().search([("model", "=", "ir.model"), ("module", "=", module.name)])
        return self.env["ir.model"].sudo().browse(rows.mapped("res_id"))

    def _fields_find(self, model, module):
        """Fields of a model that a module declares, as fields_get describes them."""
        rows = (
            self.env["ir.model.data"].sudo().search([("model", "=", "ir.model.fields"), ("module", "=", module.name)])
        )
        names = (
            self.env["ir.model.fields"]
            .sudo()
            .browse(rows.mapped("res_id"))
            .exists()
            .filtered(lambda f: f.model == model)
        )
        return sorted(self.env[model].fields_get(names.mapped("name")).items()) if names and model in self.env else []

    @api.model
    def _get_report_values(self, docids, data=None):
        modules = self.env["ir.module.module"].browse(docids)
        return {
            "doc_ids": docids,
            "doc_model": "ir.module.module",
            "docs": modules,
            "findobj": self._object_find,
            "findfields": self._fields_find,
        }
