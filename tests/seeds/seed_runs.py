"""Strategy files read for pinned tests, with a line taken out where the meta test asks for it, and run on small markets.

`seed_strategy` is the one door to `strategies/`: what a pinned test knows of a file went through it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from attrs import frozen
from small_market import UNKNOWN, Values, small_market

from alvh.compiler.driver import Compiled, compile_file
from alvh.compiler.ir import Layer, Leg, Program, rules_of
from alvh.compiler.read_claims import Question, read_claims
from alvh.runtime.market import MarketArrays
from alvh.runtime.record import (
    ADD,
    CLOSE,
    KEEP,
    MAX_LEGS,
    OPEN,
    REBALANCE,
    REFUSED,
    ROLL_IN,
    ROLL_OUT,
    SETTLE,
    SHIFT,
    TRIM,
    RunRecord,
)
from alvh.runtime.reference import interpret

STRATEGIES = Path(__file__).parents[2] / "strategies"
ACTIONS = {
    OPEN: "open", CLOSE: "close", ROLL_OUT: "roll out", ROLL_IN: "roll in", REBALANCE: "rebalance", SETTLE: "settle",
    REFUSED: "refused", ADD: "add", TRIM: "trim", SHIFT: "shift", KEEP: "keep",
}  # fmt: skip
MOVES_OF_FUTURES = ("vx1", "vx2", "vx3", "vx4", "vx5", "vx6", "vx7", "vx8", "vx9", "vx30", "vix3m", "vix6m", "vix9d")

_folder = STRATEGIES


@contextmanager
def strategies_in(folder: Path) -> Iterator[None]:
    """Read strategies from another folder meanwhile: a copy that lacks a line."""
    global _folder
    before, _folder = _folder, folder
    try:
        yield
    finally:
        _folder = before


def seed_strategy(name: str, **settings: str) -> Compiled:
    """The strategy of `strategies/NAME.alvh`; `settings` replace params, lets and triggers, in a file's own words."""
    return _compiled(_folder, name, tuple(settings.items()))


@cache
def _compiled(folder: Path, name: str, settings: tuple[tuple[str, str], ...]) -> Compiled:
    return compile_file(folder / f"{name}.alvh", dict(settings))


def seed_program(name: str, **settings: str) -> Program:
    compiled = seed_strategy(name, **settings)
    assert compiled.program is not None, [finding.message for finding in compiled.diagnostics]
    return compiled.program


def seed_layer(name: str, layer: str) -> Layer:
    return next(found for found in seed_program(name).layers if found.name == layer)


def seed_claim(name: str, claim: str) -> Question:
    compiled = seed_strategy(name)
    assert compiled.meaning is not None
    return next(question for question in read_claims(compiled.meaning) if question.name == claim)


def legs_of(name: str, layer: str) -> list[str]:
    program = seed_program(name)
    return [leg_text(program, leg) for leg in seed_layer(name, layer).legs]


def leg_text(program: Program, leg: Leg) -> str:
    """A leg as one word a part: `+1 VIX call 0.5 delta, 30 days`."""
    strike = "" if leg.strike is None else f" {program.nodes[leg.strike.value].value:g} {leg.strike.manner}"
    expiry = leg.expiry
    if expiry is None:
        return f"{leg.ratio:+d} {leg.product} {leg.right}"
    days = {
        "days": f"{expiry.low:g} days",
        "range": f"{expiry.low:g}..{expiry.high:g} days",
        "month": f"month {expiry.low:g}",
        "same": "same",
    }
    return f"{leg.ratio:+d} {leg.product} {leg.right}{strike}, {days[expiry.manner]}"


def spell(program: Program, number: int) -> str:
    """A stream written out as nested operations: `gt(rsi[14](vix), 50)`."""
    node = program.nodes[number]
    if node.operation == "constant":
        return f"{node.value:g}"
    window = f"[{','.join(map(str, node.window))}]" if node.window else ""
    inputs = ", ".join(spell(program, source) for source in node.inputs)
    return (node.name or node.operation + window) + (f"({inputs})" if inputs else "")


