"""In what do the variants of a product differ, and which values are there?"""

from __future__ import annotations

from random import randint

from fondaco.addon import api, fields, models
from fondaco.errors import UserError


class ProductAttribute(models.Model):
    _name = "product.attribute"
    _description = "Product Attribute"
    _order = "sequence, id"
    _sql_constraints = [
        (
            "check_multi_checkbox_no_variant",
            "CHECK(display_type != 'multi' OR create_variant = 'no_variant')",
            "Several values at once cannot make variants.",
        ),
    ]

    name = fields.Char(string="Attribute", required=True, translate=True)
    active = fields.Boolean(string="Active", default=True)
    create_variant = fields.Selection(
        selection=[
            ("always", "Instantly"),
            ("dynamic", "Dynamically"),
            ("no_variant", "Never"),
        ],
        string="Variant Creation",
        required=True,
        default="always",
    )
    display_type = fields.Selection(
        selection=[
            ("radio", "Radio"),
            ("pills", "Pills"),
            ("select", "Select"),
            ("color", "Color"),
            ("multi", "Multi-checkbox"),
        ],
        string="Display Type",
        required=True,
        default="radio",
    )
    sequence = fields.Integer(string="Sequence", index=True, default=20, aggregator=None)
    value_ids = fields.One2many("product.attribute.value", "attribute_id", string="Values", copy=True)
    template_value_ids = fields.One2many("product.template.attribute.value", "attribute_id", string="Template Values")
    attribute_line_ids = fields.One2many("product.template.attribute.line", "attribute_id", string="Lines")
    product_tmpl_ids = fields.Many2many(
        "product.template",
        string="Related Products",
        compute="_compute_products",
        store=True,
    )
    number_related_products = fields.Integer(
        string="Number Related Products",
        compute="_compute_number_related_products",
    )

    @api.depends("attribute_line_ids.active", "attribute_line_ids.product_tmpl_id")
    def _compute_products(self):
        for attribute in self.with_context(active_test=False):
            lines = attribute.attribute_line_ids.filtered("active")
            attribute.product_tmpl_ids = lines.product_tmpl_id

    @api.depends("product_tmpl_ids")
    def _compute_number_related_products(self):
        for attribute in self:
            attribute.number_related_products = len(attribute.product_tmpl_ids)

    def write(self, vals):
        if "create_variant" in vals:
            for attribute in self:
                if vals["create_variant"] != attribute.create_variant and attribute.number_related_products:
                    raise UserError(
                        self.env._(
                            "How variants of “%(name)s” are made cannot change while products use it: %(products)s",
                            name=attribute.display_name,
                            products=", ".join(attribute.product_tmpl_ids.mapped("display_name")),
                        )
                    )
        done = super().write(vals)
        if "sequence" in vals:
            self.env["product.template.attribute.line"].invalidate_model(["attribute_id"])
        return done

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used_on_product(self):
        for attribute in self:
            if attribute.number_related_products:
                raise UserError(
                    self.env._(
                        "The attribute “%(name)s” is used by products and cannot be deleted: %(products)s",
                        name=attribute.display_name,
                        products=", ".join(attribute.product_tmpl_ids.mapped("display_name")),
                    )
                )

    def _without_no_variant_attributes(self):
        return self.filtered(lambda attribute: attribute.create_variant != "no_variant")

    def action_archive(self):
        used = self.filtered("number_related_products")
        if used:
            raise UserError(
                self.env._(
                    "The attribute “%(name)s” is used by products and cannot be archived: %(products)s",
                    name=used[0].display_name,
                    products=", ".join(used[0].product_tmpl_ids.mapped("display_name")),
                )
            )
        return super().action_archive()

    def action_open_product_template_attribute_lines(self):
        self.ensure_one()
        return {
            "name": self.env._("Products"),
            "type": "ir.actions.act_window",
            "res_model": "product.template.attribute.line",
            "view_mode": "list,form",
            "domain": [("attribute_id", "=", self.id), ("product_tmpl_id.active", "=", True)],
        }


