"""Who sells us a product, at which price, from which quantity and how fast?"""

from __future__ import annotations

from fondaco.addon import api, fields, models


class ProductSupplierinfo(models.Model):
    _name = "product.supplierinfo"
    _description = "Supplier Pricelist"
    _order = "sequence, min_qty DESC, price, id"
    _rec_name = "partner_id"

    partner_id = fields.Many2one("res.partner", string="Vendor", required=True, ondelete="cascade", check_company=True)
    product_name = fields.Char(string="Vendor Product Name")
    product_code = fields.Char(string="Vendor Product Code")
    sequence = fields.Integer(string="Sequence", default=1, aggregator=None)
    product_uom = fields.Many2one("uom.uom", string="Unit of Measure", related="product_tmpl_id.uom_po_id")
    min_qty = fields.Float(string="Quantity", required=True, default=0.0, digits="Product Unit of Measure")
    price = fields.Float(string="Price", required=True, default=0.0, digits="Product Price")
    price_discounted = fields.Float(string="Discounted Price", compute="_compute_price_discounted")
    company_id = fields.Many2one("res.company", string="Company", index=True, default=lambda self: self.env.company.id)
    currency_id = fields.Many2one(
        "res.currency",
        string="Currency",
        required=True,
        default=lambda self: self.env.company.currency_id.id,
    )
    date_start = fields.Date(string="Start Date")
    date_end = fields.Date(string="End Date")
    product_id = fields.Many2one(
        "product.product",
        string="Product Variant",
        domain="[('product_tmpl_id', '=', product_tmpl_id)] if product_tmpl_id else []",
        check_company=True,
    )
    product_tmpl_id = fields.Many2one(
        "product.template", string="Product Template", index=True, ondelete="cascade", check_company=True
    )
    product_variant_count = fields.Integer(string="Variant Count", related="product_tmpl_id.product_variant_count")
    delay = fields.Integer(string="Delivery Lead Time", required=True, default=1)
    discount = fields.Float(string="Discount (%)", digits="Discount")

    @api.depends("discount", "price")
    def _compute_price_discounted(self):
        for seller in self:
            seller.price_discounted = seller.price * (1 - (seller.discount or 0.0) / 100)

    @api.onchange("product_tmpl_id")
    def _onchange_product_tmpl_id(self):
        if self.product_id and self.product_id not in self.product_tmpl_id.product_variant_ids:
            self.product_id = False

    def _template_of(self, values):
        """A seller of a variant is a seller of its template."""
        if values.get("product_id") and not values.get("product_tmpl_id"):
            values["product_tmpl_id"] = self.env["product.product"].browse(values["product_id"]).product_tmpl_id.id
        return values

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._template_of(dict(values)) for values in vals_list])

    def write(self, vals):
        return super().write(self._template_of(dict(vals)))
