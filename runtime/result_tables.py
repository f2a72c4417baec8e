"""Results as tables for people: aligned text for a terminal, HTML for a notebook, the same rows in both."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from attrs import frozen

from alvh.runtime.attribution import Basis, InstrumentBasis
from alvh.runtime.compare import Comparison, Difference
from alvh.runtime.results import Result, Settings
from alvh.runtime.settlements import SETTLEMENT_SERIES

ABSENT = "-"
"""What stands where a figure is undefined."""


@frozen
class Table:
    """Columns with their headings, which may take two lines; the first is text and stands left, the others are figures
    and stand right."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def text(self) -> str:
        upper = tuple(heading.partition("\n")[0] if "\n" in heading else "" for heading in self.headings)
        lower = tuple(heading.rpartition("\n")[2] for heading in self.headings)
        lines = [upper, lower, *self.rows] if any(upper) else [lower, *self.rows]
        widths = [max(len(line[column]) for line in lines) for column in range(len(self.headings))]

        def align(line: tuple[str, ...]) -> str:
            figures = [cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)]
            return "  ".join([line[0].ljust(widths[0]), *figures]).rstrip()

        rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
        head = len(lines) - len(self.rows)
        return "\n".join([*map(align, lines[:head]), rule, *map(align, lines[head:])])

    def html(self) -> str:
        def cells(row: tuple[str, ...], tag: str) -> str:
            sides = ("left", *["right"] * (len(row) - 1))
            return "".join(
                f'<{tag} style="text-align:{side}">{escape(cell).replace(chr(10), " ")}</{tag}>'
                for cell, side in zip(row, sides, strict=True)
            )

        body = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in self.rows)
        return f"<table><thead><tr>{cells(self.headings, 'th')}</tr></thead><tbody>{body}</tbody></table>"


def percent(fraction: float | None, digits: int = 1, sign: bool = False) -> str:
    """A fraction in per cent, with its sign where it is a change."""
    return ABSENT if fraction is None else f"{_rounded(100.0 * fraction, digits):{'+' if sign else ''}.{digits}f}%"


def ratio(value: float | None) -> str:
    return ABSENT if value is None else f"{_rounded(value, 2):.2f}"


def dollars(value: float | None) -> str:
    if value is None:
        return ABSENT
    whole = _rounded(value, 0)
    return f"{'-' if whole < 0.0 else ''}${abs(whole):,.0f}"


def _rounded(value: float, digits: int) -> float:
    """Rounded, and 0 where that leaves -0."""
    return round(value, digits) + 0.0


def metrics_table(result: Result) -> Table:
    metrics = result.metrics
    headings = (
        "", "growth\na year", "volatility", "Sharpe", "Sortino", "deepest\ndrawdown", "CVaR 95%\na day", "hedge cost\na year",
        "final\nequity", "trades",
    )  # fmt: skip
    figures = (
        percent(metrics.cagr, 2),
        percent(metrics.volatility),
        ratio(metrics.sharpe),
        ratio(metrics.sortino),
        percent(metrics.max_drawdown),
        percent(metrics.cvar_95, 2),
        percent(metrics.hedge_cost, 2),
        dollars(metrics.final_equity),
        f"{metrics.trades:,}",
    )
    return Table(headings, ((result.strategy, *figures),))


def layers_table(result: Result) -> Table:
    rows = [
        (
            layer.name,
            layer.kind,
            dollars(layer.profit),
            dollars(layer.costs),
            f"{layer.trades:,}",
            f"{layer.settlements:,}",
            f"{layer.refusals:,}",
            percent(layer.days_held, 0),
        )
        for layer in result.layers
    ]
    if result.hold_profit is not None:
        rows.append(("SPX held", "index", dollars(result.hold_profit), "", "", "", "", ""))
    rows.append(("interest", "cash", dollars(result.interest), "", "", "", "", ""))
    return Table(("", "", "P&L after\ncosts", "costs", "trades", "settled", "refused", "days\nheld"), tuple(rows))


def comparison_table(comparison: Comparison) -> Table:
    headings = (
        "", "growth\na year", "against\nbaseline", "volatility", "Sharpe", "deepest\ndrawdown", "drawdown\ncut", "CVaR 95%\na day",
        "hedge cost\na year", "final\nequity", "trades",
    )  # fmt: skip

    def row(result: Result, difference: Difference) -> tuple[str, ...]:
        metrics, first = result.metrics, result is comparison.baseline
        return (
            result.strategy,
            percent(metrics.cagr, 2),
            ABSENT if first else percent(difference.cagr_difference, 2, sign=True),
            percent(metrics.volatility),
            ratio(metrics.sharpe),
            percent(metrics.max_drawdown),
            ABSENT if first else percent(difference.drawdown_reduction),
            percent(metrics.cvar_95, 2),
            percent(metrics.hedge_cost, 2),
            dollars(metrics.final_equity),
            f"{metrics.trades:,}",
        )

    return Table(headings, tuple(map(row, comparison.results, comparison.differences)))


_SURFACE = "SPX volatility surface"
_OF_SURFACE = frozenset({"spx_w9", "spx_w30", "spx_w93", "spx_w184", "spx_w365", "spx_scale", "spx_rho", "spx_eta"})


def _share_of_days(share: float) -> str:
    return "<1%" if share < 0.005 else percent(share, 0)


