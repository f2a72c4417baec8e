"""Every declaration and statement makes the node that its meaning says."""

from __future__ import annotations

from pathlib import Path

import pytest
from reading import (
    SHIPPED,
    SOMEWHERE,
    identifier,
    name,
    number,
    path,
    read_declaration,
    read_expression,
    read_file,
    read_statement,
)

from alvh.grammar import syntax
from alvh.grammar.parse import parse
from alvh.grammar.source import Source

DELTA = syntax.Strike("delta", number(0.3, "delta"), span=SOMEWHERE)
MONTH = syntax.Expiry("days", number(30.0, "days"), span=SOMEWHERE)


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_every_shipped_strategy_parses(file: Path) -> None:
    result = parse(Source(file.name, file.read_text("utf-8")))
    assert result.diagnostics == ()
    assert any(isinstance(one, syntax.Title | syntax.Book) for one in result.file.declarations)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('strategy "One"', syntax.Title("One", None, span=SOMEWHERE)),
        ('strategy "One"\n about "Two"', syntax.Title("One", "Two", span=SOMEWHERE)),
        ('use "books/a.alvh"', syntax.Use("books/a.alvh", span=SOMEWHERE)),
        ("capital $1_000_000", syntax.Setting("capital", number(1e6, "$"), None, span=SOMEWHERE)),
        ("costs none", syntax.Setting("costs", None, "none", span=SOMEWHERE)),
        ("costs listed", syntax.Setting("costs", None, "listed", span=SOMEWHERE)),
        ("fill this close", syntax.Setting("fill", None, "this close", span=SOMEWHERE)),
        ("fill next open", syntax.Setting("fill", None, "next open", span=SOMEWHERE)),
        ("fill next close", syntax.Setting("fill", None, "next close", span=SOMEWHERE)),
        ("contracts whole", syntax.Setting("contracts", None, "whole", span=SOMEWHERE)),
        ("contracts fractional", syntax.Setting("contracts", None, "fractional", span=SOMEWHERE)),
        ("param p = 8%", syntax.Param(identifier("p"), number(0.08, "%"), None, None, span=SOMEWHERE)),
        (
            "param p = 8% in 4% .. 15%",
            syntax.Param(identifier("p"), number(0.08, "%"), number(0.04, "%"), number(0.15, "%"), span=SOMEWHERE),
        ),
        (
            "param p = 30 days in 20 .. 40 days",
            syntax.Param(identifier("p"), number(30.0, "days"), number(20.0, "days"), number(40.0, "days"), span=SOMEWHERE),
        ),
        ("let x = a + 1", syntax.Let(identifier("x"), read_expression("a + 1"), span=SOMEWHERE)),
        ("trigger t = a > 1", syntax.Trigger(identifier("t"), read_expression("a > 1"), span=SOMEWHERE)),
        ("input ad_line : index", syntax.Input(identifier("ad_line"), identifier("index"), None, span=SOMEWHERE)),
        ("input reer : index lag 45 days", syntax.Input(identifier("reer"), identifier("index"), number(45.0, "days"), span=SOMEWHERE)),
        ("calendar cpi, ppi", syntax.Calendar((identifier("cpi"), identifier("ppi")), span=SOMEWHERE)),
        ("book b { hold SPX }", syntax.Book(identifier("b"), (syntax.HoldIndex(identifier("SPX"), span=SOMEWHERE),), span=SOMEWHERE)),
        ("book b { }", syntax.Book(identifier("b"), (), span=SOMEWHERE)),
        (
            'hedge h { layer far "Second Engine" { hold to expiry } }',
            syntax.Hedge(
                identifier("h"),
                (syntax.Layer(identifier("far"), "Second Engine", (syntax.HoldToExpiry(span=SOMEWHERE),), span=SOMEWHERE),),
                span=SOMEWHERE,
            ),
        ),
        ("change x = vix / 2", syntax.ChangeValue(identifier("x"), read_expression("vix / 2"), span=SOMEWHERE)),
        (
            "change h.a { no open no legs no at most hold to expiry }",
            syntax.ChangeBody(
                path("h.a"),
                (
                    syntax.Removal("open", span=SOMEWHERE),
                    syntax.Removal("legs", span=SOMEWHERE),
                    syntax.Removal("at most", span=SOMEWHERE),
                    syntax.HoldToExpiry(span=SOMEWHERE),
                ),
                span=SOMEWHERE,
            ),
        ),
        ("drop h.a", syntax.Drop(path("h.a"), span=SOMEWHERE)),
        (
            'claim c : reduction(max_drawdown) in 35% .. 40%  vs "u.alvh" without h.a in "2008" with live sizing on days when a > 1',
            syntax.Claim(
                identifier("c"),
                read_expression("reduction(max_drawdown) in 35% .. 40%"),
                against="u.alvh",
                without=path("h.a"),
                on_days=read_expression("a > 1"),
                scenario="2008",
                setting=("live", "sizing"),
                span=SOMEWHERE,
            ),
        ),
        (
            "claim c : annual_cost < 1% with contracts fractional",
            syntax.Claim(identifier("c"), read_expression("annual_cost < 1%"), setting=("contracts", "fractional"), span=SOMEWHERE),
        ),
        (
            'test "t" { calm 90 sessions at vix 14  move vix to 19, spx by -2.5% in 3 sessions  '
            "expect h.a opens within 4 sessions  expect h.b is closed }",
            syntax.Test(
                "t",
                (
                    syntax.Calm(number(90.0, "sessions"), number(14.0), span=SOMEWHERE),
                    syntax.Move(
                        (("vix", "to", number(19.0)), ("spx", "by", syntax.Negate(number(0.025, "%"), span=SOMEWHERE))),
                        number(3.0, "sessions"),
                        span=SOMEWHERE,
                    ),
                    syntax.Expect(read_expression("h.a opens"), number(4.0, "sessions"), span=SOMEWHERE),
                    syntax.Expect(read_expression("h.b is closed"), None, span=SOMEWHERE),
                ),
                span=SOMEWHERE,
            ),
        ),
    ],
)
def test_declarations(text: str, expected: syntax.Declaration) -> None:
    assert read_declaration(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "buy VIX calls at 0.30 delta, 30 days",
            syntax.Leg(None, "buy", None, identifier("VIX"), "call", DELTA, MONTH, span=SOMEWHERE),
        ),
        (
            "short_put : sell 2 SPX put at p",
            syntax.Leg(
                identifier("short_put"),
                "sell",
                number(2.0),
                identifier("SPX"),
                "put",
                syntax.Strike("delta", name("p"), span=SOMEWHERE),
                None,
                span=SOMEWHERE,
            ),
        ),
        (
            "expiry 45..60 days",
            syntax.ExpiryRule(syntax.Expiry("range", number(45.0, "days"), number(60.0, "days"), span=SOMEWHERE), span=SOMEWHERE),
        ),
        ("expiry a..b", syntax.ExpiryRule(syntax.Expiry("range", name("a"), name("b"), span=SOMEWHERE), span=SOMEWHERE)),
        ("size 2% of equity", syntax.Size(False, read_expression("2% of equity"), span=SOMEWHERE)),
        ("size max_loss 2% of equity", syntax.Size(True, read_expression("2% of equity"), span=SOMEWHERE)),
        ("size 2 contracts", syntax.Size(False, number(2.0, "contracts"), span=SOMEWHERE)),
        ("at most 6 lots", syntax.AtMost(number(6.0, "lots"), span=SOMEWHERE)),
        ("at most n lots", syntax.AtMost(name("n"), span=SOMEWHERE)),
        ("open every week", syntax.Open(schedule=syntax.Schedule("every", None, "week", span=SOMEWHERE), span=SOMEWHERE)),
        ("open every month", syntax.Open(schedule=syntax.Schedule("every", None, "month", span=SOMEWHERE), span=SOMEWHERE)),
        ("open every day", syntax.Open(schedule=syntax.Schedule("every", None, "day", span=SOMEWHERE), span=SOMEWHERE)),
        (
            "open every 5 sessions when a",
            syntax.Open(
                schedule=syntax.Schedule("every", length=number(5.0, "sessions"), span=SOMEWHERE), condition=name("a"), span=SOMEWHERE
            ),
        ),
        ("open on vix_expiry", syntax.Open(schedule=syntax.Schedule("on", identifier("vix_expiry"), span=SOMEWHERE), span=SOMEWHERE)),
        ('close when a as "stop"', syntax.Close(condition=name("a"), reason="stop", span=SOMEWHERE)),
        ("roll when a", syntax.Roll(condition=name("a"), span=SOMEWHERE)),
        ('roll into h.far when a as "tenor"', syntax.Roll(into=path("h.far"), condition=name("a"), reason="tenor", span=SOMEWHERE)),
        (
            "roll to 60 days monthly keeping premium when a",
            syntax.Roll(
                to=syntax.Expiry("days", number(60.0, "days"), None, True, span=SOMEWHERE),
                keeping="premium",
                condition=name("a"),
                span=SOMEWHERE,
            ),
        ),
        ("roll keeping contracts when a", syntax.Roll(keeping="contracts", condition=name("a"), span=SOMEWHERE)),
        (
            "roll into far keeping contracts when a",
            syntax.Roll(into=path("far"), keeping="contracts", condition=name("a"), span=SOMEWHERE),
        ),
        ("roll puts when a", syntax.Roll(side="put", condition=name("a"), span=SOMEWHERE)),
        (
            "roll calls every week",
            syntax.Roll(side="call", schedule=syntax.Schedule("every", None, "week", span=SOMEWHERE), span=SOMEWHERE),
        ),
        ("add 2 contracts when a", syntax.Add(amount=number(2.0, "contracts"), condition=name("a"), span=SOMEWHERE)),
        (
            'add from near.gains on cpi when a as "won"',
            syntax.Add(
                source=read_expression("near.gains"),
                schedule=syntax.Schedule("on", identifier("cpi"), span=SOMEWHERE),
                condition=name("a"),
                reason="won",
                span=SOMEWHERE,
            ),
        ),
        (
            "proxy VXX shares when a",
            syntax.Proxy(product=identifier("VXX"), right="shares", condition=name("a"), span=SOMEWHERE),
        ),
        (
            "shift 10% from tail to h.fast when a",
            syntax.Shift(amount=number(0.1, "%"), source=path("tail"), target=path("h.fast"), condition=name("a"), span=SOMEWHERE),
        ),
        (
            "keep net_beta in 8 .. 12% using two, h.three",
            syntax.Keep(name("net_beta"), number(0.08, "%"), number(0.12, "%"), (path("two"), path("h.three")), span=SOMEWHERE),
        ),
        (
            "buy 1 VX future, month 1",
            syntax.Leg(
                None,
                "buy",
                number(1.0),
                identifier("VX"),
                "future",
                None,
                syntax.Expiry("month", number(1.0), span=SOMEWHERE),
                span=SOMEWHERE,
            ),
        ),
        ("one : sell VXM futures", syntax.Leg(identifier("one"), "sell", None, identifier("VXM"), "future", None, None, span=SOMEWHERE)),
        ("buy 1 VXX share", syntax.Leg(None, "buy", number(1.0), identifier("VXX"), "shares", None, None, span=SOMEWHERE)),
        (
            "write VIX calls at 0.30 delta, 30 days against anchor",
            syntax.Leg(None, "sell", None, identifier("VIX"), "call", DELTA, MONTH, path("anchor"), span=SOMEWHERE),
        ),
        ("legs condor", syntax.Legs(identifier("condor"), (), span=SOMEWHERE)),
        ("legs condor(0.16 delta, w)", syntax.Legs(identifier("condor"), (number(0.16, "delta"), name("w")), span=SOMEWHERE)),
        ("rebalance every month", syntax.Rebalance(schedule=syntax.Schedule("every", None, "month", span=SOMEWHERE), span=SOMEWHERE)),
        ("hold to expiry", syntax.HoldToExpiry(span=SOMEWHERE)),
        ("hold SPX", syntax.HoldIndex(identifier("SPX"), span=SOMEWHERE)),
        ("share 40%", syntax.ShareOfBudget(number(0.4, "%"), span=SOMEWHERE)),
        ("unit 1 per $1_000_000 of capital", syntax.UnitRule(read_expression("1 per $1_000_000 of capital"), span=SOMEWHERE)),
        ("budget 1.5% of equity per year, paid monthly", syntax.Budget(read_expression("1.5% of equity"), None, span=SOMEWHERE)),
        (
            "budget $500 per year, paid monthly, kept 12 months",
            syntax.Budget(number(500.0, "$"), number(12.0, "months"), span=SOMEWHERE),
        ),
        ("limit cost to 18% of condors.credit", syntax.LimitCost(read_expression("18% of condors.credit"), span=SOMEWHERE)),
        ("first front, then medium, then h.far", syntax.Priority((path("front"), path("medium"), path("h.far")), span=SOMEWHERE)),
        ("unwind when a", syntax.Unwind(name("a"), None, None, span=SOMEWHERE)),
        ('unwind when a until b as "stress"', syntax.Unwind(name("a"), name("b"), "stress", span=SOMEWHERE)),
    ],
)
def test_statements(text: str, expected: syntax.Statement) -> None:
    assert read_statement(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("at 0.30 delta", DELTA),
        ("at 110% of forward", syntax.Strike("forward", number(1.1, "%"), span=SOMEWHERE)),
        ("at 110% of vix", syntax.Strike("delta", read_expression("110% of vix"), span=SOMEWHERE)),
        ("at strike 30", syntax.Strike("strike", number(30.0), span=SOMEWHERE)),
        ("25 points below short_put", syntax.Strike("below", number(25.0, "points"), identifier("short_put"), span=SOMEWHERE)),
        ("wing above short_call", syntax.Strike("above", name("wing"), identifier("short_call"), span=SOMEWHERE)),
    ],
)
def test_strikes(text: str, expected: syntax.Strike) -> None:
    leg = read_statement(f"buy SPX call {text}, 30 days")
    assert isinstance(leg, syntax.Leg)
    assert leg.strike == expected
    assert leg.expiry == MONTH


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30 days", MONTH),
        ("30 days monthly", syntax.Expiry("days", number(30.0, "days"), None, True, span=SOMEWHERE)),
        ("tenor", syntax.Expiry("days", name("tenor"), span=SOMEWHERE)),
        ("45..60 days", syntax.Expiry("range", number(45.0, "days"), number(60.0, "days"), span=SOMEWHERE)),
        ("45 days .. 60 days monthly", syntax.Expiry("range", number(45.0, "days"), number(60.0, "days"), True, span=SOMEWHERE)),
        ("month 2", syntax.Expiry("month", number(2.0), span=SOMEWHERE)),
        ("next monthly", syntax.Expiry("next monthly", span=SOMEWHERE)),
        ("same expiry", syntax.Expiry("same expiry", span=SOMEWHERE)),
    ],
)
def test_expiries(text: str, expected: syntax.Expiry) -> None:
    leg = read_statement(f"buy VIX call at 0.30 delta, {text}")
    assert isinstance(leg, syntax.Leg)
    assert leg.expiry == expected


