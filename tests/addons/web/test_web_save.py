"""A save whose answer was lost is asked for again: nothing is done twice, and what changed since is done."""

from __future__ import annotations

import base64
import io

import pytest
from PIL import Image

from fondaco.errors import UserError

SPECIFICATION = {"name": {}, "phone": {}, "child_ids": {"fields": {"name": {}}}}


@pytest.fixture
def save(env):
    """save(vals, key=..., record=...): what the client's form does."""

    def save(vals, *, key="k1", record=None, seen=None):
        partners = env["res.partner"].with_context(save_key=key, seen_values=seen)
        return (partners.browse(record) if record else partners).web_save(vals, SPECIFICATION)[0]

    return save


def lines(*names):
    return [[0, f"virtual_{number}", {"name": name}] for number, name in enumerate(names)]


def test_a_record_made_twice_under_one_key_is_made_once(env, save):
    vals = {"name": "Made once", "child_ids": lines("Ada", "Bea")}

    first = save(vals)
    second = save(vals)

    assert first == second
    assert env["res.partner"].search_count([("name", "=", "Made once")]) == 1
    assert env["res.partner"].search_count([("parent_id", "=", first["id"])]) == 2


def test_another_key_and_no_key_make_another(env, save):
    made = {save({"name": "Thrice"}, key=key)["id"] for key in ("k1", "k2", None, "", 7, "x" * 65)}

    assert len(made) == 6


def test_what_was_changed_since_is_written_and_lines_are_not_doubled(env, save):
    first = save({"name": "Made once", "phone": "1", "child_ids": lines("Ada", "Bea")})

    again = lines("Ada Lovelace", "Bea", "Cem")
    second = save({"name": "Made once", "phone": "2", "child_ids": again})
    third = save({"name": "Made once", "phone": "2", "child_ids": again[1:]})

    assert first["id"] == second["id"] == third["id"]
    assert second["phone"] == "2"
    assert sorted(line["name"] for line in second["child_ids"]) == ["Ada Lovelace", "Bea", "Cem"]
    assert sorted(line["name"] for line in third["child_ids"]) == ["Bea", "Cem"]


def test_lines_of_a_record_that_exists_are_added_once(env, save):
    partner = env["res.partner"].create({"name": "There", "child_ids": [(0, 0, {"name": "Old"})]})
    vals = {"phone": "3", "child_ids": lines("New")}

    save(vals, record=partner.id)
    env["res.partner"].browse(partner.id).write({"phone": "somebody else's"})
    save(vals, record=partner.id)

    assert sorted(partner.child_ids.mapped("name")) == ["New", "Old"]
    assert partner.phone == "somebody else's", "a repeated save writes nothing over what came later"


def test_a_repeated_save_writes_over_nothing_that_somebody_else_wrote_since(env, save):
    partner = env["res.partner"].create({"name": "There", "phone": "1", "city": "Prato"})
    seen = {"phone": "1", "city": "Prato"}
    save({"phone": "2", "city": "Lucca"}, record=partner.id, seen=seen)

    partner.city = "Siena"
    save({"phone": "3", "city": "Lucca"}, record=partner.id, seen=seen)
    assert (partner.phone, partner.city) == ("3", "Siena"), "what was sent before is not sent again"

    with pytest.raises(UserError, match="Somebody else"):
        save({"phone": "3", "city": "Pisa"}, record=partner.id, seen=seen)
    assert partner.city == "Siena"


def test_a_day_and_a_moment_that_nobody_else_changed_are_written_over(env):
    rate = env["res.currency.rate"].create({"name": "2026-03-04", "rate": 2, "currency_id": env.company.currency_id.id})
    job = env["ir.cron"].search([], limit=1)
    job.nextcall = "2031-03-04 10:20:30"

    for record, name, seen, written in (
        (rate, "name", "2026-03-04", "2026-03-05"),
        (job, "nextcall", "2031-03-04 10:20:30", "2031-03-05 10:20:30"),
    ):
        record.with_context(seen_values={name: seen}).web_save({name: written}, {})
        assert str(record[name]) == written
        with pytest.raises(UserError):
            record.with_context(seen_values={name: seen}).web_save({name: seen[:8] + "06" + seen[10:]}, {})


def test_a_record_that_is_gone_by_then_is_made_again(env, save):
    first = save({"name": "Gone"})
    env["res.partner"].browse(first["id"]).unlink()

    assert save({"name": "Gone"})["id"] != first["id"]


def test_a_save_stands_by_which_one_loses_sight_of_the_record(env):
    group = env.ref("base.group_partner_manager")
    user = env["res.users"].create({"name": "Near", "login": "near", "groups_id": [(4, group.id)]})
    partner, other = env["res.partner"].create([{"name": "Here", "city": "Prato"}, {"name": "Next", "city": "Prato"}])
    env["ir.rule"].create({
        "name": "Those of Prato", "model_id": env["ir.model"]._get_id("res.partner"), "groups": group.ids,
        "domain_force": "['|', '|', ('city', '=', 'Prato'), ('parent_id', '!=', False), ('user_ids', 'in', user.ids)]",
    })  # fmt: skip
    mine = partner.with_user(user).with_context(save_key="k1")
    vals = {"city": "Lucca", "child_ids": lines("Ada")}

    answers = [mine.web_save(vals, {"name": {}}, next_id=other.id) for _ in range(2)]

    assert [answer[0]["name"] for answer in answers] == ["Next", "Next"]
    assert partner.city == "Lucca"
    assert partner.child_ids.mapped("name") == ["Ada"], "a repeated save makes no line twice"


def test_a_receipt_of_a_record_that_its_save_took_away_knows_what_was_sent(env):
    receipt, _is_repeated = env["web.save.receipt"]._claim("res.partner", "k1")
    partner = env["res.partner"].create({"name": "Gone", "child_ids": [(0, 0, {"name": "Line"})]})
    partner.unlink()

    receipt._fill(partner, {"name": "Gone", "child_ids": lines("Ada")}, ["name"], {"child_ids": set()})

    assert receipt._remaining(partner, {"name": "Gone"}) == {}


def test_a_key_is_its_users_own_and_receipts_go_after_a_while(env, save):
    save({"name": "Mine"})
    (receipt,) = env["web.save.receipt"].search([])
    other = env["res.users"].create(
        {"name": "Other", "login": "other", "groups_id": [(4, env.ref("base.group_partner_manager").id)]}
    )
    made = env["res.partner"].with_user(other).with_context(save_key="k1").web_save({"name": "Theirs"}, SPECIFICATION)
    receipt.made = "2020-01-01"
    env["web.save.receipt"]._gc_receipts()

    assert made[0]["name"] == "Theirs"
    assert env["web.save.receipt"].search([]).user_id == other


@pytest.mark.parametrize("model", ["res.partner", "res.users"])
def test_a_picture_is_saved_and_read_as_a_form_does_which_asks_for_its_size(env, model):
    drawing = io.BytesIO()
    Image.new("RGB", (300, 200), "#c2611f").save(drawing, "PNG")
    record = env[model].create({"name": "Pictured", **({"login": "pictured"} if model == "res.users" else {})})
    specification = {"image_1920": {}, "image_128": {}, "avatar_128": {}}

    (kept,) = record.with_context(bin_size=True).web_save(
        {"image_1920": base64.b64encode(drawing.getvalue()).decode()}, specification
    )

    assert [kept[name].split()[-1] for name in ("image_1920", "image_128")] == ["bytes", "bytes"]
    env.invalidate_all()
    with Image.open(io.BytesIO(base64.b64decode(record.image_128))) as small:
        assert small.size == (128, 85)