@frozen
class Row:
    """One row of a journal."""

    bar: int
    layer: str
    action: str
    reason: str
    """The rule's own words; "" without a rule."""
    asked: float
    filled: float
    price: float
    cost: float
    days: tuple[int, ...]
    """From that bar to the settlement of each leg."""
    strikes: tuple[float, ...]
    proxy: int
    reads: Mapping[str, float]


@frozen(eq=False)
class Story:
    """One run of a strategy: program, market, record, and the journal in words."""

    program: Program
    arrays: MarketArrays
    record: RunRecord
    rows: tuple[Row, ...]

    def of(self, layer: str, *actions: str) -> list[Row]:
        return [row for row in self.rows if row.layer == layer and (not actions or row.action in actions)]

    def bars(self, layer: str, *actions: str) -> list[int]:
        return [row.bar for row in self.of(layer, *actions)]

    def number(self, layer: str) -> int:
        return next(index for index, found in enumerate(self.program.layers) if found.name == layer)

    def contracts(self, layer: str, bar: int) -> float:
        """Structures that a layer holds after a bar's orders."""
        return float(self.record.layer_contracts[bar - self.arrays.first, self.number(layer)])

    def equity(self, bar: int) -> float:
        return float(self.record.equity[bar - self.arrays.first])


def run_seed(
    name: str,
    bars: int,
    *,
    first: int = 0,
    settings: Mapping[str, str] | None = None,
    inputs: Mapping[str, Values] | None = None,
    events: Mapping[str, Sequence[int]] | None = None,
    **series: Values,
) -> Story:
    """A strategy on `bars` bars of a hand-made market, traded from bar `first` on. Futures and the VIX family follow VIX unless given."""
    program = seed_program(name, **(settings or {}))
    vix = series.get("vix", 20.0)
    for future in MOVES_OF_FUTURES:
        series.setdefault(future, vix)
    known = {**dict.fromkeys(program.inputs, UNKNOWN), **(inputs or {})}
    arrays = small_market(bars, first=first, inputs=known, events={**dict.fromkeys(program.calendars, ()), **(events or {})}, **series)
    record = interpret(program, arrays)
    return Story(program, arrays, record, tuple(_rows(program, arrays, record)))


def _rows(program: Program, arrays: MarketArrays, record: RunRecord) -> Iterator[Row]:
    rules, journal = rules_of(program), record.journal
    for row in range(len(journal.bar)):
        bar, layer = int(journal.bar[row]), program.layers[int(journal.layer[row])]
        rule = rules[int(journal.rule[row])] if journal.rule[row] >= 0 else None
        legs = layer.legs[:MAX_LEGS] if journal.proxy[row] < 0 else ()
        days = [
            int(_table(arrays, leg).settle_day[int(number)] - arrays.sessions[bar])
            for leg, number in zip(legs, journal.expiry[row], strict=False)
            if not math.isnan(number)
        ]
        strikes = [float(strike) for strike in journal.strike[row] if not math.isnan(strike)]
        reads = (
            {}
            if rule is None
            else dict(zip([program.nodes[node].label for node in rule.reads], map(float, journal.reads[row]), strict=False))
        )
        yield Row(
            bar,
            layer.name,
            ACTIONS[int(journal.action[row])],
            "" if rule is None else rule.reason,
            float(journal.asked[row]),
            float(journal.filled[row]),
            float(journal.price[row]),
            float(journal.cost[row]),
            tuple(days),
            tuple(strikes),
            int(journal.proxy[row]),
            reads,
        )


def _table(arrays: MarketArrays, leg: Leg):  # type: ignore[no-untyped-def]
    if leg.product == "SPX":
        return arrays.spx
    return arrays.vix if leg.product in ("VIX", "VX", "VXM") else arrays.fund


def steps(*spans: tuple[int, float]) -> list[float]:
    """A series from `(bars, value)` pieces."""
    return [value for count, value in spans for _ in range(count)]
