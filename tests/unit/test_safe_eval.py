"""The sandbox: what runs, and the public escapes that must not."""

import datetime
from pathlib import Path

import pytest
from lxml import etree

from fondaco.errors import ExpressionError, UserError
from fondaco.http.request import Request, request, requests
from fondaco.security.safe_eval import MODULES, checked_source, const_eval, expr_eval, safe_eval
from fondaco.security.safe_eval import test_python_expr as check_source


class Record:
    name = "Ann"

    def method(self):
        return 3

    def fail(self):
        raise UserError("no")


CONTEXT = {
    "record": Record(), "a": 5, "function": lambda x: x, "file": Path(__file__), "element": etree.Element("a"),
    **MODULES,
}  # fmt: skip


@pytest.mark.parametrize(
    "source, expected",
    [
        ("1 + a * 2", 11),
        (" a ", 5),
        ("[x for x in range(a) if x % 2]", [1, 3]),
        ("{k: v for k, v in [(1, 2)]}", {1: 2}),
        ("record.method() and record.name.upper()", "ANN"),
        ("(lambda x, *y, **z: x + len(y) + len(z))(1, 2, k=3)", 3),
        ("'%s-%s' % (a, 1)", "5-1"),
        ("'{} {x.name}'.format(a, x=record)", "5 Ann"),
        ("f'{a:>3}{record.name!r}'", "  5'Ann'"),
        ("datetime.date(2026, 2, 28) + datetime.timedelta(days=1)", datetime.date(2026, 3, 1)),
        ("datetime.datetime(2026, 2, 28).strftime('%d/%m')", "28/02"),
        ("datetime.datetime.strptime('2026-02', '%Y-%m').month", 2),
        ("dateutil.relativedelta.relativedelta(months=1).months", 1),
        (
            "list(dateutil.rrule.rrulestr('DTSTART;TZID=Europe/Rome:20200101T100000\\nRRULE:FREQ=DAILY;COUNT=2'))[1].day",
            2,
        ),
        ("file.name + 'x'.replace('x', 'y')", "test_safe_eval.pyy"),
        ("json.loads('[1]')", [1]),
        ("2 ** 10 + (1 << 3)", 1032),
        ("sorted([3, 1], key=lambda v: -v)", [3, 1]),
        ("reduce(lambda x, y: x + y, [1, 2, 3])", 6),
        ("a if a > 3 else None", 5),
        ("(b := a) + b", 10),
        ("any(x == 'b' for x in 'abc')", True),
    ],
)
def test_honest_expressions_run(source, expected):
    assert safe_eval(source, CONTEXT) == expected


def test_executed_code_leaves_its_variables_on_demand():
    names = {"a": 2}
    source = "def twice(x):\n    return 2 * x\nresult = 0\nfor i in range(a):\n    result += twice(i)"

    safe_eval(source, names, mode="exec", nocopy=True)

    assert names["result"] == 2


def test_dicts_are_copied_unless_asked():
    names = {"a": 2}

    safe_eval("a = 3", names, mode="exec")

    assert names == {"a": 2}


