"""Short markets on which written programs run: walks made by hand, the same with holes, and stretches of the generated market."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

import numpy as np
from attrs import evolve
from hypothesis import strategies as st
from small_market import small_market

from alvh.runtime.market import Expiries, Floats, MarketArrays
from alvh.runtime.markets.generated import GeneratedMarket

WARM_UP = 20
"""Bars before the first one traded."""
INPUTS = ("ad_line", "signal", "weight")
"""User series of every sample market: an index, a condition and a ratio, each with stretches of unknown."""


WHOLE = ("calm walk", "rough walk", "storm", "late storm", "generated 11", "generated 12", "generated 13")
"""Markets in which every price and print is known."""
BROKEN = ("holes in prices", "missing prints", "prices end")


def market_names(names: Sequence[str] = (*WHOLE, *BROKEN)) -> st.SearchStrategy[str]:
    """Names for `sample_market`: a failing example shows the name, not the arrays."""
    return st.sampled_from(names)


@cache
def sample_market(name: str) -> MarketArrays:
    """One path of 60 to 120 bars traded; all have the same series, so that one program's kernel serves them all."""
    match name.split():
        case ["generated", seed]:
            return generated(int(seed), 60)
        case ["calm", "walk"]:
            return _walk(1, 70, vix=15.0)
        case ["rough", "walk"]:
            return _walk(2, 85, vix=24.0)
        case ["storm"]:
            return _walk(3, 70, vix=18.0, storm=40)
        case ["late", "storm"]:
            return _walk(4, 120, vix=14.0, storm=70, era=0.0)
        case ["holes", *_]:
            return with_holes(_walk(5, 85, vix=20.0, storm=60))
        case ["missing", *_]:
            return without_prints(_walk(6, 90, vix=22.0))
        case ["prices", "end"]:
            return _ending_prices(_walk(7, 80, vix=20.0), 65)
    raise ValueError(f"no sample market is called {name}")


def generated(seed: int, bars: int, paths: int = 1, *, warm_up: int = WARM_UP) -> MarketArrays:
    """`bars` bars from the start of a generated market, with the inputs of the other samples."""
    market = GeneratedMarket(seed)
    whole = market.arrays(None, None, (), ("cpi",), paths)
    arrays = cut_bars(whole, whole.first - warm_up, whole.first + bars - 1)
    return with_inputs(arrays, {name: series[:, None] for name, series in _inputs(seed, warm_up + bars).items()})


def with_inputs(arrays: MarketArrays, inputs: dict[str, Floats]) -> MarketArrays:
    """The market with user series added; each [bars, 1] or [bars, paths]."""
    bars, _, paths = arrays.values.shape
    rows = [np.broadcast_to(series, (bars, paths))[:, None, :] for series in inputs.values()]
    return evolve(
        arrays,
        series=(*arrays.series, *inputs),
        values=np.ascontiguousarray(np.concatenate([arrays.values, *rows], axis=1)),
        provenance=np.concatenate([arrays.provenance, np.ones((bars, len(rows)), dtype=np.uint8)], axis=1),
    )


def cut_bars(arrays: MarketArrays, start: int, last: int) -> MarketArrays:
    """The bars `start..last` alone, numbered from 0; sessions and expiries beyond are still known."""

    def moved(expiries: Expiries) -> Expiries:
        return evolve(expiries, settle_bar=expiries.settle_bar - start, listed_bar=expiries.listed_bar - start)

    return evolve(
        arrays,
        sessions=arrays.sessions[start:],
        first=arrays.first - start,
        last=last - start,
        values=np.ascontiguousarray(arrays.values[start : last + 1]),
        provenance=arrays.provenance[start : last + 1],
        spx=moved(arrays.spx),
        vix=moved(arrays.vix),
        fund=moved(arrays.fund),
        vx_front=arrays.vx_front[start : last + 1],
        week_start=arrays.week_start[start:],
        month_start=arrays.month_start[start:],
        month_part=arrays.month_part[start:],
        era=arrays.era[start:],
        events={name: flags[start:] for name, flags in arrays.events.items()},
    )


def cut_last(arrays: MarketArrays, last: int) -> MarketArrays:
    """The market as far as bar `last`, as a shorter history gives it."""
    bars = slice(0, last + 1)
    return evolve(arrays, last=last, values=arrays.values[bars].copy(), provenance=arrays.provenance[bars], vx_front=arrays.vx_front[bars])


def replace_series(arrays: MarketArrays, **columns: Floats) -> MarketArrays:
    """The market with other values for some series, each [bars]; dots in a name are written `__`."""
    values = arrays.values.copy()
    for name, column in columns.items():
        values[:, arrays.series.index(name.replace("__", ".")), :] = column[:, None]
    return evolve(arrays, values=values)


def column(arrays: MarketArrays, name: str) -> Floats:
    """A copy of one series of the first path."""
    return arrays.values[:, arrays.series.index(name), 0].copy()


def with_holes(arrays: MarketArrays) -> MarketArrays:
    """Stretches of up to five bars without VVIX, a future, the index, a fund or VIX: leg by leg no mid, no half spread, or no beta."""
    spots = {"vvix": (30, 34), "vx2": (40, 43), "spx": (52, 54), "vix": (61, 63), "spx_w30": (75, 77), "vx1": (85, 86), "rate": (35, 37)}
    spots |= {"vxx": (45, 48), "uvxy": (56, 57), "vx30": (66, 69), "vix_beta": (71, 74), "vxx_beta": (79, 81), "uvxy_leverage": (90, 92)}
    values = arrays.values.copy()
    for name, (begin, end) in spots.items():
        values[begin:end, arrays.series.index(name), :] = math.nan
    return evolve(arrays, values=values)