class ProductAttributeValue(models.Model):
    _name = "product.attribute.value"
    _description = "Attribute Value"
    _order = "attribute_id, sequence, id"

    name = fields.Char(string="Value", required=True, translate=True)
    sequence = fields.Integer(string="Sequence", index=True, aggregator=None)
    attribute_id = fields.Many2one(
        "product.attribute",
        string="Attribute",
        required=True,
        index=True,
        ondelete="cascade",
    )
    pav_attribute_line_ids = fields.Many2many(
        "product.template.attribute.line",
        "product_attribute_value_product_template_attribute_line_rel",
        "product_attribute_value_id",
        "product_template_attribute_line_id",
        string="Lines",
        copy=False,
    )
    default_extra_price = fields.Float(string="Default Extra Price")
    is_custom = fields.Boolean(string="Free text")
    html_color = fields.Char(string="Color")
    display_type = fields.Selection(string="Display Type", related="attribute_id.display_type")
    color = fields.Integer(string="Color Index", default=lambda self: self._get_default_color())
    image = fields.Image(string="Image", max_width=70, max_height=70)
    active = fields.Boolean(string="Active", default=True)
    is_used_on_products = fields.Boolean(string="Used on Products", compute="_compute_is_used_on_products")
    default_extra_price_changed = fields.Boolean(
        string="Default Extra Price Changed",
        compute="_compute_default_extra_price_changed",
    )

    def _get_default_color(self):
        return randint(1, 11)

    @api.depends("attribute_id")
    @api.depends_context("show_attribute")
    def _compute_display_name(self):
        if not self.env.context.get("show_attribute", True):
            return super()._compute_display_name()
        for value in self:
            value.display_name = f"{value.attribute_id.name}: {value.name}"
        return None

    @api.depends("pav_attribute_line_ids")
    def _compute_is_used_on_products(self):
        for value in self:
            value.is_used_on_products = bool(value.pav_attribute_line_ids.filtered("product_tmpl_id.active"))

    @api.depends("default_extra_price")
    def _compute_default_extra_price_changed(self):
        for value in self:
            value.default_extra_price_changed = (
                bool(value._origin) and value.default_extra_price != value._origin.default_extra_price
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used_on_product(self):
        for value in self:
            if message := value.check_is_used_on_products():
                raise UserError(message)

    def check_is_used_on_products(self):
        """Why the value cannot go, in a sentence; False if it can."""
        for value in self:
            if value.is_used_on_products:
                return self.env._(
                    "The value “%(value)s” is used by products and cannot be deleted: %(products)s",
                    value=value.display_name,
                    products=", ".join(value.pav_attribute_line_ids.product_tmpl_id.mapped("display_name")),
                )
        return False

    def write(self, vals):
        if "attribute_id" in vals:
            for value in self:
                if value.attribute_id.id != vals["attribute_id"] and value.is_used_on_products:
                    raise UserError(
                        self.env._(
                            "The value “%s” is used by products and cannot move to another attribute.",
                            value.display_name,
                        )
                    )
        done = super().write(vals)
        if "sequence" in vals:
            self.env["product.template.attribute.value"].invalidate_model(["product_attribute_value_id"])
        return done

    def unlink(self):
        """Delete values; those that archived products hold are archived instead."""
        held = self.filtered(lambda value: value.with_context(active_test=False).pav_attribute_line_ids)
        held = held.filtered(lambda value: not value.is_used_on_products)
        held.action_archive()
        return super(ProductAttributeValue, self - held).unlink()

    def action_add_to_products(self):
        return self._open_update("add", self.env._("Add to products"))

    def action_update_prices(self):
        return self._open_update("update_extra_price", self.env._("Update extra prices"))

    def _open_update(self, mode, name):
        self.ensure_one()
        return {
            "name": name,
            "type": "ir.actions.act_window",
            "res_model": "update.product.attribute.value",
            "view_mode": "form",
            "target": "new",
            "context": {"default_attribute_value_id": self.id, "default_mode": mode, "dialog_size": "medium"},
        }

    def _without_no_variant_attributes(self):
        return self.filtered(lambda value: value.attribute_id.create_variant != "no_variant")


class ProductAttributeCustomValue(models.Model):
    _name = "product.attribute.custom.value"
    _description = "Product Attribute Custom Value"
    _order = "custom_product_template_attribute_value_id, id"

    name = fields.Char(string="Name", compute="_compute_name")
    custom_product_template_attribute_value_id = fields.Many2one(
        "product.template.attribute.value",
        string="Attribute Value",
        required=True,
    )
    custom_value = fields.Char(string="Custom Value")

    @api.depends("custom_product_template_attribute_value_id.name", "custom_value")
    def _compute_name(self):
        for record in self:
            value = record.custom_product_template_attribute_value_id
            record.name = (
                f"{value.display_name}: {record.custom_value or ''}".strip()
                if value
                else (record.custom_value or "").strip()
            )
