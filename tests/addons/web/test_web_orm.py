"""What views ask of models: reading by specification, saving, forms, groups."""

import pytest

from fondaco.errors import UserError
from tests.python_calls import python_calls


@pytest.fixture
def family(env):
    """Alpha (company, US) with children gamma and zeta, tagged A; beta beside them."""
    partner, tag = env["res.partner"], env["res.partner.category"]
    us = env["res.country"].search([("code", "=", "US")])
    a = tag.create({"name": "Tag A"})
    alpha = partner.create(
        {"name": "Web Alpha", "is_company": True, "country_id": us.id, "category_id": [(4, a.id)], "color": 1}
    )
    gamma, zeta = partner.create(
        [{"name": "Web Gamma", "parent_id": alpha.id}, {"name": "Web zeta", "parent_id": alpha.id, "type": "invoice"}]
    )
    beta = partner.create({"name": "Web Beta", "is_company": True, "color": 2})
    return alpha, gamma, zeta, beta, a, us


def test_a_specification_says_how_deep_relations_are_read(family):
    alpha, gamma, zeta, _beta, a, us = family

    (row,) = alpha.web_read(
        {
            "name": {},
            "parent_id": {"fields": {"display_name": {}}},
            "country_id": {"fields": {"code": {}}},
            "child_ids": {"fields": {"name": {}}, "order": "name desc", "limit": 1},
            "category_id": {},
        }
    )

    assert row == {
        "id": alpha.id,
        "name": "Web Alpha",
        "parent_id": False,
        "country_id": {"id": us.id, "code": "US"},
        "child_ids": [{"id": zeta.id, "name": "Web zeta"}, {"id": gamma.id}],
        "category_id": [a.id],
    }


def test_records_within_records_are_bounded(env):
    parent = env["res.partner"].create({"name": "Many", "child_ids": [(0, 0, {"name": str(n)}) for n in range(40)]})
    there, back = {"display_name": {}}, {}
    for _turn in range(4):
        back, there = there, {"child_ids": {"fields": {"parent_id": {"fields": there}}}}

    assert len(parent.web_read(back)[0]["child_ids"][0]["parent_id"]["child_ids"]) == 40
    with pytest.raises(UserError, match="over a million records within records"):
        parent.web_read(there)


def test_a_page_of_records_tells_how_many_there_are(family):
    model = family[0]
    domain = [("name", "=like", "Web %")]

    page = model.web_search_read(domain, {"name": {}}, limit=2, order="name")
    cut = model.web_search_read(domain, {"name": {}}, limit=2, count_limit=3)

    assert page == {
        "length": 4,
        "records": [{"id": family[0].id, "name": "Web Alpha"}, {"id": family[3].id, "name": "Web Beta"}],
    }
    assert cut["length"] == 3


def test_saving_creates_writes_and_reads_what_the_form_shows(env):
    spec = {"name": {}, "child_ids": {"fields": {"name": {}}}}
    model = env["res.partner"]

    (made,) = model.web_save({"name": "Saved", "child_ids": [[0, "virtual_1", {"name": "Kid"}]]}, spec)
    (kid,) = made["child_ids"]
    (changed,) = model.browse(made["id"]).web_save({"child_ids": [[1, kid["id"], {"name": "Boy"}]]}, spec)

    assert (made["name"], kid["name"]) == ("Saved", "Kid")
    assert changed["child_ids"] == [{"id": kid["id"], "name": "Boy"}]


def test_opening_a_form_gives_defaults_and_what_follows_from_them(family):
    alpha, *_others, a, us = family
    spec = {
        "name": {}, "type": {}, "parent_id": {"fields": {"display_name": {}}},
        "country_id": {"fields": {"display_name": {}}},
        "child_ids": {"fields": {"name": {}}}, "category_id": {"fields": {"display_name": {}}},
    }  # fmt: skip
    context = {"default_name": "Def", "default_parent_id": alpha.id, "default_category_id": [(6, 0, [a.id])]}

    value = alpha.browse().with_context(**context).onchange({}, [], spec)["value"]

    assert value == {
        "name": "Def",
        "type": "contact",
        "parent_id": {"id": alpha.id, "display_name": "Web Alpha"},
        "country_id": {"id": us.id, "display_name": "United States"},
        "category_id": [[4, a.id, {"id": a.id, "display_name": "Tag A"}]],
    }


def test_a_change_in_a_form_answers_only_what_else_changes(env):
    spec = {"name": {}, "is_company": {}, "company_type": {}}
    values = {"name": "x", "company_type": "company", "is_company": False}

    answer = env["res.partner"].onchange(values, ["company_type"], spec)

    assert answer == {"value": {"is_company": True}}
    assert env["res.partner"].onchange({}, ["nosuch"], spec) == {}


