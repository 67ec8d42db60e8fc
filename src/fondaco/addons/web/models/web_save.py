"""What does a form send when it is saved, and what does it get back?"""

from __future__ import annotations

from typing import Any

from fondaco.addon import models


class Base(models.AbstractModel):
    _inherit = "base"

    def web_save(
        self, vals: dict[str, Any], specification: dict[str, dict[str, Any]], next_id: int | None = None
    ) -> list[dict[str, Any]]:
        """Create (no record) or write, then read the record, or `next_id`, as the form shows it."""
        if self:
            self.write(vals)
            records = self
        else:
            records = self.create(vals)
        if next_id:
            records = self.browse(next_id)
        return records.with_context(bin_size=True).web_read(specification)

    def web_override_translations(self, values: dict[str, str]) -> None:
        """Write texts in every language: what was translated is replaced."""
        languages = [code for code, _name in self.env["res.lang"].get_installed()]
        for lang in languages:
            self.with_context(lang=lang).write(values)
