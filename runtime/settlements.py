"""What expiring options were paid on: the print behind each settlement of a run, as a series and in words."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np

from alvh.compiler.ir import Program
from alvh.runtime.market import Integers, MarketArrays
from alvh.runtime.record import SETTLE, JournalRows

SETTLEMENT_SERIES = ("spx_am", "vix_settlement")
"""The series that only settlements read. Afternoon series of SPX are paid on `spx`, options on funds on the share's close."""

FUND_CLOSES = {"VXX": "vxx", "UVXY": "uvxy"}


def settled_on(program: Program, arrays: MarketArrays, rows: JournalRows, row: int) -> list[tuple[str, str]]:
    """Instrument (`VIX options`) and series of the prints that a settlement of the journal was paid on, each once."""
    bar = int(rows.bar[row])
    found: dict[tuple[str, str], None] = {}
    for number, leg in enumerate(program.layers[int(rows.layer[row])].legs):
        expiries, expiry = arrays.expiries_of(leg.product), rows.expiry[row, number]
        if math.isnan(expiry) or expiries.settle_bar[int(expiry)] != bar:  # a leg that the row lacks, or that settled earlier
            continue
        instrument = f"{leg.product} {'options' if leg.is_option else 'futures'}"
        found[instrument, _paid_on(leg.product, bool(expiries.am[int(expiry)]))] = None
    return list(found)


def _paid_on(product: str, at_open: bool) -> str:
    """The series of a product's settlements."""
    match product:
        case "SPX":
            return "spx_am" if at_open else "spx"
        case "VIX" | "VX" | "VXM":
            return "vix_settlement"
        case _:
            return FUND_CLOSES[product]


def print_in_words(arrays: MarketArrays, series: str, bar: int) -> str:
    """What a settlement of `series` on `bar` was paid on, as in `the opening print`."""
    if math.isnan(arrays.values[bar, arrays.series.index(series), 0]):
        return "the last mark, for want of any print"
    if series not in SETTLEMENT_SERIES:
        return "the close"
    prints = arrays.prints.get(series)
    return "a print that the market does not name" if prints is None else prints.words[int(prints.at[bar])]


def settlement_bars(program: Program, arrays: MarketArrays, rows: JournalRows, series: str) -> Integers:
    """The bar of each settlement paid on `series`, in order."""
    settlements = (int(row) for row in np.flatnonzero(rows.action == SETTLE))
    paid = [int(rows.bar[row]) for row in settlements if any(name == series for _, name in settled_on(program, arrays, rows, row))]
    return np.array(paid, dtype=np.int64)


def settlement_notes(program: Program, arrays: MarketArrays, rows: JournalRows) -> list[str]:
    """A line for each instrument that settled: on what, how often."""
    counts: dict[str, Counter[str]] = {}
    for row in np.flatnonzero(rows.action == SETTLE):
        for instrument, series in settled_on(program, arrays, rows, int(row)):
            counts.setdefault(instrument, Counter())[print_in_words(arrays, series, int(rows.bar[row]))] += 1
    return [
        f"{instrument} settled: {'; '.join(f'{count} on {words}' for words, count in settled.most_common())}"
        for instrument, settled in sorted(counts.items())
    ]
