"""Cases in which the two engines once differed, each kept as a small strategy on a small market."""

from __future__ import annotations

import numpy as np
from agreement import first_difference
from programs import compiled
from sample_markets import column, replace_series, sample_market

from alvh.runtime.engine.simulate import simulate
from alvh.runtime.market import MarketArrays
from alvh.runtime.record import RunRecord
from alvh.runtime.reference import interpret


def agreed(text: str, arrays: MarketArrays) -> RunRecord:
    """The one record of both engines."""
    program = compiled(text)
    expected = interpret(program, arrays)
    for kernel in (True, False):
        difference = first_difference(expected, simulate(program, arrays, jit=False, kernel=kernel)[0])
        assert difference is None, difference
    return expected


def test_the_quick_ratio_of_a_stale_book_uses_last_marks_at_todays_widths() -> None:
    arrays = sample_market("rough walk")
    rates = column(arrays, "rate")
    rates[35:38] = np.nan  # without a bill rate no option has a price
    text = """
costs listed
book market { hold SPX }
book puts {
  sell SPX put at 0.30 delta, 30 days
  size 4 contracts
  close when quick_ratio < 1
  hold to expiry
}
"""
    record = agreed(text, replace_series(arrays, rate=rates))
    assert record.stale_marks > 0
    assert record.verbs["close"] > 0


def test_an_unknown_index_price_sweeps_nothing() -> None:
    arrays = sample_market("calm walk")
    spx = column(arrays, "spx")
    spx[40:42] = np.nan
    record = agreed(
        "costs listed\nbook market { hold SPX }\nbook b { buy VIX call at 0.40 delta, 20 days }\n", replace_series(arrays, spx=spx)
    )
    unknown = np.isnan(record.equity)
    assert unknown.sum() == 2
    assert np.isfinite(record.equity[-1])


def test_layers_of_one_level_take_their_orders_in_turn() -> None:
    """A refusal to open in the first layer is journalled before the second one rolls."""
    text = """
capital $500_000
hedge h {
  layer a { buy VIX call at 0.30 delta, 30 days
    size 0 contracts }
  layer b { buy VIX call at 0.30 delta, 30 days
    roll when dte <= 25 days }
}
"""
    record = agreed(text, sample_market("rough walk"))
    assert record.verbs["roll"] > 0
