"""From the IR to the text of the one function generated per strategy: its streams, triggers, sizes and rule conditions.

Assumes a lowered program and its tables. Guarantees text that depends only on the shape of the expressions: numbers,
windows and places in memory come from tables, so editing a number gives the same text and compiles nothing. The text
is a module that runs as it stands in plain Python, or compiled by Numba (`runtime/engine/compiled.py`).

The function is called once a stage: 0 at the start of a bar's decisions, k + 1 at the turn of layer k, `layers + 1` after
the last; and with `LOTS + k` once for each open lot of layer k.
"""

from __future__ import annotations

from alvh.compiler.emit_tables import ACCOUNT_ATTRIBUTES, LAYER_ATTRIBUTES, LOT_ATTRIBUTES, Tables
from alvh.compiler.ir import Node, NodeId, Program
from alvh.grammar.diagnostics import InternalError

LOTS = 1_000
"""Stage numbers from here on mean the lots of a layer. Far above any number of layers that a file may hold."""

PARAMETERS = (
    "stage", "slot", "bar", "first", "phase", "windows", "series", "nodes", "state",
    "attributes", "lot_attributes", "numbers", "calendars",
)  # fmt: skip

_SIMPLE = {
    "add": "{0} + {1}",
    "sub": "{0} - {1}",
    "mul": "{0} * {1}",
    "div": "divide({0}, {1})",
    "neg": "-{0}",
    "abs": "absolute({0})",
    "min": "known_minimum({0}, {1})",
    "max": "known_maximum({0}, {1})",
    "ln": "log({0})",
    "lt": "truth({0} < {1}, {0}, {1})",
    "le": "truth({0} <= {1}, {0}, {1})",
    "gt": "truth({0} > {1}, {0}, {1})",
    "ge": "truth({0} >= {1}, {0}, {1})",
    "eq": "truth({0} == {1}, {0}, {1})",
    "ne": "truth({0} != {1}, {0}, {1})",
    "and": "both({0}, {1})",
    "or": "either({0}, {1})",
    "not": "1.0 - {0}",
    "choose": "choose({0}, {1}, {2})",
}

_STATEFUL = {
    "cross_above", "cross_below", "for_sessions", "within_after", "sma", "stdev", "highest", "lowest", "zscore", "percentile_rank",
    "change", "ema", "rsi", "macd_line", "realized_vol", "beta", "corr", "diverges",
}  # fmt: skip


def emit_kernel(program: Program, tables: Tables, series: tuple[str, ...], lanes: int) -> str:
    """The kernel's module as text; `series` are the market's rows in order."""
    return _Emitter(program, tables, series, lanes).module()


