"""How the contacts of one company stay alike: address and commercial fields travel up and down."""

from __future__ import annotations

from fondaco.addon import _, api, fields, models
from fondaco.errors import UserError, ValidationError

from .res_partner import split_addresses


class PartnerSync(models.Model):
    _inherit = "res.partner"

    @api.model
    def _commercial_fields(self):
        """Names of the fields that the company behind decides."""
        return ["vat", "company_registry", "industry_id"]

    def _commercial_sync_from_company(self):
        """Take over the commercial fields from the company behind, and pass them on."""
        behind = self.commercial_partner_id
        if behind != self:
            values = behind._update_fields_values(self._commercial_fields())
            self.write(values)
            self._commercial_sync_to_children()

    def _commercial_sync_to_children(self):
        """Pass the commercial fields on to the people below, not to companies."""
        values = self.commercial_partner_id._update_fields_values(self._commercial_fields())
        people = self.child_ids.filtered(lambda child: not child.is_company)
        for child in people:
            child._commercial_sync_to_children()
        return people.write(values) if people else True

    def _update_fields_values(self, names):
        """Values of the fields, ready to be written on another contact."""
        result = {}
        for name in names:
            field = self._fields[name]
            if field.type == "one2many":
                raise AssertionError(f"res.partner.{name}: a one2many cannot be kept alike on several contacts")
            value = self[name]
            if field.type == "many2one":
                result[name] = value.id
            elif field.type == "many2many":
                result[name] = [(6, 0, value.ids)]
            else:
                result[name] = value
        return result

    def _fields_sync(self, values):
        """Let what was written travel from the company to its people."""
        if values.get("parent_id") or values.get("type") == "contact":
            if values.get("parent_id"):
                self.sudo()._commercial_sync_from_company()
            if self.parent_id and self.type == "contact":
                address = self.parent_id._update_fields_values(self._address_fields())
                if any(address.values()):
                    self.update_address(address)
        self._children_sync(values)

    def _children_sync(self, values):
        if not self.child_ids:
            return
        if self.commercial_partner_id == self and any(name in values for name in self._commercial_fields()):
            self.sudo()._commercial_sync_to_children()
        for child in self.child_ids.filtered(lambda child: not child.is_company):
            if child.commercial_partner_id != self.commercial_partner_id:
                self.sudo()._commercial_sync_to_children()
                break
        if any(name in values for name in self._address_fields()):
            self.child_ids.filtered(lambda child: child.type == "contact").update_address(values)

    def _handle_first_contact_creation(self):
        """The address of the first person becomes that of a company without one."""
        parent = self.parent_id
        first = parent and (parent.is_company or not parent.parent_id) and len(parent.child_ids) == 1
        names = self._address_fields()
        if first and any(self[name] for name in names) and not any(parent[name] for name in names):
            parent.update_address(self._update_fields_values(names))

    def _clean_website(self, website):
        """An address with its scheme."""
        return website if "://" in website else f"http://{website.lstrip('/')}"

    # -- create and write -----------------------------------------------------------------------------------------

    def write(self, vals):
        if vals.get("active") is False:
            self._refuse_archiving_users()
        if vals.get("website"):
            vals = {**vals, "website": self._clean_website(vals["website"])}
        if vals.get("parent_id"):
            vals = {**vals, "company_name": False}
        if "company_id" in vals:
            self._write_company(vals["company_id"])
        done = super().write(vals)
        if not self.env.su and not self.env["res.users"].has_access("write"):
            self._refuse_writing_on_colleagues()
        if vals.keys() & self._synced_names():
            for partner in self:
                partner._fields_sync(vals)
        return done

    def _synced_names(self):
        """Names of the fields whose change may travel to other contacts."""
        return {"parent_id", "type", "is_company", *self._commercial_fields(), *self._address_fields()}

    def _refuse_writing_on_colleagues(self):
        """The contact of another internal user is changed by those who manage users."""
        if any(user._is_internal() and user != self.env.user for user in self.sudo().user_ids):
            self.env["res.users"].check_access("write")

    def _refuse_archiving_users(self):
        self.invalidate_recordset(["user_ids"])
        users = self.env["res.users"].sudo().search([("partner_id", "in", self.ids)])
        if users:
            if self.env["res.users"].sudo(False).has_access("write"):
                message = _(
                    "These contacts belong to active users: archive the users first: %s",
                    ", ".join(users.mapped("display_name")),
                )
            else:
                message = _(
                    "These contacts belong to active users, whom an administrator must archive first: %s",
                    ", ".join(users.mapped("display_name")),
                )
            raise ValidationError(message)

    def _write_company(self, company_id):
        """Refuse a company that the users of a contact do not work in; the people below go along."""
        company = self.env["res.company"].browse(company_id)
        for partner in self:
            if company_id and partner.user_ids:
                companies = {user.company_id for user in partner.sudo().user_ids}
                if len(companies) > 1 or company not in companies:
                    raise UserError(_("The users of this contact do not work in that company."))
            if partner.child_ids:
                partner.child_ids.write({"company_id": company_id})

    @api.model_create_multi
    def create(self, vals_list):
        if self.env.context.get("import_file"):
            self._check_import_consistency(vals_list)
        for vals in vals_list:
            if vals.get("website"):
                vals["website"] = self._clean_website(vals["website"])
            if vals.get("parent_id"):
                vals["company_name"] = False
        partners = super().create(vals_list)
        if self.env.context.get("_partners_skip_fields_sync"):
            return partners
        for partner, vals in zip(partners, vals_list, strict=True):
            if vals.get("parent_id") or vals.get("child_ids"):
                partner._fields_sync(vals)
                partner._handle_first_contact_creation()
        return partners

    def _check_import_consistency(self, vals_list):
        """Find the state in the country of each imported row when the two do not fit."""
        states = self.env["res.country.state"]
        for vals in vals_list:
            state = states.browse(vals.get("state_id") or False)
            if not state or not vals.get("country_id") or state.country_id.id == vals["country_id"]:
                continue
            fitting = states.search([("code", "=", state.code), ("country_id", "=", vals["country_id"])], limit=1)
            vals["state_id"] = (
                fitting.id
                or states.create({"name": state.name, "code": state.code, "country_id": vals["country_id"]}).id
            )

    def copy_data(self, default=None):
        default = dict(default or {})
        rows = super().copy_data(default=default)
        if "name" not in default:
            for partner, vals in zip(self, rows):
                vals["name"] = _("%s (copy)", partner.name)
        return rows

    @api.model
    def default_get(self, default_fields):
        """A person made within a company starts with its address and language."""
        values = super().default_get(default_fields)
        parent = self.browse(values.get("parent_id") or self.env.context.get("default_parent_id") or False)
        if parent:
            values["company_id"] = parent.company_id.id
        if parent and "lang" in default_fields:
            values["lang"] = self.env.context.get("default_lang") or parent.lang or values.get("lang") or self.env.lang
        return values

    def create_company(self):
        """Make the company whose name a person carries, and put the person below it."""
        self.ensure_one()
        if self.company_name:
            values = {"name": self.company_name, "is_company": True, "vat": self.vat}
            values.update(self._update_fields_values(self._address_fields()))
            company = self.create(values)
            self.write(
                {
                    "parent_id": company.id,
                    "child_ids": [(1, id_, {"parent_id": company.id}) for id_ in self.child_ids.ids],
                }
            )
        return True

    def open_commercial_entity(self):
        """Show the company behind."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "res.partner",
            "view_mode": "form",
            "res_id": self.commercial_partner_id.id,
            "target": "current",
        }

    # -- finding and making by a name -----------------------------------------------------------------------------

    @api.model
    def _parse_partner_name(self, text):
        """(name, address) in 'Name <address>'."""
        addresses = split_addresses(text)
        if not addresses:
            return text or "", ""
        address = addresses[0]
        position = text.lower().find(address)
        name = text[:position].strip(" \t<\"'(,")
        return name, address

    @api.model
    def name_create(self, name):
        """A contact from 'Name <address>'; an address alone will do as a name unless `force_email`."""
        kind = self.env.context.get("default_type")
        if kind and kind not in dict(self._fields["type"]._description_selection(self.env)):
            self = self.with_context({key: value for key, value in self.env.context.items() if key != "default_type"})
        name, address = self._parse_partner_name(name)
        if self.env.context.get("force_email") and not address:
            raise ValidationError(_("The contact needs an e-mail address."))
        values = {self._rec_name: name or address}
        if address:
            values["email"] = address
        partner = self.create(values)
        return partner.id, partner.display_name

    @api.model
    def find_or_create(self, email, assert_valid_email=False):
        """The contact with an address, made when there is none."""
        if not email:
            raise ValueError(_("find_or_create: an e-mail address is needed"))
        name, address = self._parse_partner_name(email)
        if not address and assert_valid_email:
            raise ValueError(_("find_or_create: this is no e-mail address"))
        found = self.search([("email", "=ilike", address or email)], limit=1)
        return found or self.create({self._rec_name: name or address, **({"email": address} if address else {})})

    @api.model
    def view_header_get(self, view_id, view_type):
        if self.env.context.get("category_id"):
            tag = self.env["res.partner.category"].browse(self.env.context["category_id"])
            return _("Partners: %(category)s", category=tag.name)
        return super().view_header_get(view_id, view_type)

    @api.model
    def get_import_templates(self):
        return [
            {"label": _("Import Template for Contacts"), "template": "/base/static/xls/contacts_import_template.xlsx"}
        ]

    def _get_all_addr(self):
        """Addresses of the contact, for those who look for any of them."""
        self.ensure_one()
        return [
            {
                "contact_type": self.type,
                "street": self.street,
                "zip": self.zip,
                "city": self.city,
                "country": self.country_id.code,
            }
        ]

    def _get_placeholder_filename(self, field):
        return (
            self._avatar_get_placeholder_path()
            if field.startswith(("image_", "avatar_"))
            else super()._get_placeholder_filename(field)
        )
