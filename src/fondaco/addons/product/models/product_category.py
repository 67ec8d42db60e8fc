"""Into which tree are products sorted?"""

from __future__ import annotations

from fondaco.addon import api, fields, models
from fondaco.errors import UserError, ValidationError


class ProductCategory(models.Model):
    _name = "product.category"
    _description = "Product Category"
    _order = "complete_name"
    _rec_name = "complete_name"
    _parent_store = True

    name = fields.Char(string="Name", required=True, index="trigram")
    complete_name = fields.Char(string="Complete Name", compute="_compute_complete_name", store=True, recursive=True)
    parent_id = fields.Many2one("product.category", string="Parent Category", index=True, ondelete="cascade")
    parent_path = fields.Char(string="Parent Path", index=True)
    child_id = fields.One2many("product.category", "parent_id", string="Child Categories")
    product_count = fields.Integer(string="# Products", compute="_compute_product_count")
    product_properties_definition = fields.PropertiesDefinition(string="Product Properties")

    @api.depends("name", "parent_id.complete_name")
    def _compute_complete_name(self):
        for category in self:
            parent = category.parent_id
            category.complete_name = f"{parent.complete_name} / {category.name}" if parent else category.name

    def _compute_product_count(self):
        """Products in the category and all below it."""
        groups = self.env["product.template"]._read_group(
            [("categ_id", "child_of", self.ids)], ["categ_id"], ["__count"]
        )
        counts = {category.id: count for category, count in groups}
        for category in self:
            below = self.search([("id", "child_of", category.ids)]).ids
            category.product_count = sum(counts.get(id_, 0) for id_ in below)

    @api.constrains("parent_id")
    def _check_category_recursion(self):
        if self._has_cycle():
            raise ValidationError(self.env._("A category cannot lie below itself."))

    @api.model
    def name_create(self, name):
        category = self.create({"name": name})
        return category.id, category.display_name

    @api.depends_context("hierarchical_naming")
    def _compute_display_name(self):
        if self.env.context.get("hierarchical_naming", True):
            return super()._compute_display_name()
        for category in self:
            category.display_name = category.name
        return None

    @api.ondelete(at_uninstall=False)
    def _unlink_except_default_category(self):
        main = self.env.ref("product.product_category_all", raise_if_not_found=False)
        if main and main in self:
            raise UserError(self.env._("The category “%s” is where new products go; it cannot be deleted.", main.name))