class _Emitter:
    def __init__(self, program: Program, tables: Tables, series: tuple[str, ...], lanes: int) -> None:
        self.program = program
        self.tables = tables
        self.series = series
        self.lanes = lanes
        self.names: set[str] = set()

    def module(self) -> str:
        body = self._branches()
        stream_functions = sorted(self.names & _STREAM_FUNCTIONS)
        lane_functions = sorted((self.names & _LANE_FUNCTIONS) | {"Lanes", "load", "store"})
        imports = [f"from alvh.runtime.lanes import {', '.join(lane_functions)}"]
        if "log" in self.names:
            imports.append("from alvh.runtime.mathematics import log")
        if stream_functions:
            imports.append(f"from alvh.runtime.engine.streams import {', '.join(stream_functions)}")
        return "\n".join(
            [
                '"""Generated from a strategy by alvh: what it evaluates on each bar. Not meant to be edited."""',
                "",
                *imports,
                "",
                f"LANES = Lanes({self.lanes})",
                "",
                "",
                f"def decide({', '.join(PARAMETERS)}):",
                *body,
                "",
            ]
        )

    def _branches(self) -> list[str]:
        lines: list[str] = []
        word = "if"
        for stage in range(len(self.program.layers) + 2):
            block = self._block(stage, per_lot=False)
            if block:
                lines += [f"    {word} stage == {stage}:", *block]
                word = "elif"
        for index in range(len(self.program.layers)):
            block = self._block(index + 1, per_lot=True)
            if block:
                lines += [f"    {word} stage == {LOTS + index}:", *block]
                word = "elif"
        return lines or ["    pass"]

    def _block(self, stage: int, *, per_lot: bool) -> list[str]:
        nodes = self.program.nodes
        mine = [index for index, node in enumerate(nodes) if node.stage == stage and node.per_lot == per_lot]
        delays = [index for index in mine if nodes[index].operation == "delay"]
        # A delay is read before anything else and remembers its input when that has been computed, at whatever stage.
        remembered = [
            index
            for index, node in enumerate(nodes)
            if node.operation == "delay" and self._scope(node.inputs[0]) == (stage, per_lot) and node.per_lot == per_lot
        ]
        loaded: set[NodeId] = set()
        lines: list[str] = []
        if per_lot and mine:
            lines.append("base = windows[0] + slot * windows[1]")
        for index in (*delays, *(index for index in mine if nodes[index].operation != "delay")):
            node = nodes[index]
            if node.operation != "delay":
                for source in node.inputs:
                    if self._scope(source) != (stage, per_lot) and source not in loaded:
                        loaded.add(source)
                        lines.append(f"n{source} = load(LANES, nodes, {self.tables.node_rows[source]})")
            lines.append(f"n{index} = {self._expression(index, node)}")
            if index in self.tables.node_rows:
                lines.append(f"store(LANES, nodes, {self.tables.node_rows[index]}, n{index})")
        for index in remembered:
            place = self._cell(index)
            window = self.tables.node_windows[index] + 1
            lines.append(f"store(LANES, state, {place} + bar % windows[{window}], n{nodes[index].inputs[0]})")
        return ["        " + line for line in lines]

    def _scope(self, node: NodeId) -> tuple[int, bool]:
        return self.program.nodes[node].stage, self.program.nodes[node].per_lot

    def _cell(self, index: NodeId) -> str:
        place = f"windows[{self.tables.node_windows[index]}]"
        return f"base + {place}" if self.program.nodes[index].per_lot else place

    def _expression(self, index: NodeId, node: Node) -> str:
        operation = node.operation
        inputs = [f"n{source}" for source in node.inputs]
        if operation in _SIMPLE:
            text = _SIMPLE[operation].format(*inputs)
            self.names.update(_words(text))
            return text
        if operation in _STATEFUL:
            self.names.add(operation)
            first = self.tables.node_windows[index] + 1
            windows = [f"windows[{first + offset}]" for offset in range(len(node.window))]
            return f"{operation}(LANES, state, {', '.join([self._cell(index), 'bar', *windows, *inputs])})"
        match operation:
            case "constant" | "parameter":
                return f"load(LANES, numbers, {self.tables.node_numbers[index]})"
            case "series":
                return f"load(LANES, series, bar * {len(self.series)} + {self.series.index(node.name)})"
            case "account":
                return f"load(LANES, attributes, {ACCOUNT_ATTRIBUTES.index(node.name)})"
            case "mark" | "decided":
                row = len(ACCOUNT_ATTRIBUTES) + node.owner * len(LAYER_ATTRIBUTES) + LAYER_ATTRIBUTES.index(node.name)
                return f"load(LANES, attributes, {row})"
            case "lot":
                return f"load(LANES, lot_attributes, slot * {len(LOT_ATTRIBUTES)} + {LOT_ATTRIBUTES.index(node.name)})"
            case "delay":
                return f"load(LANES, state, {self._cell(index)} + bar % windows[{self.tables.node_windows[index] + 1}])"
            case "calendar":
                self.names.add("broadcast")
                return f"broadcast(LANES, calendars[bar, {self.tables.calendars.index(node.name)}])"
            case "calendar_within":
                self.names.update(("broadcast", "event_within"))
                first = self.tables.node_windows[index] + 1
                column = self.tables.calendars.index(node.name)
                return f"broadcast(LANES, event_within(calendars, {column}, bar, windows[{first}], windows[{first + 1}]))"
            case "every_sessions":
                self.names.update(("broadcast", "every_sessions"))
                return f"broadcast(LANES, every_sessions(bar, first, phase, windows[{self.tables.node_windows[index] + 1}]))"
            case "spx_volatility":
                self.names.add("spx_volatility")
                window = self.tables.node_windows[index] + 1
                return f"spx_volatility(LANES, series, bar * {len(self.series)}, windows[{window}])"
        raise InternalError(f"no kernel text for the operation {operation!r}")


def _words(text: str) -> set[str]:
    return {text.split("(")[0]} if "(" in text else set()


_LANE_FUNCTIONS = {"divide", "absolute", "broadcast"}
_STREAM_FUNCTIONS = _STATEFUL | {
    "known_minimum", "known_maximum", "truth", "both", "either", "choose", "event_within", "every_sessions", "spx_volatility",
}  # fmt: skip
