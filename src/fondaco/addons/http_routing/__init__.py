"""Pages for visitors: readable addresses, a language in the address, error pages that belong to the site.

A route marked `website=True` is such a page. In it `request.is_frontend` is true and `request.lang` is the language it
is shown in; unless it says `multilang=False` each language has an address of its own: `/page` in the language of the
site, `/fr/page` in French.
"""

from . import controllers, models
