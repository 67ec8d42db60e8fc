"""Which companies work in this database, and what their branches share with them."""

from __future__ import annotations

import base64

from fondaco.addon import Command, _, api, fields, models
from fondaco.errors import UserError, ValidationError
from fondaco.i18n.terms import html_translate
from fondaco.registry.ormcache import ormcache
from fondaco.values.html import is_html_empty
from fondaco.values.images import image_process

from .addon_files import addon_file

LOGO_WEB_WIDTH = 180
DEFAULT_LOGO = "base/static/img/res_company_logo.png"


class Company(models.Model):
    _name = "res.company"
    _inherit = ["format.address.mixin", "format.vat.label.mixin"]
    _description = "Companies"
    _order = "sequence, name"
    _parent_store = True
    _sql_constraints = [
        ("name_uniq", "unique (name)", "Another company has this name."),
    ]

    name = fields.Char(
        string="Company Name",
        related="partner_id.name",
        store=True,
        readonly=False,
        required=True,
        copy=False,
    )
    active = fields.Boolean(string="Active", default=True)
    sequence = fields.Integer(string="Sequence", default=10, aggregator=None)
    parent_id = fields.Many2one("res.company", string="Parent Company", index=True, ondelete="restrict")
    child_ids = fields.One2many("res.company", "parent_id", string="Branches")
    all_child_ids = fields.One2many("res.company", "parent_id", string="All Child", context={"active_test": False})
    parent_path = fields.Char(string="Parent Path", index=True)
    parent_ids = fields.Many2many("res.company", string="Parent", compute="_compute_parent_ids", compute_sudo=True)
    root_id = fields.Many2one("res.company", string="Root", compute="_compute_parent_ids", compute_sudo=True)
    partner_id = fields.Many2one("res.partner", string="Partner", required=True)
    report_header = fields.Html(string="Company Tagline", translate=html_translate)
    report_footer = fields.Html(string="Report Footer", translate=html_translate)
    company_details = fields.Html(string="Company Details", translate=html_translate)
    is_company_details_empty = fields.Boolean(
        string="Is Company Details Empty",
        compute="_compute_is_company_details_empty",
    )
    logo = fields.Binary(
        string="Company Logo",
        related="partner_id.image_1920",
        readonly=False,
        default=lambda self: self._get_logo(),
    )
    logo_web = fields.Binary(string="Logo Web", compute="_compute_logo_web", store=True)
    uses_default_logo = fields.Boolean(string="Uses Default Logo", compute="_compute_uses_default_logo", store=True)
    currency_id = fields.Many2one(
        "res.currency",
        string="Currency",
        required=True,
        default=lambda self: self._default_currency_id(),
    )
    user_ids = fields.Many2many("res.users", "res_company_users_rel", "cid", "user_id", string="Accepted Users")
    street = fields.Char(string="Street", compute="_compute_address", inverse=lambda self: self._tell_partner("street"))
    street2 = fields.Char(
        string="Street2", compute="_compute_address", inverse=lambda self: self._tell_partner("street2")
    )
    zip = fields.Char(string="Zip", compute="_compute_address", inverse=lambda self: self._tell_partner("zip"))
    city = fields.Char(string="City", compute="_compute_address", inverse=lambda self: self._tell_partner("city"))
    state_id = fields.Many2one(
        "res.country.state",
        string="Fed. State",
        compute="_compute_address",
        inverse=lambda self: self._tell_partner("state_id"),
        domain="[('country_id', '=?', country_id)]",
    )
    bank_ids = fields.One2many("res.partner.bank", string="Banks", related="partner_id.bank_ids", readonly=False)
    country_id = fields.Many2one(
        "res.country",
        string="Country",
        compute="_compute_address",
        inverse=lambda self: self._tell_partner("country_id"),
    )
    country_code = fields.Char(string="Country Code", related="country_id.code")
    email = fields.Char(string="Email", related="partner_id.email", store=True, readonly=False, copy=False)
    phone = fields.Char(string="Phone", related="partner_id.phone", store=True, readonly=False, copy=False)
    mobile = fields.Char(string="Mobile", related="partner_id.mobile", store=True, readonly=False, copy=False)
    website = fields.Char(string="Website Link", related="partner_id.website", readonly=False)
    vat = fields.Char(string="Tax ID", related="partner_id.vat", readonly=False)
    company_registry = fields.Char(string="Company ID", related="partner_id.company_registry", readonly=False)
    paperformat_id = fields.Many2one(
        "report.paperformat",
        string="Paper format",
        default=lambda self: self.env.ref("base.paperformat_euro", raise_if_not_found=False),
    )
    external_report_layout_id = fields.Many2one("ir.ui.view", string="Document Template")
    font = fields.Selection(
        selection=[
            ("Lato", "Lato"),
            ("Roboto", "Roboto"),
            ("Open_Sans", "Open Sans"),
            ("Montserrat", "Montserrat"),
            ("Oswald", "Oswald"),
            ("Raleway", "Raleway"),
            ("Tajawal", "Tajawal"),
            ("Fira_Mono", "Fira Mono"),
        ],
        string="Font",
        default="Lato",
    )
    primary_color = fields.Char(string="Primary Color")
    secondary_color = fields.Char(string="Secondary Color")
    color = fields.Integer(string="Color", compute="_compute_color", inverse="_write_color")
    layout_background = fields.Selection(
        selection=[
            ("Blank", "Blank"),
            ("Demo logo", "Demo logo"),
            ("Custom", "Custom"),
        ],
        string="Layout Background",
        required=True,
        default="Blank",
    )
    layout_background_image = fields.Binary(string="Background Image")
    uninstalled_l10n_module_ids = fields.Many2many(
        "ir.module.module",
        string="Uninstalled L10N Module",
        compute="_compute_uninstalled_l10n_module_ids",
    )

    _allow_sudo_commands = False

    def init(self):
        """The first company, written before there was an ORM, lies at the top of the tree."""
        self.env.cr.execute(
            "UPDATE res_company SET parent_path = id || '/' WHERE parent_path IS NULL AND parent_id IS NULL"
        )

    def _get_logo(self):
        path = addon_file(self.env, DEFAULT_LOGO)
        return base64.b64encode(path.read_bytes()) if path is not None else False

    def _default_currency_id(self):
        return self.env.user.company_id.currency_id

    # -- tree -----------------------------------------------------------------------------------------------------

    @api.depends("parent_path")
    def _compute_parent_ids(self):
        for company in self.with_context(active_test=False):
            ids = [int(part) for part in company.parent_path.split("/") if part] if company.parent_path else company.ids
            company.parent_ids = self.browse(ids)
            company.root_id = company.parent_ids[:1] or company

    def _accessible_branches(self):
        """Ids of this company and the branches below it in which the user works."""
        self.ensure_one()
        return self.browse(self._accessible_branch_ids())

    @ormcache("self.env.uid", "self.id", "tuple(self.env.companies.ids)")
    def _accessible_branch_ids(self):
        allowed = self.env.companies
        branches = self.sudo().search([("id", "child_of", self.id)])
        return (branches & allowed).ids

    def _all_branches_selected(self):
        """Whether every branch of the company is among the active ones."""
        self.ensure_one()
        return self == self.sudo().search([("id", "child_of", self.root_id.ids)])

    def _get_public_user(self):
        self.ensure_one()
        visitors = [("groups_id", "in", self.env.ref("base.group_public").ids), ("company_id", "=", self.id)]
        users = self.env["res.users"].sudo().with_context(active_test=False).search(visitors, limit=1)
        return users or self.env.ref("base.public_user").sudo().copy(
            {
                "name": f"Visitors of {self.name}",
                "login": f"visitors-of-company-{self.id}",
                "company_id": self.id,
                "company_ids": [Command.set([self.id])],
            }
        )

    def _get_company_address_field_names(self):
        return ["street", "street2", "city", "zip", "state_id", "country_id"]

    def _get_company_address_update(self, partner):
        return {name: partner[name] for name in self._get_company_address_field_names()}

    @api.depends(
        lambda self: [f"partner_id.{name}" for name in ("street", "street2", "city", "zip", "state_id", "country_id")]
    )
    def _compute_address(self):
        names = self._get_company_address_field_names()
        for company in self:
            partner = company.partner_id.sudo()
            at = partner.browse(partner.address_get(["contact"])["contact"] or partner.id)
            company.update(company._get_company_address_update(at) if partner else dict.fromkeys(names, False))

    def _tell_partner(self, name):
        """What is written on a company is written on its contact."""
        for company in self:
            company.partner_id[name] = company[name]

    # -- looks ----------------------------------------------------------------------------------------------------

    @api.depends("partner_id.image_1920")
    def _compute_logo_web(self):
        for company in self:
            picture = company.partner_id.image_1920
            company.logo_web = picture and base64.b64encode(
                image_process(base64.b64decode(picture), size=(LOGO_WEB_WIDTH, 0))
            )

    @api.depends("partner_id.image_1920")
    def _compute_uses_default_logo(self):
        default = self._get_logo()
        for company in self:
            company.uses_default_logo = not company.logo or company.logo == default

    @api.depends("root_id")
    def _compute_color(self):
        for company in self:
            company.color = company.root_id.partner_id.color or (company.root_id._origin.id or 0) % 12

    def _write_color(self):
        for company in self:
            company.root_id.partner_id.color = company.color

    @api.depends("company_details")
    def _compute_is_company_details_empty(self):
        for company in self:
            company.is_company_details_empty = is_html_empty(company.company_details or "")

    @api.depends("country_id")
    def _compute_uninstalled_l10n_module_ids(self):
        for company in self:
            company.uninstalled_l10n_module_ids = company._localisations()

    def _localisations(self):
        """Modules made for the country that install themselves, and are not installed."""
        country = self.country_id
        domain = [("state", "=", "uninstalled"), ("auto_install", "=", True), ("country_ids", "in", country.ids)]
        return self.env["ir.module.module"].sudo().search(domain) if country else self.env["ir.module.module"]

    def install_l10n_modules(self):
        """Install the modules of the country; whether there were any."""
        modules = self.uninstalled_l10n_module_ids
        if modules:
            modules.button_immediate_install()
        return bool(modules)

    @api.onchange("state_id")
    def _onchange_state(self):
        if self.state_id.country_id:
            self.country_id = self.state_id.country_id

    @api.onchange("country_id")
    def _onchange_country_id(self):
        if self.country_id:
            self.currency_id = self.country_id.currency_id

    @api.onchange("parent_id")
    def _onchange_parent_id(self):
        if self.parent_id:
            for name in self._get_company_root_delegated_field_names():
                self[name] = self.parent_id[name]

    # -- keeping --------------------------------------------------------------------------------------------------

    def _get_company_root_delegated_field_names(self):
        """Names of the fields that branches have from the company at the top."""
        return ["currency_id"]

    @api.constrains(lambda self: self._get_company_root_delegated_field_names() + ["parent_id"])
    def _check_branches_agree(self):
        for company in self:
            for name in company._get_company_root_delegated_field_names():
                if company.parent_id and company[name] != company.parent_id[name]:
                    label = self._fields[name]._description_string(self.env)
                    raise ValidationError(_("%s: a branch has the same as its company.", label))

    @api.constrains("active")
    def _check_active(self):
        archived = self.filtered(lambda company: not company.active)
        for company, count in self.env["res.users"]._read_group(
            [("company_id", "in", archived.ids), ("active", "=", True)], ["company_id"], ["__count"]
        ):
            raise ValidationError(
                _(
                    "%(count)s users start in %(company)s: let them start elsewhere before you archive it.",
                    count=count,
                    company=company.name,
                )
            )

    def cache_invalidation_fields(self):
        """Names of the fields whose change makes access conclusions, or what clients are told, stale."""
        return {"active", "sequence", "name", "partner_id"}

    @ormcache()
    def _ids_of_contacts(self):
        """Ids of the contacts that give companies their names."""
        return frozenset(self.sudo().with_context(active_test=False).search([]).partner_id.ids)

    @staticmethod
    def _as_contact(vals):
        """Values of the contact that stands for a new company."""
        told = {name: vals.get(name) for name in ("name", "email", "phone", "website", "vat", "country_id")}
        return {**told, "is_company": True, "image_1920": vals.get("logo")}

    @api.model_create_multi
    def create(self, vals_list):
        unknown = [vals for vals in vals_list if vals.get("name") and not vals.get("partner_id")]
        if unknown:
            contacts = self.env["res.partner"].with_context(default_parent_id=False)
            partners = contacts.create([self._as_contact(vals) for vals in unknown])
            self.env.flush_all()  # the company's related fields read them
            for vals, partner in zip(unknown, partners, strict=True):
                vals["partner_id"] = partner.id
        for vals in vals_list:
            if vals.get("parent_id"):
                parent = self.browse(vals["parent_id"])
                for name in self._get_company_root_delegated_field_names():
                    vals.setdefault(name, self._fields[name].convert_to_write(parent[name], parent))
        self.env.registry.clear_cache()
        companies = super().create(vals_list)
        if companies:
            (self.env.user | self.env["res.users"].browse(1)).write(
                {"company_ids": [Command.link(company.id) for company in companies]}
            )
            companies.sudo().currency_id.filtered(lambda currency: not currency.active).active = True
        return companies

    def write(self, vals):
        if vals.keys() & self.cache_invalidation_fields():
            self.env.registry.clear_cache()
        if "parent_id" in vals and any(company.parent_id.id != vals["parent_id"] for company in self):
            raise UserError(_("A company stays below the one it was made for."))
        if vals.get("currency_id"):
            currency = self.env["res.currency"].browse(vals["currency_id"])
            if not currency.active:
                currency.write({"active": True})
        done = super().write(vals)
        changed = set(self._get_company_root_delegated_field_names()) & set(vals)
        if changed:
            for company in self:
                branches = self.sudo().search([("id", "child_of", company.id), ("id", "!=", company.id)])
                for name in sorted(changed):
                    branches.write({name: self._fields[name].convert_to_write(company[name], company)})
        return done

    def unlink(self):
        """Delete the companies, not their contacts."""
        done = super().unlink()
        self.env.registry.clear_cache()
        return done

    @api.ondelete(at_uninstall=False)
    def _refuse_deleting_with_branches(self):
        if any(company.child_ids - self for company in self):
            raise UserError(_("A company with branches cannot be deleted."))

    def copy(self, default=None):
        raise UserError(_("A company cannot be copied: make a new one."))

    @api.model
    def _get_main_company(self):
        """The company that the database started with, or the first."""
        return self.env.ref("base.main_company", raise_if_not_found=False) or self.sudo().search(
            [], limit=1, order="id"
        )

    def action_all_company_branches(self):
        """Show the branches."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": _("Branches"),
            "res_model": "res.company",
            "domain": [("parent_id", "=", self.id)],
            "context": {"active_test": False, "default_parent_id": self.id},
            "views": [[False, "list"], [False, "kanban"], [False, "form"]],
        }

    @api.model
    def name_search(self, name="", args=None, operator="ilike", limit=100):
        if self.env.context.get("user_preference"):
            self = self.sudo()
            args = [*(args or []), ("id", "in", self.env.user.company_ids.ids)]
        return super().name_search(name, args, operator, limit)
