"""What a database goes on with that was made by earlier code and is not upgraded yet.

Code is taken up by all databases of a server, each is upgraded in its own time: until then people log in and work.
"""

from __future__ import annotations

import logging

from fondaco.addon import api, models
from fondaco.registry.ormcache import ormcache
from fondaco.views import arch as arches

from .addon_files import addons_path

log = logging.getLogger(__name__)


class IrModuleEarlier(models.Model):
    _inherit = "ir.module.module"

    @api.model
    @ormcache(cache="stable")
    def _tell_of_earlier_code(self):
        """Say in the log what to do, once in each process."""
        name = self.env.registry.db_name
        log.warning(
            "database %s was made by earlier code: it serves, without some of what is new; run `fondaco upgrade -d %s`",
            name,
            name,
        )
        return True

    @api.model
    def _template_of_file(self, template):
        """The tree of a template, given by its external id, as a data file of its installed module has it, or None.

        Templates that extend another are none by themselves.
        """
        if not isinstance(template, str) or template.partition(".")[0] not in self.env.registry.loaded_modules:
            return None
        module, _, name = template.partition(".")
        manifest = addons_path(self.env).manifest(module)
        for file in manifest.data_files if manifest else ():
            path = manifest.path / file
            if path.suffix != ".xml" or not path.is_file() or name not in path.read_text(encoding="utf-8"):
                continue
            arch = self.env["ir.ui.view"]._arch_in(path, f"{module}/{file}", template)
            tree = arches.parse(arch) if arch else None
            if tree is not None and "t-name" in tree.attrib:
                self._tell_of_earlier_code()
                return tree
        return None
