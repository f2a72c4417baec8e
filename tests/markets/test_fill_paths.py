"""The generated market's kernel: the same bits whatever is asked for and however it is run, and the series of real history's models."""

from __future__ import annotations

import threading
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alvh.grammar.diagnostics import InternalError
from alvh.runtime.calendars.expiries import STANDARD_FUND_LISTING, STANDARD_SPX_LISTING, STANDARD_VIX_LISTING
from alvh.runtime.calendars.sessions import nyse
from alvh.runtime.market import MARKET_SERIES, Floats, MarketArrays
from alvh.runtime.markets.build_arrays import Observed, Terms, build_arrays
from alvh.runtime.markets.generated import WARM_UP, GeneratedMarket
from alvh.runtime.markets.manifest import MODELLED_SERIES
from alvh.runtime.markets.path_filler import ABSENT_SERIES, CONSTANT_SERIES, PathFiller
from alvh.runtime.record import same_bits

SEED = 442
END = np.datetime64("2023-03-31")
EVERY = (*MARKET_SERIES, "ad_line")
LAGS = {"ad_line": 3}


def filler(*, wanted: tuple[str, ...] | None = None, every_print: bool = True, lanes: int = 8, jit: bool = True) -> PathFiller:
    """Of the generated market to the end of March 2023: 362 bars."""
    return GeneratedMarket(SEED).filler(None, END, ("ad_line",), LAGS, wanted=wanted, every_print=every_print, lanes=lanes, jit=jit)


def filled(of: PathFiller, first_path: int = 0, seed: int = SEED) -> Floats:
    """[bars, series, lanes]"""
    block = of.new_block()
    of.fill(block, of.new_state(), seed, first_path)
    return block.reshape(of.bars, len(of.series), of.lanes.width)


@pytest.fixture(scope="module")
def whole() -> Floats:
    """Paths 0 to 15 by plain Python."""
    plain = filler(jit=False)
    return np.concatenate([filled(plain, path) for path in range(16)], axis=2)


@pytest.mark.parametrize("lanes", [1, 8, 16])
def test_every_width_gives_the_bits_of_plain_python(whole: Floats, lanes: int) -> None:
    made = filler(lanes=lanes)
    for first in (0, 3, 16 - lanes):
        if first + lanes <= 16:
            assert same_bits(filled(made, first), np.ascontiguousarray(whole[:, :, first : first + lanes])), first


@settings(max_examples=25, deadline=None)
@given(wanted=st.lists(st.sampled_from(EVERY), unique=True, max_size=12), close=st.booleans())
def test_a_series_does_not_depend_on_which_others_are_wanted(whole: Floats, wanted: list[str], close: bool) -> None:
    market = GeneratedMarket(SEED, spx_settlement="close" if close else "open")
    made = market.filler(None, END, ("ad_line",), LAGS, wanted=wanted)
    found = filled(made)
    for row, name in enumerate(made.series):
        if name not in wanted and name not in CONSTANT_SERIES:
            assert np.isnan(found[:, row]).all(), name
        else:
            source = made.series.index("spx") if name == "spx_am" and close else row
            assert same_bits(found[:, row], np.ascontiguousarray(whole[:, source, :8])), name


def test_prints_may_be_left_to_the_bars_that_need_them(whole: Floats) -> None:
    """Options settle on a morning print on the monthlies' Fridays, here of 2021-11 to 2023-03, less the Thursday before Good Friday 2022:
    17 bars in all."""
    made = filler(wanted=("spx_am",), every_print=False)
    found, row = filled(made)[:, made.series.index("spx_am")], made.series.index("spx_am")
    there = ~np.isnan(found).any(axis=1)
    assert same_bits(found[there], np.ascontiguousarray(whole[there, row, :8]))
    arrays = GeneratedMarket(SEED).arrays(None, END)
    morning = arrays.spx.settle_bar[(arrays.spx.am == 1) & (arrays.spx.settle_bar <= arrays.last)]
    assert np.flatnonzero(there).tolist() == sorted(set(morning.tolist()))
    assert len(morning) == 17


def test_pieces_make_the_whole(whole: Floats) -> None:
    made = filler()
    block, state = made.new_block(), made.new_state()
    for begin, end in ((0, 1), (1, 2), (2, 64), (64, 200), (200, made.bars)):
        made.fill(block, state, SEED, 5, begin, end)
    assert same_bits(block.reshape(made.bars, -1, 8), np.ascontiguousarray(whole[:, :, 5:13]))


def test_blocks_are_used_again(whole: Floats) -> None:
    """Nothing of the block before is left, and a fill needs no room of its own."""
    made = filler()
    block, state = made.new_block(), made.new_state()
    made.fill(block, state, 7, 1000)
    tracemalloc.start()
    try:
        made.fill(block, state, SEED, 0)
        assert tracemalloc.get_traced_memory()[1] < 20_000
    finally:
        tracemalloc.stop()
    assert same_bits(block.reshape(made.bars, -1, 8), np.ascontiguousarray(whole[:, :, :8]))


