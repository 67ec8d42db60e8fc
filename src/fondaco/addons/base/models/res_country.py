"""Which countries and states there are, and how an address is written in each."""

from __future__ import annotations

import re

from lxml import etree

from fondaco.addon import _, api, fields, models
from fondaco.domain.polish import AND, OR
from fondaco.errors import UserError
from fondaco.registry.ormcache import ormcache

DEFAULT_ADDRESS_FORMAT = "%(street)s\n%(street2)s\n%(city)s %(state_code)s %(zip)s\n%(country_name)s"
PLACE = re.compile(r"%\((\w+)\)s")
# Territories that show the flag of the country they belong to.
FLAG_OF = {
    "AQ": None,
    "SJ": "no",
    "BV": "no",
    "BQ": "nl",
    "GF": "fr",
    "GP": "fr",
    "HM": "au",
    "YT": "fr",
    "RE": "fr",
    "MF": "fr",
    "UM": "us",
}


class Country(models.Model):
    _name = "res.country"
    _description = "Country"
    _order = "name"
    _rec_names_search = ["name", "code"]
    _sql_constraints = [
        ("name_uniq", "unique (name)", "Another country has this name."),
        ("code_uniq", "unique (code)", "Another country has this code."),
    ]

    name = fields.Char(string="Country Name", required=True, translate=True)
    code = fields.Char(string="Country Code", required=True, size=2)
    address_format = fields.Text(string="Layout in Reports", default=DEFAULT_ADDRESS_FORMAT)
    address_view_id = fields.Many2one(
        "ir.ui.view",
        string="Input View",
        domain=[("model", "=", "res.partner"), ("type", "=", "form")],
    )
    currency_id = fields.Many2one("res.currency", string="Currency")
    image_url = fields.Char(string="Flag", compute="_compute_image_url")
    phone_code = fields.Integer(string="Country Calling Code")
    country_group_ids = fields.Many2many(
        "res.country.group",
        "res_country_res_country_group_rel",
        "res_country_id",
        "res_country_group_id",
        string="Country Groups",
    )
    state_ids = fields.One2many("res.country.state", "country_id", string="States")
    name_position = fields.Selection(
        selection=[
            ("before", "Before Address"),
            ("after", "After Address"),
        ],
        string="Customer Name Position",
        default="before",
    )
    vat_label = fields.Char(string="Vat Label", translate=True)
    state_required = fields.Boolean(string="State Required", default=False)
    zip_required = fields.Boolean(string="Zip Required", default=True)

    @api.model
    def name_search(self, name="", args=None, operator="ilike", limit=100):
        """By code first where two letters are given, then by name."""
        pairs = []
        domain = args or []
        if operator not in ("not ilike", "!=", "not in") and len(name or "") == 2:
            found = self.search_fetch(AND([domain, [("code", "ilike", name)]]), ["display_name"], limit=limit)
            pairs = [(country.id, country.display_name) for country in found.sudo()]
            domain = AND([domain, [("id", "not in", found.ids)]])
            if limit is not None:
                limit -= len(pairs)
                if limit <= 0:
                    return pairs
        return pairs + super().name_search(name, domain, operator, limit)

    @api.model
    @ormcache("code")
    def _phone_code_for(self, code):
        return self.search([("code", "=", code)]).phone_code

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        for vals in vals_list:
            if vals.get("code"):
                vals["code"] = vals["code"].upper()
        return super().create(vals_list)

    def write(self, vals):
        if vals.get("code"):
            vals = {**vals, "code": vals["code"].upper()}
        done = super().write(vals)
        if "code" in vals or "phone_code" in vals:
            self.env.registry.clear_cache()
        if "address_view_id" in vals or "vat_label" in vals:
            self.env.registry.clear_cache("templates")
        return done

    def get_address_fields(self):
        """Names of the places in the address format."""
        self.ensure_one()
        return PLACE.findall(self.address_format or "")

    @api.depends("code")
    def _compute_image_url(self):
        for country in self:
            code = FLAG_OF.get(country.code, (country.code or "").lower())
            country.image_url = f"/base/static/img/country_flags/{code}.png" if code else False

    @api.constrains("address_format")
    def _check_address_format(self):
        known = self.env["res.partner"]._formatting_address_fields() + [
            "state_code",
            "state_name",
            "country_code",
            "country_name",
            "company_name",
        ]
        for country in self:
            if not country.address_format:
                continue
            try:
                country.address_format % dict.fromkeys(known, "1")
            except (KeyError, ValueError) as error:
                raise UserError(_("The address format names an unknown field.")) from error

    @api.constrains("code")
    def _check_country_code(self):
        for country in self:
            if not country.code:
                raise UserError(_("A country needs a code."))


