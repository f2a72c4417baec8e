"""From the statements of a layer or group to legs, sizes, rules, budgets.

Assumes what `lower_expressions.py` assumes, and the rules of `compiler/rules` on legs, counts and shares.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from math import gcd
from typing import Literal as OneOf
from typing import TypeAlias, cast

from attrs import evolve, frozen

from alvh.compiler import ir
from alvh.compiler.constants import fixed_value
from alvh.compiler.expressions import text_of
from alvh.compiler.kinds import Family
from alvh.compiler.lower_expressions import ExpressionLowering, Scope
from alvh.compiler.meaning import Meaning
from alvh.compiler.module import GroupDeclaration, LayerDeclaration
from alvh.compiler.verbs import only, statements_of
from alvh.compiler.vocabulary import OPTIONS, PRODUCTS
from alvh.grammar import syntax
from alvh.grammar.diagnostics import InternalError

READS = 8
"""Values of a rule that a journal shows at most."""

Verb: TypeAlias = OneOf["open", "close", "roll", "rebalance", "add", "proxy", "shift"]


VERBS_OF_RULES: Mapping[type[syntax.Action], Verb] = {
    syntax.Open: "open",
    syntax.Close: "close",
    syntax.Rebalance: "rebalance",
    syntax.Proxy: "proxy",
}


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
        proxies = statements_of(statements, syntax.Proxy)
        covers = [leg.against for leg in legs if leg.against is not None]
        return ir.Layer(
            name=layer.path,
            group=group,
            level=level,
            legs=self._lower_legs(legs, only(statements, syntax.ExpiryRule), scope) + tuple(map(_stand_in, proxies)),
            size=self._lower_size(size, legs, share, scope),
            at_most=0 if at_most is None else int(fixed_value(at_most.count, self.meaning)),
            states_at_most=at_most is not None,
            opens=self._lower_actions(statements, syntax.Open, scope),
            closes=self._lower_actions(statements, syntax.Close, scope),
            rolls=self._lower_actions(statements, syntax.Roll, scope),
            rebalances=self._lower_actions(statements, syntax.Rebalance, scope),
            hold_to_expiry=only(statements, syntax.HoldToExpiry) is not None,
            share=0.0 if share is None else fixed_value(share.value, self.meaning),
            span=layer.span,
            adds=self._lower_actions(statements, syntax.Add, scope),
            proxies=self._lower_actions(statements, syntax.Proxy, scope),
            primary=len(legs) if proxies else -1,
            cover=self._layer(covers[0]) if covers else -1,
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
            shifts=tuple(self._lower_shift(shift, scope) for shift in statements_of(group.statements, syntax.Shift)),
            keeps=tuple(self._lower_keep(keep, scope) for keep in statements_of(group.statements, syntax.Keep)),
        )

    # ---- legs and sizes ------------------------------------------------------------------------------

    def _lower_legs(self, legs: tuple[syntax.Leg, ...], rule: syntax.ExpiryRule | None, scope: Scope) -> tuple[ir.Leg, ...]:
        counts = leg_counts(legs, self.meaning)
        common = reduce(gcd, counts)
        labels = {leg.label.name: index for index, leg in enumerate(legs) if leg.label is not None}
        lowered: list[ir.Leg] = []
        for index, (leg, count) in enumerate(zip(legs, counts, strict=True)):
            expiry = leg.expiry if leg.expiry is not None else rule.expiry if rule is not None else None
            is_option = leg.right in OPTIONS
            if (expiry is None and leg.right != "shares") or (leg.strike is None) is is_option or leg.product.name not in PRODUCTS:
                raise InternalError(f"an incomplete leg at {leg.span}")
            ratio = count // common
            lowered.append(
                ir.Leg(
                    label=f"leg {index + 1}" if leg.label is None else leg.label.name,
                    product=cast(ir.Product, leg.product.name),
                    right=leg.right,
                    ratio=ratio if leg.side == "buy" else -ratio,
                    strike=None if leg.strike is None else self._lower_strike(leg.strike, labels, scope),
                    expiry=None if expiry is None or leg.right == "shares" else self._lower_expiry(expiry, index),
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
        if size.max_loss:
            return ir.Size("max_loss", self.expressions.lower(size.value, scope))
        return self._lower_amount(size.value, scope)

    def _lower_amount(self, value: syntax.Expression, scope: Scope) -> ir.Size:
        kind = self.meaning.kinds.get(id(value))
        manner: OneOf["money", "contracts"] = "money" if kind is not None and kind.family is Family.MONEY else "contracts"
        return ir.Size(manner, self.expressions.lower(value, scope))

    # ---- rules ---------------------------------------------------------------------------------------

    def _lower_actions(self, statements: tuple[syntax.Statement, ...], sort: type[syntax.Action], scope: Scope) -> tuple[ir.Rule, ...]:
        return tuple(self._lower_action(action, scope) for action in statements_of(statements, sort))

    def _lower_action(self, action: syntax.Action, scope: Scope) -> ir.Rule:
        match action:
            case syntax.Roll():
                return evolve(
                    self._lower_rule("roll", action, scope),
                    into=-1 if action.into is None else self._layer(action.into),
                    to=None if action.to is None else self._lower_expiry(action.to, 0),
                    keeping=action.keeping or "",
                    side=action.side or "",
                )
            case syntax.Add():
                return evolve(
                    self._lower_rule("add", action, scope),
                    amount=None if action.amount is None else self._lower_amount(action.amount, scope),
                    from_gains=-1 if action.source is None else self.layers[self.meaning.references[id(action.source)].owner],
                )
            case _:
                return self._lower_rule(VERBS_OF_RULES[type(action)], action, scope)

    def _lower_rule(self, verb: Verb, action: syntax.Action, scope: Scope) -> ir.Rule:
        schedule = None if action.schedule is None else self._lower_schedule(action.schedule)
        condition = None if action.condition is None else self.expressions.lower(action.condition, scope)
        parts = [part for part in (schedule, condition) if part is not None]
        node = reduce(lambda left, right: self.expressions.streams.add("and", left, right), parts) if parts else -1
        reads = () if action.condition is None else self.expressions.leaves(action.condition, scope)[:READS]
        return ir.Rule(verb, node, reason_of(action), action.span, reads)

    def _layer(self, path: syntax.Path) -> int:
        return self.layers[self.meaning.references[id(path)].name]

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

    def _lower_shift(self, shift: syntax.Shift, scope: Scope) -> ir.Shift:
        amount = fixed_value(shift.amount, self.meaning)
        return ir.Shift(self._lower_rule("shift", shift, scope), amount, self._layer(shift.source), self._layer(shift.target))

    def _lower_keep(self, keep: syntax.Keep, scope: Scope) -> ir.Keep:
        low, high = self.expressions.lower(keep.low, scope), self.expressions.lower(keep.high, scope)
        reads = self.expressions.leaves(keep.value, scope)
        rule = ir.Rule("keep", -1, text_of(keep).removeprefix("keep "), keep.span, reads)
        return ir.Keep(rule, low, high, tuple(self._layer(path) for path in keep.layers))

    def _lower_budget(self, budget: syntax.Budget) -> ir.Budget:
        kept = 0.0 if budget.kept is None else fixed_value(budget.kept, self.meaning)
        return ir.Budget(self.expressions.lower(budget.amount, Scope(when="start")), kept)


def _stand_in(proxy: syntax.Proxy) -> ir.Leg:
    """The shares that stand in for a layer's legs."""
    return ir.Leg("proxy", cast(ir.Product, proxy.product.name), proxy.right, 1, None, None)


def reason_of(action: syntax.Action) -> str:
    """What the journal gives as reason: the file's own words, else when the line says it acts."""
    if action.reason is not None:
        return action.reason
    return " when ".join(text_of(part) for part in (action.schedule, action.condition) if part is not None)
