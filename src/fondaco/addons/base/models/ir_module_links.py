"""Which other modules a module needs, and which cannot be beside it."""

from __future__ import annotations

from fondaco.addon import api, fields, models

from .ir_module import STATES


class IrModuleDependency(models.Model):
    _name = "ir.module.module.dependency"
    _description = "Module dependency"
    _log_access = False

    name = fields.Char(string="Name", index=True)
    module_id = fields.Many2one("ir.module.module", string="Module", ondelete="cascade")
    depend_id = fields.Many2one(
        "ir.module.module",
        string="Dependency",
        compute="_compute_depend",
        search="_search_depend",
    )
    state = fields.Selection(selection=[*STATES, ("unknown", "Unknown")], string="Status", compute="_compute_state")
    auto_install_required = fields.Boolean(string="Auto Install Required", default=True)

    @api.depends("name")
    def _compute_depend(self):
        by_name = _modules_named_in(self)
        for line in self:
            line.depend_id = by_name.get(line.name)

    def _search_depend(self, operator, value):
        return _lines_that_name(self, "depend_id", operator, value)

    @api.depends("depend_id.state")
    def _compute_state(self):
        for line in self:
            line.state = line.depend_id.state or "unknown"

    @api.model
    def all_dependencies(self, module_names):
        """Name -> direct dependencies, for the modules named and everything below them."""
        wanted, found = set(module_names), {}
        while wanted:
            lines = self.search([("module_id.name", "in", list(wanted))])
            for name in wanted:
                found[name] = []
            for line in lines:
                found[line.module_id.name].append(line.name)
            wanted = {name for names in found.values() for name in names} - found.keys()
        return found


class IrModuleExclusion(models.Model):
    _name = "ir.module.module.exclusion"
    _description = "Module exclusion"

    name = fields.Char(string="Name", index=True)
    module_id = fields.Many2one("ir.module.module", string="Module", ondelete="cascade")
    exclusion_id = fields.Many2one(
        "ir.module.module",
        string="Exclusion Module",
        compute="_compute_exclusion",
        search="_search_exclusion",
    )
    state = fields.Selection(selection=[*STATES, ("unknown", "Unknown")], string="Status", compute="_compute_state")

    @api.depends("name")
    def _compute_exclusion(self):
        by_name = _modules_named_in(self)
        for line in self:
            line.exclusion_id = by_name.get(line.name)

    def _search_exclusion(self, operator, value):
        return _lines_that_name(self, "exclusion_id", operator, value)

    @api.depends("exclusion_id.state")
    def _compute_state(self):
        for line in self:
            line.state = line.exclusion_id.state or "unknown"


def _modules_named_in(lines):
    """Name -> module, for those that there are."""
    modules = lines.env["ir.module.module"].search([("name", "in", lines.mapped("name"))])
    return {module.name: module for module in modules}


def _lines_that_name(lines, field, operator, value):
    """A domain of the lines that name one of these modules."""
    if operator not in ("=", "in"):
        raise ValueError(f"{lines._name}: operator {operator!r} on {field}; expected '=' or 'in'")
    return [("name", "in", lines.env["ir.module.module"].browse(value).mapped("name"))]
