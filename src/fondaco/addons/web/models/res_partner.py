"""What does a contact's card for other address books say (vCard 3.0)?"""

import base64

from fondaco.addon import models
from fondaco.values.mimetypes import guess_mimetype


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _as_vcard(self):
        """The card as a text, properties without a value left out."""
        lines = [f"{name}:{value}" for name, value in self._vcard_properties().items() if value]
        return "\r\n".join(["BEGIN:VCARD", "VERSION:3.0", *lines, "END:VCARD", ""])

    def _vcard_properties(self):
        """Property with its parameters -> value as a card writes it; an addon with more to say extends this."""
        address = (self.street, self.city, self.state_id.name, self.zip, self.country_id.name)
        return {
            "ADR": ";;" + ";".join(escaped(part) for part in address) if any(address) else "",
            "EMAIL;TYPE=INTERNET": escaped(self.email),
            "FN": escaped(self.name or self.display_name),
            "N": f"{escaped(self.name)};;;;" if self.name else "",
            "ORG": escaped(self.commercial_company_name or self.parent_id.name),
            **photo(self.image_512),
            "TEL;TYPE=WORK": escaped(self.phone),
            "TEL;TYPE=CELL": escaped(self.mobile),
            "TITLE": escaped(self.function),
            "URL": escaped(self.website),
        }


def escaped(text):
    """A value as a card writes it."""
    return str(text or "").replace("\\", "\\\\").replace("\n", "\\n").replace(",", "\\,").replace(";", "\\;")


def photo(picture):
    """The property of a picture, with its type; none without a picture."""
    if not picture:
        return {}
    kind = guess_mimetype(base64.b64decode(picture)).partition("/")[2].upper()
    return {f"PHOTO;ENCODING=B;TYPE={kind}": picture.decode()}
