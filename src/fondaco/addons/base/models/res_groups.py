"""Which groups of users there are, and which ones a group brings along."""

from __future__ import annotations

from fondaco.addon import Command, _, api, fields, models
from fondaco.domain.polish import AND, OR
from fondaco.errors import UserError, ValidationError
from fondaco.registry.ormcache import ormcache
from fondaco.sql.fragment import SQL


class Groups(models.Model):
    _name = "res.groups"
    _description = "Access Groups"
    _order = "name"
    _rec_name = "full_name"
    _sql_constraints = [
        ("name_uniq", "unique (category_id, name)", "The app has a group of this name."),
        (
            "check_api_key_duration",
            "CHECK(api_key_duration >= 0)",
            "API keys last zero days or more.",
        ),
    ]

    name = fields.Char(string="Name", required=True, translate=True)
    users = fields.Many2many("res.users", "res_groups_users_rel", "gid", "uid", string="Users")
    model_access = fields.One2many("ir.model.access", "group_id", string="Access Controls", copy=True)
    rule_groups = fields.Many2many(
        "ir.rule",
        "rule_group_rel",
        "group_id",
        "rule_group_id",
        string="Rules",
        domain="[('global', '=', False)]",
    )
    menu_access = fields.Many2many("ir.ui.menu", "ir_ui_menu_group_rel", "gid", "menu_id", string="Access Menu")
    view_access = fields.Many2many("ir.ui.view", "ir_ui_view_group_rel", "group_id", "view_id", string="Views")
    comment = fields.Text(string="Comment", translate=True)
    category_id = fields.Many2one("ir.module.category", string="Application", index=True)
    color = fields.Integer(string="Color Index")
    full_name = fields.Char(string="Group Name", compute="_compute_full_name", search="_search_full_name")
    share = fields.Boolean(string="Share Group")
    api_key_duration = fields.Float(string="API Keys maximum duration days")
    implied_ids = fields.Many2many("res.groups", "res_groups_implied_rel", "gid", "hid", string="Inherits")
    trans_implied_ids = fields.Many2many(
        "res.groups",
        string="Transitively inherits",
        compute="_compute_trans_implied",
        recursive=True,
    )

    _allow_sudo_commands = False

    @api.depends("category_id.name", "name")
    @api.depends_context("short_display_name")
    def _compute_full_name(self):
        for group, outside in zip(self, self.sudo()):
            if outside.category_id and not self.env.context.get("short_display_name"):
                group.full_name = f"{outside.category_id.name} / {outside.name}"
            else:
                group.full_name = outside.name

    def _search_full_name(self, operator, operand):
        """'Category / Name', or either."""
        single = isinstance(operand, (str, bool))
        domains = []
        for text in [operand] if single else operand:
            if isinstance(text, bool) or text is None:
                domains.append([("name", operator, text)])
                continue
            category, slash, name = (part.strip() for part in text.partition("/"))
            operator_ = operator if single else {"in": "=", "not in": "!="}.get(operator, operator)
            if slash and name:
                leaf = [("category_id.name", operator_, category), ("name", operator_, name)]
                domains.append(leaf if "not" not in operator_ and operator_ != "!=" else ["|", *leaf])
            else:
                leaf = [("name", operator_, text), ("category_id.name", operator_, text)]
                domains.append(["|", *leaf] if "not" not in operator_ and operator_ != "!=" else leaf)
        return AND(domains) if operator in ("not in", "!=", "not ilike") else OR(domains)

    @api.depends("implied_ids.trans_implied_ids")
    def _compute_trans_implied(self):
        for group in self:
            group.trans_implied_ids = group.implied_ids | group.implied_ids.trans_implied_ids

    @api.constrains("users")
    def _check_one_user_type(self):
        self.users._check_one_user_type()

    @api.constrains("implied_ids")
    def _check_implied_ids(self):
        if self._has_cycle("implied_ids"):
            raise ValidationError(_("A group cannot bring itself along."))

    def copy_data(self, default=None):
        default = dict(default or {})
        rows = super().copy_data(default=default)
        if "name" not in default:
            for group, vals in zip(self, rows):
                vals["name"] = _("%s (copy)", group.name)
        return rows

    # -- lookups --------------------------------------------------------------------------------------------------

    @ormcache(cache="groups")
    def _implied_ids_of_all(self):
        """Group id -> ids of it and of everything it brings along."""
        direct: dict[int, set[int]] = {
            id_: set() for (id_,) in self.env.execute_query(SQL("SELECT id FROM res_groups"))
        }
        for gid, hid in self.env.execute_query(SQL("SELECT gid, hid FROM res_groups_implied_rel")):
            direct[gid].add(hid)
        result = {}
        for id_ in direct:
            seen, queue = {id_}, [id_]
            while queue:
                for below in direct.get(queue.pop(), ()):
                    if below not in seen:
                        seen.add(below)
                        queue.append(below)
            result[id_] = frozenset(seen)
        return result

    @ormcache(cache="groups")
    def _id_of_xmlid(self):
        """External id -> group id."""
        return dict(
            self.env.execute_query(
                SQL("SELECT module || '.' || name, res_id FROM ir_model_data WHERE model = 'res.groups'")
            )
        )

    # -- keeping --------------------------------------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        users = [vals.pop("users", None) for vals in vals_list]
        groups = super().create(vals_list)
        self._forget()
        for group, commands in zip(groups, users):
            if commands:  # after the implied groups are known, so that they follow
                group.write({"users": commands})
        return groups

    def write(self, values):
        if (values.get("name") or "").startswith("-"):
            raise UserError(_("Begin the name of the group with something else than “-”."))
        done = super().write(values)
        if values.get("users") or values.get("implied_ids"):
            self.env.flush_all()
            self._forget()
            self._give_implied()
        self._forget()
        return done

    def unlink(self):
        done = super().unlink()
        self._forget()
        return done

    def _forget(self):
        self.env.registry.clear_cache()
        self.env.registry.clear_cache("groups")

    def _give_implied(self):
        """Give the users of these groups, and of those that bring them along, everything that follows."""
        mine = set(self.ids)
        implied = self._implied_ids_of_all()
        pairs = [(above, below) for above, all_ in implied.items() if not mine.isdisjoint(all_) for below in all_]
        self.env.execute_query(
            SQL(
                """
                INSERT INTO res_groups_users_rel (gid, uid)
                SELECT DISTINCT pair.below, held.uid
                  FROM unnest(%s::int[], %s::int[]) AS pair(above, below)
                  JOIN res_groups_users_rel held ON held.gid = pair.above
                    ON CONFLICT DO NOTHING
                RETURNING gid
                """,
                [above for above, _below in pairs],
                [below for _above, below in pairs],
            )
        )
        self.invalidate_model(["users"], flush=False)
        users = self.env["res.users"]
        users.invalidate_model(["groups_id"], flush=False)
        self._check_one_user_type()
        shared = users.with_context(active_test=False).search([("groups_id", "in", self.ids)])
        self.env.add_to_compute(users._fields["share"], shared)

    def _apply_group(self, implied_group):
        """Let these groups bring another one along, and its users get it."""
        missing = self.filtered(lambda group: implied_group not in group.implied_ids)
        missing.write({"implied_ids": [Command.link(implied_group.id)]})

    def _remove_group(self, implied_group):
        """Let these groups no longer bring another one along; their users lose it unless another group brings it."""
        bringing = self.filtered(lambda group: implied_group in group.implied_ids)
        if not bringing:
            return
        bringing.write({"implied_ids": [Command.unlink(implied_group.id)]})
        self.env.flush_all()
        implying = [
            gid
            for gid, ids in self._implied_ids_of_all().items()
            if implied_group.id in ids and gid != implied_group.id
        ]
        kept = self.browse(implying).users if implying else self.env["res.users"]
        leaving = bringing.with_context(active_test=False).users - kept
        implied_group.write({"users": [Command.unlink(user.id) for user in leaving]})

    # -- for the form of users ------------------------------------------------------------------------------------

    def get_application_groups(self, domain):
        """Groups that the form of users may show."""
        return self.search([*domain, ("share", "=", False)])

    @api.model
    def get_groups_by_application(self):
        """(category, kind, groups, section) for the form of users; kind 'selection': one group excludes the other."""
        by_category = {}
        for group in self.get_application_groups([]):
            by_category.setdefault(group.category_id, self.browse())
            by_category[group.category_id] |= group
        result, others = [], self.browse()
        for category, groups in sorted(by_category.items(), key=lambda item: (item[0].sequence or 0, item[0].id or 0)):
            if not category:
                others = groups
            elif self._is_linear(groups):
                result.append(
                    (category, "selection", groups.sorted(lambda group: len(group.trans_implied_ids)), (100, "Other"))
                )
            else:
                result.append((category, "boolean", groups, (100, "Other")))
        if others:
            result.append((self.env["ir.module.category"], "boolean", others, (100, "Other")))
        return result

    def _is_linear(self, groups):
        """Whether each group brings along all smaller ones: then one chooses a level."""
        levels = sorted(len(groups & group.trans_implied_ids) for group in groups)
        return len(groups) > 1 and levels == list(range(len(groups)))

    @api.model
    def _update_user_groups_view(self):
        """Hook for the form of users, which shows groups by application; it is made when asked for."""
        self.env.registry.clear_cache("templates")


def name_boolean_group(group_id):
    """Name of the made-up field of one group in the form of users."""
    return f"in_group_{group_id}"


def name_selection_groups(ids):
    """Name of the made-up field of several groups, of which one is chosen."""
    return "sel_groups_" + "_".join(str(id_) for id_ in sorted(ids))


def is_boolean_group(name):
    return name.startswith("in_group_")


def is_selection_groups(name):
    return name.startswith("sel_groups_")


def is_reified_group(name):
    return is_boolean_group(name) or is_selection_groups(name)


def get_reified_ids(name):
    """Ids of the groups behind a made-up field."""
    return [int(part) for part in name.rpartition("groups_" if is_selection_groups(name) else "group_")[2].split("_")]
