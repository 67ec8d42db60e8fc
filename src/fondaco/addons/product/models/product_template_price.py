"""What does a template cost, and what do its buttons open?"""

from __future__ import annotations

from fondaco.addon import fields, models


class ProductTemplate(models.Model):
    _inherit = "product.template"

    # -- prices
    def _price_compute(self, price_type, uom=None, currency=None, company=None, date=False):
        """{template id: price of that type in unit and currency}"""
        company = company or self.env.company
        date = date or fields.Date.context_today(self)
        prices = {}
        for template in self.with_company(company):
            price = template.sudo()[price_type] or 0.0
            source = template.cost_currency_id if price_type == "standard_price" else template.currency_id
            if uom:
                price = template.uom_id._compute_price(price, uom)
            if currency:
                price = source._convert(price, currency, company, date)
            prices[template.id] = price
        return prices

    def get_contextual_price(self, product=None):
        return self._get_contextual_price(product)

    def _get_contextual_price(self, product=None):
        self.ensure_one()
        context = self.env.context
        pricelist = self.env["product.pricelist"].browse(context.get("pricelist") or ())
        uom = self.env["uom.uom"].browse(context.get("uom") or ())
        return pricelist._get_product_price(
            product or self, context.get("quantity", 1.0), uom=uom, date=context.get("date")
        )

    # -- buttons
    def open_pricelist_rules(self):
        self.ensure_one()
        return {
            "name": self.env._("Price Rules"), "type": "ir.actions.act_window", "res_model": "product.pricelist.item",
            "view_mode": "list,form", "target": "current",
            "domain": ["|", ("product_tmpl_id", "=", self.id), ("product_id", "in", self.product_variant_ids.ids)],
            "context": {"default_product_tmpl_id": self.id, "default_applied_on": "1_product"},
        }  # fmt: skip

    def action_open_documents(self):
        self.ensure_one()
        return {
            "name": self.env._("Documents"),
            "type": "ir.actions.act_window",
            "res_model": "product.document",
            "view_mode": "kanban,list,form",
            "context": {
                "default_res_model": self._name,
                "default_res_id": self.id,
                "default_company_id": self.company_id.id,
            },
            "domain": [("res_model", "=", self._name), ("res_id", "=", self.id)],
        }
