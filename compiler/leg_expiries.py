"""When the legs of a layer expire, as far as the text says it."""

from __future__ import annotations

from alvh.compiler.constants import constant_value
from alvh.compiler.meaning import Meaning
from alvh.compiler.module import LayerDeclaration
from alvh.compiler.verbs import only, statements_of
from alvh.grammar import syntax

DAYS_OF_MONTH = 35.0
"""The n-th monthly expiry is at most so many days out, times n: they stand four or five weeks apart."""


def expiries_of(layer: LayerDeclaration) -> tuple[tuple[syntax.Leg, syntax.Expiry | None], ...]:
    """The expiry of each leg: its own, else the layer's; `same expiry` is that of the leg before. Shares have none."""
    rule = only(layer.statements, syntax.ExpiryRule)
    found: list[tuple[syntax.Leg, syntax.Expiry | None]] = []
    for leg in statements_of(layer.statements, syntax.Leg):
        expiry = leg.expiry if leg.expiry is not None else None if rule is None else rule.expiry
        if expiry is not None and expiry.manner == "same expiry" and found:
            expiry = found[-1][1]
        found.append((leg, None if leg.right == "shares" else expiry))
    return tuple(found)


def latest_days(expiry: syntax.Expiry | None, meaning: Meaning) -> float | None:
    """The most days to expiry that a choice aims at; None where the text does not say."""
    if expiry is None:
        return None
    match expiry.manner:
        case "next monthly":
            return DAYS_OF_MONTH
        case "same expiry":
            return None
        case _:
            bound = expiry.low if expiry.high is None else expiry.high
            value = None if bound is None else constant_value(bound, meaning)
            return value * DAYS_OF_MONTH if value is not None and expiry.manner == "month" else value
