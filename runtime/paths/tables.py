"""The result of many paths as tables for people: a row a metric, in the same words as the table of one run."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from alvh.runtime.paths.distribution import Distribution
from alvh.runtime.paths.result import PathsResult
from alvh.runtime.result_tables import ABSENT, Table, dollars, percent, ratio, settings_line


def _count(value: float | None) -> str:
    return ABSENT if value is None else f"{value:,.0f}"


def _percent(value: float | None) -> str:
    return percent(value, 2)


ROWS: dict[str, tuple[str, Callable[[float | None], str]]] = {
    "cagr": ("growth a year", _percent),
    "volatility": ("volatility", percent),
    "sharpe": ("Sharpe", ratio),
    "sortino": ("Sortino", ratio),
    "max_drawdown": ("deepest drawdown", percent),
    "cvar_95": ("CVaR 95% a day", _percent),
    "hedge_cost": ("hedge cost a year", _percent),
    "final_equity": ("final equity", dollars),
    "trades": ("trades", _count),
}
"""Heading and format of each metric, in the order shown."""


def metrics_table(result: PathsResult) -> Table:
    headings = ("", "mean", "5%", "25%", "median", "75%", "95%", "median, 90% interval")

    def row(name: str, found: Distribution) -> tuple[str, ...]:
        title, words = ROWS[name]
        percentiles = found.percentiles or (None,) * 5
        interval = ABSENT if found.median_interval is None else " .. ".join(map(words, found.median_interval))
        return (title, words(found.mean), *map(words, percentiles), interval)

    return Table(headings, tuple(row(name, result.metrics[name]) for name in ROWS if result.metrics[name].known))


def _heading(result: PathsResult) -> str:
    paths = "1 path" if result.paths == 1 else f"{result.paths:,} paths"
    return f"{result.market} (seed {result.settings.seed}), {result.start} to {result.end}, {paths}"


def _lines(result: PathsResult) -> list[str]:
    """What a reader of the figures must know beside the notes."""
    partly = [f"{ROWS[name][0]} on {found.known:,} paths" for name, found in result.metrics.items() if 0 < found.known < result.paths]
    lines = [f"Defined on some paths only: {', '.join(partly)}."] if partly else []
    stopped = f"{percent(result.stopped / result.paths)} of paths stopped early." if result.stopped else "No path stopped early."
    return [*lines, stopped, settings_line(result.settings)]


def paths_text(result: PathsResult) -> str:
    """What `alvh run --paths` prints."""
    blocks = [
        "\n".join([f"{result.strategy}: {_heading(result)}", *(f"- {note}" for note in result.notes)]),
        metrics_table(result).text(),
        "\n".join(_lines(result)),
    ]
    return "\n\n".join(blocks) + "\n"


def paths_html(result: PathsResult) -> str:
    """What a notebook shows."""
    lines = [*(f"- {note}" for note in result.notes), *_lines(result)]
    title = escape(f"{result.strategy}: {_heading(result)}")
    return f"<div><strong>{title}</strong>{metrics_table(result).html()}<small>{'<br>'.join(map(escape, lines))}</small></div>"
