"""Names that addons import from here."""

from fondaco.http.current import request as wsrequest
