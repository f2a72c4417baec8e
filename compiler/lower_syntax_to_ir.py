"""From a module to a program: the pass that leaves syntax behind.

Assumes a module on which the rules of `check` found no error. Guarantees layers in canonical order (by level, then by
name), groups, params, inputs and calendars by name, each stream once, and no trace of the order of declarations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal as OneOf

from attrs import evolve, frozen

from alvh.compiler import ir
from alvh.compiler.clauses import Clause, RuleClauses, clauses_asked, find_clauses
from alvh.compiler.constants import fixed_value
from alvh.compiler.dependencies import Dependencies, positions_of
from alvh.compiler.lower_expressions import ExpressionLowering
from alvh.compiler.lower_positions import PositionLowering
from alvh.compiler.meaning import Meaning
from alvh.compiler.module import Module
from alvh.compiler.order import canonical_order, levels
from alvh.compiler.stream_nodes import StreamNodes, keep_reachable
from alvh.compiler.stream_readers import group_roots, layer_roots, renumber_group, renumber_layer
from alvh.compiler.verbs import statements_of
from alvh.compiler.warm_up import warm_up
from alvh.grammar import syntax
from alvh.grammar.diagnostics import InternalError

CAPITAL = 1_000_000.0
"""Dollars a strategy starts with when it does not say."""

MARKET_CALENDARS = frozenset({"vix_expiry", "spx_expiry", "week_start", "month_start"})
"""Calendars that every market has."""


def lower_syntax_to_ir(meaning: Meaning, dependencies: Dependencies) -> tuple[ir.Program, tuple[RuleClauses, ...]]:
    """The program that `meaning` stands for, and beside it the clauses of its rules."""
    program, clauses, _ = lower_with_questions(meaning, dependencies, ())
    return program, clauses


def lower_with_questions(
    meaning: Meaning, dependencies: Dependencies, asked: Sequence[syntax.Expression]
) -> tuple[ir.Program, tuple[RuleClauses, ...], tuple[Clause, ...]]:
    """The program with streams for conditions that no rule reads, those of a test: `asked` of the module, each with its clauses. They
    decide nothing, and see what every layer decided on their bar."""
    lowered = _lower(meaning, dependencies, asked)
    program = with_parameters(lowered.program, parameters_of(meaning))
    clauses = find_clauses(program, meaning, lowered.expressions, lowered.numbers)
    return program, clauses, clauses_asked(asked, program, meaning, lowered.expressions, lowered.numbers)


def lower_without_parameters(meaning: Meaning, dependencies: Dependencies) -> ir.Program:
    """The program whose params have no value yet, for `with_parameters`. A param is looked at all the same where its value makes the
    program another one: as a window, a count, an expiry, a share."""
    return _lower(meaning, dependencies, ()).program


def parameters_of(meaning: Meaning) -> tuple[ir.Parameter, ...]:
    """The params of a module with their values and bounds, by name."""
    parameters: list[ir.Parameter] = []
    for param in meaning.module.params:
        value = fixed_value(param.value, meaning)
        low = value if param.low is None else fixed_value(param.low, meaning)
        high = value if param.high is None else fixed_value(param.high, meaning)
        parameters.append(ir.Parameter(param.name.name, value, low, high))
    return tuple(sorted(parameters, key=lambda parameter: parameter.name))


def with_parameters(program: ir.Program, parameters: tuple[ir.Parameter, ...]) -> ir.Program:
    """The program with these params, which its streams read by name."""
    values = {parameter.name: parameter.value for parameter in parameters}
    nodes = tuple(evolve(node, value=values[node.name]) if node.operation == "parameter" else node for node in program.nodes)
    return evolve(program, nodes=nodes, parameters=parameters)


@frozen(eq=False)
class _Lowered:
    """A program without the values of its params, and how it came about."""

    program: ir.Program
    expressions: ExpressionLowering
    numbers: Mapping[ir.NodeId, ir.NodeId]
    """The program's number of each node that lowering made and kept."""


