"""Which units are quantities counted in, and what is one unit in another?"""

from __future__ import annotations

from fondaco.addon import api, fields, models
from fondaco.errors import UserError, ValidationError
from fondaco.values.floats import float_is_zero, float_round


class UomCategory(models.Model):
    _name = "uom.category"
    _description = "Product UoM Categories"

    name = fields.Char(string="Unit of Measure Category", required=True, translate=True)
    uom_ids = fields.One2many("uom.uom", "category_id", string="Uom")
    reference_uom_id = fields.Many2one("uom.uom", string="Reference UoM", store=False)

    @api.onchange("uom_ids")
    def _onchange_uom_ids(self):
        """One unit of a category is its reference; the others count against it."""
        references = self.uom_ids.filtered(lambda uom: uom.uom_type == "reference")
        if len(references) > 1:
            newest = references.filtered(lambda uom: uom._origin.uom_type != "reference")[:1] or references[-1:]
            for uom in references - newest:
                uom.uom_type = "bigger" if uom.factor < newest.factor else "smaller"


class Uom(models.Model):
    _name = "uom.uom"
    _description = "Product Unit of Measure"
    _order = "factor DESC, id"
    _sql_constraints = [
        ("factor_gt_zero", "CHECK (factor!=0)", "The conversion ratio of a unit of measure cannot be 0."),
        ("rounding_gt_zero", "CHECK (rounding>0)", "The rounding precision must be above zero."),
        (
            "factor_reference_is_one",
            "CHECK((uom_type = 'reference' AND factor = 1.0) OR (uom_type != 'reference'))",
            "The reference unit has a ratio of 1.",
        ),
    ]

    name = fields.Char(string="Unit of Measure", required=True, translate=True)
    category_id = fields.Many2one("uom.category", string="Category", required=True, ondelete="restrict")
    factor = fields.Float(string="Ratio", required=True, default=1.0, digits=0)
    factor_inv = fields.Float(string="Bigger Ratio", compute="_compute_factor_inv", required=True, digits=0)
    rounding = fields.Float(string="Rounding Precision", required=True, default=0.01, digits=0)
    active = fields.Boolean(string="Active", default=True)
    uom_type = fields.Selection(
        selection=[
            ("bigger", "Bigger than the reference Unit of Measure"),
            ("reference", "Reference Unit of Measure for this category"),
            ("smaller", "Smaller than the reference Unit of Measure"),
        ],
        string="Type",
        required=True,
        default="reference",
    )
    ratio = fields.Float(string="Combined Ratio", compute="_compute_ratio", inverse="_set_ratio")
    color = fields.Integer(string="Color", compute="_compute_color")

    @api.depends("factor")
    def _compute_factor_inv(self):
        for uom in self:
            uom.factor_inv = uom.factor and 1.0 / uom.factor

    @api.depends("uom_type", "factor")
    def _compute_ratio(self):
        """The ratio as people say it: 12 for a dozen, 1000 for a gram."""
        for uom in self:
            uom.ratio = {"reference": 1.0, "bigger": uom.factor_inv, "smaller": uom.factor}[uom.uom_type or "reference"]

    def _set_ratio(self):
        for uom in self:
            if not uom.ratio:
                raise ValidationError(self.env._("The ratio of a unit of measure cannot be 0."))
            uom.factor = {"reference": 1.0, "bigger": 1.0 / uom.ratio, "smaller": uom.ratio}[uom.uom_type]

    @api.depends("uom_type")
    def _compute_color(self):
        for uom in self:
            uom.color = 7 if uom.uom_type == "reference" else 0

    @api.onchange("uom_type")
    def _onchange_uom_type(self):
        if self.uom_type == "reference":
            self.factor = 1.0

    @api.constrains("category_id", "uom_type", "active")
    def _check_category_reference_uniqueness(self):
        for category in self.category_id:
            references = self.search_count([("category_id", "=", category.id), ("uom_type", "=", "reference")])
            if references > 1:
                raise ValidationError(
                    self.env._("The category %(name)s must have one reference unit only.", name=category.name)
                )
            # A category whose units are all archived is out of use: it measures nothing.
            if references == 0 and self.search_count([("category_id", "=", category.id)], limit=1):
                raise ValidationError(self.env._("The category %(name)s needs a reference unit.", name=category.name))

    @api.model_create_multi
    def create(self, vals_list):
        for values in vals_list:
            if "factor_inv" in values:
                factor_inv = values.pop("factor_inv")
                values["factor"] = factor_inv and 1.0 / factor_inv or 0.0
        return super().create(vals_list)

    def write(self, vals):
        if "factor_inv" in vals:
            factor_inv = vals["factor_inv"]
            vals = {name: value for name, value in vals.items() if name != "factor_inv"}
            vals["factor"] = factor_inv and 1.0 / factor_inv or 0.0
        done = super().write(vals)
        if vals.get("active") is False and any(uom.uom_type == "reference" for uom in self):
            others = self.search([("category_id", "in", self.category_id.ids)])
            if others:
                raise UserError(self.env._("A category whose units are in use needs its reference unit."))
        return done

    @api.ondelete(at_uninstall=False)
    def _unlink_except_master_data(self):
        shipped = (
            self.env["ir.model.data"]
            .sudo()
            .search([("model", "=", self._name), ("res_id", "in", self.ids), ("module", "=", "uom")])
        )
        if shipped:
            names = self.browse(shipped.mapped("res_id")).mapped("name")
            raise UserError(
                self.env._(
                    "These units are used by the system and cannot be deleted: %(names)s. Archive them instead.",
                    names=", ".join(names),
                )
            )

    @api.model
    def name_create(self, name):
        """A unit by its name alone goes to the category of plain units."""
        values = {"name": name, "factor": 1}
        category = self.env.context.get("default_category_id") or self.env.ref("uom.product_uom_categ_unit").id
        values["category_id"] = category
        values["uom_type"] = (
            "bigger"
            if self.search_count([("category_id", "=", category), ("uom_type", "=", "reference")])
            else "reference"
        )
        uom = self.create(values)
        return uom.id, uom.display_name

    def _compute_quantity(self, qty, to_unit, round=True, rounding_method="UP", raise_if_failure=True):
        """`qty` of this unit in `to_unit`, rounded to that unit's precision."""
        if not self or not qty:
            return qty
        self.ensure_one()
        if self != to_unit and self.category_id != to_unit.category_id:
            if raise_if_failure:
                raise UserError(
                    self.env._(
                        "%(from_unit)s cannot be converted to %(to_unit)s: they belong to different categories.",
                        from_unit=self.name, to_unit=to_unit.name,
                    )
                )  # fmt: skip
            return qty
        amount = qty if self == to_unit else qty / self.factor * (to_unit.factor if to_unit else 1.0)
        if to_unit and round:
            amount = float_round(amount, precision_rounding=to_unit.rounding, rounding_method=rounding_method)
        return amount

    def _compute_price(self, price, to_unit):
        """The price of one `to_unit` when one of this unit costs `price`."""
        self.ensure_one()
        if not self or not price or not to_unit or self == to_unit or self.category_id != to_unit.category_id:
            return price
        amount = price * self.factor
        return amount / to_unit.factor if to_unit.factor else amount

    def _filter_protected_uoms(self):
        return self.browse()

    def _is_zero(self, quantity):
        """Whether a quantity counts as nothing in this unit."""
        return float_is_zero(quantity, precision_rounding=self.rounding)
