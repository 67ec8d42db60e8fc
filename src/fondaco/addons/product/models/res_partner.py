"""Which pricelist holds for a partner, and for a country?"""

from __future__ import annotations

from fondaco.addon import api, fields, models


class ResPartner(models.Model):
    _inherit = "res.partner"

    property_product_pricelist = fields.Many2one(
        "product.pricelist",
        string="Pricelist",
        compute="_compute_product_pricelist",
        inverse="_inverse_product_pricelist",
    )
    specific_property_product_pricelist = fields.Many2one(
        "product.pricelist",
        string="Specific Property Product Pricelist",
        copy=False,
        index="btree_not_null",
        company_dependent=True,
    )

    @api.depends("country_id", "specific_property_product_pricelist")
    @api.depends_context("company", "country_code")
    def _compute_product_pricelist(self):
        found = self.env["product.pricelist"]._get_partner_pricelist_multi(self._ids)
        for partner in self:
            partner.property_product_pricelist = found.get(partner.id)

    def _inverse_product_pricelist(self):
        for partner in self:
            partner.specific_property_product_pricelist = partner.property_product_pricelist

    def _commercial_fields(self):
        return [*super()._commercial_fields(), "specific_property_product_pricelist"]


class ResCountryGroup(models.Model):
    _inherit = "res.country.group"

    pricelist_ids = fields.Many2many(
        "product.pricelist",
        "res_country_group_pricelist_rel",
        "res_country_group_id",
        "pricelist_id",
        string="Pricelists",
    )
