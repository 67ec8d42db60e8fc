"""How much of which product lies where."""

from fondaco.addon import fields, models


class Place(models.Model):
    _name = "emporium.place"
    _description = "Place of Stock"
    _order = "code"
    _sql_constraints = [("code_once", "UNIQUE (code)", "Another place has this code.")]

    code = fields.Char(required=True)
    name = fields.Char(required=True)


class Level(models.Model):
    _name = "emporium.level"
    _description = "Level of Stock"
    _order = "product_id, place_id"
    _rec_name = "product_id"
    _sql_constraints = [
        ("level_once", "UNIQUE (product_id, place_id)", "This product has a level at this place: change that one."),
        ("quantity_is_counted", "CHECK (quantity >= 0)", "Nobody counts less than nothing."),
    ]

    product_id = fields.Many2one("product.product", required=True, ondelete="cascade")
    place_id = fields.Many2one("emporium.place", required=True, ondelete="restrict")
    quantity = fields.Float(digits="Product Unit of Measure", required=True)
    uom_id = fields.Many2one(related="product_id.uom_id")
    counted = fields.Datetime(required=True)
