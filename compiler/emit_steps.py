"""From the IR to steps: the strategy's streams as rows of numbers, which the engine evaluates without compiling anything.

Assumes tables in which every node has a row (`emit_tables(.., expose_all=True)`). Guarantees the same operations in the
same order as the generated kernel (`emit_kernel.py`), so that a run interpreted from steps has the same bits as a compiled
one. A single run is too short to repay a compilation; many paths are not.
"""

from __future__ import annotations

from attrs import frozen

from alvh.compiler.emit_tables import ACCOUNT_ATTRIBUTES, LAYER_ATTRIBUTES, LOT_ATTRIBUTES, Rows, Tables
from alvh.compiler.ir import Node, NodeId, Program
from alvh.grammar.diagnostics import InternalError

OPERATIONS = (
    "series", "account", "mark", "decided", "lot", "calendar", "calendar_within", "every_sessions", "spx_volatility",
    "add", "sub", "mul", "div", "neg", "abs", "min", "max", "ln",
    "lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not", "choose",
    "cross_above", "cross_below", "delay", "remember", "for_sessions", "within_after",
    "sma", "stdev", "highest", "lowest", "zscore", "percentile_rank", "change", "ema", "macd_line", "rsi", "realized_vol",
    "beta", "corr", "diverges",
)  # fmt: skip
"""In the order of their numbers. `remember` keeps what a `delay` reads on a later bar."""

STEP_COLUMNS = ("operation", "result", "first", "second", "third", "place", "cell", "per_lot", "window", "other_window")
"""`result` and the three inputs are rows of nodes; `place` is the row of a series or attribute, or the column of a calendar;
`cell` counts from the lot's own cells where `per_lot` is 1."""


@frozen
class Steps:
    rows: Rows
    stages: Rows
    """First step and the one after the last: of stages 0 to `layers + 1`, then of the lots of each layer."""


def emit_steps(program: Program, tables: Tables, series: tuple[str, ...]) -> Steps:
    """The steps of `program` on a market with these rows."""
    rows: list[tuple[float, ...]] = []
    stages: list[tuple[float, ...]] = []
    scopes = [(stage, False) for stage in range(len(program.layers) + 2)]
    scopes += [(index + 1, True) for index in range(len(program.layers))]
    for scope in scopes:
        first = len(rows)
        mine = [index for index, node in enumerate(program.nodes) if (node.stage, node.per_lot) == scope]
        delays = [index for index in mine if program.nodes[index].operation == "delay"]
        others = [index for index in mine if program.nodes[index].operation not in ("delay", "constant", "parameter")]
        rows += [_step(program, tables, series, index) for index in (*delays, *others)]
        rows += [_remember(program, tables, index) for index in _delays_of(program, scope)]
        stages.append((float(first), float(len(rows))))
    return Steps(tuple(rows), tuple(stages))


def _delays_of(program: Program, scope: tuple[int, bool]) -> list[NodeId]:
    """Delays whose input is computed in a scope."""
    found = []
    for index, node in enumerate(program.nodes):
        if node.operation == "delay":
            source = program.nodes[node.inputs[0]]
            if (source.stage, source.per_lot) == scope:
                found.append(index)
    return found


def _step(program: Program, tables: Tables, series: tuple[str, ...], index: NodeId) -> tuple[float, ...]:
    node = program.nodes[index]
    inputs = () if node.operation == "delay" else node.inputs
    return _row(tables, node.operation, index, inputs, _place(node, tables, series), index, node)


def _remember(program: Program, tables: Tables, index: NodeId) -> tuple[float, ...]:
    node = program.nodes[index]
    return _row(tables, "remember", index, node.inputs, 0, index, node)


def _row(
    tables: Tables, operation: str, result: NodeId, inputs: tuple[NodeId, ...], place: int, index: NodeId, node: Node
) -> tuple[float, ...]:
    if operation not in OPERATIONS:
        raise InternalError(f"no step for the operation {operation!r}")
    three = (*inputs, *(0,) * (3 - len(inputs)))
    windows = (*node.window, 0, 0)[:2]
    cell = tables.cells[index].offset if index in tables.cells else 0
    return tuple(float(number) for number in (OPERATIONS.index(operation), result, *three, place, cell, node.per_lot, *windows))


def _place(node: Node, tables: Tables, series: tuple[str, ...]) -> int:
    match node.operation:
        case "series":
            return series.index(node.name)
        case "account":
            return ACCOUNT_ATTRIBUTES.index(node.name)
        case "mark" | "decided":
            return len(ACCOUNT_ATTRIBUTES) + node.owner * len(LAYER_ATTRIBUTES) + LAYER_ATTRIBUTES.index(node.name)
        case "lot":
            return LOT_ATTRIBUTES.index(node.name)
        case "calendar" | "calendar_within":
            return tables.calendars.index(node.name)
        case _:
            return 0
