"""Which values a layer can have by its legs alone, whatever the market does."""

from __future__ import annotations

from alvh.compiler.vocabulary import OPTIONS
from alvh.grammar import syntax

OF_ONE_LAYER = frozenset({"irr", "carry", "hedged_lower_break_even", "hedged_upper_break_even"})
"""Attributes that no sum over layers is: they are found from all lots of one."""

BREAK_EVENS = frozenset({"lower_break_even", "upper_break_even", "hedged_lower_break_even", "hedged_upper_break_even"})


def why_never_known(name: str, legs: tuple[syntax.Leg, ...]) -> str | None:
    """Why lots of these legs never have the attribute, as a message goes on after the layer's name; None where they can."""
    options = [leg for leg in legs if leg.right in OPTIONS]
    sold = [leg for leg in options if leg.side == "sell"]
    match name:
        case "credit" | "short_delta" if not sold:
            return "only buys" if all(leg.side == "buy" for leg in legs) else "sells no option"
        case "width_notional":
            sides = [(leg.product.name, leg.right) for leg in options]
            return "has no two strikes of one right" if len(set(sides)) == len(sides) else None
        case "lower_break_even" | "hedged_lower_break_even":
            return None if any(_is_sold_spx(leg, "put") for leg in sold) else "sells no SPX put"
        case "upper_break_even" | "hedged_upper_break_even":
            return None if any(_is_sold_spx(leg, "call") for leg in sold) else "sells no SPX call"
        case "option_delta" if legs[0].right not in OPTIONS:
            return "has a first leg that is no option"
        case "dte" if all(leg.right == "shares" for leg in legs):
            return "holds shares, which never expire"
        case _:
            return None


def _is_sold_spx(leg: syntax.Leg, right: str) -> bool:
    return leg.side == "sell" and leg.product.name == "SPX" and leg.right == right
