"""Who a contact is: names, addresses, and the company behind it."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime
from email.utils import formataddr
from pathlib import Path
from zoneinfo import ZoneInfo

import tzdata

from fondaco.addon import SUPERUSER_ID, _, api, fields, models
from fondaco.errors import RedirectWarning, ValidationError
from fondaco.sql.fragment import SQL, among

# Keys of the context that add something to the name of a contact.
SHOWN_WITH_NAME = ("partner_show_db_id", "show_address", "address_inline", "show_email", "show_vat")

# A file that lists them: asking pytz has it look for the six hundred files of the zones.
_ZONES = sorted({*Path(tzdata.__file__).with_name("zones").read_text(encoding="ascii").split()} - {"Factory"})
# (name, name) of every time zone, those of Etc at the end.
TIMEZONES = [(name, name) for name in sorted(_ZONES, key=lambda name: name.startswith("Etc/"))]


def _lang_get(self):
    """(code, name) of the installed languages: the choices of a language field, for addons."""
    return self.env["res.lang"].get_installed()


def _tz_get(self):
    """(name, name) of every time zone: the choices of a time zone field, for addons."""
    return TIMEZONES


class Partner(models.Model):
    _name = "res.partner"
    _inherit = ["avatar.mixin", "format.address.mixin", "format.vat.label.mixin"]
    _description = "Contact"
    _order = "complete_name ASC, id DESC"
    _rec_names_search = ["complete_name", "email", "ref", "vat", "company_registry"]
    _sql_constraints = [
        (
            "check_name",
            "CHECK( (type='contact' AND name IS NOT NULL) or (type!='contact') )",
            "Give the contact a name.",
        ),
    ]

    name = fields.Char(string="Name", index=True, default_export_compatible=True)
    complete_name = fields.Char(string="Complete Name", compute="_compute_complete_name", store=True, index=True)
    title = fields.Many2one("res.partner.title", string="Title")
    parent_id = fields.Many2one("res.partner", string="Related Company", index=True)
    parent_name = fields.Char(string="Parent name", related="parent_id.name")
    child_ids = fields.One2many(
        "res.partner",
        "parent_id",
        string="Contact",
        domain=[("active", "=", True)],
        context={"active_test": False},
    )
    ref = fields.Char(string="Reference", index=True)
    lang = fields.Selection(
        selection="_lang_get",
        string="Language",
        help="Language of e-mails and documents sent to the contact.",
    )
    active_lang_count = fields.Integer(string="Active Lang Count", compute="_compute_active_lang_count")
    tz = fields.Selection(
        string="Timezone",
        selection=TIMEZONES,
        default=lambda self: self.env.context.get("tz"),
        help="Time zone in which times are shown and printed for the contact.",
    )
    tz_offset = fields.Char(string="Timezone offset", compute="_compute_tz_offset")
    user_id = fields.Many2one(
        "res.users",
        string="Salesperson",
        compute="_compute_user_id",
        store=True,
        readonly=False,
        precompute=True,
        help="Colleague in charge of the contact.",
    )
    vat = fields.Char(string="Tax ID", index=True, help='Tax identification number; "/" says that there is none.')
    same_vat_partner_id = fields.Many2one(
        "res.partner",
        string="Partner with same Tax ID",
        compute="_compute_same_vat_partner_id",
    )
    same_company_registry_partner_id = fields.Many2one(
        "res.partner",
        string="Partner with same Company Registry",
        compute="_compute_same_vat_partner_id",
    )
    company_registry = fields.Char(
        string="Company ID",
        compute="_compute_company_registry",
        store=True,
        readonly=False,
        help="Number under which the company is registered.",
    )
    bank_ids = fields.One2many("res.partner.bank", "partner_id", string="Banks")
    website = fields.Char(string="Website Link")
    comment = fields.Html(string="Notes")
    category_id = fields.Many2many(
        "res.partner.category",
        "res_partner_res_partner_category_rel",
        "partner_id",
        "category_id",
        string="Tags",
        default=lambda self: self.env.context.get("category_id") or False,
    )
    active = fields.Boolean(string="Active", default=True)
    employee = fields.Boolean(string="Employee", help="Whether the contact is an employee.")
    function = fields.Char(string="Job Position")
    type = fields.Selection(
        selection=[
            ("contact", "Contact"),
            ("invoice", "Invoice Address"),
            ("delivery", "Delivery Address"),
            ("other", "Other Address"),
        ],
        string="Address Type",
        default="contact",
    )
    street = fields.Char(string="Street")
    street2 = fields.Char(string="Street2")
    zip = fields.Char(string="Zip", change_default=True)
    city = fields.Char(string="City")
    state_id = fields.Many2one(
        "res.country.state",
        string="State",
        ondelete="restrict",
        domain="[('country_id', '=?', country_id)]",
    )
    country_id = fields.Many2one("res.country", string="Country", ondelete="restrict")
    country_code = fields.Char(
        string="Country Code",
        related="country_id.code",
        help="ISO code of the country, two letters.",
    )
    partner_latitude = fields.Float(string="Geo Latitude", digits=(10, 7))
    partner_longitude = fields.Float(string="Geo Longitude", digits=(10, 7))
    email = fields.Char(string="Email")
    email_formatted = fields.Char(
        string="Formatted Email",
        compute="_compute_email_formatted",
        help="Name and address as an e-mail header has them.",
    )
    phone = fields.Char(string="Phone")
    mobile = fields.Char(string="Mobile")
    is_company = fields.Boolean(
        string="Is a Company",
        default=False,
        help="Whether the contact is a company rather than a person.",
    )
    is_public = fields.Boolean(string="Is Public", compute="_compute_is_public")
    industry_id = fields.Many2one("res.partner.industry", string="Industry")
    company_type = fields.Selection(
        selection=[
            ("person", "Individual"),
            ("company", "Company"),
        ],
        string="Company Type",
        compute="_compute_company_type",
        inverse="_set_company_type",
    )
    company_id = fields.Many2one("res.company", string="Company", index=True)
    color = fields.Integer(string="Color Index", default=0)
    user_ids = fields.One2many("res.users", "partner_id", string="Users", auto_join=True)
    partner_share = fields.Boolean(
        string="Share Partner",
        compute="_compute_partner_share",
        store=True,
        help="Whether the contact is neither a user nor a shared user of this database.",
    )
    contact_address = fields.Char(string="Complete Address", compute="_compute_contact_address")
    commercial_partner_id = fields.Many2one(
        "res.partner",
        string="Commercial Entity",
        compute="_compute_commercial_partner",
        store=True,
        index=True,
        recursive=True,
    )
    commercial_company_name = fields.Char(
        string="Company Name Entity",
        compute="_compute_commercial_company_name",
        store=True,
    )
    company_name = fields.Char(string="Company Name")
    barcode = fields.Char(
        string="Barcode",
        copy=False,
        index="btree_not_null",
        company_dependent=True,
        help="Number to identify the contact by scanning, in this company.",
    )
    self = fields.Many2one("res.partner", string="Self", compute="_compute_self")

    _allow_sudo_commands = False
    _check_company_auto = True

    _complete_name_displayed_types = ("invoice", "delivery", "other")

    # -- names ----------------------------------------------------------------------------------------------------

    @api.depends("is_company", "name", "parent_id.name", "type", "company_name", "commercial_company_name")
    def _compute_complete_name(self):
        for partner in self.with_context({}):
            partner.complete_name = partner._get_complete_name()

    def _get_complete_name(self):
        """'Company, Person'; an address without a name is called by its kind."""
        self.ensure_one()
        own = self.name or ""
        company = self.company_name or self.parent_id
        if company and not own and self.type in self._complete_name_displayed_types:
            own = dict(self._fields["type"]._description_selection(self.env))[self.type]
        if not company or self.is_company:
            return own.strip()
        return f"{self.commercial_company_name or self.sudo().parent_id.name}, {own}".strip()

    @api.depends(
        "complete_name", "email", "vat", "state_id", "country_id", "commercial_company_name", "name",
        "company_name", "parent_id", "is_company", "type",
    )  # fmt: skip
    @api.depends_context("show_address", "partner_show_db_id", "address_inline", "show_email", "show_vat", "lang")
    def _compute_display_name(self):
        asked = {name for name in SHOWN_WITH_NAME if self.env.context.get(name)}
        for partner in self:
            partner.display_name = partner.with_context(lang=self.env.lang)._name_with(asked)

    def _name_with(self, asked):
        """The complete name and what else was asked for: lines, or one line where `address_inline` is asked."""
        name = self._get_complete_name()
        if "partner_show_db_id" in asked:
            name += f" ({self.id})"
        lines = [name]
        if "show_address" in asked:
            lines += self._display_address(without_company=True).split("\n")
        lines = [line.rstrip() for line in lines]
        shown = ", ".join(filter(None, lines)) if "address_inline" in asked else "\n".join(filter(None, lines))
        if "show_email" in asked and self.email:
            shown += f" <{self.email}>"
        if "show_vat" in asked and self.vat:
            shown += f"\n{self.vat}" if "show_address" in asked else f" ‒ {self.vat}"
        return shown.strip()

    @api.depends("lang")
    def _compute_active_lang_count(self):
        count = len(self.env["res.lang"].get_installed())
        for partner in self:
            partner.active_lang_count = count

    @api.model
    def _lang_get(self):
        return self.env["res.lang"].get_installed()

    @api.depends("tz")
    def _compute_tz_offset(self):
        now = datetime.now(UTC)
        for partner in self:
            partner.tz_offset = now.astimezone(ZoneInfo(partner.tz or "UTC")).strftime("%z")

    @api.depends("name", "email")
    def _compute_email_formatted(self):
        """'Name <address>'; several addresses are kept in one, an impossible one is shown as it is."""
        for partner in self:
            addresses = split_addresses(partner.email)
            if addresses:
                partner.email_formatted = formataddr((partner.name or "False", ",".join(addresses)))
            elif partner.email:
                partner.email_formatted = formataddr((partner.name or "False", partner.email))
            else:
                partner.email_formatted = ""

    # -- the company behind ---------------------------------------------------------------------------------------

    @api.depends("parent_id")
    def _compute_user_id(self):
        """A person has the salesperson of the company, unless given another."""
        for partner in self.filtered(
            lambda partner: partner.parent_id.user_id and not partner.user_id and partner.company_type == "person"
        ):
            partner.user_id = partner.parent_id.user_id

    @api.depends("is_company", "parent_id.commercial_partner_id")
    def _compute_commercial_partner(self):
        for partner in self:
            if partner.is_company or not partner.parent_id:
                partner.commercial_partner_id = partner
            else:
                partner.commercial_partner_id = partner.parent_id.commercial_partner_id

    @api.depends("company_name", "parent_id.is_company", "commercial_partner_id.name")
    def _compute_commercial_company_name(self):
        for partner in self:
            behind = partner.commercial_partner_id
            partner.commercial_company_name = (behind.is_company and behind.name) or partner.company_name

    @api.depends()
    def _compute_company_registry(self):
        """Nothing to add here; country modules derive it from the tax number."""
        for partner in self:
            partner.company_registry = partner.company_registry

    @api.depends("is_company")
    def _compute_company_type(self):
        for partner in self:
            partner.company_type = "company" if partner.is_company else "person"

    def _set_company_type(self):
        for partner in self:
            partner.is_company = partner.company_type == "company"

    @api.onchange("company_type")
    def onchange_company_type(self):
        self.is_company = self.company_type == "company"

    @api.depends("user_ids.share", "user_ids.active")
    def _compute_partner_share(self):
        superuser_partner_id = self.env["res.users"]._partner_id_of(SUPERUSER_ID)
        for partner in self:
            partner.partner_share = partner.id != superuser_partner_id and (
                not partner.user_ids or not any(not user.share for user in partner.user_ids)
            )

    @api.depends("vat", "company_id", "company_registry")
    def _compute_same_vat_partner_id(self):
        for partner in self:
            has_number = partner.vat and len(partner.vat) > 1  # "/" says that there is none
            everywhere = [] if not partner.company_id else [("company_id", "in", (False, partner.company_id.id))]
            partner.same_vat_partner_id = has_number and partner._namesake("vat", everywhere)
            near = [("company_id", "in", (False, partner.company_id.id))]
            partner.same_company_registry_partner_id = partner.company_registry and partner._namesake(
                "company_registry", near
            )

    def _namesake(self, name, domain):
        """Another contact with the same value, outside of what lies below this one; people carry their company's."""
        others = self.with_context(active_test=False).sudo().browse()
        if self.parent_id:
            return others
        own_id = self._origin.id
        if own_id:
            domain = [*domain, "!", ("id", "child_of", own_id)]
        return others.search([(name, "=", self[name]), *domain], limit=1)

    def _compute_is_public(self):
        for partner in self.with_context(active_test=False):
            users = partner.user_ids
            partner.is_public = bool(users) and any(user._is_public() for user in users)

    def _compute_self(self):
        for partner in self:
            partner.self = partner.id

    def _compute_avatar(self, avatar_field, image_field):
        """Initials stand in for the picture of colleagues, a symbol of its kind for that of any other contact."""
        for partner in self:
            picture = partner[image_field]
            if not picture and partner.name and any(not user.share for user in partner.sudo().user_ids):
                picture = partner._avatar_generate_svg()
            partner[avatar_field] = picture or base64.b64encode(partner._avatar_get_placeholder())

    def _avatar_get_placeholder_path(self):
        if self.is_company:
            return "base/static/img/company_image.png"
        if self.type == "delivery":
            return "base/static/img/truck.png"
        if self.type == "invoice":
            return "base/static/img/money.png"
        return super()._avatar_get_placeholder_path()

    # -- onchange -------------------------------------------------------------------------------------------------

    @api.onchange("parent_id")
    def onchange_parent_id(self):
        """Show the address of the company a person is put into; None for one who is in none."""
        if not self.parent_id:
            return None
        kind = self._origin.type or self.type
        address = self.parent_id._said_of(self._address_fields()) if kind == "contact" else {}
        return {"value": address} if any(address.values()) else {}

    @api.onchange("parent_id", "company_id")
    def _onchange_company_id(self):
        if self.parent_id:
            self.company_id = self.parent_id.company_id.id

    @api.onchange("country_id")
    def _onchange_country_id(self):
        if self.country_id and self.country_id != self.state_id.country_id:
            self.state_id = False

    @api.onchange("state_id")
    def _onchange_state(self):
        if self.state_id.country_id and self.country_id != self.state_id.country_id:
            self.country_id = self.state_id.country_id

    @api.onchange("email")
    def onchange_email(self):
        """Hook: this server asks no other about its contacts, so a mail address brings no picture."""

    # -- checks ---------------------------------------------------------------------------------------------------

    @api.constrains("parent_id")
    def _check_not_below_itself(self):
        if self._has_cycle():
            raise ValidationError(_("A contact cannot lie below itself."))

    @api.constrains("company_id")
    def _check_company_of_users(self):
        """A contact of a user belongs to a company the user works in; that of a company to it alone."""
        of_company = self.filtered("company_id")
        if not of_company:
            return
        linked = {
            company.partner_id: company
            for company in self.env["res.company"].sudo().search([("partner_id", "in", of_company.ids)])
        }
        for partner in of_company:
            company = linked.get(partner)
            if company and company != partner.company_id:
                raise ValidationError(_("The contact of a company belongs to that company."))
            if partner.user_ids:
                companies = partner.sudo().user_ids.mapped("company_id")
                if len(companies) > 1 or partner.company_id not in companies:
                    raise ValidationError(_("The users of this contact do not work in that company."))

    @api.constrains("barcode")
    def _check_barcode(self):
        for partner in self:
            if partner.barcode and self.search_count([("barcode", "=", partner.barcode)]) > 1:
                raise ValidationError(_("Another contact has this barcode."))

    @api.ondelete(at_uninstall=False)
    def _refuse_deleting_users(self):
        users = self.env["res.users"].sudo()
        column = SQL.identifier(users._table, "partner_id", to_flush=users._fields["partner_id"])
        rows = self.env.execute_query(
            SQL("SELECT id FROM %s WHERE %s ORDER BY id", SQL.identifier(users._table), among(column, self.ids))
        )
        if not rows:
            return
        users = users.browse([id_ for (id_,) in rows])
        active = users.filtered("active")
        if active:
            raise RedirectWarning(
                _(
                    "These users log in as the contacts: archive or delete the users first: %s",
                    ", ".join(active.mapped("name")),
                ),
                self.env.ref("base.action_res_users").id,
                _("Go to users"),
            )
        raise ValidationError(
            _("Archived users log in as these contacts: delete the users first: %s", ", ".join(users.mapped("name")))
        )


def split_addresses(text):
    """Addresses in a text that may hold several, with or without names."""
    return list(
        dict.fromkeys(
            match.lower() for match in re.findall(r"[^\s<>,;\"'()]+@[^\s<>,;\"'()]+\.[^\s<>,;\"'()]+", text or "")
        )
    )
