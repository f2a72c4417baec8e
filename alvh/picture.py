"""The picture of a comparison: equity above, drawdown below, on one time axis."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.dates as dates
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, PercentFormatter

from alvh.runtime.compare import Comparison
from alvh.runtime.market import Floats
from alvh.runtime.metrics import drawdowns
from alvh.runtime.result_tables import dollars, fills_in_words, market_name, percent
from alvh.runtime.results import Result

PALETTE = ("#5f6b76", "#d55e00", "#0072b2", "#009e73", "#cc79a7", "#8c6d1f")
"""Grey for the baseline, then Okabe and Ito's colours, told apart by colour-blind readers too."""
_INK = "#22272e"
_FAINT = "#8a929b"
_LONGEST_TITLE = 90
_LOG_FROM = 3.0
"""Ratio of the highest to the lowest equity from which a logarithmic axis is fairer."""


def draw_comparison(comparison: Comparison, path: Path) -> None:
    """Write the picture of `comparison` to `path` (PNG). Two panels: equity in dollars, drawdown from its own peak."""
    with plt.rc_context({"font.family": "DejaVu Sans", "font.size": 9.5, "axes.edgecolor": _FAINT, "text.color": _INK}):
        figure, (above, below) = plt.subplots(
            2, 1, sharex=True, figsize=(10.5, 6.6), height_ratios=(1.75, 1.0), gridspec_kw={"hspace": 0.17}
        )
        figure.subplots_adjust(left=0.075, right=0.775, top=0.875, bottom=0.115)
        _draw_equity(above, comparison)
        _draw_drawdown(below, comparison)
        _write_titles(figure, comparison)
        figure.savefig(path, dpi=120, metadata={"Software": None}, pil_kwargs={"optimize": True})
        plt.close(figure)


def _draw_equity(axes: Axes, comparison: Comparison) -> None:
    curves = [result.equity["equity"].to_numpy() for result in comparison.results]
    low, high = min(curve.min() for curve in curves), max(curve.max() for curve in curves)
    for order, (result, curve) in enumerate(zip(comparison.results, curves, strict=True)):
        axes.plot(result.equity["date"].to_numpy(), curve, color=_colour(order), linewidth=1.2, zorder=3 - order / 100)
    if low > 0.0 and high / low > _LOG_FROM:
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.yaxis.set_minor_formatter(NullFormatter())
    axes.axhline(comparison.baseline.settings.capital, color=_FAINT, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _short_dollars(value)))
    axes.set_title("Equity", loc="left", fontsize=9.5, color=_INK, pad=6)
    _calm(axes)
    texts = []
    for result in comparison.results:
        metrics = result.metrics
        texts.append(f"{result.strategy}\n{dollars(metrics.final_equity)}, {_signed(metrics.cagr)} a year")
    _label_ends(axes, [float(curve[-1]) for curve in curves], texts)


def _draw_drawdown(axes: Axes, comparison: Comparison) -> None:
    curves = [_drawdown(result) for result in comparison.results]
    for order, (result, curve) in enumerate(zip(comparison.results, curves, strict=True)):
        days = result.equity["date"].to_numpy()
        axes.plot(days, curve, color=_colour(order), linewidth=1.0, zorder=3 - order / 100)
        deepest = int(np.argmin(curve))
        axes.plot(days[deepest], curve[deepest], marker="o", markersize=4.5, color=_colour(order), zorder=4)
    base = comparison.results[0]
    axes.fill_between(base.equity["date"].to_numpy(), curves[0], 0.0, color=_colour(0), alpha=0.13, linewidth=0, zorder=1)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.set_ylim(top=0.0)
    axes.set_title("Drawdown from the highest equity so far; the dot is the deepest", loc="left", fontsize=9.5, color=_INK, pad=6)
    _calm(axes)
    locator = dates.AutoDateLocator(minticks=5, maxticks=11)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator))
    texts = []
    for result, difference in zip(comparison.results, comparison.differences, strict=True):
        cut = "" if result is base or difference.drawdown_reduction is None else f", {_cut(difference.drawdown_reduction)}"
        texts.append(f"{_signed(result.metrics.max_drawdown)}{cut}")
    _label_ends(axes, [float(curve.min()) for curve in curves], texts)


