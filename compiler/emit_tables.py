"""From the IR to the program's tables: rows of numbers that the engine reads, so that editing a number never recompiles.

Assumes a lowered program. Guarantees rows in canonical order, and one place (`nodes` rows) for every stream that the
engine or a later stage reads. Plain tuples, no NumPy: the runtime makes arrays of them.
"""

from __future__ import annotations

from math import nan
from typing import TypeAlias

from attrs import frozen

from alvh.compiler.ir import Expiry, Layer, Leg, Node, NodeId, Program, Rule, rules_of, rules_of_layer
from alvh.grammar.diagnostics import InternalError

ACCOUNT_ATTRIBUTES = ("equity", "cash", "quick_ratio", "net_beta", "wacc")
LOT_ATTRIBUTES = (
    "value", "profit", "loss", "margin", "delta", "credit", "cost", "contracts", "notional", "width_notional",
    "dte", "short_delta", "option_delta", "age",
    "vega", "theta", "lower_break_even", "upper_break_even", "irr", "carry",
)  # fmt: skip
LAYER_ATTRIBUTES = (*LOT_ATTRIBUTES, "count", "realized", "gains", "is_open", "opens", "closes", "rolls", "earned")
"""The first fourteen are kept for every program, those from `vega` to `carry` where a program reads them."""

STRIKE_MANNERS = ("delta", "forward", "strike", "below", "above")
EXPIRY_MANNERS = ("days", "range", "month", "none")
"""`none`: shares do not expire."""
SIZE_MANNERS = ("contracts", "money", "max_loss", "budget")
PRODUCTS = ("SPX", "VIX", "VXX", "UVXY")
"""What a leg's price follows; VIX futures count under VIX."""
KINDS = ("option", "future", "shares")
FEES = ("option", "VX", "VXM", "none")
KEEPING = ("", "contracts", "premium", "delta")

LAYER_COLUMNS = (
    "group", "level", "first_leg", "legs", "primary", "size_manner", "size_row", "at_most", "states_at_most", "share",
    "first_slot", "slots", "first_rule", "opens", "closes", "rolls", "rebalances", "adds", "proxies", "per_lot_state", "budgeted",
    "cover", "margin_moves", "underlyings",
)  # fmt: skip
"""`primary`: how many of the legs are the layer's own, the others being proxies. `margin_moves`: 1 where margin follows the marks.
`underlyings`: bit p is set where an option leg's product is number p."""
LEG_COLUMNS = (
    "product", "kind", "is_call", "ratio", "weight", "paid_weight", "strike_manner", "strike_row", "strike_reference",
    "chosen_as", "fee_as",
)  # fmt: skip
"""`paid_weight` is the weight of what is paid for, and 0 of a future."""
CHOICE_COLUMNS = ("layer",)
"""What may be chosen: first each layer's own legs, then those of each `roll to`."""
CHOICE_LEG_COLUMNS = ("origin", "expiry_manner", "expiry_low", "expiry_high", "monthly_only")
"""Row `choice * 4 + leg`. `origin` is the leg whose expiry it takes, mostly itself."""
READ_COLUMNS = ("read_0", "read_1", "read_2", "read_3", "read_4", "read_5", "read_6", "read_7")
RULE_COLUMNS = (
    "condition_row", "into", "per_lot", "choice", "keeping", "side", "amount_manner", "amount_row", "from_gains", *READ_COLUMNS,
)  # fmt: skip
"""`side`: 1 calls, 0 puts, -1 all legs."""
GROUP_COLUMNS = (
    "unit_row", "yearly_row", "kept_months", "limit_row", "first_unwind", "unwinds", "first_shift", "shifts", "is_hedge",
)  # fmt: skip
UNWIND_COLUMNS = ("rule", "condition_row", "until_row")
SHIFT_COLUMNS = ("rule", "condition_row", "amount", "source", "target")
KEEP_COLUMNS = ("keep", "rule", "low_row", "high_row", "layer", "is_first", "is_last")
"""One row a `keep` and layer that it uses, in their order."""

MOST_LEGS = 4

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
    shifts: Rows
    keeps: Rows
    choices: Rows
    choice_legs: Rows
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
    numbers, node_numbers = place_numbers(program)
    cells, bar_cells, lot_cells = _place_state(program)
    windows, node_windows = _place_windows(program, cells, len(bar_cells), len(lot_cells))
    slots = layer_slots(program, rolled_in_room)
    layers, legs = _emit_layers(program, rows, slots)
    choices, choice_legs, choice_of = _emit_choices(program)
    rules = tuple(_emit_rule(rule, program, rows, choice_of) for rule in rules_of(program))
    groups, unwinds, shifts, keeps = _emit_groups(program, rows)
    return Tables(
        layers=layers, legs=legs, rules=rules, groups=groups, unwinds=unwinds, shifts=shifts, keeps=keeps, choices=choices,
        choice_legs=choice_legs, numbers=numbers, node_numbers=node_numbers, node_rows=rows,
        cells=cells, bar_cells=bar_cells, lot_cells=lot_cells, windows=windows, node_windows=node_windows, slots=sum(slots),
        calendars=tuple(sorted({node.name for node in program.nodes if node.operation in ("calendar", "calendar_within")})),
    )  # fmt: skip


