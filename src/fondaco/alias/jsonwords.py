"""`odoo.tools.json`: JSON that may stand inside a script element."""

from __future__ import annotations

import json
import re
from typing import Any

from markupsafe import Markup

_DANGEROUS = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_PATTERN = re.compile("[<>&\u2028\u2029]")

dumps = json.dumps
loads = json.loads


class _ScriptSafe(str):
    """JSON text that templates may print inside a script as it is, and must escape elsewhere."""

    def __html__(self) -> Markup:
        return Markup(_PATTERN.sub(lambda match: _DANGEROUS[match[0]], self))


class JSON:
    """`scriptsafe.dumps(value)`: printed by a template, it can neither end the script nor start a comment."""

    def loads(self, *args: Any, **kwargs: Any) -> Any:
        return json.loads(*args, **kwargs)

    def dumps(self, *args: Any, **kwargs: Any) -> _ScriptSafe:
        return _ScriptSafe(json.dumps(*args, **kwargs))


scriptsafe = JSON()