def test_a_structure_has_parameters_legs_and_an_expiry() -> None:
    (found,) = read_file("structure s(away : delta, size : points) { expiry 30 days  a : buy VIX call at away  legs t }").declarations
    assert isinstance(found, syntax.Structure)
    assert [(parameter.name.name, parameter.kind.name) for parameter in found.parameters] == [("away", "delta"), ("size", "points")]
    assert [type(part).__name__ for part in found.body] == ["ExpiryRule", "Leg", "Legs"]
    (bare,) = read_file("structure s { buy VIX call at 0.30 delta, 30 days }").declarations
    assert isinstance(bare, syntax.Structure)
    assert bare.parameters == ()


def test_statements_may_share_a_line_and_names_may_be_words_of_the_language() -> None:
    file = read_file("param open = 3 param size = open + 1 hedge first { layer share { close when size > open roll when open > 2 } }")
    assert [type(one).__name__ for one in file.declarations] == ["Param", "Param", "Hedge"]
    hedge = file.declarations[2]
    assert isinstance(hedge, syntax.Hedge)
    (layer,) = hedge.body
    assert isinstance(layer, syntax.Layer)
    assert layer.body == (
        syntax.Close(condition=read_expression("size > open"), span=SOMEWHERE),
        syntax.Roll(condition=read_expression("open > 2"), span=SOMEWHERE),
    )


def test_a_number_before_the_setting_contracts_has_no_unit() -> None:
    file = read_file("let n = 5\ncontracts fractional")
    assert file.declarations == (
        syntax.Let(identifier("n"), number(5.0), span=SOMEWHERE),
        syntax.Setting("contracts", None, "fractional", span=SOMEWHERE),
    )


def test_comments_are_kept_with_their_places() -> None:
    text = "# one\nlet a = 1 # two\r\n#three"
    file = read_file(text)
    assert [comment.text for comment in file.comments] == ["# one", "# two", "#three"]
    assert all(comment.span.text == comment.text for comment in file.comments)
    assert file.comments[1].span.source.position(file.comments[1].span.start) == (2, 11)


def test_the_order_of_files_is_kept_and_nothing_is_invented() -> None:
    assert read_file("").declarations == ()
    assert read_file("# only a comment").declarations == ()
    assert read_file("\ufefflet a = 1") == read_file("let a = 1")