# Known escapes of Python sandboxes, from public write-ups.
ESCAPES = [
    "().__class__.__bases__[0].__subclasses__()",
    "''.__class__.__mro__[1].__subclasses__()",
    "(lambda: 0).__globals__",
    "(lambda: 0).__code__",
    "function.__globals__['__builtins__']",
    "record.method.__func__.__globals__",
    "__import__('os').system('id')",
    "__builtins__",
    "open('/etc/passwd').read()",
    "eval('1')",
    "exec('1')",
    "compile('1', '', 'eval')",
    "globals()",
    "locals()",
    "vars(record)",
    "dir(record)",
    "getattr(record, '_' + '_class_' + '_')",
    "setattr(record, 'x', 1)",
    "type('X', (), {})",
    "object()",
    "(x for x in [1]).gi_frame.f_back.f_builtins",
    "[g for g in [(x.gi_frame.f_back for x in g)]]",
    "'{0.__class__}'.format(record)",
    "'{0.method.__globals__}'.format(record)",
    "'{x.__class__}'.format_map({'x': record})",
    "str.format('{0.__class__}', record)",
    "'{0[__class__]}'.format(record)",
    "(str.format)('{0.__class__}', record)",
    "record.name.format.__self__",
    "datetime.sys",
    "json.codecs",
    "json.decoder",
    "time._os",
    "dateutil.relativedelta.sys",
    "dateutil.parser._parser",
    "datetime._wrap_module__module",
    "json.loads.__globals__",
    "Exception().__traceback__",
    "Exception().with_traceback(None)",
    "int.mro()",
    "9 ** 9 ** 9 ** 9",
    "1 << 10 ** 12",
    "(yield)",
    "await record",
    "[x async for x in record]",
    "__guarded_attribute__(record, 'x')",
    "f'{record.__class__}'",
    "record.\uff3f\uff3fclass\uff3f\uff3f",
    "breakpoint()",
    "input()",
    "memoryview(b'')",
    "super()",
    "copyright",
    "help",
    "'{0.method.__func__}'.format(record)",
    "'{a[0].__class__}'.format(a=[record])",
    "'{:{x.__class__}}'.format(1, x=record)",
    "Markup('{0.__class__}').format(record)",
    "str.format_map('{x.__class__}', {'x': record})",
    "list(map(str.format, ['{0.__class__}'], [record]))",
    "sorted(['{0.__class__}'], key=lambda text: text.format(record))",
    "[text.format(record) for text in ['{0.__class__}']]",
    "f\"{'{0.__class__}'.format(record)}\"",
    "f'{record:{record.__class__}}'",
    "'%(__class__)s' % record",
    "(lambda x=().__class__: x)()",
    "(lambda *, x=().__class__: x)()",
    "[a := ().__class__]",
    "{**().__dict__}",
    "dict(__class__=1)",
    "record.ｇi_frame",
    "(x for x in []).ｇｉ_frame",
    "(lambda: (yield))().gi_code",
    "function.func_globals",
    "StopIteration().tb_frame",
    "type(record)",
    "vars()",
    "json.loads.func_globals",
    "json.scanner",
    "datetime.datetime_CAPI",
    "datetime.datetime.mro()",
    "time.os",
    "pytz.sys",
    "pytz.open_resource('x')",
    "pytz.timezone('../../../etc/passwd')",
    "dateutil.tz.gettz('/etc/passwd')",
    "dateutil.tz.gettz(':/etc/passwd')",
    "dateutil.tz.gettz('../../../etc/passwd')",
    "dateutil.tz.gettz.nocache('/etc/passwd')",
    "dateutil.tz.tzfile('/etc/passwd')",
    "dateutil.rrule.rrulestr('DTSTART;TZID=/etc/passwd:20200101T000000\\nRRULE:FREQ=DAILY;COUNT=1')",
    "file.read_text()",
    "(file / 'x').exists()",
    "'{0.cwd}'.format(file)",
    "element.getroottree().write('/tmp/x')",
    "'a' * 10 ** 12",
    "[0] * 10 ** 12",
    "10 ** 12 * b'a'",
    "2 ** -10 ** 9 ** 9",
    "reduce(lambda x, y: x * x, range(60), 3)",
    "(lambda f: f(f))(lambda f: f(f))",
    "int('9' * 100000)",
    "not " * 100000 + "1",
    "a" + ".b" * 100000,
    "a" + "[0]" * 100000,
]


@pytest.mark.parametrize("source", ESCAPES)
def test_no_expression_escapes(source):
    with pytest.raises((ValueError, TypeError)):
        safe_eval(source, dict(CONTEXT))


@pytest.mark.parametrize(
    "source",
    [
        "import os",
        "from os import system",
        "class X: pass",
        "record.name = 'x'",
        "del record.name",
        "global a\na = 1",
        "async def f(): pass",
        "match record:\n    case object(__class__=c): pass",
        "try:\n    1 / 0\nexcept* Exception as e:\n    pass",
        "def __getattr__(x): pass",
        "lambda __x: 1",
        "try:\n    record.fail()\nexcept Exception as e:\n    result = e.__traceback__",
        "@function\ndef f(x=().__class__): pass",
        "a **= 10 ** 9",
        "for record.name in [1]: pass",
        "with function(1) as record.name: pass",
        "json.dumps = 1",
        "def g():\n    yield g.gi_frame",
        "x: ().__class__ = 1",
        "print('x')",
        "x = [1]\nx **= 2",
        "for x in ().__class__.__bases__: pass",
        "with record as record.name: pass",
        "try:\n    1 / 0\nexcept Exception as e:\n    result = e.tb_frame",
        "try:\n    record.lost\nexcept AttributeError as e:\n    result = e.obj",
        "try:\n    1 / 0\nexcept Exception as __class__:\n    pass",
        "def f():\n    nonlocal __builtins__",
        "def f(*, __x=1): pass",
        "async def f():\n    async for x in y: pass",
        "async with x: pass",
        "match record:\n    case {'a': b}: pass",
        "@().__class__.__call__\ndef f(): pass",
        "import os as x",
        "from . import x",
        "lambda: (yield from ().__class__)",
        "a = 1\nwhile True:\n    a *= 10 ** 1000",
        "def f(): return f()\nf()",
        "(record.name, a) = 1, 2",
        "[record.name for record.name in [1]]",
    ],
)
def test_no_statement_escapes(source):
    with pytest.raises((ValueError, TypeError)):
        safe_eval(source, dict(CONTEXT), mode="exec")