def test_threads_share_a_filler(whole: Floats) -> None:
    made = filler()
    found: dict[int, Floats] = {}

    def work(first: int) -> None:
        block, state = made.new_block(), made.new_state()
        for _ in range(20):
            made.fill(block, state, SEED, first)
        found[first] = block.reshape(made.bars, -1, 8)

    threads = [threading.Thread(target=work, args=(first,)) for first in (0, 4, 8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for first, block in found.items():
        assert same_bits(block, np.ascontiguousarray(whole[:, :, first : first + 8]))


def test_whole_markets_are_the_same_paths(whole: Floats) -> None:
    arrays = GeneratedMarket(SEED, first_path=2).arrays(None, END, ("ad_line",), paths=11, lags=LAGS)
    assert same_bits(arrays.values, np.ascontiguousarray(whole[:, :, 2:13]))


def test_far_paths_and_large_seeds_are_paths_of_their_own() -> None:
    made = filler(wanted=("spx",), lanes=1, jit=False)
    closes = [
        filled(made, path, seed)[:, 0, 0]
        for path, seed in ((0, 1), (1, 1), (2**32, 1), (2**32 + 1, 1), (2**51, 1), (0, 2), (0, 2**32 + 1), (0, 2**64 - 1))
    ]
    returns = np.diff(np.log(closes), axis=1)
    correlations = np.corrcoef(returns) - np.eye(len(closes))
    assert np.abs(correlations).max() < 0.25


def test_what_cannot_be_filled_is_refused() -> None:
    made = filler(lanes=1, jit=False)
    block, state = made.new_block(), made.new_state()
    for begin, end, path in ((5, 4, 0), (0, made.bars + 1, 0), (0, 1, -1), (0, 1, 2**52)):
        with pytest.raises(InternalError):
            made.fill(block, state, 0, path, begin, end)
    with pytest.raises(InternalError):
        made.fill(block[1:], state, 0, 0)
    with pytest.raises(InternalError):
        filler(wanted=("breadth",))


# Real history's models on the same market ------------------------------------------------------------------------------------------------


def as_history(arrays: MarketArrays) -> MarketArrays:
    """A generated market's indices handed to the models of real history, after a day on which it stood where the generator starts: so
    averages begin alike."""
    calendar = nyse()
    before = calendar.days[int(calendar.at_or_after(arrays.sessions[:1])[0]) - 1]
    paths = arrays.values.shape[2]

    def with_day(name: str, start: float) -> Floats:
        return np.vstack([np.full((1, paths), start), arrays.values[:, arrays.series.index(name)]])

    starts = {"spx": 4000.0, "vix": 18.0, "vix3m": 19.0, "vvix": 90.0, "skew": 122.0, "rate": 0.02}
    series = {name: with_day(name, start) for name, start in starts.items()}
    series |= {f"{index}.open": with_day(f"{index}.open", np.nan) for index in ("spx", "vix")}
    terms = Terms(STANDARD_VIX_LISTING, STANDARD_SPX_LISTING, STANDARD_FUND_LISTING, frozenset(MODELLED_SERIES), 0.0, "open")
    observed = Observed(np.concatenate([[before], arrays.sessions]), series, None, with_day("vix_settlement", np.nan))
    return build_arrays(observed, terms, WARM_UP + 1, (), {})


def test_derived_series_are_those_of_real_history() -> None:
    """Every series that history models: its own code on arrays, NumPy's exponentials, against the kernel. The funds start a day later
    here, so their growth is what agrees; the slope's window is summed in another order."""
    arrays = GeneratedMarket(SEED, years=3).arrays(None, None, paths=4)
    history = as_history(arrays)
    compared = [name for name in MARKET_SERIES if name not in ABSENT_SERIES and not name.endswith((".high", ".low"))]
    assert len(compared) == 36
    for name in compared:
        ours, theirs = arrays.values[:, arrays.series.index(name)], history.values[1:, history.series.index(name)]
        if name in ("vxx", "uvxy"):
            ours, theirs = ours / ours[0], theirs / theirs[0]
        if name == "vix_beta":
            # A day more is known there, so its first window is full a bar earlier.
            ours, theirs = ours[60:], theirs[60:]
        assert np.array_equal(np.isnan(ours), np.isnan(theirs)), name
        np.testing.assert_allclose(ours, theirs, rtol=1e-9 if name == "vix_beta" else 2e-12, err_msg=name)


def test_the_bound_on_futures_binds_and_holds() -> None:
    """Invariant 12 on generated paths, and not for want of cases: the curve alone would be above on a good part of the days."""
    from alvh.runtime.pricing.futures_curve import convexity_bound

    arrays = GeneratedMarket(SEED, years=3).arrays(None, None, paths=4)
    row = {name: arrays.values[:, arrays.series.index(name)] for name in arrays.series}
    monthly = arrays.vix.settle_day[arrays.vix.monthly == 1]
    nodes = tuple(row[f"spx_w{days}"] for days in (9, 30, 93, 184, 365))
    bound_days = 0
    for rank in range(9):
        days = (monthly[arrays.vx_front + rank] - arrays.sessions[: arrays.last + 1]).astype(float)[:, None]
        bound = convexity_bound(days, nodes)  # type: ignore[arg-type]
        price = row[f"vx{rank + 1}"]
        assert (price <= bound * (1 + 1e-12)).all()
        bound_days += int((price >= bound * (1 - 1e-12)).sum())
    assert bound_days > 100
