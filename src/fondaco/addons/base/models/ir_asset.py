"""Which files lie in which bundle, beyond what manifests say."""

from __future__ import annotations

from fondaco.addon import _, api, fields, models


class IrAsset(models.Model):
    _name = "ir.asset"
    _description = "Asset"
    _order = "sequence, id"

    name = fields.Char(string="Name", required=True)
    bundle = fields.Char(string="Bundle name", required=True)
    directive = fields.Selection(
        selection=[
            ("append", "Append"),
            ("prepend", "Prepend"),
            ("after", "After"),
            ("before", "Before"),
            ("remove", "Remove"),
            ("replace", "Replace"),
            ("include", "Include"),
        ],
        string="Directive",
        default="append",
    )
    path = fields.Char(string="Path (or glob pattern)", required=True)
    target = fields.Char(string="Target")
    active = fields.Boolean(string="active", default=True)
    sequence = fields.Integer(string="Sequence", required=True, default=16, aggregator=None)

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache("assets")
        return super().create(vals_list)

    def write(self, values):
        if self:
            self.env.registry.clear_cache("assets")
        return super().write(values)

    def unlink(self):
        self.env.registry.clear_cache("assets")
        return super().unlink()

    def _get_asset_bundle_url(self, filename, unique, assets_params, ignore_params=False):
        return f"/web/assets/{unique}/{filename}"

    def _get_asset_params(self):
        """Keys by which bundles differ, for addons with several sites."""
        return {}

    def _get_related_assets(self, domain):
        """Rows of a domain, in the order they apply."""
        return self.with_context(active_test=False).sudo().search(domain, order="sequence, id").filtered("active")

    def _get_active_addons_list(self):
        """Modules whose files count."""
        return self._get_installed_addons_list()

    @api.model
    def _get_installed_addons_list(self):
        return list(self.env.registry.loaded_modules)
