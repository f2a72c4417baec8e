"""Runs made by hand: equity, hedge P&L and a market of as many bars, so that every figure can be worked out on paper."""

from __future__ import annotations

from datetime import date

import fabricated
import numpy as np
from attrs import evolve

from alvh.runtime.claims.measures import Case
from alvh.runtime.claims.tracks import Run, Track, whole_track
from alvh.runtime.market import MARKET_SERIES, MarketArrays
from alvh.runtime.record import RunRecord

CAPITAL = 100.0


def market(bars: int, first_day: date = date(2020, 1, 1), step: int = 1, **series: list[float]) -> MarketArrays:
    """Bars `step` days apart, VIX 15 and SPX 100 unless said otherwise (`vix_open` is `vix.open`)."""
    arrays = fabricated.arrays()
    values = np.full((bars, len(MARKET_SERIES), 1), np.nan)
    for name, level in (("vix", 15.0), ("vix.open", 15.0), ("spx", 100.0)):
        values[:, MARKET_SERIES.index(name), 0] = level
    for name, given in series.items():
        values[:, MARKET_SERIES.index(name.replace("_open", ".open")), 0] = given
    sessions = (first_day - date(1970, 1, 1)).days + step * np.arange(bars + 500, dtype=np.int64)
    return evolve(
        arrays,
        sessions=sessions,
        last=bars - 1,
        series=MARKET_SERIES,
        values=values,
        provenance=np.ones((bars, len(MARKET_SERIES)), dtype=np.uint8),
    )


def run(arrays: MarketArrays, equity: list[float], hedge: list[float] | None = None, **recorded: object) -> Run:
    """Layer 0 is the book, layer 1 the hedge whose P&L since the start is `hedge`; `recorded` stands in the record as it is."""
    bars = len(equity)
    profit = np.zeros((bars, 2))
    profit[:, 1] = 0.0 if hedge is None else hedge
    record: RunRecord = evolve(
        fabricated.record(),
        equity=np.array(equity, dtype=np.float64),
        layer_profit=profit,
        layer_contracts=np.ones((bars, 2)),
        journal=no_rows(),
        **recorded,
    )
    return Run(evolve(fabricated.program(), capital=CAPITAL), arrays, 0, record)


def no_rows():  # type: ignore[no-untyped-def]
    journal = fabricated.record().journal
    return evolve(journal, **{name: getattr(journal, name)[:0] for name in ("bar", "layer", "slot", "action", "rule", "cut", "asked",
        "filled", "price", "cost", "expiry", "strike", "reads")})  # fmt: skip


def track(arrays: MarketArrays, equity: list[float], hedge: list[float] | None = None, **recorded: object) -> Track:
    return whole_track(run(arrays, equity, hedge, **recorded))


def case(hedged: Track, unhedged: Track, baseline: Track | None = None, **rest: object) -> Case:
    return Case(hedged, baseline or unhedged, unhedged, **rest)  # type: ignore[arg-type]
