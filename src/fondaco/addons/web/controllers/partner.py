"""Contacts as cards for other address books (vCard 3.0)."""

from fondaco.addon import http


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
        return http.request.make_response("".join(each._as_vcard() for each in partners), headers)
