"""Controllers and routes: inheritance between modules, converters, what is served without a database."""

from __future__ import annotations

import itertools

import pytest
from werkzeug.exceptions import MethodNotAllowed, NotFound

from fondaco.http.routing import Controller, RecordsInPath, RoutingMap, endpoints, route

_names = itertools.count()


@pytest.fixture
def modules():
    """Names of three made-up modules, forgotten afterwards."""
    number = next(_names)
    names = [f"test_route_{number}_{letter}" for letter in "abc"]
    yield names
    for name in names:
        Controller.children_classes.pop(name, None)


def controller(module, bases=(Controller,), **methods):
    return type("Made", bases, {"__module__": f"odoo.addons.{module}.controllers.main", **methods})


def paths(module_names, **options):
    return {url: endpoint for url, endpoint in endpoints(module_names, **options) if url.startswith("/t/")}


def test_addresses_are_made_from_rules(modules):
    @route(["/t/<int:number>/<string:word>"], auth="public")
    def page(self, **values):
        return values

    controller(modules[0], page=page)
    made = RoutingMap(endpoints(modules))
    (rule,) = (rule for rule in made.iter_rules() if rule.rule.startswith("/t/"))

    address = made.map.bind("here").build(rule.endpoint, {"number": -3, "word": "a b", "page": 2})

    assert address == "/t/-3/a%20b?page=2"
    assert made.match(address.partition("?")[0].replace("%20", " "), "GET") == (rule, {"number": -3, "word": "a b"})


def test_a_route_that_cannot_be_is_told_and_the_others_are_served(modules, caplog):
    @route(["/t/<int:number", "/t/<no_such:thing>", "/t/<int(a=1):x>", "/t/good"], auth="public")
    def page(self, **values):
        return values

    controller(modules[0], page=page)

    made = RoutingMap(endpoints(modules))

    assert [rule.rule for rule in made.iter_rules() if rule.rule.startswith("/t/")] == ["/t/good"]
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 3 and all("test_http_routing.py:" in line and "is not served" in line for line in told)
    assert "there is no converter" in told[1]


def test_an_override_counts_when_its_module_is_installed(modules):
    a, b, _c = modules

    @route("/t/x", type="http", auth="none")
    def page(self):
        return "a"

    base = controller(a, page=page)

    @route()
    def extended(self):
        return super(child, self).page().data + b"b"

    child = controller(b, (base,), page=extended)

    assert paths([a])["/t/x"]().data == b"a"
    assert paths([a, b])["/t/x"]().data == b"ab"


def test_what_an_override_does_not_say_is_inherited_and_the_type_stays(modules):
    a, b, _c = modules

    @route("/t/x", type="json", auth="public", readonly=True)
    def call(self):
        return 1

    base = controller(a, call=call)

    @route(auth="user", type="http")
    def again(self):
        return 2

    controller(b, (base,), call=again)
    routing = paths([a, b])["/t/x"].routing

    assert (routing["type"], routing["auth"], routing["readonly"]) == ("json", "user", True)


def test_two_modules_extend_one_controller_beside_each_other(modules):
    a, b, c = modules

    def page(self):
        return ["a"]

    base = controller(a, page=route("/t/x", type="json")(page))
    left = controller(b, (base,), page=route()(lambda self: [*super(left, self).page(), "b"]))
    right = controller(c, (base,), page=route()(lambda self: [*super(right, self).page(), "c"]))

    assert paths([a, b, c])["/t/x"]() == ["a", "b", "c"]


def test_parameters_that_an_endpoint_does_not_take_are_dropped(modules):
    a, _b, _c = modules
    controller(a, page=route("/t/x", type="json")(lambda self, name="?": name))

    assert paths([a])["/t/x"](name="n", debug="1") == "n"


def test_without_a_database_only_routes_without_users_are_there(modules):
    a, _b, _c = modules
    controller(a, free=route("/t/free", auth="none")(lambda self: ""), own=route("/t/own")(lambda self: ""))

    assert set(paths([a], without_database=True)) == {"/t/free"}


def test_paths_carry_values(modules):
    a, _b, _c = modules

    def page(self, **values):
        return values

    controller(
        a, page=route(['/t/m/<model("res.partner"):who>', "/t/i/<int:number>", "/t/p/<path:rest>"], type="json")(page)
    )
    found = RoutingMap(endpoints([a]))

    assert found.match("/t/m/12", "GET")[1] == {"who": RecordsInPath("res.partner", (12,))}
    assert found.match("/t/i/-3", "GET")[1] == {"number": -3}
    assert found.match("/t/p/a/b", "GET")[1] == {"rest": "a/b"}
    with pytest.raises(NotFound):
        found.match("/t/i/x", "GET")


def test_methods_are_told_apart(modules):
    a, _b, _c = modules
    controller(a, page=route("/t/x", methods=["POST"])(lambda self: ""))
    found = RoutingMap(endpoints([a]))

    assert found.match("/t/x", "POST")
    with pytest.raises(MethodNotAllowed) as caught:
        found.match("/t/x", "GET")
    assert sorted(caught.value.valid_methods) == ["OPTIONS", "POST"]
