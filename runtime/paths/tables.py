"""The result of many paths as tables for people: a row a metric, in the same words as the table of one run."""

from __future__ import annotations

from collections.abc import Callable

from alvh.runtime.paths.comparison import PathsComparison, PathsDifference
from alvh.runtime.paths.distribution import Distribution
from alvh.runtime.paths.result import PathsResult
from alvh.runtime.result_tables import (
    ABSENT,
    Table,
    dollars,
    html_of,
    market_name,
    percent,
    ratio,
    settings_line,
    told_apart,
    told_in_blocks,
    told_in_lines,
)


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
    return f"{market_name(result.market, result.settings.seed)}, {result.start} to {result.end}, {paths}"


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
    return html_of(f"{result.strategy}: {_heading(result)}", [metrics_table(result)], lines)


def comparison_table(comparison: PathsComparison) -> Table:
    headings = (
        "", "growth\na year", "against\nbaseline", "5% .. 95%", "deepest\ndrawdown", "drawdown\ncut", "5% .. 95%", "hedge cost\na year",
        "final\nequity",
    )  # fmt: skip

    def row(result: PathsResult, difference: PathsDifference) -> tuple[str, ...]:
        first = result is comparison.baseline
        growth, cut = difference.cagr_difference, difference.drawdown_reduction
        return (
            result.strategy,
            _percent(_median(result.metrics["cagr"])),
            ABSENT if first else _signed(_median(growth)),
            ABSENT if first else _range(growth, _signed),
            percent(_median(result.metrics["max_drawdown"])),
            ABSENT if first else percent(_median(cut)),
            ABSENT if first else _range(cut, percent),
            _percent(_median(result.metrics["hedge_cost"])),
            dollars(_median(result.metrics["final_equity"])),
        )

    return Table(headings, tuple(map(row, comparison.results, comparison.differences)))


def _median(found: Distribution) -> float | None:
    return None if found.percentiles is None else found.percentiles[2]


def _range(found: Distribution, words: Callable[[float | None], str]) -> str:
    return ABSENT if found.percentiles is None else f"{words(found.percentiles[0])} .. {words(found.percentiles[-1])}"


def _signed(value: float | None) -> str:
    return percent(value, 2, sign=True)


def _comparison_lines(comparison: PathsComparison) -> list[tuple[str, list[str]]]:
    """What is said of the results, as `told_apart` puts it."""
    return told_apart([(result.strategy, [*(f"- {note}" for note in result.notes), *_lines(result)]) for result in comparison.results])


def comparison_text(comparison: PathsComparison) -> str:
    """What `alvh compare --paths` prints."""
    base = comparison.baseline
    blocks = [f"{_heading(base)}: medians; the baseline is {base.strategy}, path by path", comparison_table(comparison).text()]
    blocks += told_in_blocks(_comparison_lines(comparison))
    return "\n\n".join(blocks) + "\n"


def comparison_html(comparison: PathsComparison) -> str:
    """What a notebook shows of a comparison."""
    lines = told_in_lines(_comparison_lines(comparison))
    return html_of(f"{_heading(comparison.baseline)}: medians", [comparison_table(comparison)], lines)
