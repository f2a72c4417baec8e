"""Blocks of generated paths: what a run needs, where the engine reads it, with the bits of whole arrays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from made_paths import measured
from programs import compiled

import alvh
from alvh.runtime.engine.simulate import simulate
from alvh.runtime.lane_width import production_width
from alvh.runtime.markets.generated import GeneratedMarket
from alvh.runtime.paths.blocks import FUND_SERIES, PathBlocks, series_read
from alvh.runtime.paths.stream import Manner, stream_paths

STRATEGIES = sorted((Path(__file__).parents[2] / "strategies").glob("*.alvh"))
END = np.datetime64("2023-12-29")


@pytest.mark.parametrize("path", STRATEGIES, ids=lambda path: path.stem)
def test_what_a_block_leaves_out_is_missed_by_no_strategy(path: Path) -> None:
    """Figures of a streamed block against runs over arrays that hold every series."""
    strategy, market, width = alvh.load(path), GeneratedMarket(5), production_width()
    program = strategy.program
    blocks = PathBlocks(market, None, END, program, strategy.lags)
    found = stream_paths(program, blocks, 3, 0, Manner(width))
    arrays = market.arrays(None, END, program.inputs, program.calendars, paths=3, lags=strategy.lags)
    expected = [measured(program, record) for record in simulate(program, arrays, lanes=width)]
    assert np.allclose(found.metrics, expected, rtol=1e-12, atol=1e-15, equal_nan=True)


def test_a_block_begins_at_any_path_and_counts_from_the_markets_first() -> None:
    program = compiled("book market { hold SPX }\n")
    market = GeneratedMarket(5).starting_at(100)
    block = PathBlocks(market, None, END, program, {}).new_block(production_width())
    block.fill(7)
    alone = PathBlocks(GeneratedMarket(5), None, END, program, {}).path(107)
    rows = len(alone.series)
    spx = block.series.reshape(-1, rows, production_width())[:, alone.series.index("spx"), 0]
    assert np.array_equal(spx, alone.values[:, alone.series.index("spx"), 0])


def test_series_are_left_out_where_nothing_can_read_them() -> None:
    plain = series_read(compiled("hedge h { buy VIX call at 0.30 delta, 30 days\n open when vix.high > 30\n hold to expiry }\n"))
    assert "vix.high" in plain
    assert not plain & {"vix.low", "spx.high", *FUND_SERIES}
    assert {"spx", "vix", "vvix", "rate", "vx1", "spx_w30", "vix_settlement", "vix_beta"} <= plain
    of_funds = series_read(compiled("hedge h { buy VXX call at 0.30 delta, 30 days\n hold to expiry }\n"))
    assert of_funds >= FUND_SERIES
