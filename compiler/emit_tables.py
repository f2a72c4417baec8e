"""From the IR to the program's tables: rows of numbers that the engine reads, so that editing a number never recompiles.

Assumes a lowered program. Guarantees rows in canonical order, and one place (`nodes` rows) for every stream that the
engine or a later stage reads. Plain tuples, no NumPy: the runtime makes arrays of them.
"""

from __future__ import annotations

from math import nan
from typing import TypeAlias

from attrs import frozen

from alvh.compiler.ir import Layer, Node, NodeId, Program, Rule, rules_of
from alvh.grammar.diagnostics import InternalError

ACCOUNT_ATTRIBUTES = ("equity", "cash", "quick_ratio")
LAYER_ATTRIBUTES = (
    "value", "profit", "loss", "margin", "delta", "credit", "cost", "contracts", "notional", "width_notional",
    "dte", "short_delta", "option_delta", "age", "count", "realized", "gains", "is_open", "opens", "closes", "rolls",
)  # fmt: skip
LOT_ATTRIBUTES = (
    "value", "profit", "loss", "margin", "delta", "credit", "cost", "contracts", "notional", "width_notional",
    "dte", "short_delta", "option_delta", "age",
)  # fmt: skip

STRIKE_MANNERS = ("delta", "forward", "strike", "below", "above")
EXPIRY_MANNERS = ("days", "range", "month")
SIZE_MANNERS = ("contracts", "money", "max_loss", "budget")
PRODUCTS = ("SPX", "VIX")

LAYER_COLUMNS = (
    "group", "level", "first_leg", "legs", "size_manner", "size_row", "at_most", "states_at_most", "share", "first_slot", "slots",
    "first_rule", "opens", "closes", "rolls", "rebalances", "per_lot_state", "contracts_per_structure", "budgeted",
)  # fmt: skip
LEG_COLUMNS = (
    "product", "is_call", "ratio", "strike_manner", "strike_row", "strike_reference",
    "expiry_manner", "expiry_low", "expiry_high", "monthly_only", "chosen_as",
)  # fmt: skip
RULE_COLUMNS = ("condition_row", "into", "per_lot", "read_0", "read_1", "read_2", "read_3", "read_4", "read_5", "read_6", "read_7")
GROUP_COLUMNS = ("unit_row", "yearly_row", "kept_months", "limit_row", "first_unwind", "unwinds")
UNWIND_COLUMNS = ("rule", "condition_row", "until_row")

Rows: TypeAlias = tuple[tuple[float, ...], ...]


@frozen
class StateCells:
    """The cells of memory one stateful node owns: `offset` within the arena of its scope, and their first values."""

    offset: int
    initial: tuple[float, ...]


@frozen
class Tables:
    """Rows of the columns above, and the layout of nodes, numbers and state."""

    layers: Rows
    legs: Rows
    rules: Rows
    groups: Rows
    unwinds: Rows
    numbers: tuple[float, ...]
    """Constants and parameters, as `node_numbers` places them."""
    node_numbers: dict[NodeId, int]
    node_rows: dict[NodeId, int]
    """Where the engine and later stages find a stream."""
    cells: dict[NodeId, StateCells]
    bar_cells: tuple[float, ...]
    """First values of all state outside lots."""
    lot_cells: tuple[float, ...]
    """First values of one lot's state; every slot has as many cells."""
    windows: tuple[int, ...]
    """`lot cell base`, `cells per lot`, then for each stateful or windowed node its cell offset and windows."""
    node_windows: dict[NodeId, int]
    slots: int
    calendars: tuple[str, ...]
    """Columns of the calendars that the kernel reads."""


def layer_slots(program: Program, rolled_in_room: int) -> tuple[int, ...]:
    """How many lots each layer can hold at once. A layer that states no number takes one of its own and, when others
    roll into it, as many as `rolled_in_room` makes room for; the engine asks for more room when that is too little."""
    targets = {rule.into for layer in program.layers for rule in layer.rolls if rule.into >= 0}
    return tuple(
        layer.at_most if layer.states_at_most else 1 + (rolled_in_room if index in targets else 0)
        for index, layer in enumerate(program.layers)
    )


