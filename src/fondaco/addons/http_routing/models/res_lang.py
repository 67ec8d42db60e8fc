"""In which languages pages for visitors are shown."""

from fondaco.addon import api, models


class Lang(models.Model):
    _inherit = "res.lang"

    @api.model
    def _get_frontend(self):
        """Code -> values of the languages of pages: those in use."""
        return self._get_active_by("code")