def test_a_form_follows_only_what_its_change_can_touch(env, family, queries):
    """A draft is followed by nothing but what names it: not each of its fields to all that depends on it."""
    names = ("name", "email", "phone", "function", "street", "street2", "city", "zip", "is_company", "lang", "vat")
    more = ("type", "website", "comment", "color", "active", "country_id", "state_id", "parent_id", "user_id")
    spec: dict = {name: {} for name in (*names, *more, "category_id", "child_ids")}
    values = {
        **dict.fromkeys(spec, False),
        "name": "Draft",
        "type": "contact",
        "active": True,
        "parent_id": family[0].id,
    }
    env.flush_all()

    def change_company():
        env.invalidate_all()
        env["res.partner"].onchange(values, ["parent_id"], spec)

    change_company()
    with queries() as seen:
        change_company()

    assert len(seen) == 1, seen  # the company
    # 1,460; with each field followed by itself they were 3,480
    assert min(python_calls(change_company) for _ in range(3)) < 1800


def test_the_fields_of_a_form_are_what_an_onchange_takes(env):
    arch = """<form><field name="name"/><field name="parent_id"/>
        <field name="child_ids"><list><field name="color"/></list><form><field name="email"/></form></field></form>"""

    spec = env["res.partner"]._get_fields_spec({"arch": arch})

    assert spec == {"name": {}, "parent_id": {"fields": {}}, "child_ids": {"fields": {"color": {}, "email": {}}}}
    assert "name" in env["res.partner"].onchange({}, [], spec)["value"]
    assert {"name", "child_ids"} <= env["res.partner"]._get_fields_spec().keys()


def test_groups_carry_count_sum_and_the_domain_that_finds_them(family):
    domain = [("name", "=like", "Web %"), ("is_company", "=", True)]

    groups = family[0].read_group(domain, ["color:sum"], ["country_id"])

    assert groups == [
        {
            "country_id": (family[5].id, "United States"),
            "country_id_count": 1,
            "color": 1,
            "__domain": ["&", "&", domain[0], domain[1], ("country_id", "=", family[5].id)],
        },
        {
            "country_id": False,
            "country_id_count": 1,
            "color": 2,
            "__domain": ["&", "&", domain[0], domain[1], ("country_id", "=", False)],
        },
    ]


def test_empty_months_are_filled_in_when_asked(env):
    currency = env["res.currency"].create({"name": "WEB", "symbol": "w"})
    env["res.currency.rate"].create(
        [{"currency_id": currency.id, "name": day, "rate": 1.0} for day in ("2024-01-15", "2024-03-31")]
    )
    model = env["res.currency.rate"].with_context(fill_temporal=True)

    groups = model.read_group([("currency_id", "=", currency.id)], ["rate:max"], ["name:month"])

    assert [(group["name:month"], group["name_count"], group["rate"]) for group in groups] == [
        ("January 2024", 1, 1.0),
        ("February 2024", 0, False),
        ("March 2024", 1, 1.0),
    ]
    assert groups[1]["__range"] == {"name:month": {"from": "2024-02-01", "to": "2024-03-01"}}


def test_weeks_are_filled_in_from_the_first_day_of_the_languages_week(env):
    currency = env["res.currency"].create({"name": "WEE", "symbol": "w"})
    env["res.currency.rate"].create([{"currency_id": currency.id, "name": "2024-01-02", "rate": 1.0}])
    fill = {"fill_from": "2024-01-01", "fill_to": "2024-01-08"}  # Mondays, and weeks begin on Sunday
    model = env["res.currency.rate"].with_context(fill_temporal=fill, lang="en_US")

    groups = model.read_group([("currency_id", "=", currency.id)], [], ["name:week"])

    assert [group["name_count"] for group in groups] == [1, 0]
    assert groups[0]["__range"]["name:week"]["from"] == "2023-12-31"


def test_periods_beyond_number_are_not_filled_in(env):
    currency = env["res.currency"].create({"name": "WEC", "symbol": "w"})
    env["res.currency.rate"].create(
        [{"currency_id": currency.id, "name": day, "rate": 1.0} for day in ("1924-01-15", "2024-01-15")]
    )

    def days(fill):
        model = env["res.currency.rate"].with_context(fill_temporal=fill)
        return [
            group["name_count"] for group in model.read_group([("currency_id", "=", currency.id)], [], ["name:day"])
        ]

    assert days(True) == days({"fill_from": "2024-01-01", "min_groups": 10_001}) == [1, 1]
    assert days({"fill_from": "2024-01-14"}) == [1, 0, 1]


def test_records_without_a_value_are_a_group_although_groups_are_ordered_through_a_required_link(family):
    alpha, *_rest, beta, _a, _us = family
    # users are ordered by their name, which their contact has: a required link of a user that is not there
    (alpha | beta).user_id = False

    groups = alpha.read_group([("id", "in", [alpha.id, beta.id])], [], ["user_id"], lazy=False)

    assert [(group["user_id"], group["__count"]) for group in groups] == [(False, 2)]


def test_an_addon_has_more_to_say_on_a_contacts_card(env, monkeypatch):
    partner = env["res.partner"].create({"name": "Ada; Countess", "phone": "+44 1"})
    of_web = type(partner)._vcard_properties
    monkeypatch.setattr(
        type(partner), "_vcard_properties", lambda self: {**of_web(self), "BDAY": "1815-12-10", "X": ""}
    )

    lines = partner._as_vcard().split("\r\n")

    assert {"FN:Ada\\; Countess", "TEL;TYPE=WORK:+44 1", "BDAY:1815-12-10"} < set(lines)
    assert not any(line.startswith(("X:", "ADR", "PHOTO")) for line in lines)