def _cut(reduction: float) -> str:
    return f"{percent(reduction, 0)} cut" if reduction >= 0.0 else f"{percent(-reduction, 0)} deeper"


def _drawdown(result: Result) -> Floats:
    return drawdowns(result.equity["equity"].to_numpy(), result.settings.capital)


def _label_ends(axes: Axes, values: list[float], texts: list[str]) -> None:
    """A label to the right of the panel at each value, moved apart where they would overlap."""
    axes.figure.canvas.draw()
    lines = max(text.count("\n") + 1 for text in texts)
    height = axes.get_window_extent().height / axes.figure.dpi * 72.0
    room = (lines * 9.5 * 1.25 + 4.0) / height
    wanted = [float(axes.transAxes.inverted().transform(axes.transData.transform((0.0, value)))[1]) for value in values]
    places = spread(wanted, room, room / 2.0, 1.0 - room / 2.0)
    for order, (value, place, text) in enumerate(zip(wanted, places, texts, strict=True)):
        axes.plot((1.004, 1.022), (value, place), color=_colour(order), linewidth=0.9, transform=axes.transAxes, clip_on=False)
        axes.text(1.028, place, text, transform=axes.transAxes, color=_colour(order), va="center", ha="left", linespacing=1.2)


def spread(wanted: list[float], room: float, low: float, high: float) -> list[float]:
    """The places nearest to `wanted` (least squares), in its order, `room` apart and from `low` to `high`; they run over
    `high` when there are too many.

    Less its rank times the room, each place must only not fall: isotonic regression by pooling adjacent violators."""
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    pools: list[tuple[float, int]] = []
    for rank, index in enumerate(order):
        mean, size = wanted[index] - rank * room, 1
        while pools and pools[-1][0] > mean:
            before, members = pools.pop()
            mean, size = (before * members + mean * size) / (members + size), members + size
        pools.append((mean, size))
    top = max(low, high - (len(wanted) - 1) * room)
    level = [min(max(mean, low), top) for mean, size in pools for _ in range(size)]
    places = [0.0] * len(wanted)
    for rank, index in enumerate(order):
        places[index] = level[rank] + rank * room
    return places


def _write_titles(figure: Figure, comparison: Comparison) -> None:
    base = comparison.baseline
    figure.text(0.02, 0.95, _title(comparison), fontsize=13, fontweight="bold")
    period = f"{_long_date(base.start)} to {_long_date(base.end)}"
    figure.text(
        0.02,
        0.917,
        f"Market: {market_name(base.market, base.settings.seed)}, {period}. Capital {dollars(base.settings.capital)} each.",
        color=_FAINT,
    )
    share = base.basis.modelled_share
    rests = "" if share is None else f"{percent(share, 0)} of the baseline's P&L rests on modelled prices. "
    assumed = f"{fills_in_words(base.settings.fill).capitalize()}, costs {base.settings.costs}. One path, and no advice."
    figure.text(0.02, 0.03, rests + assumed, color=_FAINT, fontsize=8.5)


def _title(comparison: Comparison) -> str:
    base, *others = (result.strategy for result in comparison.results)
    if not others:
        return base
    named = f"{base} against {' and '.join(others)}"
    return named if len(named) <= _LONGEST_TITLE else f"{base} against {len(others)} others"


def _long_date(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _calm(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#e4e7ea", linewidth=0.8, zorder=0)
    axes.tick_params(color=_FAINT, labelcolor=_INK, length=3)
    axes.margins(x=0.0)
    axes.set_axisbelow(True)


def _colour(order: int) -> str:
    return PALETTE[order % len(PALETTE)]


def _signed(fraction: float | None) -> str:
    """A percentage with its sign, the minus as the axes write it."""
    return percent(fraction, 1, sign=True).replace("-", "\N{MINUS SIGN}")


def _short_dollars(value: float) -> str:
    if abs(value) >= 1e6:
        return f"${value / 1e6:g}m"
    if abs(value) >= 1e3:
        return f"${value / 1e3:g}k"
    return f"${value:g}"
