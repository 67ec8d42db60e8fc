"""What may be switched on and off about products?"""

from __future__ import annotations

from fondaco.addon import api, fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    group_uom = fields.Boolean(string="Units of Measure", implied_group="uom.group_uom")
    group_product_variant = fields.Boolean(string="Variants", implied_group="product.group_product_variant")
    module_loyalty = fields.Boolean(string="Promotions, Coupons, Gift Card & Loyalty Program")
    group_stock_packaging = fields.Boolean(string="Product Packagings", implied_group="product.group_stock_packaging")
    group_product_pricelist = fields.Boolean(string="Pricelists", implied_group="product.group_product_pricelist")
    product_weight_in_lbs = fields.Selection(
        selection=[("0", "Kilograms"), ("1", "Pounds")],
        string="Weight unit of measure",
        default="0",
        config_parameter="product.weight_in_lbs",
    )
    product_volume_volume_in_cubic_feet = fields.Selection(
        selection=[("0", "Cubic Meters"), ("1", "Cubic Feet")],
        string="Volume unit of measure",
        default="0",
        config_parameter="product.volume_in_cubic_feet",
    )

    @api.onchange("group_product_pricelist")
    def _onchange_group_sale_pricelist(self):
        """Rules that nobody would see would still make prices: say so."""
        if self.group_product_pricelist or not self.env["product.pricelist"].search_count([], limit=1):
            return None
        return {
            "warning": {
                "title": self.env._("Pricelists"),
                "message": self.env._("All pricelists are archived when this is switched off."),
            }
        }

    def set_values(self):
        had_pricelists = self.default_get(["group_product_pricelist"])["group_product_pricelist"]
        done = super().set_values()
        if self.group_product_pricelist and not had_pricelists:
            self.env["res.company"]._activate_or_create_pricelists()
        elif had_pricelists and not self.group_product_pricelist:
            self.env["product.pricelist"].sudo().search([]).action_archive()
        return done
