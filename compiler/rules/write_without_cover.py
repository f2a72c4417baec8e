"""ALV0605: a `write` that the layer it names cannot cover."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from math import gcd

from alvh.compiler.constants import constant_value
from alvh.compiler.leg_expiries import expiries_of, latest_days
from alvh.compiler.meaning import Meaning
from alvh.compiler.module import LayerDeclaration
from alvh.compiler.registry import Rule
from alvh.compiler.subject import Subject
from alvh.compiler.verbs import statements_of
from alvh.grammar import syntax
from alvh.grammar.diagnostics import Diagnostic, Related

RULE = Rule(
    code="ALV0605",
    name="write-without-cover",
    family="risk",
    summary="A `write` that the layer it names cannot cover.",
    why="What is written is covered by options bought in another layer: of the same product and right, at least as many, and no shorter."
    " Otherwise it is a naked sale under another name.",
    example="hedge h {\n  layer anchor { buy VIX puts at 0.30 delta, 120 days }\n"
    "  layer press { write VIX calls at 0.25 delta, 20..30 days against anchor }\n}\n",
    fix="hedge h {\n  layer anchor { buy VIX calls at 0.15 delta, 120 days }\n"
    "  layer press { write VIX calls at 0.25 delta, 20..30 days against anchor }\n}\n",
)


def find(subject: Subject) -> Iterator[Diagnostic]:
    layers = {layer.path: layer for _, layer in subject.layers()}
    for layer in layers.values():
        legs = statements_of(layer.statements, syntax.Leg)
        written = [leg for leg in legs if leg.against is not None]
        if not written:
            continue
        if len(written) < len(legs):
            other = next(leg for leg in legs if leg.against is None)
            message = f"`{layer.path}` writes against another layer, and holds other legs beside it."
            yield RULE.finding(other.span, message, "Put the other legs into a layer of their own.")
            continue
        covers = {reference.name for leg in written if (reference := subject.meaning.references.get(id(leg.against))) is not None}
        if len(covers) > 1:
            message = f"`{layer.path}` writes against {len(covers)} layers."
            yield RULE.finding(written[1].span, message, "Write against one layer; use a layer for each.")
            continue
        of_each_sort = {(leg.product.name, leg.right): leg for leg in reversed(written)}
        for leg in reversed(of_each_sort.values()):
            for name in covers:
                if name in layers:
                    yield from _judge(leg, layer, layers[name], subject.meaning)


def _judge(leg: syntax.Leg, layer: LayerDeclaration, cover: LayerDeclaration, meaning: Meaning) -> Iterator[Diagnostic]:
    if cover.path == layer.path:
        yield RULE.finding(leg.span, f"`{layer.path}` cannot cover what it writes itself.", "Name a layer that holds what is bought.")
        return
    what = f"{leg.product.name} {leg.right}s"
    bought = [held for held in expiries_of(cover) if held[0].side == "buy" and _is_alike(held[0], leg)]
    related = (Related(cover.span, "the layer named"),)
    if not bought:
        message = f"`{cover.path}` buys no {what}, so it covers none that `{layer.path}` writes."
        yield RULE.finding(leg.span, message, f"Name a layer that buys {what}.", related=related)
        return
    own = statements_of(layer.statements, syntax.Leg)
    wanted = sum(count for count, other in zip(_ratio(own, meaning), own, strict=True) if _is_alike(other, leg))
    held = statements_of(cover.statements, syntax.Leg)
    covered = sum(
        count if other.side == "buy" else -count for count, other in zip(_ratio(held, meaning), held, strict=True) if _is_alike(other, leg)
    )
    if wanted > covered:
        message = f"`{layer.path}` writes {wanted} {what} for each structure of `{cover.path}`, which holds {covered} net."
        yield RULE.finding(leg.span, message, "Write at most as many as it holds.", related=related)
    latest = latest_days(next((expiry for one, expiry in expiries_of(layer) if one is leg), None), meaning)
    reach = [latest_days(expiry, meaning) for _, expiry in bought]
    furthest = max((days for days in reach if days is not None), default=None)
    if latest is not None and furthest is not None and None not in reach and latest > furthest:
        message = f"What `{layer.path}` writes may expire {latest:g} days out, later than anything that `{cover.path}` buys."
        yield RULE.finding(leg.span, message, f"Write no further out than {furthest:g} days.", related=related)


def _is_alike(leg: syntax.Leg, other: syntax.Leg) -> bool:
    return leg.product.name == other.product.name and leg.right == other.right


def _ratio(legs: tuple[syntax.Leg, ...], meaning: Meaning) -> list[int]:
    """How many of each leg one structure has."""
    counts = [1 if leg.count is None else int(constant_value(leg.count, meaning) or 1) for leg in legs]
    return [count // reduce(gcd, counts) for count in counts]