def _lower(meaning: Meaning, dependencies: Dependencies, asked: Sequence[syntax.Expression]) -> _Lowered:
    module = meaning.module
    level = levels(dependencies)
    groups = sorted(module.groups, key=lambda group: (group.kind, group.name))
    placed = sorted(
        ((level[layer.path], layer.path, layer, index) for index, group in enumerate(groups) for layer in positions_of(group)),
        key=lambda entry: entry[:2],
    )
    layers = {path: index for index, (_, path, _, _) in enumerate(placed)}
    members = {
        group.name: tuple(sorted(layers[layer.path] for layer in positions_of(group))) for group in groups if group.name not in layers
    }
    stages_after = tuple(sum(1 for other in placed if other[0] <= own[0]) + 1 for own in placed)
    capital = _capital(meaning)

    streams = StreamNodes(stages_after)
    expressions = ExpressionLowering(meaning, streams, layers, members, capital)
    _lower_names(dependencies, expressions, any(statements_of(group.statements, syntax.Budget) for group in groups))
    positions = PositionLowering(meaning, expressions, layers)
    lowered_layers = [positions.lower_layer(layer, group, layer_level) for layer_level, _, layer, group in placed]
    lowered_groups = [positions.lower_group(group) for group in groups]
    questions = [expressions.lower(condition) for condition in asked]
    streams.complete_delays()

    for index, layer in enumerate(lowered_layers):
        _expect_known(streams, layer_roots(layer) + group_roots(lowered_groups[layer.group]), index + 1)

    roots = [node for layer in lowered_layers for node in layer_roots(layer)]
    roots += [node for group in lowered_groups for node in group_roots(group)]
    roots += questions
    nodes, numbers = keep_reachable(streams.nodes, roots)
    numbers[-1] = -1
    program = ir.Program(
        title="" if module.title is None else module.title.title,
        nodes=nodes,
        layers=tuple(renumber_layer(layer, numbers) for layer in lowered_layers),
        groups=tuple(renumber_group(group, numbers) for group in lowered_groups),
        parameters=(),
        capital=capital,
        costs=_costs(module),
        whole_contracts=_choice(module, "contracts") != "fractional",
        hold_index=any(statements_of(group.statements, syntax.HoldIndex) for group in module.groups),
        inputs=tuple(sorted({entry.name.name for entry in module.inputs} & {node.name for node in nodes if node.operation == "series"})),
        calendars=tuple(sorted({node.name for node in nodes if node.operation in ("calendar", "calendar_within")} - MARKET_CALENDARS)),
        warm_up=warm_up(nodes),
        fill=_fill(module),
    )
    return _Lowered(program, expressions, numbers)


def _expect_known(streams: StreamNodes, roots: list[ir.NodeId], stage: int) -> None:
    """What a layer reads is known at its turn: the edges that order layers are those that lowering reads along."""
    late = [root for root in roots if root >= 0 and streams.stage(root) > stage]
    if late:
        raise InternalError(f"stage {stage} reads {streams.nodes[late[0]]}")


def _lower_names(dependencies: Dependencies, expressions: ExpressionLowering, with_budget: bool) -> None:
    """Lets and triggers, each after what it reads, so that no chain of names is a chain of calls."""
    sorts = {vertex.name: vertex.sort for vertex in dependencies.vertices}
    named = [name for name in canonical_order(dependencies) if sorts[name] in ("let", "trigger", "param")]
    for name in named:
        expressions.lower_name(name)
    if with_budget:
        for name in named:
            expressions.lower_name(name, "start")


def _capital(meaning: Meaning) -> float:
    for setting in meaning.module.settings:
        if setting.name == "capital" and setting.value is not None:
            return fixed_value(setting.value, meaning)
    return CAPITAL


def _choice(module: Module, name: str) -> str | None:
    return next((setting.choice for setting in module.settings if setting.name == name), None)


def _costs(module: Module) -> OneOf["none", "listed", "crowded"]:
    chosen = _choice(module, "costs")
    return "none" if chosen == "none" else "crowded" if chosen == "crowded" else "listed"


def _fill(module: Module) -> ir.Fill:
    chosen = _choice(module, "fill")
    return "next open" if chosen == "next open" else "next close" if chosen == "next close" else "this close"
