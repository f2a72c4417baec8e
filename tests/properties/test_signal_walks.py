"""Walks from signal to signal against the day loop and the reference: what signals decide has the same bits either way."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from attrs import evolve
from effort import examples
from hypothesis import given
from hypothesis import strategies as st
from made_paths import MadePaths
from other_numbers import with_numbers
from programs import compiled
from sample_markets import market_names, sample_market
from small_market import small_market

from alvh.compiler.ir import Program
from alvh.runtime import run_cells
from alvh.runtime.attribution import count_trades
from alvh.runtime.engine.simulate_cells import numbers_of
from alvh.runtime.market import Floats, MarketArrays
from alvh.runtime.paths.measure_paths import METRICS
from alvh.runtime.paths.stream import Manner, stream_paths
from alvh.runtime.record import CUT_BY_CASH, RunRecord
from alvh.runtime.reference import interpret
from alvh.runtime.run_cells import Cell, CellGroup, CellRun, Row
from alvh.runtime.signals.compiled_kernels import compiled_kernels, plain_kernels
from alvh.runtime.signals.signal_strategy import signal_strategy_of
from alvh.runtime.signals.walk_cells import SignalCells, can_be_walked

HEAD = """
capital ${capital}
costs {costs}
contracts {contracts}
input signal : condition
param low = {low} in 0 .. 100
param high = {high} in 0 .. 100
"""
LAYER = """
hedge rule {{
  layer shares {{
    buy {size} {product} shares
{rules}
  }}
}}
"""
BOUGHT_LOW = """
capital $10_000
costs listed
hedge rule {
  layer shares {
    buy 10 SPX shares
    open when spx < 100
    close when spx > 110
  }
}
"""
CONDITIONS = (
    "rsi(spx, 14) < low",
    "rsi(spx, 5) > high",
    "vix < low",
    "vix crosses above high",
    "spx > sma(spx, 10 sessions)",
    "spx < sma(spx, 10 sessions) and not signal",
    "signal",
    "within 3 sessions after (vix > high begins)",
    "vix > low for 2 sessions",
)


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Programs that signals decide, with and without rules to open and to close."""
    rules = ""
    for verb, most in (("open ", 2), ("close", 2)):
        for _ in range(draw(st.integers(0, most))):
            schedule = draw(st.sampled_from(("", "", "every week ", "every 3 sessions "))) if verb == "open " else ""
            rules += f"    {verb} {schedule}when {draw(st.sampled_from(CONDITIONS))}\n"
    if "close" not in rules:
        rules += "    hold to expiry\n" if draw(st.booleans()) else ""
    if draw(st.booleans()):
        rules = "    at most 1 lots\n" + rules
    head = HEAD.format(
        capital=draw(st.sampled_from((10_000, 1_000_000))),
        costs=draw(st.sampled_from(("none", "listed"))),
        contracts=draw(st.sampled_from(("whole", "fractional"))),
        low=draw(st.integers(12, 45)),
        high=draw(st.integers(16, 75)),
    )
    size = draw(st.sampled_from((1, 7, 100)))
    return head + LAYER.format(size=size, product=draw(st.sampled_from(("SPX", "VXX", "UVXY"))), rules=rules)


