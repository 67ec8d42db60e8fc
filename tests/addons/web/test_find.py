"""Records that are found by their names."""

from __future__ import annotations

from tests.fix_addons import addon_module


def test_records_are_found_among_the_models_of_ones_menus_and_only_those_one_may_see(env):
    def user(login: str, *groups: str) -> int:
        ids = [env.ref(f"base.{group}").id for group in ("group_user", *groups)]
        return env["res.users"].create({"name": login, "login": login, "groups_id": [(6, 0, ids)]}).id

    manager, member = env(user=user("manages", "group_system")), env(user=user("works"))
    seen, hidden = user("findable one"), user("findable two")
    model = env["ir.model"]._get("res.users").id
    env["ir.rule"].create({"name": "not all", "model_id": model, "domain_force": f"[('id', '!=', {hidden})]"})
    find = addon_module("web.controllers.find")

    found = find.found_records(manager, "findable")

    assert [(row["model"], row["id"]) for row in found] == [("res.users", seen)]
    assert find.found_records(member, "findable") == []
