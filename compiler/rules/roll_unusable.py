"""ALV0606: a roll that cannot do what it says."""

from __future__ import annotations

from collections.abc import Iterator

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
    code="ALV0606",
    name="roll-unusable",
    family="risk",
    summary="A roll that cannot do what it says.",
    why="A roll that gains no days does not fire. `roll calls` and `roll puts` strike one side anew where it stands, so they go nowhere"
    " else and keep every contract.",
    example="hedge h {\n  layer a {\n    buy VIX calls at 0.30 delta, 60 days\n    roll to 20 days when dte <= 30 days\n  }\n}\n",
    fix="hedge h {\n  layer a {\n    buy VIX calls at 0.30 delta, 60 days\n    roll to 90 days when dte <= 30 days\n  }\n}\n",
)


def find(subject: Subject) -> Iterator[Diagnostic]:
    for _, layer in subject.layers():
        for roll in statements_of(layer.statements, syntax.Roll):
            if roll.side is not None:
                yield from _judge_side(roll, roll.side, layer)
            elif roll.into is not None and roll.keeping in ("premium", "delta"):
                message = f"A lot rolls into `{roll.into.name}` with as many contracts as it had, so it cannot keep its {roll.keeping}."
                yield RULE.finding(roll.span, message, f"Take `keeping {roll.keeping}` out.")
            elif roll.to is not None:
                yield from _judge_expiry(roll, roll.to, layer, subject.meaning)


def _judge_side(roll: syntax.Roll, side: str, layer: LayerDeclaration) -> Iterator[Diagnostic]:
    if all(leg.right != side for leg in statements_of(layer.statements, syntax.Leg)):
        yield RULE.finding(roll.span, f"`{layer.path}` has no {side}s to roll.", "`roll when ...` rolls all its legs.")
    elif roll.into is not None or roll.to is not None or roll.keeping is not None:
        message = f"`roll {side}s` strikes them anew in their present expiry and keeps every contract."
        yield RULE.finding(roll.span, message, f"Write `roll {side}s when ...`, or roll the whole lot.")


def _judge_expiry(roll: syntax.Roll, to: syntax.Expiry, layer: LayerDeclaration, meaning: Meaning) -> Iterator[Diagnostic]:
    own = [expiry for _, expiry in expiries_of(layer) if expiry is not None]
    if not own:
        yield RULE.finding(to.span, f"`{layer.path}` holds shares, which never expire.", "Take the line out.")
        return
    if to.manner == "same expiry":
        yield RULE.finding(to.span, "A roll to the same expiry gains no days.", "Write the expiry out, as in `roll to 60 days`.")
        return
    target = latest_days(to, meaning)
    related: tuple[Related, ...] = ()
    present = _most_days_left(roll.condition, meaning)
    if present is None:
        days = [latest_days(expiry, meaning) for expiry in own]
        present = min((left for left in days if left is not None), default=None) if None not in days else None
        related = (Related(own[0].span, "what it buys"),)
    if target is not None and present is not None and target <= present and (not related or target < present):
        message = f"A lot with {present:g} days left gains none by a roll to an expiry {target:g} days out."
        yield RULE.finding(to.span, message, f"Roll further out than {present:g} days.", related=related)


def _most_days_left(condition: syntax.Expression | None, meaning: Meaning) -> float | None:
    """The bound of `dte <= 21 days` in a condition's `and`: a lot that rolls first does so with as many days left."""
    waiting = [] if condition is None else [condition]
    while waiting:
        current = waiting.pop()
        if isinstance(current, syntax.Logic) and current.operator == "and":
            waiting += [current.left, current.right]
        elif isinstance(current, syntax.Comparison) and current.operator in ("<", "<="):
            reference = meaning.references.get(id(current.left))
            if reference is not None and reference.sort == "lot" and reference.name == "dte":
                return constant_value(current.right, meaning)
    return None
