"""Which streams layers and groups read, and the same layers and groups over streams with other numbers."""

from __future__ import annotations

from attrs import evolve

from alvh.compiler import ir


def _rule_roots(rule: ir.Rule) -> tuple[ir.NodeId, ...]:
    return (rule.condition, *rule.reads, -1 if rule.amount is None else rule.amount.value)


def layer_roots(layer: ir.Layer) -> list[ir.NodeId]:
    roots = [leg.strike.value for leg in layer.legs if leg.strike is not None] + [layer.size.value]
    for rule in ir.rules_of_layer(layer):
        roots += _rule_roots(rule)
    return roots


def group_roots(group: ir.Group) -> list[ir.NodeId]:
    roots = [group.unit, group.limit_cost]
    if group.budget is not None:
        roots.append(group.budget.yearly)
    for rule in ir.rules_of_group(group):
        roots += _rule_roots(rule)
    roots += [unwind.until for unwind in group.unwinds]
    roots += [bound for keep in group.keeps for bound in (keep.low, keep.high)]
    return roots


def _renumber_rule(rule: ir.Rule, numbers: dict[ir.NodeId, ir.NodeId]) -> ir.Rule:
    return evolve(
        rule,
        condition=numbers[rule.condition],
        reads=tuple(numbers[node] for node in rule.reads),
        amount=None if rule.amount is None else evolve(rule.amount, value=numbers[rule.amount.value]),
    )


def _renumber_rules(rules: tuple[ir.Rule, ...], numbers: dict[ir.NodeId, ir.NodeId]) -> tuple[ir.Rule, ...]:
    return tuple(_renumber_rule(rule, numbers) for rule in rules)


def _renumber_leg(leg: ir.Leg, numbers: dict[ir.NodeId, ir.NodeId]) -> ir.Leg:
    return leg if leg.strike is None else evolve(leg, strike=evolve(leg.strike, value=numbers[leg.strike.value]))


def renumber_layer(layer: ir.Layer, numbers: dict[ir.NodeId, ir.NodeId]) -> ir.Layer:
    return evolve(
        layer,
        legs=tuple(_renumber_leg(leg, numbers) for leg in layer.legs),
        size=evolve(layer.size, value=numbers[layer.size.value]),
        opens=_renumber_rules(layer.opens, numbers),
        closes=_renumber_rules(layer.closes, numbers),
        rolls=_renumber_rules(layer.rolls, numbers),
        rebalances=_renumber_rules(layer.rebalances, numbers),
        adds=_renumber_rules(layer.adds, numbers),
        proxies=_renumber_rules(layer.proxies, numbers),
    )


def renumber_group(group: ir.Group, numbers: dict[ir.NodeId, ir.NodeId]) -> ir.Group:
    return evolve(
        group,
        unit=numbers[group.unit],
        limit_cost=numbers[group.limit_cost],
        budget=None if group.budget is None else evolve(group.budget, yearly=numbers[group.budget.yearly]),
        unwinds=tuple(ir.UnwindRule(_renumber_rule(unwind.rule, numbers), numbers[unwind.until]) for unwind in group.unwinds),
        shifts=tuple(evolve(shift, rule=_renumber_rule(shift.rule, numbers)) for shift in group.shifts),
        keeps=tuple(
            evolve(keep, rule=_renumber_rule(keep.rule, numbers), low=numbers[keep.low], high=numbers[keep.high]) for keep in group.keeps
        ),
    )