@pytest.mark.parametrize("source", ["request.app", "'{0.app}'.format(request)", "request._get_current_object().app"])
def test_a_request_does_not_lead_to_the_server(source):
    requests.push(Request(environ={}, app=object()))
    try:
        with pytest.raises(ValueError, match="leads out of the database"):
            safe_eval(source, {"request": request})
    finally:
        requests.pop()


def test_modules_are_refused_as_values():
    with pytest.raises(TypeError, match="Module datetime cannot be used"):
        safe_eval("1", {"datetime": datetime})


def test_user_errors_pass_and_others_name_the_expression():
    with pytest.raises(UserError):
        safe_eval("record.fail()", CONTEXT)
    with pytest.raises(ValueError, match=r"NameError.* while evaluating\n'nothing'"):
        safe_eval("nothing", {})


def test_deep_nesting_is_an_error_and_no_crash():
    with pytest.raises(ValueError):
        safe_eval("(" * 5000 + ")" * 5000, {})
    with pytest.raises(ValueError):
        safe_eval("-" * 100000 + "1", {})


def test_constants_and_operators_alone():
    assert const_eval("[1, 2, (3, 4), {'foo': 'bar'}, -1]") == [1, 2, (3, 4), {"foo": "bar"}, -1]
    assert expr_eval("[1, 2] * 2") == [1, 2, 1, 2]
    for source in ("[1,2] * 2", "1 + 2", "x", "f()"):
        with pytest.raises(ValueError):
            const_eval(source)
    with pytest.raises(ValueError):
        expr_eval("x.y")


def test_messages_for_editors():
    assert check_source("a = 1", "exec") is False
    assert "line 1" in check_source("a = ", "exec")
    assert "forbidden" in check_source("a.__class__")


def test_frozen_time_is_frozen_inside(freezer=None):
    from freezegun import freeze_time

    with freeze_time("2020-02-02"):
        assert str(safe_eval("datetime.date.today()", dict(MODULES))) == "2020-02-02"


def test_formatting_markup_still_escapes():
    from markupsafe import Markup

    assert safe_eval("m.format(t)", {"m": Markup("<b>{}</b>"), "t": "<i>"}) == Markup("<b>&lt;i&gt;</b>")


def test_lists_of_modules_are_copies_that_no_other_tenant_sees():
    safe_eval("pytz.all_timezones.clear()", dict(MODULES))

    assert "Europe/Berlin" in safe_eval("pytz.all_timezones", dict(MODULES))


def test_products_of_honest_size_run():
    assert safe_eval("'ab' * 3 + 2 * 'c'", {}) == "abababcc"
    assert safe_eval("2 * 1.5 * 3", {}) == 9.0


def test_a_template_expression_nested_too_deeply_is_refused():
    with pytest.raises(ExpressionError, match="nested too deeply"):
        checked_source("not " * 100000 + "1")


class Model:
    closed_to_code = frozenset({"_store"})

    def _store(self):
        return "the files of all databases"


class Extended(Model):
    closed_to_code = frozenset({"_site"})


@pytest.mark.parametrize("code", ["one._store()", "kind._store(one)", "'{0._store}'.format(one)"])
@pytest.mark.parametrize("kind", [Model, Extended])
def test_a_door_is_shut_on_the_class_and_below_it_too(kind, code):
    with pytest.raises((ExpressionError, ValueError), match="leads out of the database"):
        safe_eval(code, {"one": kind(), "kind": kind})
