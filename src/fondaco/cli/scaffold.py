"""`fondaco scaffold`: the files of a new addon, with a model, its views, its rights and a test."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from fondaco import SERIES
from fondaco.cli.command import Command, CommandError, Exit
from fondaco.cli.speech import answer
from fondaco.config import Config
from fondaco.config.commandline import Given

NAME = re.compile(r"[a-z][a-z0-9_]*")
FILES = {
    "__init__.py": "from . import models\n",
    "__manifest__.py": """{
    "name": "{title}",
    "version": "{series}.1.0.0",
    "summary": "What it is for, in one sentence",
    "license": "LGPL-3",
    "depends": ["base"],
    "data": ["security/ir.model.access.csv", "views/{name}_views.xml"],
    "application": True,
}
""",
    "models/__init__.py": "from . import {name}\n",
    "models/{name}.py": """from odoo import fields, models


class {class_}(models.Model):
    _name = "{name}.item"
    _description = "{title} item"
    _order = "name, id"

    name = fields.Char(required=True)
    note = fields.Text()
    active = fields.Boolean(default=True)
""",
    "security/ir.model.access.csv": """id,name,model_id:id,group_id:id,perm_read,perm_write,perm_create,perm_unlink
access_{name}_item,{name}.item,model_{name}_item,base.group_user,1,1,1,1
""",
    "views/{name}_views.xml": """<?xml version="1.0" encoding="utf-8"?>
<odoo>
    <record id="{name}_item_view_list" model="ir.ui.view">
        <field name="name">{name}.item.list</field>
        <field name="model">{name}.item</field>
        <field name="arch" type="xml">
            <list>
                <field name="name"/>
            </list>
        </field>
    </record>
    <record id="{name}_item_view_form" model="ir.ui.view">
        <field name="name">{name}.item.form</field>
        <field name="model">{name}.item</field>
        <field name="arch" type="xml">
            <form>
                <sheet>
                    <group>
                        <field name="name"/>
                        <field name="note"/>
                    </group>
                </sheet>
            </form>
        </field>
    </record>
    <record id="{name}_item_action" model="ir.actions.act_window">
        <field name="name">{title}</field>
        <field name="res_model">{name}.item</field>
        <field name="view_mode">list,form</field>
    </record>
    <menuitem id="{name}_menu" name="{title}" action="{name}_item_action"/>
</odoo>
""",
    "tests/__init__.py": "from . import test_{name}\n",
    "tests/test_{name}.py": """from odoo.tests import TransactionCase, tagged


@tagged("post_install", "-at_install")
class Test{class_}(TransactionCase):
    def test_an_item_is_found_by_its_name(self):
        item = self.env["{name}.item"].create({"name": "First"})

        self.assertEqual(self.env["{name}.item"].search([("name", "=", "First")]), item)
""",
}


def add_arguments(parser: argparse.ArgumentParser, given: Given) -> None:
    parser.add_argument("name", help="of the addon: small letters, digits and underscores")
    parser.add_argument("dest", nargs="?", default=".", help="the folder of addons to make it in (here)")


def run(arguments: argparse.Namespace, config: Config) -> int:
    name, folder = arguments.name, Path(arguments.dest) / arguments.name
    if not NAME.fullmatch(name):
        raise CommandError(f"scaffold: {name!r} cannot be imported; expected small letters, digits and _", Exit.USAGE)
    if folder.exists():
        raise CommandError(f"scaffold: {folder} is there already; choose another name or folder", Exit.USAGE)
    words = name.split("_")
    meant = {"name": name, "title": " ".join(words).capitalize(), "class_": "".join(map(str.capitalize, words))}
    try:
        for path, text in FILES.items():
            file = folder / _filled(path, meant)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(_filled(text, {**meant, "series": SERIES}), encoding="utf-8")
    except OSError as error:
        raise CommandError(f"scaffold: {error.filename} cannot be written: {error.strerror}") from error
    answer(f"{folder} made; install it with: fondaco -d NAME -i {name} --addons-path {folder.parent.resolve()}")
    return Exit.OK


def _filled(text: str, meant: dict[str, str]) -> str:
    """`text` with its words in braces; the other braces are Python's."""
    for word, value in meant.items():
        text = text.replace("{" + word + "}", value)
    return text


COMMAND = Command("scaffold", "make the files of a new addon", run, add_arguments)
