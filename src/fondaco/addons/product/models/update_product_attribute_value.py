"""What becomes of the products that have an attribute, when one of its values is new or costs something else?"""

from __future__ import annotations

from fondaco.addon import api, fields, models


class UpdateProductAttributeValue(models.TransientModel):
    _name = "update.product.attribute.value"
    _description = "Update product attribute value"

    attribute_value_id = fields.Many2one(
        "product.attribute.value", string="Attribute Value", required=True, ondelete="cascade"
    )
    mode = fields.Selection(
        selection=[
            ("add", "Add to existing products"),
            ("update_extra_price", "Update the extra price on existing products"),
        ],
        string="Mode",
    )
    message = fields.Char(string="Message", compute="_compute_message")
    product_count = fields.Integer(string="Product Count", compute="_compute_product_count")

    def _lines(self):
        """The attribute lines that the value is added to."""
        value = self.attribute_value_id
        return self.env["product.template.attribute.line"].search(
            [("attribute_id", "=", value.attribute_id.id), ("value_ids", "not in", value.ids)]
        )

    def _values(self):
        """The values of products whose price is changed."""
        return self.env["product.template.attribute.value"].search(
            [("product_attribute_value_id", "=", self.attribute_value_id.id)]
        )

    @api.depends("mode")
    def _compute_product_count(self):
        for wizard in self:
            found = wizard._lines() if wizard.mode == "add" else wizard._values()
            wizard.product_count = len(found.product_tmpl_id)

    @api.depends("product_count", "mode", "attribute_value_id")
    def _compute_message(self):
        for wizard in self:
            text = (
                self.env._("“%(value)s” is added to %(count)s products that have the attribute.")
                if wizard.mode == "add"
                else self.env._("The extra price of “%(value)s” is changed on %(count)s products.")
            )
            wizard.message = text % {"value": wizard.attribute_value_id.name or "", "count": wizard.product_count}

    def action_confirm(self):
        self.ensure_one()
        value = self.attribute_value_id
        if self.mode == "add":
            self._lines().write({"value_ids": [(4, value.id)]})
        else:
            self._values().write({"price_extra": value.default_extra_price})