def cells_of(program: Program, count: int) -> Floats:
    """[count, numbers]: the program's own, then with other bounds, and the third of each three with another size."""
    places = [node.name if node.operation == "parameter" else "" for node in program.nodes if node.operation in ("constant", "parameter")]
    numbers = np.repeat(np.array(numbers_of(program))[None, :], count, axis=0)
    strategy = signal_strategy_of(program)
    assert strategy is not None
    size = [index for index, node in enumerate(program.nodes) if node.operation in ("constant", "parameter")].index(strategy.size)
    for cell in range(1, count):
        for place, name in enumerate(places):
            if name:
                numbers[cell, place] += (cell * 3) % 11 - 5
        if cell % 3 == 0:
            numbers[cell, size] = (0.0, 0.5, 30.0)[cell // 3 % 3]
    return numbers


def walk_all(cells: SignalCells) -> list[tuple[Floats, float, float, bool]]:
    """Equity by bar, profit, trades and whether cash cut an order, of every cell."""
    found = []
    for first in range(0, len(cells.numbers), cells.at_once):
        walked = cells.walk(first)
        assert np.array_equal(walked.final_equity, walked.equity()[:, -1])
        found += list(zip(walked.equity(), walked.profit.tolist(), walked.trades.tolist(), (walked.is_cut == 1.0).tolist(), strict=True))
    return found


def was_cut(record: RunRecord) -> bool:
    return bool(np.any(record.journal.cut == CUT_BY_CASH))


@examples(150)
@given(texts(), market_names(), st.integers(0, 4))
def test_a_walk_has_every_bit_of_a_run(text: str, market: str, phase: int) -> None:
    program, arrays = compiled(text), sample_market(market)
    numbers = cells_of(program, 4)
    traded = arrays.values[arrays.first : arrays.last + 1, arrays.series.index(program.layers[0].legs[0].product.lower()), 0]
    assert can_be_walked(program, arrays) != bool(np.isnan(traded).any())
    if not can_be_walked(program, arrays):
        return
    cells = SignalCells(program, arrays, phase, numbers, plain_kernels())
    for numbers_of_cell, (equity, profit, trades, is_cut) in zip(numbers, walk_all(cells), strict=True):
        record = interpret(with_numbers(program, numbers_of_cell), arrays, phase=phase)
        assert is_cut == was_cut(record)
        if not is_cut:
            assert np.array_equal(equity, record.equity)
            assert profit == record.layer_profit[-1, 0]
            assert trades == count_trades(record)


def test_a_walk_by_pencil() -> None:
    """SPX closes 100, 80, 120, 90, 130; one share is bought below 100 and sold above 110, a bar later at the earliest; cash earns 36 %
    a year, 0.1 % a calendar day. Half spreads are 0.005 % of the price."""
    program = compiled(BOUGHT_LOW.replace("buy 10", "buy 1"))
    arrays = small_market(5, spx=(100.0, 80.0, 120.0, 90.0, 130.0), rate=0.36)
    cells = SignalCells(program, arrays, 0, np.array([numbers_of(program)]), plain_kernels())
    ((equity, profit, trades, is_cut),) = walk_all(cells)
    cash = 10_000.0
    expected = [cash]  # Monday: nothing
    cash = cash * 1.001 - 80.0 * 1.00005  # Tuesday: bought
    expected.append(cash + 80.0)
    cash = cash * 1.001 + 120.0 * 0.99995  # Wednesday: sold
    expected.append(cash)
    cash = cash * 1.001 - 90.0 * 1.00005  # Thursday: bought
    expected.append(cash + 90.0)
    cash = cash * 1.001 + 130.0 * 0.99995  # Friday: sold
    expected.append(cash)
    assert equity.tolist() == pytest.approx(expected, rel=1e-15)
    assert profit == pytest.approx(120.0 * 0.99995 + 130.0 * 0.99995 - 80.0 * 1.00005 - 90.0 * 1.00005)
    assert (trades, is_cut) == (4, False)


@cache
def rule_over_a_market() -> tuple[Program, MarketArrays]:
    text = HEAD.format(capital=50_000, costs="listed", contracts="whole", low=30, high=70) + LAYER.format(
        size=10, product="SPX", rules="    open when rsi(spx, 5) < low\n    close when rsi(spx, 5) > high\n    close when signal\n"
    )
    return compiled(text), sample_market("late storm")


@pytest.mark.parametrize("width", [8, 16])
def test_compiled_walks_have_the_bits_of_plain_python(width: int) -> None:
    program, arrays = rule_over_a_market()
    numbers = cells_of(program, 2 * 4 * width + 3)  # two walks and a part of a third
    plain, native = (SignalCells(program, arrays, 0, numbers, loops) for loops in (plain_kernels(), compiled_kernels(width)))
    expected, found = walk_all(plain), walk_all(native)
    assert len(found) == len(numbers)
    for of_plain, of_native in zip(expected, found, strict=True):
        assert np.array_equal(of_plain[0], of_native[0]) or of_plain[3]
        assert of_plain[1:] == of_native[1:] or (of_plain[3] and of_native[3])
    assert {trades for _, _, trades, _ in found} > {0.0}


@pytest.mark.parametrize("at_once", [2, 4_096])
def test_rows_of_a_grid_are_the_same_walked_or_run(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_cells, "WITH_SIGNALS", at_once)
    program, arrays = rule_over_a_market()
    numbers = cells_of(program, 9)

    def rows(*, walks: bool) -> list[Row]:
        group = CellGroup(program, arrays, [Cell(place + 1, tuple(row), f"cell {place}") for place, row in enumerate(numbers.tolist())])
        found: list[Row] = []
        run = CellRun(0, 1, lambda number, day: f"{number} stopped on {day}", jit=False, walks=walks)
        run.rows([group], found.extend, lambda more: None, lambda stage: None)
        return sorted(found, key=lambda row: int(row["cell"]))

    walked, run = rows(walks=True), rows(walks=False)
    assert walked == run
    assert len({row["final_equity"] for row in run}) > 4


@pytest.mark.parametrize(
    "change",
    [
        ("costs listed", "costs crowded"),
        ("capital", "fill next close\ncapital"),
        ("buy 10 SPX shares", "buy 10 SPX shares\n    at most 2 lots"),
        ("buy 10 SPX shares", "buy 1 SPX put at 0.20 delta, 30 days"),
        ("when spx < 100", "when equity > $20_000"),
        ("close when spx > 110", "close when age >= 5 sessions"),
        ("close when spx > 110", "close when profit > $100"),
        ("hedge rule {", "hedge rule {\n  unit 1 per $10_000 of capital"),
        ("hedge rule {", "hedge rule {\n  unwind when vix > 40"),
        ("hedge rule {", "hedge rule {\n  limit cost to 10% of equity"),
    ],
)
def test_what_signals_do_not_decide_is_left_to_the_day_loop(change: tuple[str, str]) -> None:
    assert signal_strategy_of(compiled(BOUGHT_LOW)) is not None
    assert change[0] in BOUGHT_LOW
    assert signal_strategy_of(compiled(BOUGHT_LOW.replace(*change))) is None


# Many paths -------------------------------------------------------------------------------------------------------------------------------


@cache
def paths_with_a_hole() -> MarketArrays:
    """Twenty walks of the index; on one of them a price is missing, on another a rate."""
    chance = np.random.default_rng(3)
    arrays = sample_market("late storm")
    values = np.repeat(arrays.values, 20, axis=2)
    index = arrays.series.index("spx")
    values[:, index, :] = 4000.0 * np.exp(np.cumsum(chance.normal(0.0, 0.012, (len(values), 20)), axis=0))
    values[arrays.first + 30, index, 4] = np.nan
    values[arrays.first + 40, arrays.series.index("rate"), 13] = np.nan
    return evolve(arrays, values=values)


@pytest.mark.parametrize("manner", [Manner(1, jit=False), Manner(8, 2), Manner(16)], ids=["plain Python", "8 lanes", "16 lanes"])
@pytest.mark.parametrize("capital", [1_000_000, 41_000])
def test_a_path_has_the_figures_of_the_day_loop(manner: Manner, capital: int) -> None:
    """With little capital some paths cannot pay an order and go through the day loop."""
    rules = "    open when rsi(spx, 5) < low\n    close when rsi(spx, 5) > high\n"
    text = HEAD.format(capital=capital, costs="listed", contracts="whole", low=40, high=60)
    program = compiled(text + LAYER.format(size=10, product="SPX", rules=rules))
    arrays = paths_with_a_hole()
    walked, run = (stream_paths(program, MadePaths(arrays), 20, 0, evolve(manner, walks=walks)) for walks in (True, False))
    assert np.array_equal(walked.metrics, run.metrics, equal_nan=True)
    assert np.array_equal(walked.stopped, run.stopped)
    assert (walked.stale_marks, walked.unknown_rates) == (run.stale_marks, run.unknown_rates)
    assert run.unknown_rates == 1
    assert len(np.unique(run.metrics[:, METRICS.index("final_equity")])) > 15


@examples(40)
@given(texts(), market_names())
def test_a_path_of_any_such_program_has_the_figures_of_the_day_loop(text: str, market: str) -> None:
    program, paths = compiled(text), MadePaths(sample_market(market))
    walked, run = (stream_paths(program, paths, 1, 0, Manner(1, jit=False, walks=walks)) for walks in (True, False))
    assert np.array_equal(walked.metrics, run.metrics, equal_nan=True)
    assert (walked.stopped, walked.stale_marks, walked.unknown_rates) == (run.stopped, run.stale_marks, run.unknown_rates)
