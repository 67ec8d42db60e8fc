"""Which choices make up a combo?"""

from __future__ import annotations

from fondaco.addon import api, fields, models
from fondaco.errors import ValidationError


class ProductCombo(models.Model):
    _name = "product.combo"
    _description = "Product Combo"
    _order = "sequence, id"

    name = fields.Char(string="Name", required=True)
    sequence = fields.Integer(string="Sequence", copy=False, default=10, aggregator=None)
    company_id = fields.Many2one("res.company", string="Company", index=True)
    combo_item_ids = fields.One2many("product.combo.item", "combo_id", string="Combo Item", copy=True)
    combo_item_count = fields.Integer(string="Product Count", compute="_compute_combo_item_count")
    currency_id = fields.Many2one("res.currency", string="Currency", compute="_compute_currency_id")
    base_price = fields.Float(string="Combo Price", compute="_compute_base_price", digits="Product Price")

    @api.depends("combo_item_ids")
    def _compute_combo_item_count(self):
        for combo in self:
            combo.combo_item_count = len(combo.combo_item_ids)

    @api.depends("company_id")
    def _compute_currency_id(self):
        for combo in self:
            combo.currency_id = (combo.company_id or self.env.company).currency_id

    @api.depends("combo_item_ids")
    def _compute_base_price(self):
        """The lowest price among the choices: what the combo is worth at least."""
        today = fields.Date.context_today(self)
        for combo in self:
            company = combo.company_id or self.env.company
            combo.base_price = min(
                (
                    item.currency_id._convert(item.lst_price, combo.currency_id, company, today)
                    for item in combo.combo_item_ids
                ),
                default=0.0,
            )

    @api.constrains("combo_item_ids")
    def _check_combo_item_ids_not_empty(self):
        if any(not combo.combo_item_ids for combo in self):
            raise ValidationError(self.env._("A combo choice needs at least one product."))

    @api.constrains("combo_item_ids")
    def _check_combo_item_ids_no_duplicates(self):
        for combo in self:
            if len(combo.combo_item_ids.mapped("product_id")) < len(combo.combo_item_ids):
                raise ValidationError(self.env._("A product stands once in a combo choice."))


class ProductComboItem(models.Model):
    _name = "product.combo.item"
    _description = "Product Combo Item"
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company",
        string="Company",
        related="combo_id.company_id",
        store=True,
        precompute=True,
    )
    combo_id = fields.Many2one("product.combo", string="Combo", required=True, ondelete="cascade")
    product_id = fields.Many2one(
        "product.product",
        string="Product",
        required=True,
        ondelete="cascade",
        domain=[("type", "!=", "combo")],
        check_company=True,
    )
    currency_id = fields.Many2one("res.currency", string="Currency", related="product_id.currency_id")
    lst_price = fields.Float(string="Original Price", related="product_id.lst_price", digits="Product Price")
    extra_price = fields.Float(string="Extra Price", default=0.0, digits="Product Price")

    @api.constrains("product_id")
    def _check_product_id_no_combo(self):
        if any(item.product_id.type == "combo" for item in self):
            raise ValidationError(self.env._("A combo choice cannot hold a combo."))
