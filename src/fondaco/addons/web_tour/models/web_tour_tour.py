"""What is a guided tour, and who has taken it?"""

from __future__ import annotations

from fondaco.addon import api, fields, models, ormcache


class Tour(models.Model):
    _name = "web_tour.tour"
    _description = "Tours"
    _order = "sequence, name, id"
    _sql_constraints = [
        ("uniq_name", "UNIQUE (name)", "There is a tour of this name: choose another one."),
    ]

    name = fields.Char(required=True)
    sequence = fields.Integer(default=1000)
    url = fields.Char(string="Starting URL", default="/odoo")
    custom = fields.Boolean(string="Custom")
    rainbow_man_message = fields.Html(
        translate=True, default="<b>Good job!</b> You went through all steps of this tour."
    )
    step_ids = fields.One2many("web_tour.tour.step", "tour_id", string="Steps")
    user_consumed_ids = fields.Many2many("res.users", string="Users who took it")

    @api.model
    def consume(self, tour_name):
        """The user has taken the tour; answers the next one to take, or False."""
        if not self.env.user._is_internal():
            return False
        tour = self.sudo().search([("name", "=", tour_name)])
        tour.user_consumed_ids |= self.env.user
        return self.get_current_tour()

    @api.model
    def get_current_tour(self):
        """The first tour that the user has not taken, if he wants tours; else False."""
        if not (self.env.user.tour_enabled and self.env.user._is_internal() and self._are_there_any()):
            return False
        left = [("custom", "=", False), ("user_consumed_ids", "not in", self.env.user.ids)]
        tour = self.sudo().search(left, limit=1)
        return tour._get_tour_json() if tour else False

    @ormcache()
    def _are_there_any(self):
        """Whether modules brought tours: most databases have none, and each page of the client asks."""
        return bool(self.sudo().search_count([("custom", "=", False)], limit=1))

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        if "custom" in vals:
            self.env.registry.clear_cache()
        return super().write(vals)

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    @api.model
    def get_tour_json_by_name(self, tour_name):
        """The tour of this name as the client takes it."""
        return self.sudo().search([("name", "=", tour_name)])._get_tour_json()

    def _get_tour_json(self):
        if not self:
            return False
        self.ensure_one()
        return {
            "name": self.name,
            "url": self.url,
            "custom": self.custom,
            "rainbowManMessage": self.rainbow_man_message,
            "steps": self.step_ids._get_steps_json(),
        }


class TourStep(models.Model):
    _name = "web_tour.tour.step"
    _description = "Tour's step"
    _order = "sequence, id"

    tour_id = fields.Many2one("web_tour.tour", required=True, ondelete="cascade", index=True)
    sequence = fields.Integer()
    trigger = fields.Char(required=True)
    content = fields.Char()
    tooltip_position = fields.Selection(
        [("bottom", "Bottom"), ("top", "Top"), ("right", "Right"), ("left", "left")], default="bottom"
    )
    run = fields.Char()

    def _get_steps_json(self):
        return [
            {
                "trigger": step.trigger,
                "content": step.content,
                "run": step.run,
                "tooltipPosition": step.tooltip_position,
            }
            for step in self
        ]
