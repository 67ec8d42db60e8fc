"""What the buttons on modules do: mark modules, or carry the change out at once."""

from __future__ import annotations

from collections import Counter

from fondaco.addon import _, api, fields, models
from fondaco.errors import AccessDenied, DataError, ModuleError, UserError
from fondaco.values.deferred import Postponed

rehearsal, uninstall = Postponed("fondaco.modules.rehearsal"), Postponed("fondaco.modules.uninstall")

PROTECTED = frozenset({"base"})
COMING = frozenset({"installed", "to install", "to upgrade"})


class IrModuleButtons(models.Model):
    _inherit = "ir.module.module"

    def _require_admin(self):
        if not (self.env.su or self.env.user._is_admin()):
            raise AccessDenied

    def _mark(self, state, among):
        """Give a state to these modules and to what they need, as far as they are in one of the states `among`."""
        plan = self._with_needed(among)
        for module in plan:
            self.check_external_dependencies(module.name, state)
        plan.write({"state": state})

    def _with_needed(self, among):
        """These modules and what they need, in those states: what is needed comes first."""
        order, seen = [], set()

        def visit(module):
            if module.state not in among or module.id in seen:
                return
            seen.add(module.id)
            for line in module.dependencies_id:
                if not line.depend_id:
                    problem = _("“%(module)s” needs “%(needed)s”, which is not on the addons path.")
                    raise UserError(problem % {"module": module.name, "needed": line.name})
                visit(line.depend_id)
            order.append(module.id)

        for module in self:
            visit(module)
        return self.browse(order)

    def _come_by_themselves(self):
        """Modules that install themselves, as all is there, or coming, that they wait for."""
        waiting = self.search([("auto_install", "=", True), ("state", "=", "uninstalled")])
        return waiting.filtered(
            lambda module: COMING.issuperset(module.dependencies_id.filtered("auto_install_required").mapped("state"))
        )

    def button_install(self):
        """Mark to be installed, with what is needed and what installs itself then."""
        self._require_admin()
        modules = self
        while modules:
            modules._mark("to install", ("uninstalled",))
            modules = self._come_by_themselves()
        self._refuse_enemies()
        return dict(ACTION_APPS, name=_("Install"))

    def _refuse_enemies(self):
        """Refuse modules that exclude each other."""
        label_by_name = {module.name: module.shortdesc for module in self.search([("state", "in", tuple(COMING))])}
        exclusions = self.env["ir.module.module.exclusion"].search(
            [("module_id.name", "in", list(label_by_name)), ("name", "in", list(label_by_name))], limit=1
        )
        if exclusions:
            raise UserError(
                _(
                    "“%(first)s” and “%(second)s” do not go together: install one of them.",
                    first=exclusions.module_id.shortdesc,
                    second=label_by_name[exclusions.name],
                )
            )

    def button_install_cancel(self):
        self._require_admin()
        self.write({"state": "uninstalled", "demo": False})
        return True

    def button_uninstall(self):
        """Mark to be removed, with everything that needs these."""
        self._require_admin()
        if PROTECTED & set(self.mapped("name")):
            raise UserError(_("The module “base” is what all others stand on: it cannot be removed."))
        if any(state not in ("installed", "to upgrade") for state in self.mapped("state")):
            raise UserError(_("Only installed modules can be removed."))
        (self + self.downstream_dependencies()).write({"state": "to remove"})
        return dict(ACTION_APPS, name=_("Uninstall"))

    def button_uninstall_wizard(self):
        """Show what removing would take along."""
        return {
            "type": "ir.actions.act_window",
            "target": "new",
            "name": _("Uninstall module"),
            "view_mode": "form",
            "res_model": "base.module.uninstall",
            "context": {"default_module_id": self.id},
        }

    def button_uninstall_cancel(self):
        self._require_admin()
        self.write({"state": "installed"})
        return True

    def button_upgrade(self):
        """Mark to be upgraded, with everything that needs these."""
        self._require_admin()
        if not self:
            return None
        self.update_list()
        plan = self + self.downstream_dependencies()
        for module in plan:
            if module.state not in ("installed", "to upgrade"):
                raise UserError(_("“%s” is not installed: it cannot be upgraded.", module.name))
            self.check_external_dependencies(module.name, "to upgrade")
        plan.write({"state": "to upgrade"})
        plan.dependencies_id.depend_id.filtered(lambda module: module.state == "uninstalled").button_install()
        return dict(ACTION_APPS, name=_("Apply changes"))

    def button_upgrade_cancel(self):
        self._require_admin()
        self.write({"state": "installed"})
        return True

    # -- at once --------------------------------------------------------------------------------------------------

    def button_immediate_install(self):
        """Install now; answers the action that opens the client anew."""
        return self._change_now(install=self.mapped("name"))

    def button_immediate_upgrade(self):
        """Upgrade now."""
        return self._change_now(upgrade=self.mapped("name"))

    def button_immediate_uninstall(self):
        """Remove now."""
        if PROTECTED & set(self.mapped("name")):
            raise UserError(_("The module “base” is what all others stand on: it cannot be removed."))
        return self._change_now(uninstall=self.mapped("name"))

    def change_plan(self, kind):
        """What `kind` (install, upgrade, uninstall) would do with these modules, found without doing it.

        {"steps": [{name, label, action, why}], "tables": sentences, "records": [{label, count}], "lost": the same,
        "notes": sentences}: records are taken back with their module, lost are rows of tables that go.
        """
        self._require_admin()
        if kind not in ("install", "upgrade", "uninstall"):
            raise ValueError(f"ir.module.module.change_plan: {kind!r}; expected install, upgrade or uninstall")
        if kind == "uninstall" and PROTECTED & set(self.mapped("name")):
            raise UserError(_("The module “base” is what all others stand on: it cannot be removed."))
        registry = self.env.registry
        try:
            plan = rehearsal.rehearse(registry.registries, registry.db_name, **{kind: self.mapped("name")}).as_json()
        except (ModuleError, DataError) as error:
            raise UserError(str(error)) from error
        label_by_name = dict(self.search_fetch([], ["name", "shortdesc"]).mapped(lambda m: (m.name, m.shortdesc)))
        steps = [
            {**{key: step[key] for key in ("action", "why")}, "name": name, "label": label_by_name.get(name) or name}
            for step in plan["steps"]
            for name in [step["module"]]
        ]
        return {
            "steps": steps,
            "tables": _tables_in_sentences(plan["tables"]),
            "records": self._counted_by_model(plan["removals"]),
            "lost": self._lost_by_model(plan["lost_rows"]),
            "notes": plan["notes"],
        }

    def _counted_by_model(self, removals):
        """What is taken back, by what people call it; the most first."""
        counts = Counter()
        for removal in removals:
            counts.update(removal["records"])
        names = {
            model.model: model.name for model in self.env["ir.model"].sudo().search([("model", "in", list(counts))])
        }
        return [{"label": names.get(model, model), "count": count} for model, count in counts.most_common()]

    def _lost_by_model(self, count_by_table):
        """Rows that go with their tables, by what people call them."""
        label_by_table = {model._table: model._description for model in self.env.values() if not model._abstract}
        return [
            {"label": label_by_table.get(table, table), "count": count}
            for table, count in count_by_table.items()
            if count
        ]

    def _change_now(self, **request):
        """Commit, let fondaco.modules carry the change out, go on in the new registry."""
        self._require_admin()
        cr, registry = self.env.cr, self.env.registry
        self.env.flush_all()
        cr.commit()
        try:
            registry.registries.update(registry.db_name, **request)
        except (ModuleError, DataError) as error:
            raise UserError(str(error)) from error
        self.env.transaction.registry = registry.registries.get(registry.db_name)
        self.env.transaction.reset()
        return self.env["ir.module.module"].next()

    @api.model
    def _apply_marks(self):
        """Carry out what is marked."""
        by_state = {
            "install": self.search([("state", "=", "to install")]).mapped("name"),
            "upgrade": self.search([("state", "=", "to upgrade")]).mapped("name"),
            "uninstall": self.search([("state", "=", "to remove")]).mapped("name"),
        }
        return self._change_now(**{key: names for key, names in by_state.items() if names})

    def next(self):
        """The next open to-do, else the client anew."""
        todo = self.env["ir.actions.todo"].search([("state", "=", "open")], limit=1)
        if todo:
            action = todo.action_launch()
            if action.get("type") != "ir.actions.act_window_close":
                return action
        return {"type": "ir.actions.act_url", "target": "self", "url": "/odoo"}

    def module_uninstall(self):
        """Take back what the modules brought, without what needs them."""
        self._require_admin()
        for module in self:
            uninstall.remove(self.env, uninstall.plan_removal(self.env, module.name))
        return True


def _tables_in_sentences(steps):
    """New tables by name, changed ones with what changes; indexes and keys follow from them."""
    created = [step["table"] for step in steps if step["action"] == "create table"]
    changed = [
        f"{step['table']}: {', '.join(step['details'])}"
        for step in steps
        if step["action"] != "create table" and step["details"]
    ]
    return [*(_("New table %s", table) for table in created), *changed]


ACTION_APPS = {
    "type": "ir.actions.act_window",
    "target": "new",
    "res_model": "base.module.upgrade",
    "view_mode": "form",
}
