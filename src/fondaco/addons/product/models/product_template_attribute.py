"""Which attributes and values does one product have, and what do they add to its price?"""

from __future__ import annotations

from random import randint

from fondaco.addon import api, fields, models
from fondaco.errors import UserError, ValidationError


class ProductTemplateAttributeLine(models.Model):
    _name = "product.template.attribute.line"
    _description = "Product Template Attribute Line"
    _order = "sequence, attribute_id, id"
    _rec_name = "attribute_id"
    _rec_names_search = ["attribute_id", "value_ids"]

    active = fields.Boolean(string="Active", default=True)
    product_tmpl_id = fields.Many2one(
        "product.template",
        string="Product Template",
        required=True,
        index=True,
        ondelete="cascade",
    )
    sequence = fields.Integer(string="Sequence", default=10, aggregator=None)
    attribute_id = fields.Many2one("product.attribute", string="Attribute", required=True, index=True)
    value_ids = fields.Many2many(
        "product.attribute.value",
        "product_attribute_value_product_template_attribute_line_rel",
        "product_template_attribute_line_id",
        "product_attribute_value_id",
        string="Values",
        ondelete="restrict",
        domain="[('attribute_id', '=', attribute_id)]",
    )
    value_count = fields.Integer(string="Value Count", compute="_compute_value_count", store=True)
    product_template_value_ids = fields.One2many(
        "product.template.attribute.value",
        "attribute_line_id",
        string="Product Attribute Values",
    )

    @api.depends("value_ids")
    def _compute_value_count(self):
        for line in self:
            line.value_count = len(line.value_ids)

    @api.constrains("active", "value_ids", "attribute_id")
    def _check_valid_values(self):
        for line in self:
            if line.active and not line.value_ids:
                raise ValidationError(
                    self.env._("The attribute %(attribute)s of %(product)s needs at least one value.",
                               attribute=line.attribute_id.display_name, product=line.product_tmpl_id.display_name)
                )  # fmt: skip
            for value in line.value_ids:
                if value.attribute_id != line.attribute_id:
                    raise ValidationError(
                        self.env._("The value %(value)s does not belong to the attribute %(attribute)s.",
                                   value=value.display_name, attribute=line.attribute_id.display_name)
                    )  # fmt: skip

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._update_product_template_attribute_values()
        if self.env.context.get("update_product_template_attribute_values", True):
            lines.product_tmpl_id._create_variant_ids()
        return lines

    def write(self, values):
        if "product_tmpl_id" in values and any(line.product_tmpl_id.id != values["product_tmpl_id"] for line in self):
            raise UserError(self.env._("An attribute line cannot move to another product."))
        if "attribute_id" in values and any(line.attribute_id.id != values["attribute_id"] for line in self):
            raise UserError(self.env._("The attribute of a line cannot change; delete the line and add another."))
        done = super().write(values)
        if {"value_ids", "active"} & set(values):
            self._update_product_template_attribute_values()
            self.product_tmpl_id._create_variant_ids()
        return done

    def unlink(self):
        templates = self.product_tmpl_id
        self.product_template_value_ids._only_active().unlink()
        done = super().unlink()
        (templates.exists())._create_variant_ids()
        return done

    def _update_product_template_attribute_values(self):
        """One template value for each value of the line; those no longer wanted are put to sleep."""
        Value = self.env["product.template.attribute.value"].with_context(active_test=False)
        to_create = []
        for line in self:
            wanted = line.value_ids if line.active else line.value_ids.browse()
            existing = Value.search([("attribute_line_id", "=", line.id)])
            for value in existing:
                keep = value.product_attribute_value_id in wanted
                if keep != value.ptav_active:
                    value.ptav_active = keep
            missing = wanted - existing.product_attribute_value_id
            to_create += [
                {
                    "product_attribute_value_id": value.id,
                    "attribute_line_id": line.id,
                    "price_extra": value.default_extra_price,
                }
                for value in missing
            ]
        if to_create:
            Value.create(to_create)
        self.invalidate_recordset(["product_template_value_ids"])

    def action_open_attribute_values(self):
        self.ensure_one()
        return {
            "name": self.env._("Product Variant Values"),
            "type": "ir.actions.act_window",
            "res_model": "product.template.attribute.value",
            "view_mode": "list,form",
            "domain": [("id", "in", self.product_template_value_ids.ids)],
        }

    def _without_no_variant_attributes(self):
        return self.filtered(lambda line: line.attribute_id.create_variant != "no_variant")

    def _is_configurable(self):
        self.ensure_one()
        return (
            len(self.value_ids) >= 2
            or self.attribute_id.display_type == "multi"
            or any(self.value_ids.mapped("is_custom"))
        )


