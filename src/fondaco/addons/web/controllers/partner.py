"""Contacts as cards for other address books (vCard 3.0)."""

import base64

from fondaco.addon import http
from fondaco.values.mimetypes import guess_mimetype


def escaped(text):
    """A value as a vCard writes it."""
    return str(text or "").replace("\\", "\\\\").replace("\n", "\\n").replace(",", "\\,").replace(";", "\\;")


def card_of(partner):
    """The lines of one contact, those without a value left out."""
    address = (partner.street, partner.city, partner.state_id.name, partner.zip, partner.country_id.name)
    values = {
        "ADR": ";;" + ";".join(escaped(part) for part in address) if any(address) else "",
        "EMAIL;TYPE=INTERNET": escaped(partner.email),
        "FN": escaped(partner.name or partner.display_name),
        "N": f"{escaped(partner.name)};;;;" if partner.name else "",
        "ORG": escaped(partner.commercial_company_name or partner.parent_id.name),
        **photo_of(partner),
        "TEL;TYPE=WORK": escaped(partner.phone),
        "TEL;TYPE=CELL": escaped(partner.mobile),
        "TITLE": escaped(partner.function),
        "URL": escaped(partner.website),
    }
    lines = [f"{name}:{value}" for name, value in values.items() if value]
    return "\r\n".join(["BEGIN:VCARD", "VERSION:3.0", *lines, "END:VCARD", ""])


def photo_of(partner):
    """The picture of a contact that has one, with its type."""
    picture = partner.image_512
    if not picture:
        return {}
    kind = guess_mimetype(base64.b64decode(picture)).partition("/")[2].upper()
    return {f"PHOTO;ENCODING=B;TYPE={kind}": picture.decode()}


class Partner(http.Controller):
    @http.route(
        ['/web_enterprise/partner/<model("res.partner"):partner>/vcard', "/web/partner/vcard"], type="http", auth="user"
    )
    def download_vcard(self, partner_ids=None, partner=None, **kwargs):
        """One card, or one file with several."""
        partners = partner
        if partner_ids:
            ids = [int(part) for part in partner_ids.split(",") if part.isdigit()]
            partners = http.request.env["res.partner"].browse(ids).exists()
        if not partners:
            return http.request.not_found()
        partners.check_access("read")
        name = f"{partners.name or partners.email}.vcf" if len(partners) == 1 else "contacts.vcf"
        headers = [
            ("Content-Type", "text/vcard"),
            ("Content-Disposition", http.content_disposition(name)),
        ]
        return http.request.make_response("".join(card_of(each) for each in partners), headers)
