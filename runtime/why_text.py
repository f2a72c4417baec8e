"""The text of `alvh why`: layer by layer what happened, what was held, and each rule with what it read."""

from __future__ import annotations

from collections.abc import Iterator

from alvh.runtime.figures import dollars
from alvh.runtime.why import ClauseOutcome, ConditionOutcome, HeldLot, LayerReasons, RuleOutcome, Why


def why_text(why: Why) -> str:
    """The whole answer."""
    head = f"{why.strategy} on {why.day}: {why.market}, run from {why.start}"
    layers = ["\n".join(_layer(layer)) for layer in why.layers] or ["It has no layer that decides anything."]
    return "\n\n".join([head, *layers]) + "\n"


def _layer(layer: LayerReasons) -> Iterator[str]:
    yield layer.layer
    yield from (f"  {sentence}" for sentence in layer.sentences)
    if layer.held:
        yield "  Held before:"
        yield from (f"    {_held(lot)}" for lot in layer.held)
    else:
        yield "  Held before: nothing."
    if layer.limit_cost is not None:
        yield f"  {layer.limit_cost.name}: {layer.limit_cost.text}"
    yield "  Rules, in the order in which they count:"
    for rule in layer.rules:
        yield from (f"    {line}" for line in _rule(rule))
    if all(rule.verb != "open" for rule in layer.rules):
        yield "    no open rule: it opens when it has room"


def _held(lot: HeldLot) -> str:
    days = "" if lot.dte is None else f", {counted(lot.dte, 'day')} to expiry"
    came = "rolled in" if lot.rolled_in else "bought" if lot.price >= 0.0 else "sold"
    unpriced = "" if lot.priced else "; no price today"
    return (
        f"lot {lot.lot}: {lot.contracts:g} of {lot.instrument}, {came} {lot.opened} at {abs(lot.price):.4g}; "
        f"profit {dollars(lot.profit)}{days}, age {counted(lot.age, 'session')}{unpriced}"
    )


def _rule(rule: RuleOutcome) -> Iterator[str]:
    lots = f" for lot {', '.join(map(str, rule.lots))}" if rule.lots else ""
    since = f"; on since {rule.in_force_since}" if rule.in_force_since is not None else ""
    yield f"{rule.text}  ({rule.rule}{since}){f'  <- decided{lots}' if rule.decided else ''}"
    if not rule.conditions:
        yield f"  {'always true' if rule.verb not in LOT_VERBS else 'no lot to ask about'}"
    for condition in rule.conditions:
        yield from (f"  {line}" for line in _condition(condition))
    if rule.until is not None:
        yield from (f"  until: {line}" for line in _condition(rule.until))


LOT_VERBS = ("close", "roll", "rebalance")
"""Verbs that are asked lot by lot."""


def _condition(condition: ConditionOutcome) -> Iterator[str]:
    lot = "" if condition.lot is None else f"lot {condition.lot}: "
    for clause in condition.clauses:
        indent = "  " if clause.part_of is not None else ""
        yield f"{lot}{indent}{clause_text(clause)}"


def clause_text(clause: ClauseOutcome) -> str:
    """`vix > 20: true (vix = 23.4)`."""
    return f"{clause.text}: {truth_text(clause)}{values_text(clause)}"


def truth_text(clause: ClauseOutcome) -> str:
    if clause.truth is None:
        return f"unknown: {clause.missing}" if clause.missing else "unknown"
    return "true" if clause.truth else "false"


def values_text(clause: ClauseOutcome) -> str:
    """What a clause read, in brackets; nothing where it read nothing."""
    return f" ({', '.join(f'{figure.name} = {figure.text}' for figure in clause.values)})" if clause.values else ""


def counted(number: float, unit: str) -> str:
    return f"{number:g} {unit}{'' if number == 1.0 else 's'}"
