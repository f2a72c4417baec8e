"""ALV0601: a sold option whose loss nothing bounds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from alvh.compiler.constants import constant_value
from alvh.compiler.leg_expiries import expiries_of
from alvh.compiler.meaning import Meaning
from alvh.compiler.module import LayerDeclaration
from alvh.compiler.registry import Rule
from alvh.compiler.subject import Subject
from alvh.compiler.verbs import statements_of
from alvh.compiler.vocabulary import OPTIONS
from alvh.grammar import syntax
from alvh.grammar.diagnostics import Diagnostic, Related

RULE = Rule(
    code="ALV0601",
    name="uncovered-short",
    family="risk",
    summary="A structure whose loss has no bound.",
    why="Margin, `size max_loss` and the cut of an order that the account cannot bear rest on the worst loss of a structure at expiry. More"
    " calls sold than bought have none; nor has a sold option beside legs of another expiry or product, which are still open, or worth"
    " something else, when it settles. Shares sold short have none either.",
    example="hedge h {\n  layer press { sell 1 VIX call at 0.25 delta, 30 days }\n}\n",
    fix="hedge h {\n  layer press {\n    sell 1 VIX call at 0.25 delta, 30 days\n    buy 1 VIX call at 0.10 delta, same expiry\n  }\n}\n",
)


def find(subject: Subject) -> Iterator[Diagnostic]:
    for _, layer in subject.layers():
        yield from _judge(layer, subject.meaning)


def _judge(layer: LayerDeclaration, meaning: Meaning) -> Iterator[Diagnostic]:
    """What is written against another layer is covered there, which is a rule of its own; sold futures are margined as they move."""
    every = statements_of(layer.statements, syntax.Leg)
    for leg in every:
        if leg.right == "shares" and leg.side == "sell":
            message = f"`{layer.path}` sells {leg.product.name} shares short: nothing bounds what they may cost to buy back."
            yield RULE.finding(leg.span, message, "Buy shares, or sell a VIX future.")
    expiries = [(leg, expiry) for leg, expiry in expiries_of(layer) if leg.right in OPTIONS]
    legs = tuple(leg for leg, _ in expiries)
    sold = [leg for leg in legs if leg.side == "sell" and leg.against is None]
    if not sold:
        return
    if len({(leg.product.name, expiry) for leg, expiry in expiries}) > 1:
        leg = sold[0]
        others = tuple(Related(other.span, "the other leg") for other in legs if other is not leg)
        yield RULE.finding(
            leg.span,
            f"`{layer.path}` sells an option beside a leg of another expiry or product, so its worst loss has no bound that holds.",
            "Buy the cover with `same expiry`, or put the other leg into a layer of its own.",
            related=others[:1],
        )
        return
    calls: dict[str, float] = defaultdict(float)
    for leg in legs:
        if leg.right == "call" and leg.against is None:
            count = 1.0 if leg.count is None else constant_value(leg.count, meaning)
            calls[leg.side] += 1.0 if count is None else count
    if calls["sell"] > calls["buy"]:
        leg = next(leg for leg in sold if leg.right == "call")
        instead = "" if calls["buy"] else f", or `write` against a layer that holds {leg.product.name} calls"
        yield RULE.finding(
            leg.span,
            f"`{layer.path}` sells {calls['sell']:g} {leg.product.name} {_calls(calls['sell'])} and buys {calls['buy']:g}:"
            " the loss of a sold call has no bound.",
            f"Buy as many {leg.product.name} calls of the same expiry, farther out{instead}.",
        )


def _calls(count: float) -> str:
    return "call" if count == 1 else "calls"
