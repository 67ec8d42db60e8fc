"""What a model offers to those who import into it."""

from fondaco.addon import api, models


class Base(models.AbstractModel):
    _inherit = "base"

    @api.model
    def get_import_templates(self):
        """Files to start from: [{'label', 'template': address}]; models override this."""
        return []