def _place_exposed_nodes(program: Program) -> dict[NodeId, int]:
    """Rows for the nodes that are read outside the stage that computes them."""
    exposed: set[NodeId] = set()
    for layer in program.layers:
        exposed.add(layer.size.value)
        exposed.update(leg.strike.value for leg in layer.legs if leg.strike is not None)
    for rule in rules_of(program):
        exposed.update((rule.condition, *rule.reads))
        if rule.amount is not None:
            exposed.add(rule.amount.value)
    for group in program.groups:
        exposed.update((group.unit, group.limit_cost))
        exposed.update(unwind.until for unwind in group.unwinds)
        for keep in group.keeps:
            exposed.update((keep.low, keep.high))
        if group.budget is not None:
            exposed.add(group.budget.yearly)
    for node in program.nodes:
        if node.operation != "delay":
            exposed.update(source for source in node.inputs if _scope(program.nodes[source]) != _scope(node))
    exposed.discard(-1)
    return {node: row for row, node in enumerate(sorted(exposed))}


def _scope(node: Node) -> tuple[int, bool]:
    return node.stage, node.per_lot


def place_numbers(program: Program) -> tuple[tuple[float, ...], dict[NodeId, int]]:
    """Constants and parameters in the order of their nodes, and the place of each node's."""
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
    shifted = {layer for group in program.groups for shift in group.shifts for layer in (shift.source, shift.target)}
    first_slot = 0
    first_rule = 0
    for index, layer in enumerate(program.layers):
        group = program.groups[layer.group]
        stated = (layer.at_most, layer.states_at_most, layer.share)
        kinds_of_rules = (layer.opens, layer.closes, layer.rolls, layer.rebalances, layer.adds, layer.proxies)
        rules = tuple(len(kind) for kind in kinds_of_rules)
        per_lot = any(node.per_lot and node.stage == index + 1 for node in program.nodes)
        budgeted = group.budget is not None and (layer.share > 0 or index in shifted)
        size = (SIZE_MANNERS.index(layer.size.manner), _row(rows, layer.size.value))
        own_legs = (len(legs), len(layer.legs), len(layer.own_legs))
        own_slots = (first_slot, slots[index])
        moves = layer.cover >= 0 or any(leg.right == "future" for leg in layer.legs)
        underlyings = sum({1 << PRODUCTS.index(leg.product) for leg in layer.own_legs if leg.is_option})
        layers.append(
            _numbers(
                layer.group, layer.level, *own_legs, *size, *stated, *own_slots, first_rule, *rules, per_lot, budgeted, layer.cover, moves,
                underlyings,
            )
        )  # fmt: skip
        legs.extend(_emit_leg(layer, leg, rows) for leg in range(len(layer.legs)))
        first_slot += slots[index]
        first_rule += sum(rules)
    return tuple(layers), tuple(legs)


def _emit_leg(layer: Layer, index: int, rows: dict[NodeId, int]) -> tuple[float, ...]:
    leg, strike = layer.legs[index], layer.legs[index].strike
    underlying = "VIX" if leg.product in ("VX", "VXM") else leg.product
    kind = "option" if leg.is_option else leg.right
    what = (
        PRODUCTS.index(underlying),
        KINDS.index(kind),
        leg.right == "call",
        leg.ratio,
        leg.weight,
        0.0 if kind == "future" else leg.weight,
    )
    how = (-1, -1, -1) if strike is None else (STRIKE_MANNERS.index(strike.manner), _row(rows, strike.value), strike.reference)
    fee = leg.product if kind == "future" else "option" if kind == "option" and leg.product in ("SPX", "VIX") else "none"
    return _numbers(*what, *how, _choosing_order(layer)[index], FEES.index(fee))


def _choosing_order(layer: Layer) -> list[int]:
    """Legs in the order in which strikes can be found: in their own, but each after the one that its strike refers to."""
    order: list[int] = []

    def visit(index: int) -> None:
        strike = layer.legs[index].strike
        if index not in order:
            if strike is not None and strike.manner in ("below", "above"):
                visit(strike.reference)
            order.append(index)

    for index in range(len(layer.legs)):
        visit(index)
    return order