def without_prints(arrays: MarketArrays) -> MarketArrays:
    """Every second settlement lacks its print, of VIX as of SPX, and the bill rate comes and goes."""
    values = arrays.values.copy()
    for expiries, name in ((arrays.vix, "vix_settlement"), (arrays.spx, "spx_am")):
        bars = expiries.settle_bar[(expiries.settle_bar >= 0) & (expiries.settle_bar <= arrays.last)]
        values[bars[::2], arrays.series.index(name), :] = math.nan
    values[::7, arrays.series.index("rate"), :] = math.nan
    return evolve(arrays, values=values)


def _ending_prices(arrays: MarketArrays, bar: int) -> MarketArrays:
    """VVIX is unknown for seven bars from `bar` on, so that a run with VIX options held stops."""
    vvix = column(arrays, "vvix")
    vvix[bar : bar + 7] = math.nan
    return replace_series(arrays, vvix=vvix)


def _inputs(seed: int, bars: int) -> dict[str, Floats]:
    random = np.random.default_rng(seed + 1000)
    ad_line = 1000.0 + np.cumsum(random.normal(0.0, 8.0, bars))
    signal = (random.random(bars) < 0.4).astype(np.float64)
    weight = np.round(random.random(bars) * 0.02, 4)
    for series in (ad_line, signal, weight):
        for begin in random.integers(0, bars, 3):
            series[begin : begin + 3] = math.nan
    return dict(zip(INPUTS, (ad_line, signal, weight), strict=True))


def _walk(seed: int, bars: int, *, vix: float, storm: int = -1, era: float = 1.0) -> MarketArrays:
    """SPX and a volatility family that answers it; on traded bar `storm` VIX doubles and the curve inverts."""
    random = np.random.default_rng(seed)
    count = WARM_UP + bars
    spot, index = np.empty(count), np.empty(count)
    level, price = vix, 4000.0
    for bar in range(count):
        shock = random.normal()
        price *= math.exp(shock * level / 100.0 / math.sqrt(252.0))
        level = max(9.0, level + 0.08 * (vix - level) - 0.9 * shock + 0.3 * random.normal())
        if bar - WARM_UP == storm:
            price, level = price * 0.93, level * 2.2
        spot[bar], index[bar] = round(price, 2), round(level, 2)
    # Futures revert toward the mean the farther out they are; the surface follows VIX likewise.
    futures = {f"vx{rank}": np.round(vix + (index - vix) * 0.85**rank + 0.25 * rank, 3) for rank in range(1, 10)}
    nodes = {f"spx_w{days}": ((vix + (index - vix) * 0.9 ** (days / 30.0)) / 100.0) ** 2 * (days / 365.0) for days in (9, 30, 93, 184, 365)}
    family = {f"vix{months}m": np.round(vix + (index - vix) * 0.8**months + 0.5, 2) for months in (3, 6)}
    opens = np.round(np.concatenate([spot[:1], spot[:-1]]) * (1.0 + random.normal(0.0, 0.002, count)), 2)
    series: dict[str, Floats] = {
        "spx": spot,
        "spx__open": opens,
        "spx__high": np.maximum(spot, opens) * 1.003,
        "spx__low": np.minimum(spot, opens) * 0.997,
        "spx_am": opens,
        "vix": index,
        "vix9d": np.round(index * 1.02, 2),
        "vix_settlement": np.round(index * (1.0 + random.normal(0.0, 0.02, count)), 2),
        "vvix": np.round(90.0 + 1.2 * (index - vix) + random.normal(0.0, 2.0, count), 2),
        "rate": np.full(count, 0.03),
        "vx30": np.round(0.5 * (futures["vx1"] + futures["vx2"]), 3),
        **futures,
        **_funds(seed, futures, index),
        **nodes,
        **family,
    }
    return small_market(
        count,
        first=WARM_UP,
        era=era,
        events={"cpi": [*range(8, count + 60, 21)]},
        inputs={name: values.tolist() for name, values in _inputs(seed, count).items()},
        **{name: values.tolist() for name, values in series.items()},
    )


def _funds(seed: int, futures: dict[str, Floats], index: Floats) -> dict[str, Floats]:
    """Shares that follow the nearest two futures, geared from the middle on by one and a half; their slopes, unknown at first."""
    random = np.random.default_rng(seed + 2000)
    count = len(index)
    change = np.diff(0.5 * (futures["vx1"] + futures["vx2"])) / (0.5 * (futures["vx1"] + futures["vx2"]))[:-1]
    leverage = np.where(np.arange(count) < count // 2, 2.0, 1.5)
    slopes = {
        "vix_beta": -4.0 + 0.1 * random.normal(0.0, 1.0, count).cumsum(),
        "vxx_beta": 0.45 + 0.02 * random.normal(0.0, 1.0, count),
        "uvxy_beta": leverage * (0.45 + 0.02 * random.normal(0.0, 1.0, count)),
    }
    for series in slopes.values():
        series[: WARM_UP + 3] = math.nan
    shares = {"vxx": 30.0 * np.cumprod(np.concatenate([[1.0], 1.0 + change]))}
    shares["uvxy"] = 14.0 * np.cumprod(np.concatenate([[1.0], 1.0 + leverage[1:] * np.maximum(change, -0.4)]))
    return {**{name: np.round(price, 4) for name, price in shares.items()}, "uvxy_leverage": leverage, **slopes}
