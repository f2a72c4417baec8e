"""Cases in which the two engines once differed, each kept as a small strategy on a small market."""

from __future__ import annotations

import numpy as np
from agreement import first_difference
from programs import compiled
from sample_markets import column, replace_series, sample_market

from alvh.runtime.engine.simulate import simulate
from alvh.runtime.market import MarketArrays
from alvh.runtime.record import CLOSE, TRIM, RunRecord
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


def test_a_keep_leaves_no_dust() -> None:
    """A gap that a lot closes but for the last bit of its contracts: all of it is sold."""
    text = """
contracts fractional
input weight : ratio
book condors {
  buy 2 VIX calls at 0.30 delta, next monthly
  close when option_delta < 0.35 delta or condors.age > 3 sessions
}
hedge alvh {
  limit cost to weight of equity
  keep net_beta in 0 .. rsi(vix, 5) / 500 using medium, far
  layer front {
    write VIX call at 0.18 delta, 9 days against condors
    size 200% of condors.contracts
  }
  layer medium {
    buy 2 VIX calls at 0.18 delta, 60..105 days monthly
    buy SPX put at 0.52 delta, next monthly
    at most 3 lots
  }
  layer far {
    buy 1 VIX call at 100% of forward, month 2
    sell 1 VIX put at 100% of forward, same expiry
    at most 4 lots
  }
}
"""
    record = agreed(text, sample_market("rough walk"))
    assert record.verbs["keep"] > 0
    held = record.journal.filled[record.journal.filled > 0.0]
    assert held.min() > 1e-9


def test_a_lot_that_is_trimmed_reads_its_marks_of_before() -> None:
    """What a rule reads of a lot is of step 3, whatever was bought back since because nothing covers it."""
    text = """
hedge alvh {
  layer anchor {
    buy VIX calls at 0.30 delta, 60 days
    size 4 contracts
    at most 2 lots
    open every 2 sessions
    close when age >= 5 sessions
  }
  layer press {
    write VIX calls at 0.25 delta, 30 days against anchor
    size 8 contracts
    open every 3 sessions
    close when profit > -$900_000_000 and age >= 2 sessions
  }
}
"""
    record = agreed(text, sample_market("calm walk"))
    rows = record.journal
    trimmed = {(bar, slot) for bar, slot, action in zip(rows.bar, rows.slot, rows.action, strict=True) if action == TRIM}
    closed = {(bar, slot) for bar, slot, action in zip(rows.bar, rows.slot, rows.action, strict=True) if action == CLOSE}
    assert trimmed & closed