def _emit_choices(program: Program) -> tuple[Rows, Rows, dict[int, int]]:
    """Choices, their legs, and the choice of each rule that has one of its own, by the rule's identity: two rules may read alike."""
    choices: list[tuple[float, ...]] = []
    legs: list[tuple[float, ...]] = []
    of_rules: dict[int, int] = {}

    def add(index: int, to: Expiry | None) -> None:
        choices.append(_numbers(index))
        own = [_emit_expiry(program.layers[index], leg, to) for leg in range(len(program.layers[index].legs))]
        legs.extend([*own, *[_numbers(*[0] * len(CHOICE_LEG_COLUMNS))] * (MOST_LEGS - len(own))])

    for index in range(len(program.layers)):
        add(index, None)
    for index, layer in enumerate(program.layers):
        for rule in layer.rolls:
            of_rules[id(rule)] = len(choices) if rule.to is not None else index
            if rule.to is not None:
                add(index, rule.to)
        of_rules.update((id(rule), index) for rule in layer.adds)
    return tuple(choices), tuple(legs), of_rules


def _emit_expiry(layer: Layer, index: int, to: Expiry | None) -> tuple[float, ...]:
    origin = index
    expiry = layer.legs[index].expiry
    while expiry is not None and expiry.manner == "same":
        origin = expiry.reference
        expiry = layer.legs[origin].expiry
    if _table_of(layer.legs[origin]) != _table_of(layer.legs[index]):
        raise InternalError("a leg takes its expiry from a leg of another product")
    if expiry is None:
        return _numbers(origin, EXPIRY_MANNERS.index("none"), 0.0, 0.0, False)
    wish = expiry if to is None else to
    return _numbers(origin, EXPIRY_MANNERS.index(wish.manner), wish.low, wish.high, wish.monthly_only)


def _table_of(leg: Leg) -> str:
    """Which table of expiries a leg's stand in."""
    return {"SPX": "SPX", "VIX": "VIX", "VX": "VIX", "VXM": "VIX"}.get(leg.product, "fund")


def _emit_rule(rule: Rule, program: Program, rows: dict[NodeId, int], choice_of: dict[int, int]) -> tuple[float, ...]:
    per_lot = rule.condition >= 0 and program.nodes[rule.condition].per_lot
    reads = [_row(rows, node) for node in rule.reads[:8]]
    side = {"": -1, "put": 0, "call": 1}[rule.side]
    amount = (-1, -1) if rule.amount is None else (SIZE_MANNERS.index(rule.amount.manner), _row(rows, rule.amount.value))
    how = (choice_of.get(id(rule), -1), KEEPING.index(rule.keeping), side, *amount, rule.from_gains)
    return _numbers(_row(rows, rule.condition), rule.into, per_lot, *how, *reads, *[-1] * (8 - len(reads)))


def _emit_groups(program: Program, rows: dict[NodeId, int]) -> tuple[Rows, Rows, Rows, Rows]:
    """Groups, their unwinds, shifts and keeps; rules are numbered on from those of layers (`rules_of`)."""
    groups: list[tuple[float, ...]] = []
    unwinds: list[tuple[float, ...]] = []
    shifts: list[tuple[float, ...]] = []
    keeps: list[tuple[float, ...]] = []
    kept = 0
    number = sum(len(rules_of_layer(layer)) for layer in program.layers)
    for group in program.groups:
        yearly = -1 if group.budget is None else _row(rows, group.budget.yearly)
        kept_months = 0.0 if group.budget is None else group.budget.kept_months
        money = (_row(rows, group.unit), yearly, kept_months, _row(rows, group.limit_cost))
        groups.append(_numbers(*money, len(unwinds), len(group.unwinds), len(shifts), len(group.shifts), group.kind == "hedge"))
        for unwind in group.unwinds:
            unwinds.append(_numbers(number, _row(rows, unwind.rule.condition), _row(rows, unwind.until)))
            number += 1
        for shift in group.shifts:
            shifts.append(_numbers(number, _row(rows, shift.rule.condition), shift.amount, shift.source, shift.target))
            number += 1
        for keep in group.keeps:
            band = (_row(rows, keep.low), _row(rows, keep.high))
            for place, layer in enumerate(keep.layers):
                keeps.append(_numbers(kept, number, *band, layer, place == 0, place == len(keep.layers) - 1))
            kept += 1
            number += 1
    return tuple(groups), tuple(unwinds), tuple(shifts), tuple(keeps)


def _row(rows: dict[NodeId, int], node: NodeId) -> int:
    if node < 0:
        return -1
    if node not in rows:
        raise InternalError(f"stream {node} has no row")
    return rows[node]


def _numbers(*values: float) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
