"""Where a contact is: the address as its country writes it, and which address serves which purpose."""

from __future__ import annotations

from collections import defaultdict

from fondaco.addon import api, models

ADDRESS_FIELDS = ("street", "street2", "zip", "city", "state_id", "country_id")


class PartnerAddress(models.Model):
    _inherit = "res.partner"

    @api.depends(lambda self: self._display_address_depends())
    def _compute_contact_address(self):
        for partner in self:
            partner.contact_address = partner._display_address()

    @api.model
    def _address_fields(self):
        """Names of the fields that a person takes over from the company as one address."""
        return list(ADDRESS_FIELDS)

    @api.model
    def _formatting_address_fields(self):
        """Names of the fields that an address format may use."""
        return self._address_fields()

    @api.model
    def _get_default_address_format(self):
        return "%(street)s\n%(street2)s\n%(city)s %(state_code)s %(zip)s\n%(country_name)s"

    @api.model
    def _get_address_format(self):
        return self.country_id.address_format or self._get_default_address_format()

    def _prepare_display_address(self, without_company=False):
        """(format, values) of the address."""
        pattern = self._get_address_format()
        values = defaultdict(
            str,
            {
                "state_code": self.state_id.code or "",
                "state_name": self.state_id.name or "",
                "country_code": self.country_id.code or "",
                "country_name": self._get_country_name(),
                "company_name": self.commercial_company_name or "",
            },
        )
        for name in self._formatting_address_fields():
            value = self[name]
            values[name] = (value.display_name if hasattr(value, "_ids") else value) or ""
        if without_company:
            values["company_name"] = ""
        elif self.commercial_company_name:
            pattern = "%(company_name)s\n" + pattern
        return pattern, values

    def _display_address(self, without_company=False):
        """The address as it is written in its country."""
        pattern, values = self._prepare_display_address(without_company)
        return pattern % values

    def _display_address_depends(self):
        return [*self._formatting_address_fields(), "country_id", "company_name", "state_id"]

    def _get_country_name(self):
        return self.country_id.name or ""

    def address_get(self, adr_pref=None):
        """Kind -> id of the address for it: nearest below, then up to the company; 'contact' stands in for all."""
        wanted = {"contact", *(adr_pref or ())}
        found = {}
        for contact in self._nearby():
            if contact.type in wanted:
                found.setdefault(contact.type, contact.id)
                if len(found) == len(wanted):
                    break
        default = found.get("contact", self[:1].id)
        return {kind: found.get(kind) or default for kind in wanted}

    def _nearby(self):
        """Each contact and who lies below it, then the same one step up, until a company has been passed."""
        seen = set()
        for start in self:
            while start:
                yield from start._with_people(seen)
                start = start.browse() if start.is_company else start.parent_id

    def _with_people(self, seen):
        """The contact, and branch by branch the people below; `seen` ids are left out, and added to."""
        if self.id not in seen:
            seen.add(self.id)
            yield self
            for child in self.child_ids:
                if not child.is_company:
                    yield from child._with_people(seen)

    def update_address(self, vals):
        """Write the address fields among the values, and nothing else follows."""
        values = {name: vals[name] for name in self._address_fields() if name in vals}
        return super().write(values) if values else None
