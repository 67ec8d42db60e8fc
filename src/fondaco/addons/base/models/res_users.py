"""Who may log in, with what rights, in which companies."""

from __future__ import annotations

from markupsafe import Markup

from fondaco.addon import SUPERUSER_ID, Command, _, api, fields, models
from fondaco.errors import UserError, ValidationError
from fondaco.registry.ormcache import ormcache
from fondaco.sql.fragment import SQL
from fondaco.values.collections import frozendict

# What addons import from here: the fields of the form of users that stand for groups.
from .res_groups import get_reified_ids as get_reified_ids
from .res_groups import is_boolean_group as is_boolean_group
from .res_groups import is_reified_group as is_reified_group
from .res_groups import is_selection_groups as is_selection_groups
from .res_groups import name_boolean_group as name_boolean_group
from .res_groups import name_selection_groups as name_selection_groups

# Fields that decide what a user may do: their change makes conclusions stale.
DECISIVE = ("groups_id", "active", "company_id", "company_ids", "lang", "tz")


class Users(models.Model):
    _name = "res.users"
    _description = "User"
    _inherits = {"res.partner": "partner_id"}
    _order = "name, login"
    _sql_constraints = [
        ("login_key", "UNIQUE (login)", "Another user logs in with this name: choose another one."),
    ]

    partner_id = fields.Many2one(
        "res.partner",
        string="Related Partner",
        required=True,
        index=True,
        delegate=True,
        auto_join=True,
    )
    login = fields.Char(string="Login", required=True, help="Name with which the user logs in.")
    password = fields.Char(string="Password", compute="_compute_password", inverse="_set_password")
    new_password = fields.Char(string="Set Password", compute="_compute_password", inverse="_set_new_password")
    signature = fields.Html(string="Email Signature", compute="_compute_signature", store=True, readonly=False)
    active = fields.Boolean(string="Active", default=True)
    active_partner = fields.Boolean(string="Partner is Active", related="partner_id.active")
    action_id = fields.Many2one("ir.actions.actions", string="Home Action")
    groups_id = fields.Many2many(
        "res.groups",
        "res_groups_users_rel",
        "uid",
        "gid",
        string="Groups",
        default=lambda self: self._default_groups(),
    )
    log_ids = fields.One2many("res.users.log", "create_uid", string="User log entries")
    device_ids = fields.One2many("res.device", "user_id", string="User devices")
    login_date = fields.Datetime(string="Latest authentication", related="log_ids.create_date", readonly=False)
    share = fields.Boolean(string="Share User", compute="_compute_share", store=True)
    companies_count = fields.Integer(string="Number of Companies", compute="_compute_companies_count")
    tz_offset = fields.Char(string="Timezone offset", compute="_compute_tz_offset")
    res_users_settings_ids = fields.One2many("res.users.settings", "user_id", string="Res Users Settings")
    res_users_settings_id = fields.Many2one(
        "res.users.settings",
        string="Settings",
        compute="_compute_res_users_settings_id",
        search="_search_res_users_settings_id",
    )
    company_id = fields.Many2one(
        "res.company",
        string="Company",
        required=True,
        context={"user_preference": True},
        default=lambda self: self.env.company.id,
        help="Company that the user starts with.",
    )
    company_ids = fields.Many2many(
        "res.company",
        "res_company_users_rel",
        "user_id",
        "cid",
        string="Companies",
        default=lambda self: self.env.company.ids,
    )
    name = fields.Char(string="Name", related="partner_id.name", inherited=True, readonly=False)
    email = fields.Char(string="Email", related="partner_id.email", inherited=True, readonly=False)
    accesses_count = fields.Integer(string="# Access Rights", compute="_compute_accesses_count", compute_sudo=True)
    rules_count = fields.Integer(string="# Record Rules", compute="_compute_accesses_count", compute_sudo=True)
    groups_count = fields.Integer(string="# Groups", compute="_compute_accesses_count", compute_sudo=True)
    user_group_warning = fields.Text(string="User Group Warning", compute="_compute_user_group_warning")
    api_key_ids = fields.One2many("res.users.apikeys", "user_id", string="API Keys")

    _allow_sudo_commands = False

    @property
    def SELF_READABLE_FIELDS(self):  # noqa: N802 - documented name
        """Names of the fields that a user may read of himself whatever his rights."""
        return [
            "signature",
            "company_id",
            "login",
            "email",
            "name",
            "image_1920",
            "image_1024",
            "image_512",
            "image_256",
            "image_128",
            "lang",
            "tz",
            "tz_offset",
            "groups_id",
            "partner_id",
            "write_date",
            "action_id",
            "avatar_1920",
            "avatar_1024",
            "avatar_512",
            "avatar_256",
            "avatar_128",
            "share",
            "device_ids",
            "api_key_ids",
            "display_name",
            "id",
            "company_ids",
            "res_users_settings_id",
            "res_users_settings_ids",
        ]

    @property
    def SELF_WRITEABLE_FIELDS(self):  # noqa: N802 - documented name
        """Names of the fields that a user may change of himself whatever his rights."""
        return ["signature", "action_id", "company_id", "email", "name", "image_1920", "lang", "tz"]

    def _default_groups(self):
        """What the template of new users has, or simply an employee's group."""
        template = self.env.ref("base.default_user", raise_if_not_found=False)
        if template:
            return template.sudo().groups_id.ids
        group = self.env.ref("base.group_user", raise_if_not_found=False)
        return group.ids if group else []

    # -- computed -------------------------------------------------------------------------------------------------

    @api.depends("groups_id")
    def _compute_share(self):
        internal = self.env["res.groups"]._id_of_xmlid().get("base.group_user") or SUPERUSER_ID
        for user in self:
            user.share = internal not in user.sudo().groups_id.ids

    @api.depends("company_id")
    def _compute_companies_count(self):
        count = self.env["res.company"].sudo().search_count([])
        for user in self:
            user.companies_count = count

    @api.depends("tz")
    def _compute_tz_offset(self):
        for user in self:
            user.tz_offset = user.partner_id.tz_offset

    @api.depends("groups_id")
    def _compute_accesses_count(self):
        for user in self:
            groups = user.groups_id
            user.accesses_count = len(groups.model_access)
            user.rules_count = len(groups.rule_groups)
            user.groups_count = len(groups)

    @api.depends("res_users_settings_ids")
    def _compute_res_users_settings_id(self):
        for user in self:
            user.res_users_settings_id = user.res_users_settings_ids[:1]

    @api.model
    def _search_res_users_settings_id(self, operator, operand):
        return [("res_users_settings_ids", operator, operand)]

    @api.depends("name")
    def _compute_signature(self):
        for user in self.filtered(lambda user: user.name and not (user.signature or "").strip()):
            user.signature = Markup("<p>--<br>%s</p>") % user.name

    @api.depends("groups_id", "share")
    @api.depends_context("show_user_group_warning")
    def _compute_user_group_warning(self):
        for user in self:
            user.user_group_warning = False

    @api.onchange("login")
    def on_change_login(self):
        if self.login and "@" in self.login:
            self.email = self.login

    @api.onchange("parent_id")
    def onchange_parent_id(self):
        return self.partner_id.onchange_parent_id()

    # -- checks ---------------------------------------------------------------------------------------------------

    @api.constrains("company_id", "company_ids", "active")
    def _check_user_company(self):
        for user in self.filtered(lambda user: user.active):
            if user.company_id not in user.company_ids:
                raise ValidationError(
                    _(
                        "%(user_name)s does not work in %(company_name)s, but in: %(company_allowed)s.",
                        company_name=user.company_id.name,
                        user_name=user.name,
                        company_allowed=", ".join(user.company_ids.mapped("name")),
                    )
                )

    @api.constrains("action_id")
    def _check_start(self):
        website = self.env.ref("base.action_open_website", raise_if_not_found=False)
        for user in self:
            if website and user.action_id.id == website.id:
                raise ValidationError(_("This action cannot be where a user starts."))
            if user.action_id.type == "ir.actions.client" and user.action_id.id:
                action = self.env["ir.actions.client"].browse(user.action_id.id)
                if action.tag == "reload":
                    raise ValidationError(_("“%s” cannot be where a user starts.", user.action_id.name))

    @api.constrains("groups_id")
    def _check_one_user_type(self):
        """A user is an employee, or a portal user, or a public one."""
        category = self.env.ref("base.module_category_user_type", raise_if_not_found=False)
        for user in self.sudo() if category else ():
            kinds = user.groups_id.filtered(lambda group: group.category_id == category)
            if len(kinds) > 1:
                raise ValidationError(
                    _(
                        "%(name)s would be all of: %(kinds)s. A user is one of them: leave out the others.",
                        name=user.name,
                        kinds=", ".join(kinds.mapped("name")),
                    )
                )

    def _validate_fields(self, field_names, excluded_names=()):
        """Checks that ask for a user's groups are told those that he is being given."""
        names = set(field_names)
        if "groups_id" in names:
            self.env.registry.clear_cache()
        super()._validate_fields(names, excluded_names)

    # -- keeping --------------------------------------------------------------------------------------------------

    def init(self):
        """Passwords lie in a column that no field shows."""
        self.env.cr.execute("ALTER TABLE res_users ADD COLUMN IF NOT EXISTS password varchar")

    def toggle_active(self):
        for user in self:
            if not user.active and not user.partner_id.active:
                user.partner_id.toggle_active()
        return super().toggle_active()

    def check_field_access_rights(self, operation, field_names):
        readable = self.SELF_READABLE_FIELDS
        if field_names and self == self.env.user and all(name in readable for name in field_names):
            return field_names  # one may always read these of oneself
        return super().check_field_access_rights(operation, field_names)

    def read(self, fields=None, load="_classic_read"):
        if fields and self == self.env.user and all(name in self.SELF_READABLE_FIELDS for name in fields):
            self = self.sudo()
        return super().read(fields=fields, load=load)

    @api.model
    def fields_get(self, allfields=None, attributes=None):
        result = super().fields_get(allfields, attributes=attributes)
        if not self.env.su and not self.has_access("write"):
            for name in self.SELF_WRITEABLE_FIELDS:
                if name in result:
                    result[name]["readonly"] = False
        return result

    @api.model_create_multi
    def create(self, vals_list):
        users = super().create(self._with_implied(vals_list))
        # A field that an addon computes from a user's groups may have asked for them before they were there.
        self.env.registry.clear_cache()
        for user in users:
            if user.partner_id.company_id:  # a user's contact of one company would be hidden in his others
                user.partner_id.company_id = user.company_id
            user.partner_id.active = user.active
            if not user.image_1920 and not user.share and user.name and user.email:
                user._give_picture()
        users._settle_multi_company()
        return users

    def _settle_multi_company(self):
        """Who works in several companies may choose among them; who works in one sees nothing of it."""
        group = self.env.ref("base.group_multi_company", raise_if_not_found=False)
        if not group:
            return
        for user in self.sudo():
            is_in_many, has_group = len(user.company_ids) > 1, group in user.groups_id
            if is_in_many != has_group:
                command = Command.link(group.id) if is_in_many else Command.unlink(group.id)
                user.write({"groups_id": [command]})

    def _give_picture(self):
        """Hook: new colleagues may get a picture; initials do without one."""

    def _with_implied(self, vals_list):
        """Values whose groups include everything they bring along."""
        result = []
        for values in vals_list:
            if values.get("groups_id"):
                user = self.new({"groups_id": values["groups_id"]})
                ids = self.env["res.groups"]._implied_ids_of_all()
                wanted = {id_ for gid in user.groups_id._origin.ids for id_ in ids.get(gid, (gid,))}
                values = {**values, "groups_id": [Command.set(sorted(wanted))]}
            result.append(values)
        return result

    def write(self, values):
        if values.get("active") and SUPERUSER_ID in self._ids:
            raise UserError(_("The superuser stays inactive: nobody logs in as him."))
        if values.get("active") is False and self.env.user in self and self.env.user.active:
            raise UserError(_("This is your own user: somebody else must archive it."))
        if values.get("active"):
            for user in self:
                if not user.active and not user.partner_id.active:
                    user.partner_id.toggle_active()
        if self == self.env.user:
            writeable = self.SELF_WRITEABLE_FIELDS
            if all(name in writeable or name.startswith("context_") for name in values):
                if "company_id" in values and values["company_id"] not in self.env.user.company_ids.ids:
                    del values["company_id"]
                self = self.sudo()
        done = super().write(values)
        if "groups_id" in values:
            for user in self:
                self._add_implied(user)
        if "company_id" in values:
            for user in self:
                if user.partner_id.company_id and user.partner_id.company_id.id != values["company_id"]:
                    user.partner_id.write({"company_id": user.company_id.id})
        if "company_ids" in values:
            self._settle_multi_company()
        if "company_id" in values or "company_ids" in values:
            for env in list(self.env.transaction.envs.values()):
                env.forget_memo()
        if any(name in values for name in DECISIVE):
            self.env.registry.clear_cache("default", "users")
        if "groups_id" in values:
            self.env.registry.clear_cache("groups")
        return done

    def _add_implied(self, user):
        """Give a user what his groups bring along."""
        ids = self.env["res.groups"]._implied_ids_of_all()
        held = set(user.with_context({}).sudo().groups_id.ids)
        missing = {id_ for gid in held for id_ in ids.get(gid, ())} - held
        if missing:
            super(Users, user).write({"groups_id": [Command.link(id_) for id_ in sorted(missing)]})

    @api.ondelete(at_uninstall=True)
    def _refuse_deleting_fixed_users(self):
        names = {
            "base.user_root": _("The superuser cannot be deleted."),
            "base.public_user": _("The public user cannot be deleted."),
            "base.default_user": _("The template of new users cannot be deleted."),
            "base.template_portal_user_id": _("The template of portal users cannot be deleted."),
        }
        for xmlid, message in names.items():
            user = self.env.ref(xmlid, raise_if_not_found=False)
            if user and user in self:
                raise UserError(message)

    def unlink(self):
        self.env.registry.clear_cache("default", "users")
        return super().unlink()

    def copy_data(self, default=None):
        default = dict(default or {})
        rows = super().copy_data(default=default)
        for user, vals in zip(self, rows):
            if "name" not in default and "partner_id" not in default:
                vals["name"] = _("%s (copy)", user.name)
            if "login" not in default:
                vals["login"] = _("%s (copy)", user.login)
        return rows

    @api.model
    def name_search(self, name="", args=None, operator="ilike", limit=100):
        """By login first, then by name."""
        domain = args or []
        if name and operator in ("=", "ilike"):
            found = self.search_fetch([("login", "=", name), *domain], ["display_name"], limit=1)
            if found:
                return [(user.id, user.display_name) for user in found.sudo()]
        return super().name_search(name, domain, operator, limit)

    @api.model
    def _search_display_name(self, operator, value):
        domain = super()._search_display_name(operator, value)
        if isinstance(value, str) and value and operator in ("=", "ilike"):
            return ["|", ("login", "=" if operator == "=" else "=ilike", value), *domain]
        return domain

    # -- context and companies ------------------------------------------------------------------------------------

    @api.model
    def context_get(self):
        """Language and time zone of the user, and his id: what a client puts in every call."""
        return self._context_of(self.env.uid)

    @ormcache("uid")
    def _context_of(self, uid):
        user = self.browse(uid).sudo().with_context(prefetch_fields=False)
        lang = user.lang if user.lang in dict(self.env["res.lang"].get_installed()) else None
        if not lang:
            lang = self.env["res.lang"]._get_code(user.lang) if self.env["res.lang"].get_installed() else "en_US"
        return frozendict({"lang": lang, "tz": user.tz or False, "uid": uid})

    @ormcache("uid")
    def _partner_id_of(self, uid):
        """Id of a user's contact."""
        rows = self.env.execute_query(SQL("SELECT partner_id FROM res_users WHERE id = %s", uid))
        return rows[0][0] if rows else None

    @ormcache("self.id")
    def _get_company_id(self):
        """Id of the user's main company."""
        self.flush_model(["company_id"])
        rows = self.env.execute_query(SQL("SELECT company_id FROM res_users WHERE id = %s", self.id))
        return rows[0][0] if rows else None

    @ormcache("self.id")
    def _get_company_ids(self):
        """Ids of the active companies in which the user works."""
        rows = self.env.execute_query(
            SQL(
                "SELECT r.cid FROM res_company_users_rel r JOIN res_company c ON c.id = r.cid"
                " WHERE r.user_id = %s AND c.active ORDER BY c.sequence, c.name, c.id",
                self.id,
            )
        )
        return tuple(cid for (cid,) in rows)

    @api.model
    def get_company_currency_id(self):
        return self.env.company.currency_id.id

    @api.model
    def action_get(self):
        """The action that shows the user's own preferences."""
        return self.sudo().env["ir.actions.act_window"]._for_xml_id("base.action_res_users_my")

    def _should_alert_new_device(self):
        return False

    @api.model
    def _get_activity_groups(self):
        """What the bell in the client counts; addons add theirs."""
        return []

    def _mfa_type(self):
        """How the user confirms who he is after the password; None: not at all."""
        return None

    def _mfa_url(self):
        """Where the user does so; None: nowhere."""
        return None

    def _login_step(self, passed):
        """Where the user goes next to log in, after the steps in `passed`; None: he is in. Addons add steps after
        those of `super`, each with a name that its page gives to `Session.pass_step`."""
        return None if "mfa" in passed else self._mfa_url()

    def _rpc_api_keys_only(self):
        """Whether RPC needs an API key in place of the password."""
        return False