def basis_lines(basis: Basis) -> list[str]:
    """What a result rests on, in words."""
    if basis.modelled_share is None:
        return ["No position ever moved: nothing rests on a modelled price."]

    def share(entry: InstrumentBasis) -> str:
        partly = "" if entry.modelled in (0.0, 1.0) else f", {percent(entry.modelled, 0)} of it modelled"
        return f"{entry.instrument} {percent(entry.share_of_profit, 0)}{' (observed)' if entry.modelled == 0.0 else partly}"

    parts = ", ".join(share(entry) for entry in basis.instruments)
    lines = [f"{percent(basis.modelled_share, 0)} of P&L rests on modelled prices: {parts}."]
    partly: dict[str, float] = {}
    for entry in basis.series:
        if entry.modelled > 0.0:
            name = _SURFACE if entry.series in _OF_SURFACE else entry.series
            partly[name] = max(entry.modelled, partly.get(name, 0.0))
    if partly and all(entry.modelled > 0.0 or entry.missing == 1.0 for entry in basis.series):
        lines.append("Every series is modelled: no price in this run was ever quoted.")
    elif partly:
        named = ", ".join(f"{name} {_share_of_days(share)}" for name, share in partly.items())
        lines.append(f"Modelled series, share of days: {named}.")
    replaced = ", ".join(
        f"{entry.series} on {_share_of_days(entry.replaced)} of {'settlements' if entry.series in SETTLEMENT_SERIES else 'days'}"
        for entry in basis.series
        if entry.replaced > 0.0
    )
    if replaced:
        lines.append(f"Prints replaced because stale or missing: {replaced}.")
    return lines


def settings_line(settings: Settings) -> str:
    params = "".join(f", {name} {value:g}" for name, value in settings.params)
    phase = f", phase {settings.phase}" if settings.phase else ""
    chosen = f"costs {settings.costs}, {fills_in_words(settings.fill)}, {settings.contracts} contracts"
    return f"Capital {dollars(settings.capital)}, {chosen}{params}{phase}."


FILLS = {"same_close": "fills at the same close", "next_open": "fills at the next open", "next_close": "fills at the next close"}


def fills_in_words(fill: str) -> str:
    """When orders filled: `Settings.fill` for a reader."""
    return FILLS[fill]


def knowledge_lines(result: Result) -> list[str]:
    """The rules that could not be evaluated on some days."""
    return [f"Unknown on {percent(rule.unknown)} of days: {rule.verb} of {rule.layer}, {rule.rule} ({rule.text})." for rule in result.rules]


def market_name(market: str, seed: int | None) -> str:
    """The market, with the seed of a generated one."""
    return market if seed is None else f"{market} (seed {seed})"


def _heading(result: Result) -> str:
    return f"{market_name(result.market, result.settings.seed)}, {result.start} to {result.end}"


def _lines(result: Result) -> list[str]:
    """All that a reader of the figures must know: notes, what they rest on, settings, rules that were unknown."""
    return [*(f"- {note}" for note in result.notes), *basis_lines(result.basis), settings_line(result.settings), *knowledge_lines(result)]


def result_text(result: Result) -> str:
    """What `alvh run` prints."""
    blocks = [
        "\n".join([f"{result.strategy}: {_heading(result)}", *(f"- {note}" for note in result.notes)]),
        metrics_table(result).text(),
        layers_table(result).text(),
        "\n".join([*basis_lines(result.basis), settings_line(result.settings), *knowledge_lines(result)]),
    ]
    return "\n\n".join(blocks) + "\n"


def comparison_lines(comparison: Comparison) -> list[tuple[str, list[str]]]:
    """What the results rest on, as `told_apart` puts it."""
    return told_apart([(result.strategy, _lines(result)) for result in comparison.results])


def told_apart(of_each: Sequence[tuple[str, list[str]]]) -> list[tuple[str, list[str]]]:
    """Lines by name: first those that all have (under an empty name), then what is each one's own."""
    common = [line for line in of_each[0][1] if all(line in lines for _, lines in of_each)]
    return [("", common), *((name, [line for line in lines if line not in common]) for name, lines in of_each)]


def told_in_blocks(told: Sequence[tuple[str, list[str]]]) -> list[str]:
    """A block of text for each name that has lines."""
    return ["\n  ".join([name, *lines]) if name else "\n".join(lines) for name, lines in told if lines]


def told_in_lines(told: Sequence[tuple[str, list[str]]]) -> list[str]:
    """Each line with its name."""
    return [f"{name}: {line}" if name else line for name, lines in told for line in lines]


def comparison_text(comparison: Comparison) -> str:
    """What `alvh compare` prints."""
    base = comparison.baseline
    blocks = [f"{_heading(base)}; the baseline is {base.strategy}", comparison_table(comparison).text()]
    blocks += told_in_blocks(comparison_lines(comparison))
    return "\n\n".join(blocks) + "\n"


def html_of(title: str, tables: Sequence[Table], lines: Sequence[str]) -> str:
    """Tables under a title, with lines below them, as a notebook shows them."""
    paragraphs = "<br>".join(escape(line) for line in lines)
    return f"<div><strong>{escape(title)}</strong>{''.join(table.html() for table in tables)}<small>{paragraphs}</small></div>"


def result_html(result: Result) -> str:
    """What a notebook shows of a result."""
    lines = _lines(result)
    return html_of(f"{result.strategy}: {_heading(result)}", [metrics_table(result), layers_table(result)], lines)


def comparison_html(comparison: Comparison) -> str:
    """What a notebook shows of a comparison."""
    lines = told_in_lines(comparison_lines(comparison))
    return html_of(_heading(comparison.baseline), [comparison_table(comparison)], lines)
