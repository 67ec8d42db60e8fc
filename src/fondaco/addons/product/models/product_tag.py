"""With which words are products marked?"""

from __future__ import annotations

from fondaco.addon import api, fields, models


class ProductTag(models.Model):
    _name = "product.tag"
    _description = "Product Tag"
    _order = "sequence, id"
    _sql_constraints = [
        ("name_uniq", "unique (name)", "A tag with this name exists already."),
    ]

    name = fields.Char(string="Name", required=True, translate=True)
    sequence = fields.Integer(string="Sequence", default=10, aggregator=None)
    color = fields.Char(string="Color", default="#3C3C3C")
    product_template_ids = fields.Many2many(
        "product.template",
        "product_tag_product_template_rel",
        "product_tag_id",
        "product_template_id",
        string="Product Templates",
    )
    product_product_ids = fields.Many2many(
        "product.product",
        "product_tag_product_product_rel",
        "product_tag_id",
        "product_product_id",
        string="Product Variants",
        domain="[('attribute_line_ids', '!=', False), ('product_tmpl_id', 'not in', product_template_ids)]",
    )
    product_ids = fields.Many2many(
        "product.product",
        string="All Product Variants using this Tag",
        compute="_compute_product_ids",
        search="_search_product_ids",
    )

    def copy_data(self, default=None):
        result = super().copy_data(default)
        if "name" not in (default or {}):
            for tag, values in zip(self, result, strict=True):
                values["name"] = self.env._("%s (copy)", tag.name)
        return result

    @api.depends("product_template_ids", "product_product_ids")
    def _compute_product_ids(self):
        for tag in self:
            tag.product_ids = tag.product_template_ids.product_variant_ids | tag.product_product_ids

    def _search_product_ids(self, operator, operand):
        if operator in ("!=", "not in", "not like", "not ilike"):
            return [
                ("product_template_ids.product_variant_ids", operator, operand),
                ("product_product_ids", operator, operand),
            ]
        return [
            "|",
            ("product_template_ids.product_variant_ids", operator, operand),
            ("product_product_ids", operator, operand),
        ]
