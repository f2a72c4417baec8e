"""What an expression can be worth while some layers are known never to hold a lot.

A small abstract interpretation: a value is one number, or never known, or anything; a condition is the set of truths it
can take. It says "cannot be true" only where that is certain.
"""

from __future__ import annotations

from typing import TypeAlias

from alvh.compiler.constants import constant_value
from alvh.compiler.meaning import Meaning
from alvh.compiler.structure_values import BREAK_EVENS
from alvh.grammar import syntax

NEVER_KNOWN = "never known"
ANYTHING = "anything"
Value: TypeAlias = float | str

UNKNOWN_WHEN_FLAT = frozenset({"dte", "age", "short_delta", "option_delta", "irr", "carry", *BREAK_EVENS})
"""Attributes that a layer without a lot does not have; `realized` and `gains` stay 0 where none ever opened."""

BOTH = frozenset({True, False})


class PossibleValues:
    """`order`: lets and triggers, each after what it reads; `never_open`: the layers that are taken never to hold a lot."""

    def __init__(self, meaning: Meaning, order: tuple[str, ...], never_open: frozenset[str]) -> None:
        self._meaning = meaning
        self._never_open = never_open
        self._named = {let.name.name: let.value for let in meaning.module.lets}
        self._named |= {trigger.name.name: trigger.condition for trigger in meaning.module.triggers}
        self._truths: dict[str, frozenset[bool]] = {}
        for name in order:
            if name in self._named:
                self._truths[name] = self.truths(self._named[name])

    def can_be_true(self, condition: syntax.Expression) -> bool:
        return True in self.truths(condition)

    def truths(self, condition: syntax.Expression) -> frozenset[bool]:
        """The known truths that a condition can take; empty for one that is never known."""
        match condition:
            case syntax.Name():
                return self._named_truths(condition)
            case syntax.Holding(state=state):
                reference = self._meaning.references.get(id(condition))
                if reference is None or reference.sort != "layer" or reference.name not in self._never_open or state == "changes":
                    return BOTH
                return frozenset({state == "is closed"})
            case syntax.Not(operand=operand):
                return frozenset(not truth for truth in self.truths(operand))
            case syntax.Logic(operator=operator, left=left, right=right):
                return self._logic(operator, self.truths(left), self.truths(right))
            case syntax.Comparison(operator=relation, left=left, right=right):
                return compare(relation, self.value(left), self.value(right))
            case syntax.InRange(value=value, low=low, high=high):
                middle = self.value(value)
                return self._logic("and", compare(">=", middle, self.value(low)), compare("<=", middle, self.value(high)))
            case syntax.Crosses(left=left, right=right):
                return frozenset({False}) if NEVER_KNOWN in (self.value(left), self.value(right)) else BOTH
            case syntax.Edge(condition=inner):
                return frozenset({False}) if len(self.truths(inner)) < 2 else BOTH
            case syntax.ForSessions(condition=inner):
                return self.truths(inner)
            case syntax.Within(event=event):
                return BOTH if True in self.truths(event) else frozenset({False})
            case syntax.Call(function=syntax.Identifier(name="prev"), arguments=(inner, *_)):
                return self.truths(inner)
            case _:
                return BOTH

    def value(self, expression: syntax.Expression) -> Value:
        constant = constant_value(expression, self._meaning)
        if constant is not None:
            return constant
        match expression:
            case syntax.Attribute():
                reference = self._meaning.references.get(id(expression))
                if reference is not None and reference.sort == "attribute" and reference.owner in self._never_open:
                    return NEVER_KNOWN if reference.name in UNKNOWN_WHEN_FLAT else 0.0
                return ANYTHING
            case syntax.Arithmetic(left=left, right=right):
                return NEVER_KNOWN if NEVER_KNOWN in (self.value(left), self.value(right)) else ANYTHING
            case syntax.Share(ratio=ratio, base=base):
                of_ratio, of_base = self.value(ratio), self.value(base)
                if NEVER_KNOWN in (of_ratio, of_base):
                    return NEVER_KNOWN
                return 0.0 if of_base == 0.0 and isinstance(of_ratio, float) else ANYTHING
            case _:
                return ANYTHING

    def _named_truths(self, name: syntax.Name) -> frozenset[bool]:
        reference = self._meaning.references.get(id(name))
        if reference is None or reference.sort not in ("let", "trigger") or reference.name not in self._named:
            return BOTH
        return self._truths.get(reference.name, BOTH)  # a name that comes later is read through `prev`

    def _logic(self, operator: str, left: frozenset[bool], right: frozenset[bool]) -> frozenset[bool]:
        """Kleene's tables over sets: `and` is true only if both can be, false if either can be; `or` mirrors."""
        decisive = operator == "or"
        found: set[bool] = set()
        if decisive in left or decisive in right:
            found.add(decisive)
        if (not decisive) in left and (not decisive) in right:
            found.add(not decisive)
        return frozenset(found)


def compare(relation: str, left: Value, right: Value) -> frozenset[bool]:
    """The truths of a comparison: one for two numbers, none where a side is never known, else both."""
    if NEVER_KNOWN in (left, right):
        return frozenset()
    if not isinstance(left, float) or not isinstance(right, float):
        return BOTH
    match relation:
        case "<":
            return frozenset({left < right})
        case "<=":
            return frozenset({left <= right})
        case ">":
            return frozenset({left > right})
        case ">=":
            return frozenset({left >= right})
        case "=":
            return frozenset({left == right})
        case _:
            return frozenset({left != right})