def emit_tables(program: Program, rolled_in_room: int = 8, *, expose_all: bool = False) -> Tables:
    """The tables of `program`, with room for `rolled_in_room` lots rolled into each layer that others roll into.

    `expose_all` gives every stream the row of its own number, as `emit_steps` needs."""
    rows = {index: index for index in range(len(program.nodes))} if expose_all else _place_exposed_nodes(program)
    numbers, node_numbers = _place_numbers(program)
    cells, bar_cells, lot_cells = _place_state(program)
    windows, node_windows = _place_windows(program, cells, len(bar_cells), len(lot_cells))
    slots = layer_slots(program, rolled_in_room)
    layers, legs = _emit_layers(program, rows, slots)
    rules = tuple(_emit_rule(rule, program, rows) for rule in rules_of(program))
    groups, unwinds = _emit_groups(program, rows)
    return Tables(
        layers=layers, legs=legs, rules=rules, groups=groups, unwinds=unwinds, numbers=numbers, node_numbers=node_numbers, node_rows=rows,
        cells=cells, bar_cells=bar_cells, lot_cells=lot_cells, windows=windows, node_windows=node_windows, slots=sum(slots),
        calendars=tuple(sorted({node.name for node in program.nodes if node.operation in ("calendar", "calendar_within")})),
    )  # fmt: skip


def _place_exposed_nodes(program: Program) -> dict[NodeId, int]:
    """Rows for the nodes that are read outside the stage that computes them."""
    exposed: set[NodeId] = set()
    for layer in program.layers:
        exposed.add(layer.size.value)
        exposed.update(leg.strike.value for leg in layer.legs)
    for rule in rules_of(program):
        exposed.update((rule.condition, *rule.reads))
    for group in program.groups:
        exposed.update((group.unit, group.limit_cost))
        exposed.update(unwind.until for unwind in group.unwinds)
        if group.budget is not None:
            exposed.add(group.budget.yearly)
    for node in program.nodes:
        if node.operation != "delay":
            exposed.update(source for source in node.inputs if _scope(program.nodes[source]) != _scope(node))
    exposed.discard(-1)
    return {node: row for row, node in enumerate(sorted(exposed))}


def _scope(node: Node) -> tuple[int, bool]:
    return node.stage, node.per_lot


def _place_numbers(program: Program) -> tuple[tuple[float, ...], dict[NodeId, int]]:
    values = {parameter.name: parameter.value for parameter in program.parameters}
    numbers: list[float] = []
    places: dict[NodeId, int] = {}
    for index, node in enumerate(program.nodes):
        if node.operation in ("constant", "parameter"):
            places[index] = len(numbers)
            numbers.append(node.value if node.operation == "constant" else values[node.name])
    return tuple(numbers), places


_NEVER = 1e9
"""Bars since something that has not happened."""


def initial_state(node: Node) -> tuple[float, ...]:
    """First values of the cells that a node of this operation keeps; empty for one without memory."""
    window = node.window[0] if node.window else 0
    match node.operation:
        case "cross_above" | "cross_below":
            return (nan, nan)
        case "delay" | "sma" | "stdev" | "highest" | "lowest" | "zscore" | "percentile_rank" | "change":
            return (nan,) * window
        case "for_sessions" | "within_after":
            return (_NEVER, 0.0)
        case "ema":
            return (nan, 0.0, 0.0)  # average, values seen, sum of the seed
        case "rsi":
            return (nan, 0.0, 0.0, 0.0)  # value before, changes seen, gains, losses
        case "macd_line":
            return (nan, nan, 0.0, 0.0, 0.0)  # fast, slow, values seen, sums of the seeds
        case "realized_vol":
            return (nan,) * (window + 1)  # value before, log changes
        case "beta" | "corr":
            return (nan,) * (2 * window + 2)
        case "diverges":
            return (nan,) * (3 * window + 1)  # values of a, of b, changes of b, value of b before
        case _:
            return ()


def _place_state(program: Program) -> tuple[dict[NodeId, StateCells], tuple[float, ...], tuple[float, ...]]:
    cells: dict[NodeId, StateCells] = {}
    bar: list[float] = []
    lot: list[float] = []
    for index, node in enumerate(program.nodes):
        initial = initial_state(node)
        if initial:
            arena = lot if node.per_lot else bar
            cells[index] = StateCells(len(arena), initial)
            arena.extend(initial)
    return cells, tuple(bar), tuple(lot)


