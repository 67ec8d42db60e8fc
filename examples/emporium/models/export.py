"""Which entries left for the software of the accountants, and in which file: each once."""

from fondaco.addon import api, fields, models


class Export(models.Model):
    _name = "emporium.export"
    _description = "Export of the Journal"
    _order = "id desc"

    name = fields.Char(compute="_compute_name")
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    entry_ids = fields.One2many("emporium.entry", "export_id", readonly=True)
    is_written = fields.Boolean(string="The File Is Written", readonly=True)

    def _compute_name(self):
        for export in self:
            export.name = f"journal-{export.id:06}"

    @api.model
    def reserve(self, most):
        """Id of a new export of the oldest posted entries that are in none; False when there is none left.

        Two at the same moment change the same rows: PostgreSQL refuses the second, and the server repeats it.
        """
        mine = [("state", "=", "posted"), ("export_id", "=", False), ("company_id", "=", self.env.company.id)]
        entries = self.env["emporium.entry"].search(mine, order="date, id", limit=most)
        if not entries:
            return False
        export = self.create({})
        entries._mark(export)
        return export.id

    def confirm(self):
        """The file is where it belongs."""
        self.is_written = True
