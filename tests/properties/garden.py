"""Models of the property-based tests: a field of every type, trees with and without a path, links of every shape."""

from __future__ import annotations

from typing import Any

from fondaco.addon import api, fields, models
from fondaco.errors import ValidationError
from tests.fix_models import give_rights

MODULE = "test_garden"
SECOND_COMPANY = "Second garden"
TABLES = "odoo.addons.test_garden.models"


class Plot(models.Model):
    __module__ = TABLES
    _name = "garden.plot"
    _description = "Plot"
    _order = "name, id"
    _parent_store = True

    name = fields.Char()
    active = fields.Boolean(default=True)
    size = fields.Integer()
    parent_id = fields.Many2one("garden.plot", ondelete="cascade")
    parent_path = fields.Char(index=True)
    child_ids = fields.One2many("garden.plot", "parent_id")
    plant_ids = fields.One2many("garden.plant", "plot_id", copy=True)
    visitor_ids = fields.Many2many("garden.plant", "garden_visit_rel", "plot_id", "plant_id")
    feature_definition = fields.PropertiesDefinition()
    note = fields.Char()
    secret = fields.Char(groups="base.group_system")
    plant_count = fields.Integer(compute="_compute_plants", store=True)
    total_height = fields.Integer(compute="_compute_plants", store=True)

    @api.depends("plant_ids.height", "plant_ids.active")
    def _compute_plants(self) -> None:
        for plot in self:
            plants = plot.with_context(active_test=False).plant_ids
            plot.plant_count = len(plants)
            plot.total_height = sum(plants.mapped("height"))


class Plant(models.Model):
    __module__ = TABLES
    _name = "garden.plant"
    _description = "Plant"
    _order = "id"

    name = fields.Char()
    title = fields.Char(translate=True)
    story = fields.Text()
    page = fields.Html()
    active = fields.Boolean(default=True)
    height = fields.Integer()
    width = fields.Float()
    weight = fields.Float(digits=(10, 2))
    currency_id = fields.Many2one("res.currency", default=lambda self: self.env.ref("base.EUR"))
    price = fields.Monetary()
    is_wild = fields.Boolean()
    sown = fields.Date()
    seen = fields.Datetime()
    kind = fields.Selection([("tree", "Tree"), ("herb", "Herb"), ("moss", "Moss")])
    plot_id = fields.Many2one("garden.plot", ondelete="cascade")
    parent_id = fields.Many2one("garden.plant", ondelete="set null")
    child_ids = fields.One2many("garden.plant", "parent_id")
    visit_ids = fields.Many2many("garden.plot", "garden_visit_rel", "plant_id", "plot_id")
    subject = fields.Reference([("garden.plot", "Plot"), ("garden.plant", "Plant")])
    res_model = fields.Char()
    res_id = fields.Many2oneReference(model_field="res_model")
    rank = fields.Integer(company_dependent=True)
    nickname = fields.Char(company_dependent=True)
    keeper_id = fields.Many2one("res.partner", company_dependent=True)
    features = fields.Properties(definition="plot_id.feature_definition")
    data = fields.Json()
    photo = fields.Binary()
    seal = fields.Binary(attachment=False)
    picture = fields.Image()
    secret = fields.Char(groups="base.group_system")
    secret_rank = fields.Integer(groups="base.group_system")
    secret_photo = fields.Binary(groups="base.group_system")
    secret_copy = fields.Char(related="secret", groups="base.group_system")
    company_id = fields.Many2one("res.company")
    vault_id = fields.Many2one("garden.vault")
    vault_ids = fields.Many2many("garden.vault")
    plot_name = fields.Char(related="plot_id.name")
    plot_size = fields.Integer(related="plot_id.size", store=True)
    mother_is_wild = fields.Boolean(related="parent_id.is_wild")
    double = fields.Integer(compute="_compute_double", inverse="_inverse_double", store=True)
    depth = fields.Integer(compute="_compute_depth", store=True, recursive=True)

    _sql_constraints = [("low", "CHECK(height < 1000)", "No plant is that high.")]

    @api.depends("height")
    def _compute_double(self) -> None:
        for plant in self:
            plant.double = 2 * plant.height

    def _inverse_double(self) -> None:
        for plant in self:
            plant.height = plant.double // 2

    @api.depends("parent_id.depth")
    def _compute_depth(self) -> None:
        for plant in self:
            plant.depth = plant.parent_id.depth + 1 if plant.parent_id else 0

    @api.constrains("height")
    def _check_height(self) -> None:
        if any(plant.height < 0 for plant in self):
            raise ValidationError("Nothing grows downwards.")

    @api.constrains("parent_id")
    def _check_parent(self) -> None:
        if self._has_cycle():
            raise ValidationError("Nobody is their own ancestor.")


class Vault(models.Model):
    __module__ = TABLES
    _name = "garden.vault"
    _description = "Vault, which only administrators may open"
    _order = "secret"

    name = fields.Char()
    secret = fields.Char()
    plant_ids = fields.One2many("garden.plant", "vault_id")


def set_up(registry: Any, cr: Any, env_of: Any) -> Any:
    """An environment of the superuser in the registry, which has the models now; every employee may use them."""
    names = registry.add_definitions(cr, MODULE)
    registry.setup_models(cr)
    registry.init_models(cr, names)
    env = env_of(cr)
    give_rights(env, [name for name in names if name != "garden.vault"])
    give_rights(env, ["garden.vault"], "base.group_system")
    env["res.lang"]._activate_lang("fr_FR")
    env["res.company"].create({"name": SECOND_COMPANY})
    env.flush_all()
    return env
