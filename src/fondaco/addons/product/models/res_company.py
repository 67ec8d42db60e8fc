"""Which pricelists does a company get by itself?"""

from __future__ import annotations

from fondaco.addon import api, models


class ResCompany(models.Model):
    _inherit = "res.company"

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        companies._activate_or_create_pricelists()
        return companies

    def write(self, vals):
        done = super().write(vals)
        if "currency_id" in vals:
            self._activate_or_create_pricelists()
        return done

    def _activate_or_create_pricelists(self):
        """Where pricelists are used, each company has one in its own currency."""
        if self.env.context.get("disable_company_pricelist_creation"):
            return
        group = self.env.ref("product.group_product_pricelist", raise_if_not_found=False)
        if not group or not group.sudo().users:
            return
        Pricelist = self.env["product.pricelist"].sudo().with_context(active_test=False)
        for company in self or self.env["res.company"].search([]):
            found = Pricelist.search(
                [("company_id", "in", (company.id, False)), ("currency_id", "=", company.currency_id.id)],
                order="active DESC, company_id, sequence, id",
                limit=1,
            )
            if not found:
                Pricelist.with_company(company).create(company._get_default_pricelist_vals())
            elif not found.active:
                found.active = True

    def _get_default_pricelist_vals(self):
        self.ensure_one()
        return {
            "name": self.env._("Default"),
            "currency_id": self.currency_id.id,
            "company_id": self.id,
            "sequence": 10,
        }
