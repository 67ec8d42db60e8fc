"""Which groups a user is in, asked by id, by external id or by a list of them."""

from __future__ import annotations

from fondaco.addon import SUPERUSER_ID, _, api, models
from fondaco.errors import ValidationError
from fondaco.http.current import request
from fondaco.registry.ormcache import ormcache
from fondaco.sql.fragment import SQL


class UsersGroups(models.Model):
    _inherit = "res.users"

    @ormcache("self.id")
    def _get_group_ids(self):
        """Ids of the user's groups, with all they bring along."""
        self.ensure_one()
        self.env["res.users"].flush_model(["groups_id"])
        implied = self.env["res.groups"]._implied_ids_of_all()
        rows = self.env.execute_query(SQL("SELECT gid FROM res_groups_users_rel WHERE uid = %s", self.id))
        return frozenset(id_ for (gid,) in rows for id_ in implied.get(gid, (gid,)))

    @api.readonly
    def has_group(self, group_ext_id):
        """Whether the user is in a group, given by its external id; in `base.group_no_one` only in developer mode."""
        self.ensure_one()
        if not (self.env.su or self == self.env.user or self.env.user._has_group("base.group_user")):
            raise ValidationError(_("You can only ask for your own groups."))
        if group_ext_id == "base.group_no_one" and not (request and request.session.debug):
            return False
        return self._has_group(group_ext_id)

    def _has_group(self, group_ext_id):
        """As `has_group`, for code: `base.group_no_one` counts as it is."""
        id_ = self.env["res.groups"]._id_of_xmlid().get(group_ext_id)
        if not (id_ and self._ids):
            return False
        return id_ in (self._get_group_ids() if self.id else self._group_ids_in_form())

    def _group_ids_in_form(self):
        """As `_get_group_ids`, for a user who is being made or edited: the groups as the form has them."""
        implied = self.env["res.groups"]._implied_ids_of_all()
        return {below for id_ in self.sudo().groups_id._origin.ids for below in implied.get(id_, (id_,))}

    @api.readonly
    def has_groups(self, group_spec):
        """Whether the user is in one of the groups 'a.b,c.d' and in none of those marked '!e.f'; '.' is nobody."""
        if group_spec == ".":
            return False
        wanted, unwanted = [], []
        for part in group_spec.split(","):
            part = part.strip()
            (unwanted if part.startswith("!") else wanted).append(part.lstrip("!"))
        if any(self.has_group(name) for name in unwanted):
            return False
        return not wanted or any(self.has_group(name) for name in wanted)

    def _is_internal(self):
        """Whether the user is an employee."""
        self.ensure_one()
        return self.sudo().has_group("base.group_user")

    def _is_portal(self):
        self.ensure_one()
        return self.sudo().has_group("base.group_portal")

    def _is_public(self):
        self.ensure_one()
        return self.sudo().has_group("base.group_public")

    def _is_system(self):
        """Whether the user may change settings."""
        self.ensure_one()
        return self.sudo().has_group("base.group_system")

    def _is_admin(self):
        """Whether the user may manage access rights."""
        self.ensure_one()
        return self._is_superuser() or self.sudo().has_group("base.group_erp_manager")

    def _is_superuser(self):
        self.ensure_one()
        return self.id == SUPERUSER_ID

    def _action_show(self):
        """Show these users as a list or, if it is one, as a form."""
        action = self.env["ir.actions.actions"]._for_xml_id("base.action_res_users")
        if len(self) > 1:
            action["domain"] = [("id", "in", self.ids)]
        else:
            action.update({"view_mode": "form", "views": [(False, "form")], "res_id": self.id})
        return action

    def _show_related(self, name, model, records, with_context):
        self.ensure_one()
        return {
            "name": name,
            "view_mode": "list,form",
            "res_model": model,
            "type": "ir.actions.act_window",
            "context": with_context,
            "domain": [("id", "in", records.ids)],
            "target": "current",
        }

    def action_show_groups(self):
        return self._show_related(_("Groups"), "res.groups", self.groups_id, {"create": False, "delete": False})

    def action_show_accesses(self):
        return self._show_related(
            _("Access rights"), "ir.model.access", self.groups_id.model_access, {"create": False, "delete": False}
        )

    def action_show_rules(self):
        return self._show_related(
            _("Record rules"), "ir.rule", self.groups_id.rule_groups, {"create": False, "delete": False}
        )

    # -- preferences ----------------------------------------------------------------------------------------------

    def preference_save(self):
        """Close the preferences; the client reads its context anew."""
        return {"type": "ir.actions.client", "tag": "reload_context"}

    def preference_change_password(self):
        return {
            "type": "ir.actions.act_window",
            "target": "new",
            "res_model": "change.password.own",
            "view_mode": "form",
        }

    def api_key_wizard(self):
        """Ask what a new API key is for."""
        return {
            "type": "ir.actions.act_window",
            "res_model": "res.users.apikeys.description",
            "name": _("A new API key"),
            "target": "new",
            "views": [(False, "form")],
        }

    def action_revoke_all_devices(self):
        """End the user's sessions on all other devices, once he has confirmed who he is."""
        return {
            "type": "ir.actions.act_window",
            "res_model": "res.users.identitycheck",
            "name": _("End the sessions on all other devices"),
            "target": "new",
            "views": [(False, "form")],
        }

    def _action_revoke_all_devices(self):
        self.env["res.device"].sudo().search([("user_id", "=", self.id)]).filtered(
            lambda device: not device.is_current
        )._revoke()
        return {"type": "ir.actions.client", "tag": "reload"}
