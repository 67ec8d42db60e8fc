"""How the contacts of one company stay alike: address and commercial fields travel up and down."""

from __future__ import annotations

from fondaco.addon import _, api, fields, models
from fondaco.errors import UserError, ValidationError

from .res_partner import split_addresses

SPOKEN = {"lang", "tz"}
"""Fields of a user's contact that the context of his requests is made of."""


def as_kept(vals):
    """The values as they are stored: web addresses have a scheme, and who is put below a company names none."""
    kept = dict(vals)
    if kept.get("website") and "://" not in kept["website"]:
        kept["website"] = "http://" + kept["website"].lstrip("/")
    if kept.get("parent_id"):
        kept["company_name"] = False
    return kept


def name_and_address(text):
    """(name, address) in 'Name <address>'; either may be empty."""
    address = next(iter(split_addresses(text)), "")
    if not address:
        return text or "", ""
    return text[: text.lower().find(address)].strip(" \t<\"'(,"), address


class PartnerSync(models.Model):
    _inherit = "res.partner"

    @api.model
    def _commercial_fields(self):
        """Names of the fields that the company behind decides."""
        return ["vat", "company_registry", "industry_id"]

    def _said_of(self, names):
        """Values of the fields as another contact would be given them."""
        said = {}
        for name in names:
            field, value = self._fields[name], self[name]
            if field.type == "one2many":
                raise TypeError(f"res.partner.{name}: lines belong to one contact and cannot be shared")
            if field.type == "many2many":
                said[name] = [(6, 0, value.ids)]
            else:
                said[name] = value.id if field.type == "many2one" else value
        return said

    def _who_say_otherwise(self, said):
        """Those of the contacts whose values are not the ones `said`."""
        return self.filtered(lambda partner: partner._said_of(said) != said)

    def _people_below(self):
        """People of the contacts, and the people below those; a company below decides for itself."""
        people = self.child_ids.filtered(lambda child: not child.is_company)
        return people | people._people_below() if people else people

    def _spread(self, changed):
        """Bring companies and their people to say the same, now that the fields `changed` were written."""
        commercial, address = self._commercial_fields(), self._address_fields()
        has_moved, is_commercial = "parent_id" in changed, not changed.isdisjoint(commercial)
        people = self.browse()
        if has_moved or is_commercial:
            people = self.filtered(lambda partner: partner != partner.commercial_partner_id)
        if has_moved:
            for company, members in people.grouped("commercial_partner_id").items():
                said = company.sudo()._said_of(commercial)
                (members | members.sudo()._people_below()).sudo()._who_say_otherwise(said).write(said)
        if is_commercial:
            for company in self - people:
                below = company.sudo()._people_below()
                said = company.sudo()._said_of(commercial)
                below._who_say_otherwise(said).write(said)
        if has_moved or "type" in changed:
            contacts = self.filtered(lambda partner: partner.type == "contact" and partner.parent_id)
            for parent, members in contacts.grouped("parent_id").items():
                inherited = parent._said_of(address)
                if any(inherited.values()):
                    members._who_say_otherwise(inherited).update_address(inherited)
        touched = [name for name in address if name in changed]
        for partner in self if touched else ():
            at_same_place = partner.child_ids.filtered(lambda child: child.type == "contact")
            said = partner._said_of(touched)
            at_same_place._who_say_otherwise(said).update_address(said)

    def _lend_address(self):
        """A company without an address has that of the first person entered for it."""
        names, company = self._address_fields(), self.parent_id
        is_first = company.child_ids == self and (company.is_company or not company.parent_id)
        if is_first and not any(company[name] for name in names):
            own = self._said_of(names)
            if any(own.values()):
                company.update_address(own)

    # -- create and write -----------------------------------------------------------------------------------------

    def write(self, vals):
        if vals.get("active") is False:
            self._refuse_archiving_users()
        vals = as_kept(vals)
        if "company_id" in vals:
            self._move_to_company(vals["company_id"])
        done = super().write(vals)
        if not vals.keys().isdisjoint(SPOKEN) and self.sudo().with_context(active_test=False).user_ids:
            self.env.registry.clear_cache("default", "users")  # in it is how these users are served
        if "name" in vals and not self.env["res.company"]._ids_of_contacts().isdisjoint(self._ids):
            self.env.registry.clear_cache()
        if not self.env.su and not self.env["res.users"].has_access("write"):
            self._refuse_writing_on_colleagues()
        self._spread(vals.keys())
        return done

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

    def _move_to_company(self, company_id):
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
            self._fit_states(vals_list)
        partners = super().create(self._with_addresses([as_kept(vals) for vals in vals_list]))
        linked = [
            (partner, frozenset(vals))
            for partner, vals in zip(partners, vals_list, strict=True)
            if vals.get("parent_id") or vals.get("child_ids")
        ]
        for changed in dict.fromkeys(names for _partner, names in linked):
            self.browse([partner.id for partner, names in linked if names == changed])._spread(changed)
        for partner, _names in linked:
            partner._lend_address()
        return partners

    def _with_addresses(self, vals_list):
        """The values, people below a company having its address from the start: it need not be written on them then."""
        kind, said = None, {}
        for vals in vals_list:
            parent = vals.get("parent_id")
            if not parent:
                continue
            if "type" not in vals and kind is None:
                kind = self.default_get(["type"]).get("type")
            if vals.get("type", kind) == "contact":
                if parent not in said:
                    said[parent] = self.browse(parent)._said_of(self._address_fields())
                if any(said[parent].values()):
                    vals.update(said[parent])
        return vals_list

    def _fit_states(self, vals_list):
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
            values.update(self._said_of(self._address_fields()))
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
    def name_create(self, name):
        """A contact from 'Name <address>'; an address alone will do as a name unless `force_email`."""
        kind = self.env.context.get("default_type")
        if kind and kind not in dict(self._fields["type"]._description_selection(self.env)):
            self = self.with_context({key: value for key, value in self.env.context.items() if key != "default_type"})
        name, address = name_and_address(name)
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
        name, address = name_and_address(email)
        if not address and assert_valid_email:
            raise ValueError(_("find_or_create: this is no e-mail address"))
        found = self.search([("email", "=ilike", address or email)], limit=1)
        return found or self.create({self._rec_name: name or address, **({"email": address} if address else {})})

    @api.model
    def view_header_get(self, view_id, view_type):
        if self.env.context.get("category_id"):
            tag = self.env["res.partner.category"].browse(self.env.context["category_id"])
            return _("Contacts with the tag %(tag)s", tag=tag.name)
        return super().view_header_get(view_id, view_type)

    @api.model
    def get_import_templates(self):
        return [
            {"label": _("A table of contacts to fill in"), "template": "/base/static/xls/contacts_import_template.xlsx"}
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