class CountryGroup(models.Model):
    _name = "res.country.group"
    _description = "Country Group"

    name = fields.Char(string="Name", required=True, translate=True)
    country_ids = fields.Many2many(
        "res.country",
        "res_country_res_country_group_rel",
        "res_country_group_id",
        "res_country_id",
        string="Countries",
    )


class CountryState(models.Model):
    _name = "res.country.state"
    _description = "Country state"
    _order = "code"
    _rec_names_search = ["name", "code"]
    _sql_constraints = [
        ("name_code_uniq", "unique(country_id, code)", "The country has a region with this code."),
    ]

    country_id = fields.Many2one("res.country", string="Country", required=True)
    name = fields.Char(string="State Name", required=True)
    code = fields.Char(string="State Code", required=True)

    @api.model
    def name_search(self, name="", args=None, operator="ilike", limit=100):
        """By code first, then by name; 'name (country code)' is understood."""
        domain = list(args or [])
        if self.env.context.get("country_id"):
            domain = AND([domain, [("country_id", "=", self.env.context["country_id"])]])
        pairs = []
        if name and operator not in ("not ilike", "!=", "not in"):
            found = self.search_fetch(AND([domain, [("code", "=ilike", name)]]), ["display_name"], limit=limit)
            pairs = [(state.id, state.display_name) for state in found.sudo()]
            domain = AND([domain, [("id", "not in", found.ids)]])
            if limit is not None:
                limit -= len(pairs)
                if limit <= 0:
                    return pairs
        return pairs + super().name_search(name, domain, operator, limit)

    @api.model
    def _search_display_name(self, operator, value):
        domain = super()._search_display_name(operator, value)
        if value and operator not in ("not ilike", "!=", "not in") and isinstance(value, str):
            match = re.fullmatch(r"(?P<name>.+)\((?P<country>[^)]+)\)", value.strip())
            if match:
                country = match["country"].strip()
                domain = OR(
                    [
                        domain,
                        [
                            ("name", operator, match["name"].strip()),
                            "|",
                            ("country_id.name", "ilike", country),
                            ("country_id.code", "=", country.upper()),
                        ],
                    ]
                )
        return domain

    @api.depends("country_id")
    def _compute_display_name(self):
        for state in self:
            state.display_name = f"{state.name} ({state.country_id.code})"


class FormatVATLabelMixin(models.AbstractModel):
    _name = "format.vat.label.mixin"
    _description = "Country Specific VAT Label"

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        """The tax number is called what it is called in the country of the company."""
        arch, view = super()._get_view(view_id, view_type, **options)
        label = self.env.company.country_id.vat_label
        if label:
            for node in arch.iterfind(".//field[@name='vat']"):
                node.set("string", label)
            for node in arch.iterfind(".//label[@for='vat']"):
                node.set("string", label)
        return arch, view


class FormatAddressMixin(models.AbstractModel):
    _name = "format.address.mixin"
    _description = "Address Format"

    def _extract_fields_from_address(self, address_line):
        """Names of the address fields in a line of an address format, in order."""
        names = [
            name.replace("state_code", "state_id").replace("country_name", "country_id")
            for name in PLACE.findall(address_line)
        ]
        known = self._formatting_fields()
        return [name for name in names if name in known]

    def _formatting_fields(self):
        return {"zip", "city", "state_id", "country_id", "street", "street2"}

    def _view_get_address(self, arch):
        """Put city, state and postcode in the order of the company's country, or use its own input form."""
        country = self.env.company.country_id
        view = country.address_view_id.sudo()
        if view and not self.env.context.get("no_address_format"):
            for node in self._address_nodes(arch):
                inner = etree.fromstring(view.with_context(no_address_format=True).get_combined_arch())
                node.getparent().replace(node, inner)
            return arch
        line = next((line for line in (country.address_format or "").split("\n") if "city" in line), None)
        if not line:
            return arch
        for node in self._address_nodes(arch):
            wanted = self._extract_fields_from_address(line)
            children = {child.get("name"): child for child in node.iterchildren("field") if child.get("name") in wanted}
            if len(children) < 2:
                continue
            first = min(node.index(child) for child in children.values())
            for child in children.values():
                node.remove(child)
            for offset, name in enumerate(name for name in wanted if name in children):
                node.insert(first + offset, children[name])
        return arch

    @staticmethod
    def _address_nodes(arch):
        return [node for node in arch.iter("div") if "o_address_format" in (node.get("class") or "").split()]

    @api.model
    def _get_view_cache_key(self, view_id=None, view_type="form", **options):
        key = super()._get_view_cache_key(view_id, view_type, **options)
        return (*key, self.env.company.id, self.env.context.get("no_address_format"))

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        arch, view = super()._get_view(view_id, view_type, **options)
        if view.type == "form":
            arch = self._view_get_address(arch)
        return arch, view
