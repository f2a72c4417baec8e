"""What a market is worth at the open: the evening before, moved by the opening prints of SPX and VIX. `fill next open` trades at it."""

from __future__ import annotations

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from alvh.runtime.market import Floats, MarketArrays
from alvh.runtime.pricing.sensitivities import FUTURE_BETAS

NODES = ("spx_w9", "spx_w30", "spx_w93", "spx_w184", "spx_w365")
AS_THE_EVENING_BEFORE = ("vvix", "skew", "rate", "spx_scale", "spx_rho", "spx_eta")
FUNDS = {"vx30": "vxx_beta", "vxx": "vxx_beta", "uvxy": "uvxy_beta"}
"""The row of how far each follows the VIX."""


@frozen(eq=False)
class Opening:
    """Prices at the open of each bar."""

    values: Floats
    """[bars, series, paths] as in `MarketArrays`: at the open where `known`, else of the bar's close."""
    known: NDArray[np.bool_]
    """[bars, paths] where SPX and VIX have opening prints and closes on the bar before."""


def at_the_open(arrays: MarketArrays) -> Opening:
    """Only the bar before and the two opening prints are read. Points; docs/design/bar.md, "Fills later than the decision"."""
    place = {name: row for row, name in enumerate(arrays.series)}
    values = arrays.values.copy()
    known = _has_open(arrays, place["spx"], place["spx.open"]) & _has_open(arrays, place["vix"], place["vix.open"])

    def put(name: str, opened: Floats) -> None:
        values[1:, place[name], :] = np.where(known[1:], opened, values[1:, place[name], :])

    def before(name: str) -> Floats:
        return arrays.values[:-1, place[name], :]

    with np.errstate(invalid="ignore", divide="ignore"):
        move = arrays.values[1:, place["vix.open"], :] / before("vix")
        for index in ("spx", "vix"):
            put(index, arrays.values[1:, place[f"{index}.open"], :])
        for name in NODES:
            put(name, before(name) * (move * move))
        for name in AS_THE_EVENING_BEFORE:
            put(name, before(name))
        for rank, beta in enumerate(FUTURE_BETAS, start=1):
            put(f"vx{rank}", _moved(_same_contract(arrays, place["vx1"], rank), beta, move))
        for name, beta_row in FUNDS.items():
            put(name, _moved(before(name), before(beta_row), move))
    return Opening(values, known)


def _has_open(arrays: MarketArrays, close: int, opened: int) -> NDArray[np.bool_]:
    """[bars, paths] where there is an opening print, and a close the evening before."""
    known = np.zeros((arrays.values.shape[0], arrays.values.shape[2]), dtype=bool)
    before, now = arrays.values[:-1, close, :], arrays.values[1:, opened, :]
    known[1:] = ~np.isnan(before) & ~np.isnan(now)
    with np.errstate(invalid="ignore", divide="ignore"):
        known[1:] &= ~(np.abs(now / before - 1.0) <= arrays.stale_open)
    return known


def _same_contract(arrays: MarketArrays, first_row: int, rank: int) -> Floats:
    """[bars - 1, paths] the evening before, the price of the future that has this rank on the bar; unknown beyond the ranks quoted."""
    bars = len(arrays.values)
    ranks = rank + (arrays.vx_front[1:bars] - arrays.vx_front[: bars - 1])
    quoted = ranks <= len(FUTURE_BETAS)
    rows = first_row + np.where(quoted, ranks, 1) - 1
    prices = arrays.values[np.arange(bars - 1), rows, :]
    return np.where(quoted[:, None], prices, np.nan)


def _moved(price: Floats, beta: Floats | float, move: Floats) -> Floats:
    """A price after the VIX moved by the factor `move`; unknown where nothing would be left of it."""
    factor = 1.0 + beta * (move - 1.0)
    return np.where(factor > 0.0, price * factor, np.nan)