def _place_windows(
    program: Program, cells: dict[NodeId, StateCells], bar_cells: int, lot_cells: int
) -> tuple[tuple[int, ...], dict[NodeId, int]]:
    windows: list[int] = [bar_cells, lot_cells]
    places: dict[NodeId, int] = {}
    for index, node in enumerate(program.nodes):
        if index in cells or node.window:
            places[index] = len(windows)
            windows.append(cells[index].offset if index in cells else 0)
            windows.extend(node.window)
    return tuple(windows), places


def _emit_layers(program: Program, rows: dict[NodeId, int], slots: tuple[int, ...]) -> tuple[Rows, Rows]:
    layers: list[tuple[float, ...]] = []
    legs: list[tuple[float, ...]] = []
    first_slot = 0
    first_rule = 0
    for index, layer in enumerate(program.layers):
        group = program.groups[layer.group]
        stated = (layer.at_most, layer.states_at_most, layer.share)
        rules = (len(layer.opens), len(layer.closes), len(layer.rolls), len(layer.rebalances))
        per_lot = any(node.per_lot and node.stage == index + 1 for node in program.nodes)
        contracts = sum(abs(leg.ratio) for leg in layer.legs)
        budgeted = group.budget is not None and layer.share > 0
        size = (SIZE_MANNERS.index(layer.size.manner), _row(rows, layer.size.value))
        own_legs = (len(legs), len(layer.legs))
        own_slots = (first_slot, slots[index])
        layers.append(
            _numbers(layer.group, layer.level, *own_legs, *size, *stated, *own_slots, first_rule, *rules, per_lot, contracts, budgeted)
        )
        legs.extend(_emit_leg(layer, leg, rows) for leg in range(len(layer.legs)))
        first_slot += slots[index]
        first_rule += len(layer.opens) + len(layer.closes) + len(layer.rolls) + len(layer.rebalances)
    return tuple(layers), tuple(legs)


def _emit_leg(layer: Layer, index: int, rows: dict[NodeId, int]) -> tuple[float, ...]:
    leg, strike = layer.legs[index], layer.legs[index].strike
    origin = leg
    while origin.expiry.manner == "same":
        origin = layer.legs[origin.expiry.reference]
    if origin.product != leg.product:
        raise InternalError("a leg takes its expiry from a leg of another product")
    expiry = origin.expiry
    product = (PRODUCTS.index(leg.product), leg.right == "call", leg.ratio)
    how = (STRIKE_MANNERS.index(strike.manner), _row(rows, strike.value), strike.reference)
    when = (EXPIRY_MANNERS.index(expiry.manner), expiry.low, expiry.high, expiry.monthly_only)
    return _numbers(*product, *how, *when, _choosing_order(layer)[index])


def _choosing_order(layer: Layer) -> list[int]:
    """Legs in the order in which strikes can be found: in their own, but each after the one that its strike refers to."""
    order: list[int] = []

    def visit(index: int) -> None:
        strike = layer.legs[index].strike
        if index not in order:
            if strike.manner in ("below", "above"):
                visit(strike.reference)
            order.append(index)

    for index in range(len(layer.legs)):
        visit(index)
    return order


def _emit_rule(rule: Rule, program: Program, rows: dict[NodeId, int]) -> tuple[float, ...]:
    per_lot = rule.condition >= 0 and program.nodes[rule.condition].per_lot
    reads = [_row(rows, node) for node in rule.reads[:8]]
    return _numbers(_row(rows, rule.condition), rule.into, per_lot, *reads, *[-1] * (8 - len(reads)))


def _emit_groups(program: Program, rows: dict[NodeId, int]) -> tuple[Rows, Rows]:
    groups: list[tuple[float, ...]] = []
    unwinds: list[tuple[float, ...]] = []
    number = sum(1 for layer in program.layers for _ in (*layer.opens, *layer.closes, *layer.rolls, *layer.rebalances))
    for group in program.groups:
        yearly = -1 if group.budget is None else _row(rows, group.budget.yearly)
        kept = 0.0 if group.budget is None else group.budget.kept_months
        groups.append(_numbers(_row(rows, group.unit), yearly, kept, _row(rows, group.limit_cost), len(unwinds), len(group.unwinds)))
        for unwind in group.unwinds:
            unwinds.append(_numbers(number, _row(rows, unwind.rule.condition), _row(rows, unwind.until)))
            number += 1
    return tuple(groups), tuple(unwinds)


def _row(rows: dict[NodeId, int], node: NodeId) -> int:
    if node < 0:
        return -1
    if node not in rows:
        raise InternalError(f"stream {node} has no row")
    return rows[node]


def _numbers(*values: float) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