class ProductTemplateAttributeValue(models.Model):
    _name = "product.template.attribute.value"
    _description = "Product Template Attribute Value"
    _order = "attribute_line_id, product_attribute_value_id, id"
    _sql_constraints = [
        (
            "attribute_value_unique",
            "unique(attribute_line_id, product_attribute_value_id)",
            "Each value stands once in an attribute line.",
        ),
    ]

    ptav_active = fields.Boolean(string="Active", default=True)
    name = fields.Char(string="Value", related="product_attribute_value_id.name", translate=True)
    product_attribute_value_id = fields.Many2one(
        "product.attribute.value",
        string="Attribute Value",
        required=True,
        index=True,
        ondelete="cascade",
    )
    attribute_line_id = fields.Many2one(
        "product.template.attribute.line",
        string="Attribute Line",
        required=True,
        index=True,
        ondelete="cascade",
    )
    price_extra = fields.Float(string="Extra Price", default=0.0, digits="Product Price")
    currency_id = fields.Many2one(
        "res.currency",
        string="Currency",
        related="attribute_line_id.product_tmpl_id.currency_id",
    )
    exclude_for = fields.One2many(
        "product.template.attribute.exclusion",
        "product_template_attribute_value_id",
        string="Exclude for",
    )
    product_tmpl_id = fields.Many2one(
        "product.template",
        string="Product Template",
        related="attribute_line_id.product_tmpl_id",
        store=True,
        index=True,
    )
    attribute_id = fields.Many2one(
        "product.attribute",
        string="Attribute",
        related="attribute_line_id.attribute_id",
        store=True,
        index=True,
    )
    ptav_product_variant_ids = fields.Many2many(
        "product.product",
        "product_variant_combination",
        "product_template_attribute_value_id",
        "product_product_id",
        string="Related Variants",
        readonly=True,
    )
    html_color = fields.Char(string="HTML Color Index", related="product_attribute_value_id.html_color")
    is_custom = fields.Boolean(string="Free text", related="product_attribute_value_id.is_custom")
    display_type = fields.Selection(string="Display Type", related="product_attribute_value_id.display_type")
    color = fields.Integer(string="Color", default=lambda self: self._get_default_color())
    image = fields.Binary(string="Image", related="product_attribute_value_id.image")

    def _get_default_color(self):
        return randint(1, 11)

    @api.constrains("attribute_line_id", "product_attribute_value_id")
    def _check_valid_values(self):
        for record in self:
            if record.ptav_active and record.product_attribute_value_id not in record.attribute_line_id.value_ids:
                raise ValidationError(
                    self.env._(
                        "The value %(value)s is not one of the attribute line of %(product)s.",
                        value=record.product_attribute_value_id.display_name,
                        product=record.product_tmpl_id.display_name,
                    )
                )

    @api.depends("attribute_id")
    def _compute_display_name(self):
        for value in self:
            value.display_name = f"{value.attribute_id.name}: {value.name}"

    @api.model_create_multi
    def create(self, vals_list):
        if any("ptav_product_variant_ids" in values for values in vals_list):
            raise UserError(self.env._("The variants of a value follow from the attribute lines; they are not set."))
        return super().create(vals_list)

    def write(self, values):
        if "ptav_product_variant_ids" in values:
            raise UserError(self.env._("The variants of a value follow from the attribute lines; they are not set."))
        if "product_attribute_value_id" in values:
            if any(value.product_attribute_value_id.id != values["product_attribute_value_id"] for value in self):
                raise UserError(self.env._("A value of a product cannot turn into another; take it away and add one."))
        done = super().write(values)
        if "exclude_for" in values:
            self.product_tmpl_id._create_variant_ids()
        return done

    def _excludes(self):
        """{value of the product: values of the same product that it cannot be combined with}"""
        return {
            value: value.exclude_for.filtered(
                lambda exclusion, product=value.product_tmpl_id: exclusion.product_tmpl_id == product
            ).value_ids
            for value in self.filtered("exclude_for")
        }

    def _only_active(self):
        return self.filtered("ptav_active")

    def _without_no_variant_attributes(self):
        return self.filtered(lambda value: value.attribute_id.create_variant != "no_variant")

    def _ids2str(self):
        return ",".join(str(id_) for id_ in sorted(self.ids))

    def _get_combination_name(self):
        """The values that tell this variant from its siblings, as text."""
        values = self._without_no_variant_attributes().filtered(
            lambda value: len(value.attribute_line_id.value_ids) > 1
        )
        return ", ".join(value.name for value in values)

    def _get_extra_price(self):
        return self.price_extra

    def unlink(self):
        """A value that variants hold is put to sleep with them; others are deleted."""
        variants = self.with_context(active_test=False).ptav_product_variant_ids
        variants._unlink_or_archive()
        held = self.filtered(lambda value: value.with_context(active_test=False).ptav_product_variant_ids.exists())
        held.write({"ptav_active": False})
        return super(ProductTemplateAttributeValue, self - held).unlink()


class ProductTemplateAttributeExclusion(models.Model):
    _name = "product.template.attribute.exclusion"
    _description = "Product Template Attribute Exclusion"
    _order = "product_tmpl_id, id"

    product_template_attribute_value_id = fields.Many2one(
        "product.template.attribute.value",
        string="Attribute Value",
        index=True,
        ondelete="cascade",
    )
    product_tmpl_id = fields.Many2one(
        "product.template",
        string="Product Template",
        required=True,
        index=True,
        ondelete="cascade",
    )
    value_ids = fields.Many2many(
        "product.template.attribute.value",
        "product_attr_exclusion_value_ids_rel",
        "product_template_attribute_exclusion_id",
        "product_template_attribute_value_id",
        string="Attribute Values",
        domain="[('product_tmpl_id', '=', product_tmpl_id), ('ptav_active', '=', True)]",
    )

    @api.model_create_multi
    def create(self, vals_list):
        exclusions = super().create(vals_list)
        exclusions.product_tmpl_id._create_variant_ids()
        return exclusions

    def write(self, values):
        templates = self.product_tmpl_id
        done = super().write(values)
        (templates | self.product_tmpl_id)._create_variant_ids()
        return done

    def unlink(self):
        templates = self.product_tmpl_id
        done = super().unlink()
        templates.exists()._create_variant_ids()
        return done
