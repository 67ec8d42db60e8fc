"""In what boxes does a product come?"""

from __future__ import annotations

from fondaco.addon import api, fields, models
from fondaco.errors import ValidationError


class ProductPackaging(models.Model):
    _name = "product.packaging"
    _description = "Product Packaging"
    _check_company_auto = True
    _order = "product_id, sequence, id"
    _sql_constraints = [
        ("positive_qty", "CHECK(qty > 0)", "The contained quantity must be above zero."),
        ("barcode_uniq", "unique(barcode)", "A barcode belongs to one packaging only."),
    ]

    name = fields.Char(string="Product Packaging", required=True)
    sequence = fields.Integer(string="Sequence", default=1, aggregator=None)
    product_id = fields.Many2one(
        "product.product", string="Product", required=True, ondelete="cascade", check_company=True
    )
    qty = fields.Float(string="Contained Quantity", default=1, digits="Product Unit of Measure")
    barcode = fields.Char(string="Barcode", copy=False)
    product_uom_id = fields.Many2one("uom.uom", string="Unit of Measure", related="product_id.uom_id")
    company_id = fields.Many2one("res.company", string="Company", index=True)

    @api.constrains("barcode")
    def _check_barcode_uniqueness(self):
        codes = [barcode for barcode in self.mapped("barcode") if barcode]
        if codes and self.env["product.product"].sudo().search_count([("barcode", "in", codes)], limit=1):
            raise ValidationError(self.env._("A product has this barcode already."))
