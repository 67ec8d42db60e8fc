"""What does a form send when it is saved, and what does it get back?"""

from __future__ import annotations

from typing import Any

from fondaco.addon import models
from fondaco.errors import UserError

from .web_save_receipt import held_by, lines_before


class WriteConflict(UserError):
    """Somebody else changed the same fields since they were read."""


class Base(models.AbstractModel):
    _inherit = "base"

    def web_save(
        self, vals: dict[str, Any], specification: dict[str, dict[str, Any]], next_id: int | None = None
    ) -> list[dict[str, Any]]:
        """Create (no record) or write, then read the record, or `next_id`, as the form shows it.

        A context with `save_key` names the save: repeated with the same key, nothing is done twice.
        """
        receipt, is_repeated = self.env["web.save.receipt"]._claim(self._name, self.env.context.get("save_key"))
        self = self.with_context(save_key=False) if receipt else self
        made = self.browse(receipt.res_id).exists() if is_repeated else self.browse()
        if made:
            if remaining := receipt._remaining(made, vals):
                before = lines_before(made, remaining)
                made._refuse_conflict(remaining, receipt)
                made.write(remaining)
                receipt._fill(made, vals, remaining, before)
            records = made
        else:
            before = lines_before(self, vals) if receipt else {}
            records = self._save(vals)
            if receipt and len(records) == 1:
                receipt._fill(records, vals, vals, before)
        if next_id:
            records = self.browse(next_id)
        return records.with_context(bin_size=True).web_read(specification)

    def _save(self, vals: dict[str, Any]) -> Any:
        if not self:
            return self.create(vals)
        self._refuse_conflict(vals)
        self.write(vals)
        return self

    def _refuse_conflict(self, vals: dict[str, Any], receipt: Any = None) -> None:
        """`WriteConflict` when a field holds neither what the context says was seen, nor what is written, nor what an
        earlier try of this save left in it."""
        seen = self.env.context.get("seen_values") or {}
        names = [name for name in vals if name in seen]
        if not names or len(self) != 1 or not self.exists():
            return
        for name, value in held_by(self, names).items():
            if value not in (seen[name], vals[name]) and not (receipt and receipt._left(name, value)):
                raise WriteConflict(
                    self.env._(
                        "Somebody else has changed this meanwhile. Look at what is there now, then change it again."
                    )
                )

    def web_override_translations(self, values: dict[str, str]) -> None:
        """Write texts in every language: what was translated is replaced."""
        languages = [code for code, _name in self.env["res.lang"].get_installed()]
        for lang in languages:
            self.with_context(lang=lang).write(values)
