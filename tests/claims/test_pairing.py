"""Twins of a program: the same book alone, without a layer, always on, and sized by the unhedged run, in both engines."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from alvh.compiler.ir import Program
from alvh.compiler.twins import (
    SIZING_EQUITY,
    always_on,
    book_layers,
    hedge_layers,
    rolls_into,
    sized_by_series,
    without_hedges,
    without_layers,
)
from alvh.interface import Market
from alvh.runtime.claims.trials import Trials, equity_at_marks, phase_offsets, started_later, with_sizing
from alvh.runtime.engine.simulate import simulate
from alvh.runtime.market import MarketArrays
from alvh.runtime.record import same_bits
from alvh.runtime.reference import interpret
from alvh.strategy import load

STRATEGIES = Path(__file__).parents[2] / "strategies"


def program(name: str) -> Program:
    return load(STRATEGIES / name).program


@pytest.fixture(scope="module")
def arrays() -> MarketArrays:
    """A year of the generated market, two paths."""
    return Market("generated", seed=3).arrays(None, np.datetime64("2023-12-29"), ("ad_line",), (), paths=2)


@pytest.mark.parametrize("name", ["alvh_442_contracts.alvh", "single_vix_call.alvh"])
def test_a_paired_book_trades_as_the_unhedged_one(name: str, arrays: MarketArrays) -> None:
    trials = Trials(arrays)
    strategy = program(name)
    for alone, hedged in zip(trials.unhedged(strategy), trials.hedged(strategy, live=False), strict=True):
        books = list(book_layers(strategy))
        assert same_bits(alone.record.layer_contracts[:, books], hedged.record.layer_contracts[:, books])
        assert same_bits(alone.record.layer_profit[:, books], hedged.record.layer_profit[:, books])
        assert not np.array_equal(alone.record.equity, hedged.record.equity)


def test_live_sizing_is_the_plain_run(arrays: MarketArrays) -> None:
    strategy = program("single_vix_call.alvh")
    plain = simulate(strategy, arrays)
    for run, record in zip(Trials(arrays).hedged(strategy, live=True), plain, strict=True):
        assert same_bits(run.record.equity, record.equity)


def test_both_engines_agree_on_every_twin(arrays: MarketArrays) -> None:
    strategy = program("alvh_442_contracts.alvh")
    trials = Trials(arrays)
    alone = trials.unhedged(strategy)
    supplied = with_sizing(arrays, alone)
    for path in range(2):
        assert same_bits(interpret(without_hedges(strategy), arrays, path).equity, alone[path].record.equity)
        paired = trials.hedged(strategy, live=False)[path].record
        assert same_bits(interpret(sized_by_series(strategy), supplied, path).equity, paired.equity)


def test_the_unhedged_twin_is_the_unhedged_file(arrays: MarketArrays) -> None:
    alone = Trials(arrays).unhedged(program("alvh_442_contracts.alvh"))
    of_file = simulate(program("unhedged.alvh"), arrays)
    assert all(same_bits(run.record.equity, record.equity) for run, record in zip(alone, of_file, strict=True))


def test_a_book_sized_by_its_own_equity_stays_as_it_is(arrays: MarketArrays) -> None:
    alone = Trials(arrays).unhedged(program("unhedged.alvh"))
    again = simulate(sized_by_series(program("unhedged.alvh")), with_sizing(arrays, alone))
    assert all(same_bits(run.record.equity, record.equity) for run, record in zip(alone, again, strict=True))


def test_equity_at_marks_gives_the_days_costs_back(arrays: MarketArrays) -> None:
    record = simulate(program("unhedged.alvh"), arrays)[0]
    assert equity_at_marks(record)[0] == pytest.approx(1_000_000.0, abs=1e-6)


def test_only_the_book_reads_the_supplied_equity() -> None:
    plain, sized = program("single_vix_call.alvh"), sized_by_series(program("single_vix_call.alvh"))
    assert SIZING_EQUITY in sized.inputs
    book, hedge = sized.layers[book_layers(sized)[0]], sized.groups[sized.layers[hedge_layers(sized)[0]].group]
    assert book.size != plain.layers[book_layers(plain)[0]].size
    assert hedge.budget == plain.groups[plain.layers[hedge_layers(plain)[0]].group].budget


def test_a_strategy_without_a_sized_book_is_left_alone() -> None:
    strategy = program("vxth.alvh")
    assert sized_by_series(strategy) is strategy


def test_a_silent_layer_never_trades(arrays: MarketArrays) -> None:
    strategy = program("alvh_442_plain.alvh")
    far = next(index for index, layer in enumerate(strategy.layers) if layer.name == "alvh.far")
    record = simulate(without_layers(strategy, [far]), arrays)[0]
    assert record.layer_contracts[:, far].max() == 0.0
    assert all(record.layer_contracts[:, index].max() > 0.0 for index in hedge_layers(strategy) if index != far)


def test_a_layer_that_another_rolls_into_cannot_be_silenced_alone() -> None:
    strategy = program("alvh_442_contracts.alvh")
    index = {layer.name: number for number, layer in enumerate(strategy.layers)}
    assert rolls_into(strategy, [index["alvh.medium"]]) == ("alvh.front",)
    assert rolls_into(strategy, [index["alvh.far"]]) == ()
    assert rolls_into(strategy, [index["alvh.medium"], index["alvh.front"]]) == ()


def test_an_always_on_hedge_waits_for_nothing() -> None:
    twin = always_on(program("alvh_442_contracts.alvh"))
    assert not any(group.unwinds for group in twin.groups if group.kind == "hedge")
    assert not any(twin.layers[index].opens or twin.layers[index].closes for index in hedge_layers(twin))
    book = twin.layers[book_layers(twin)[0]]
    assert book.opens
    assert book.closes


def test_phases_spread_over_a_month_and_start_later(arrays: MarketArrays) -> None:
    assert phase_offsets(1) == (0,)
    assert phase_offsets(3) == (0, 7, 14)
    assert started_later(arrays, 7).first == arrays.first + 7


def test_paths_block_by_block_are_the_same_paths() -> None:
    from alvh.runtime.markets.generated import GeneratedMarket

    end = np.datetime64("2023-03-31")
    whole = GeneratedMarket(5).arrays(None, end, paths=5)
    part = GeneratedMarket(5, first_path=3).arrays(None, end, paths=2)
    assert same_bits(whole.values[:, :, 3:], part.values)


ODD_BOOK = """
param part = 2%  in 1% .. 5%
book condors {
  expiry 30..45 days
  short : sell SPX put at 0.16 delta
  long  : buy SPX put 50 points below short
  size max_loss part of highest(equity, 20 sessions)
  at most 4 lots
  open every week when equity >= 90% of prev(equity, 5 sessions)
  close when profit >= 0.05% of equity
  close when dte <= 10 days
}
hedge alvh {
  layer front {
    buy VIX calls at 0.30 delta, 30 days
    size 1% of equity
    roll when dte <= 7 days
  }
}
"""


def test_whatever_a_book_makes_of_equity_is_supplied(tmp_path: Path) -> None:
    """In windows, in the past, in each lot's own rules; in both engines."""
    path = tmp_path / "odd.alvh"
    path.write_text(ODD_BOOK)
    strategy = load(path).program
    arrays = Market("generated", seed=3).arrays(None, np.datetime64("2023-12-29"))
    trials = Trials(arrays)
    (alone,), (paired,) = trials.unhedged(strategy), trials.hedged(strategy, live=False)
    books = list(book_layers(strategy))
    assert same_bits(alone.record.layer_contracts[:, books], paired.record.layer_contracts[:, books])
    assert alone.record.verbs["close"] > 10
    reference = interpret(sized_by_series(strategy), with_sizing(arrays, (alone,)))
    assert same_bits(reference.equity, paired.record.equity)
    (live,) = trials.hedged(strategy, live=True)
    assert not same_bits(alone.record.layer_contracts[:, books], live.record.layer_contracts[:, books])


def test_the_bootstrap_package_is_loaded_where_intervals_are_made_and_nowhere_else() -> None:
    root = STRATEGIES.parent
    users = [path.relative_to(root) for folder in ("alvh", "compiler", "grammar", "runtime") for path in (root / folder).rglob("*.py")
             if "from arch" in path.read_text(encoding="utf-8")]  # fmt: skip
    assert users == [Path("runtime/claims/intervals.py")]
