"""From the statements of a layer or group to legs, sizes, rules, budgets.

Assumes what `lower_expressions.py` assumes, and the rules of `compiler/rules` on legs, counts and shares.
"""

from __future__ import annotations

from functools import reduce
from math import gcd
from typing import Literal as OneOf
from typing import TypeAlias

from attrs import frozen

from alvh.compiler import ir
from alvh.compiler.constants import fixed_value
from alvh.compiler.expressions import text_of
from alvh.compiler.kinds import Family
from alvh.compiler.lower_expressions import ExpressionLowering, Scope
from alvh.compiler.meaning import Meaning
from alvh.compiler.module import GroupDeclaration, LayerDeclaration
from alvh.compiler.verbs import only, statements_of
from alvh.grammar import syntax
from alvh.grammar.diagnostics import InternalError

READS = 8
"""Values of a rule that a journal shows at most."""

Verb: TypeAlias = OneOf["open", "close", "roll", "rebalance"]


def leg_counts(legs: tuple[syntax.Leg, ...], meaning: Meaning) -> tuple[int, ...]:
    return tuple(1 if leg.count is None else int(fixed_value(leg.count, meaning)) for leg in legs)


@frozen
class PositionLowering:
    """Lowers layers and groups with the streams that `expressions` makes."""

    meaning: Meaning
    expressions: ExpressionLowering
    layers: dict[str, int]

    def lower_layer(self, layer: LayerDeclaration, group: int, level: int) -> ir.Layer:
        own = self.layers[layer.path]
        statements = layer.statements
        size = only(statements, syntax.Size)
        scope = Scope(own, size=None if size is None else size.value)
        legs = statements_of(statements, syntax.Leg)
        at_most = only(statements, syntax.AtMost)
        share = only(statements, syntax.ShareOfBudget)
        return ir.Layer(
            name=layer.path,
            group=group,
            level=level,
            legs=self._lower_legs(legs, only(statements, syntax.ExpiryRule), scope),
            size=self._lower_size(size, legs, share, scope),
            at_most=0 if at_most is None else int(fixed_value(at_most.count, self.meaning)),
            states_at_most=at_most is not None,
            opens=tuple(self._lower_rule("open", action, scope) for action in statements_of(statements, syntax.Open)),
            closes=tuple(self._lower_rule("close", action, scope) for action in statements_of(statements, syntax.Close)),
            rolls=tuple(self._lower_roll(action, scope) for action in statements_of(statements, syntax.Roll)),
            rebalances=tuple(self._lower_rule("rebalance", action, scope) for action in statements_of(statements, syntax.Rebalance)),
            hold_to_expiry=only(statements, syntax.HoldToExpiry) is not None,
            share=0.0 if share is None else fixed_value(share.value, self.meaning),
            span=layer.span,
        )

    def lower_group(self, group: GroupDeclaration) -> ir.Group:
        unit = only(group.statements, syntax.UnitRule)
        limit = only(group.statements, syntax.LimitCost)
        budget = only(group.statements, syntax.Budget)
        scope = Scope(self.layers.get(group.name, -1))
        return ir.Group(
            name=group.name,
            kind=group.kind,
            unit=-1 if unit is None else self.expressions.lower(unit.value, scope),
            budget=None if budget is None else self._lower_budget(budget),
            limit_cost=-1 if limit is None else self.expressions.lower(limit.amount, scope),
            unwinds=tuple(self._lower_unwind(unwind, scope) for unwind in statements_of(group.statements, syntax.Unwind)),
            span=group.span,
        )

    # ---- legs and sizes ------------------------------------------------------------------------------

    def _lower_legs(self, legs: tuple[syntax.Leg, ...], rule: syntax.ExpiryRule | None, scope: Scope) -> tuple[ir.Leg, ...]:
        counts = leg_counts(legs, self.meaning)
        common = reduce(gcd, counts)
        labels = {leg.label.name: index for index, leg in enumerate(legs) if leg.label is not None}
        lowered: list[ir.Leg] = []
        for index, (leg, count) in enumerate(zip(legs, counts, strict=True)):
            expiry = leg.expiry if leg.expiry is not None else rule.expiry if rule is not None else None
            product = leg.product.name
            if expiry is None or leg.strike is None or leg.right is None or (product != "SPX" and product != "VIX"):
                raise InternalError(f"an incomplete leg at {leg.span}")
            ratio = count // common
            lowered.append(
                ir.Leg(
                    label=f"leg {index + 1}" if leg.label is None else leg.label.name,
                    product="SPX" if product == "SPX" else "VIX",
                    right=leg.right,
                    ratio=ratio if leg.side == "buy" else -ratio,
                    strike=self._lower_strike(leg.strike, labels, scope),
                    expiry=self._lower_expiry(expiry, index),
                )
            )
        return tuple(lowered)

    def _lower_strike(self, strike: syntax.Strike, labels: dict[str, int], scope: Scope) -> ir.Strike:
        reference = -1 if strike.reference is None else labels[strike.reference.name]
        return ir.Strike(strike.manner, self.expressions.lower(strike.value, scope), reference)

    def _lower_expiry(self, expiry: syntax.Expiry, index: int) -> ir.Expiry:
        low = 0.0 if expiry.low is None else fixed_value(expiry.low, self.meaning)
        high = low if expiry.high is None else fixed_value(expiry.high, self.meaning)
        match expiry.manner:
            case "next monthly":
                return ir.Expiry("month", 1.0, 1.0, monthly_only=True)
            case "month":
                return ir.Expiry("month", low, low, monthly_only=True)
            case "same expiry":
                return ir.Expiry("same", reference=index - 1)
            case "days" | "range":
                return ir.Expiry(expiry.manner, low, high, expiry.monthly_only)

    def _lower_size(
        self, size: syntax.Size | None, legs: tuple[syntax.Leg, ...], share: syntax.ShareOfBudget | None, scope: Scope
    ) -> ir.Size:
        """A stated size; else the legs' common factor; else, with a share and no count written, what the budget pays."""
        if size is None:
            if share is not None and all(leg.count is None for leg in legs):
                return ir.Size("budget")
            return ir.Size("contracts", self.expressions.streams.constant(float(reduce(gcd, leg_counts(legs, self.meaning)))))
        value = self.expressions.lower(size.value, scope)
        if size.max_loss:
            return ir.Size("max_loss", value)
        kind = self.meaning.kinds.get(id(size.value))
        return ir.Size("money" if kind is not None and kind.family is Family.MONEY else "contracts", value)

    # ---- rules ---------------------------------------------------------------------------------------

    def _lower_rule(self, verb: Verb, action: syntax.Action, scope: Scope, into: int = -1) -> ir.Rule:
        schedule = None if action.schedule is None else self._lower_schedule(action.schedule)
        condition = None if action.condition is None else self.expressions.lower(action.condition, scope)
        parts = [part for part in (schedule, condition) if part is not None]
        node = reduce(lambda left, right: self.expressions.streams.add("and", left, right), parts) if parts else -1
        reads = () if action.condition is None else self.expressions.leaves(action.condition, scope)[:READS]
        return ir.Rule(verb, node, reason_of(action), action.span, reads, into)

    def _lower_roll(self, roll: syntax.Roll, scope: Scope) -> ir.Rule:
        into = -1 if roll.into is None else self.layers[self.meaning.references[id(roll.into)].name]
        return self._lower_rule("roll", roll, scope, into)

    def _lower_schedule(self, schedule: syntax.Schedule) -> ir.NodeId | None:
        """The days a rule may act on; None for every day."""
        add = self.expressions.streams.add
        if schedule.calendar is not None:
            return add("calendar", name=schedule.calendar.name, label=schedule.calendar.name)
        if schedule.length is not None:
            sessions = int(fixed_value(schedule.length, self.meaning))
            return add("every_sessions", window=(sessions,), label=text_of(schedule))
        match schedule.period:
            case "week":
                return add("calendar", name="week_start", label="week start")
            case "month":
                return add("calendar", name="month_start", label="month start")
            case _:
                return None

    def _lower_unwind(self, unwind: syntax.Unwind, scope: Scope) -> ir.UnwindRule:
        condition = self.expressions.lower(unwind.condition, scope)
        until = -1 if unwind.until is None else self.expressions.lower(unwind.until, scope)
        reads = self.expressions.leaves(unwind.condition, scope)[:READS]
        reason = text_of(unwind.condition) if unwind.reason is None else unwind.reason
        return ir.UnwindRule(ir.Rule("unwind", condition, reason, unwind.span, reads), until)

    def _lower_budget(self, budget: syntax.Budget) -> ir.Budget:
        kept = 0.0 if budget.kept is None else fixed_value(budget.kept, self.meaning)
        return ir.Budget(self.expressions.lower(budget.amount, Scope(when="start")), kept)


def reason_of(action: syntax.Action) -> str:
    """What the journal gives as reason: the file's own words, else when the line says it acts."""
    if action.reason is not None:
        return action.reason
    return " when ".join(text_of(part) for part in (action.schedule, action.condition) if part is not None)
