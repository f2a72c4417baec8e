"""The clauses of every rule: what its condition joins by `and`, `or` and `not`, each with its own words and its stream.

A table beside the program, for journals and `alvh why`; no engine reads it. It points at the very streams that the rules
decide on: it is made of what lowering noted, and lowers nothing itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal as OneOf
from typing import TypeAlias

import attrs
from attrs import frozen

from alvh.compiler.expressions import children_of, on_one_line, text_of
from alvh.compiler.ir import Group, Layer, NodeId, Program, Rule, rules_of
from alvh.compiler.kinds import NUMBER, Family, Kind
from alvh.compiler.lower_expressions import TODAY, ExpressionLowering, Scope
from alvh.compiler.meaning import Meaning
from alvh.grammar import syntax

Joint: TypeAlias = OneOf["", "and", "or", "not", "name"]
"""How a clause is made of its parts; "" for one that has none, "name" for a trigger opened."""


@frozen
class Reading:
    """A value that a clause reads."""

    text: str
    """As the file writes it."""
    node: NodeId
    kind: Kind


@frozen
class Clause:
    """A part of a condition that is true, false or unknown."""

    text: str
    node: NodeId
    joint: Joint = ""
    parts: tuple[Clause, ...] = ()
    reads: tuple[Reading, ...] = ()
    """Of a clause without parts, nearest first."""


@frozen
class RuleClauses:
    """What `alvh why` says of one rule before it knows any value."""

    owner: Layer | Group
    rule: Rule
    text: str
    """The rule on one line."""
    condition: Clause | None
    """None: always true."""
    until: Clause | None = None
    """Of an unwind."""


def find_clauses(
    program: Program, meaning: Meaning, expressions: ExpressionLowering, numbers: Mapping[NodeId, NodeId]
) -> tuple[RuleClauses, ...]:
    """One entry a rule, in the order of `rules_of`. `numbers`: the program's number of each node that lowering made and kept."""
    finder = _Finder(program, meaning, expressions, numbers)
    found = {id(entry.rule): entry for entry in finder.find()}
    return tuple(found[id(rule)] for rule in rules_of(program))


def clauses_asked(
    asked: Sequence[syntax.Expression],
    program: Program,
    meaning: Meaning,
    expressions: ExpressionLowering,
    numbers: Mapping[NodeId, NodeId],
) -> tuple[Clause, ...]:
    """The clauses of conditions that stand outside layers and were lowered with the program, in their order."""
    finder = _Finder(program, meaning, expressions, numbers)
    return tuple(finder.clause(condition) for condition in asked)


def rules_held_by(owner: Layer | Group) -> Iterator[Rule]:
    """Every rule of a layer or of a group as a whole, whatever its verb."""
    for entry in attrs.fields(type(owner)):
        held = getattr(owner, entry.name)
        for part in held if isinstance(held, tuple) else ():
            rule = part if isinstance(part, Rule) else getattr(part, "rule", None)
            if isinstance(rule, Rule):
                yield rule


def leaves_of(clause: Clause) -> Iterator[Clause]:
    """The clauses that have no parts, in the order of the text."""
    if not clause.parts:
        yield clause
    for part in clause.parts:
        yield from leaves_of(part)


@frozen
class _Finder:
    program: Program
    meaning: Meaning
    expressions: ExpressionLowering
    numbers: Mapping[NodeId, NodeId]

    def find(self) -> Iterator[RuleClauses]:
        declared = {layer.path: layer for group in self.meaning.module.groups for layer in group.layers}
        for number, layer in enumerate(self.program.layers):
            for rule in rules_held_by(layer):
                yield self._rule(layer, rule, declared[layer.name].statements, Scope(number))
        groups = {group.name: group for group in self.meaning.module.groups}
        own = {layer.name: number for number, layer in enumerate(self.program.layers)}
        for group in self.program.groups:
            for rule in rules_held_by(group):
                yield self._rule(group, rule, groups[group.name].statements, Scope(own.get(group.name, -1)))

    def clause(self, condition: syntax.Expression) -> Clause:
        """Of a condition outside layers."""
        return self._clause(condition, TODAY, opens=True)

    def _rule(self, owner: Layer | Group, rule: Rule, statements: tuple[syntax.Statement, ...], scope: Scope) -> RuleClauses:
        text = on_one_line(rule.span)
        said = next((statement for statement in statements if statement.span == rule.span), None)
        condition: syntax.Expression | None = getattr(said, "condition", None)
        schedule: syntax.Schedule | None = getattr(said, "schedule", None)
        until: syntax.Expression | None = getattr(said, "until", None)
        ends = None if until is None else self._clause(until, scope, opens=True)
        if rule.condition < 0:
            return RuleClauses(owner, rule, text, None, ends)
        parts: list[Clause] = []
        stated = None if condition is None else self._clause(condition, scope, opens=True)
        if schedule is not None and (stated is None or stated.node != rule.condition):
            node = rule.condition if stated is None else self.program.nodes[rule.condition].inputs[0]
            parts.append(Clause(text_of(schedule), node))
        parts += [] if stated is None else [stated]
        if not parts:  # a statement whose condition stands elsewhere: the rule is its own clause
            parts = [Clause(text, rule.condition)]
        whole = parts[0] if len(parts) == 1 else Clause(" when ".join(part.text for part in parts), rule.condition, "and", tuple(parts))
        return RuleClauses(owner, rule, text, whole, ends)

    def _node(self, expression: syntax.Expression, scope: Scope) -> NodeId:
        """-1 where lowering made no stream of its own, or kept none."""
        return self.numbers.get(self.expressions.noted(expression, scope), -1)

    def _clause(self, expression: syntax.Expression, scope: Scope, opens: bool) -> Clause:
        text, node = text_of(expression), self._node(expression, scope)
        match expression:
            case syntax.Logic(operator=connective, left=left, right=right):
                return Clause(text, node, connective, (self._clause(left, scope, opens), self._clause(right, scope, opens)))
            case syntax.Not(operand=operand):
                return Clause(text, node, "not", (self._clause(operand, scope, opens),))
            case syntax.Name(name=name) if opens and self.expressions.named(expression) is not None:
                value = self.expressions.named(expression)
                if value is not None:
                    return Clause(name, node, "name", (self._clause(value, Scope(when=scope.when), opens=False),))
        return Clause(text, node, reads=self._reads(expression, scope))

    def _reads(self, expression: syntax.Expression, scope: Scope) -> tuple[Reading, ...]:
        """Both sides of a comparison where they are no numbers of the text, then the names and calls in them; a let is opened once."""
        found: dict[str, Reading] = {}
        waiting = [(child, scope, True, True) for child in children_of(expression)]
        while waiting:
            current, where, is_side, opens = waiting.pop(0)
            if isinstance(current, syntax.Literal):
                continue
            text, node = text_of(current), self._node(current, where)
            kind = self.meaning.kinds.get(id(current), NUMBER)
            is_named = isinstance(current, syntax.Name | syntax.Attribute | syntax.Call | syntax.Holding)
            if node >= 0 and text not in found and (is_side or is_named) and not isinstance(current, syntax.Negate):
                found[text] = Reading(text, node, kind)
            let = self.expressions.named(current)
            if let is not None:
                if opens and kind.family is not Family.CONDITION:
                    waiting.extend((child, Scope(when=where.when), False, False) for child in children_of(let))
            elif not (isinstance(current, syntax.Call) and current.function.name in ("prev", "vx", "iv")):
                waiting.extend((child, where, False, opens) for child in children_of(current))
        return tuple(found.values())
