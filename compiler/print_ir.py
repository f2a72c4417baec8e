"""The text of `alvh debug ir`: one line a stream, then layers and groups with what they read."""

from __future__ import annotations

from collections.abc import Iterator

from alvh.compiler.ir import Expiry, Group, Layer, Leg, Node, NodeId, Program, Rule, rules_of_layer


def print_ir(program: Program) -> str:
    """A program as lines; `%3` is stream 3, `@2` the stage it is computed at when that is not the start of decisions."""
    return "\n".join(_lines(program)) + "\n"


def _lines(program: Program) -> Iterator[str]:
    contracts = "whole" if program.whole_contracts else "fractional"
    yield f"program {program.title!r}"
    yield f"  capital {program.capital:g}  costs {program.costs}  fill {program.fill}  contracts {contracts}  warm-up {program.warm_up}"
    if program.hold_index:
        yield "  holds the index"
    for parameter in program.parameters:
        yield f"  param {parameter.name} = {parameter.value:g} in {parameter.low:g} .. {parameter.high:g}"
    if program.inputs:
        yield f"  inputs {' '.join(program.inputs)}"
    if program.calendars:
        yield f"  calendars {' '.join(program.calendars)}"
    for number, node in enumerate(program.nodes):
        yield f"  {_node(number, node, program)}"
    for index, group in enumerate(program.groups):
        yield from _group(group, program)
        for layer in program.layers:
            if layer.group == index:
                yield from _layer(layer, program)


def _node(number: NodeId, node: Node, program: Program) -> str:
    parts = [node.operation]
    if node.operation in ("constant", "parameter"):
        parts.append(f"{node.value:.15g}")
    if node.name:
        parts.append(node.name if node.owner < 0 else f"{program.layers[node.owner].name}.{node.name}")
    parts += [_stream(source) for source in node.inputs]
    if node.window:
        parts.append(f"[{', '.join(str(length) for length in node.window)}]")
    if node.stage:
        parts.append(f"@{node.stage}")
    if node.per_lot:
        parts.append("each lot")
    text = f"{_stream(number)} = {' '.join(parts)}"
    return f"{text:<48}  # {node.label}" if node.label else text


def _stream(number: NodeId) -> str:
    return f"%{number}" if number >= 0 else "none"


def _group(group: Group, program: Program) -> Iterator[str]:
    yield f"{group.kind} {group.name}"
    if group.unit >= 0:
        yield f"  unit {_stream(group.unit)}"
    if group.budget is not None:
        yield f"  budget {_stream(group.budget.yearly)} a year, kept {group.budget.kept_months:g} months"
    if group.limit_cost >= 0:
        yield f"  limit cost {_stream(group.limit_cost)}"
    for unwind in group.unwinds:
        yield f"  {_rule(unwind.rule, unwind.until)}"
    for shift in group.shifts:
        moved = f" {shift.amount:g} from {program.layers[shift.source].name} to {program.layers[shift.target].name}"
        yield f"  {_rule(shift.rule, what=moved)}"
    for keep in group.keeps:
        used = ", ".join(program.layers[layer].name for layer in keep.layers)
        yield f"  {_rule(keep.rule, what=f' in {_stream(keep.low)} .. {_stream(keep.high)} using {used}')}"


def _layer(layer: Layer, program: Program) -> Iterator[str]:
    yield f"  layer {layer.name}  level {layer.level}"
    for index, leg in enumerate(layer.legs):
        yield f"    {_leg(leg)}{' (proxy)' if 0 <= layer.primary <= index else ''}"
    yield f"    size {layer.size.manner}{f' {_stream(layer.size.value)}' if layer.size.value >= 0 else ''}"
    if layer.states_at_most:
        yield f"    at most {layer.at_most}"
    if layer.share:
        yield f"    share {layer.share:g}"
    if layer.cover >= 0:
        yield f"    against {program.layers[layer.cover].name}"
    for rule in rules_of_layer(layer):
        yield f"    {_rule(rule, what=_what(rule, program))}"
    if layer.hold_to_expiry:
        yield "    hold to expiry"


def _leg(leg: Leg) -> str:
    text = f"{leg.label}: {leg.ratio:+d} {leg.product} {leg.right}"
    if leg.strike is not None:
        reference = f" of leg {leg.strike.reference}" if leg.strike.reference >= 0 else ""
        text += f" {leg.strike.manner} {_stream(leg.strike.value)}{reference}"
    return text if leg.expiry is None else f"{text}, {_expiry(leg.expiry)}"


def _expiry(expiry: Expiry) -> str:
    monthly = " monthly" if expiry.monthly_only and expiry.manner != "month" else ""
    match expiry.manner:
        case "same":
            return f"expiry of leg {expiry.reference}"
        case "range":
            return f"{expiry.low:g}..{expiry.high:g} days{monthly}"
        case "days":
            return f"{expiry.low:g} days{monthly}"
        case "month":
            return f"month {expiry.low:g}"


def _what(rule: Rule, program: Program) -> str:
    """What a rule of a layer does besides its verb."""
    parts = [{"": "", "call": " calls", "put": " puts"}[rule.side]]
    if rule.into >= 0:
        parts.append(f" into {program.layers[rule.into].name}")
    if rule.to is not None:
        parts.append(f" to {_expiry(rule.to)}")
    if rule.keeping:
        parts.append(f" keeping {rule.keeping}")
    if rule.amount is not None:
        parts.append(f" {rule.amount.manner} {_stream(rule.amount.value)}")
    if rule.from_gains >= 0:
        parts.append(f" from {program.layers[rule.from_gains].name}.gains")
    return "".join(parts)


def _rule(rule: Rule, until: NodeId = -1, what: str = "") -> str:
    when = f" when {_stream(rule.condition)}" if rule.condition >= 0 else ""
    reads = f"  reads {' '.join(_stream(node) for node in rule.reads)}" if rule.reads else ""
    ends = f" until {_stream(until)}" if until >= 0 else ""
    return f"{rule.verb}{what}{when}{ends} as {rule.reason!r}{reads}"
