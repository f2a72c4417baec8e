"""What a rule may know of a macro series: a release counts from its day on, a revision from the day of the revision
(quant.md section 6, invariant 28), for every table of releases and every program that reads one."""

from __future__ import annotations

import math
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from attrs import evolve, fields, frozen
from effort import examples
from hypothesis import given
from hypothesis import strategies as st
from made_market import MadeMarket
from programs import ProgramText, Wish, compiled, programs
from sample_markets import cut_bars

from alvh.runtime.market import MarketArrays
from alvh.runtime.record import JournalRows, RunRecord, same_bits
from alvh.runtime.reference import interpret

BEFORE, TRADED = 60, 60
"""Bars that only warm up, and bars traded."""


@frozen
class Release:
    """A row of the file: the day it names, and the value."""

    day: date
    value: float


@st.composite
def tables(draw: st.DrawFn) -> list[Release]:
    """Releases at uneven steps, from before the market's first session to past its last."""
    day, rows = date(2018, 11, 1), []
    while day < date(2020, 3, 1):
        rows.append(Release(day, draw(st.integers(1, 400)) / 100.0))
        day += timedelta(days=draw(st.integers(1, 40)))
    return rows


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeMarket:
    market = MadeMarket(Path(tmp_path_factory.mktemp("releases")))
    market.series["rate"] = 'file = "rate.csv"\nunit = "fraction"'
    market.write("rate.csv", ["date,rate", *(f"{day},0.02" for day in market.dates)])
    return market


def written_market(made: MadeMarket, rows: list[Release], lag: int, carried: int) -> None:
    made.write("macro.csv", ["date,value", *(f"{row.day},{row.value}" for row in rows)])
    made.rest = f'[inputs.weight]\nfile = "macro.csv"\ncolumn = "value"\nlag = "{lag} days"\ncarried = "{carried} days"\n'


def known(rows: list[Release], day: date, lag: int, carried: int) -> float:
    """The last value released by the day, unless it is too old."""
    released = [row for row in rows if row.day + timedelta(days=lag) <= day]
    if not released or (day - released[-1].day).days - lag > carried:
        return math.nan
    return released[-1].value


def day_of(arrays: MarketArrays, bar: int) -> date:
    return date(1970, 1, 1) + timedelta(days=int(arrays.sessions[bar]))


def weights(arrays: MarketArrays) -> list[float]:
    return arrays.values[:, arrays.series.index("weight"), 0].tolist()


@examples(20)
@given(tables(), st.integers(0, 60), st.integers(0, 60), st.sampled_from((20, 45, 400)))
def test_a_release_is_known_from_its_day_on(made: MadeMarket, rows: list[Release], lag: int, own_lag: int, carried: int) -> None:
    """The market's lag or the strategy's own, the longer of the two; on each bar the last value released, and none released later."""
    written_market(made, rows, lag, carried)
    arrays = made.open().arrays(None, None, ("weight",), lags={"weight": own_lag})
    for bar, found in enumerate(weights(arrays)):
        expected = known(rows, day_of(arrays, bar), max(lag, own_lag), carried)
        assert found == expected or (math.isnan(found) and math.isnan(expected)), day_of(arrays, bar)


READS = """input weight : ratio
let macro = weight
book reader {
  buy SPX put at 0.30 delta, 30 days
  size weight of $100_000
  open when macro > 150%
  close when age >= 3 sessions or weight <= 50%
}"""
"""Asks for the value in a size and in two rules, so that a revision known early cannot go unnoticed."""


def run(made: MadeMarket, text: str, lag: int) -> tuple[MarketArrays, RunRecord]:
    arrays = made.open().arrays(None, None, ("ad_line", "signal", "weight"), ("cpi",), lags={"weight": lag})
    cut = cut_bars(arrays, 0, BEFORE + TRADED - 1)
    return cut, interpret(compiled(text), evolve(cut, first=BEFORE))


@examples(20)
@given(
    programs(Wish(hold=False)), st.booleans(), tables(), st.integers(0, 50), st.integers(1, TRADED - 1), st.floats(0.1, 3.0), st.booleans()
)
def test_no_decision_knows_a_later_release_or_revision(
    made: MadeMarket, written: ProgramText, reads: bool, rows: list[Release], lag: int, bars: int, factor: float, is_revision: bool
) -> None:
    """What is released after a bar changes, or comes as a revision of the value before it: nothing moves up to that bar."""
    text = READS if reads else written.text
    written_market(made, rows, lag, 400)
    arrays, record = run(made, text, lag)
    last = day_of(arrays, BEFORE + bars - 1)
    early = [row for row in rows if row.day + timedelta(days=lag) <= last]
    later = [Release(row.day, row.value * factor + 0.01) for row in rows[len(early) :]]
    if is_revision and early:
        on = max(last - timedelta(days=lag) + timedelta(days=1), early[-1].day + timedelta(days=1))
        later = [Release(on, early[-1].value * factor + 0.01), *(row for row in later if row.day > on)]
    written_market(made, [*early, *later, Release(date(2020, 3, 30), 1.0)], lag, 400)
    changed, other = run(made, text, lag)
    assert same_bits(changed.values[: BEFORE + bars].copy(), arrays.values[: BEFORE + bars].copy())
    assert (
        not same_bits(changed.values, arrays.values)
        or len(early) == len(rows)
        or later[0].day + timedelta(days=lag) > day_of(arrays, arrays.last)
    )
    kept = min(bars, len(record.equity))
    for name in ("equity", "cash", "margin", "layer_profit", "layer_contracts"):
        assert same_bits(getattr(record, name)[:kept].copy(), getattr(other, name)[:kept].copy()), name
    for column in fields(JournalRows):
        first, second = (getattr(of.journal, column.name)[of.journal.bar < BEFORE + bars] for of in (record, other))
        assert same_bits(first, second), column.name


def test_a_value_released_moves_the_reader(made: MadeMarket) -> None:
    """The program above does follow the value: else the property would hold of anything. 120 sessions from 2019-01-02 reach into June."""
    records = []
    for value in (2.0, 1.0):
        written_market(made, [Release(date(2018, 11, 1), 1.0), Release(date(2019, 5, 1), value), Release(date(2020, 3, 30), 1.0)], 0, 400)
        records.append(run(made, READS, 0)[1])
    rows = records[0].journal
    opened = rows.bar[rows.filled > 0.0]
    assert len(opened)
    assert len(records[1].journal.bar) == 0
    days = made.days[opened.astype(int)]
    assert np.min(days) == (date(2019, 5, 1) - date(1970, 1, 1)).days
