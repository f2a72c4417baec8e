"""Results as tables for people: aligned text for a terminal, HTML for a notebook, the same rows in both."""

from __future__ import annotations

from html import escape

from attrs import frozen

from alvh.runtime.attribution import Basis, InstrumentBasis
from alvh.runtime.compare import Comparison, Difference
from alvh.runtime.results import Result

ABSENT = "–"
"""What stands where a figure is undefined."""


@frozen
class Table:
    """Columns with their headings; the first is text and stands left, the others are figures and stand right."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def text(self) -> str:
        widths = [max(len(row[column]) for row in (self.headings, *self.rows)) for column in range(len(self.headings))]
        lines = []
        for row in (self.headings, *self.rows):
            figures = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
            lines.append("  ".join([row[0].ljust(widths[0]), *figures]).rstrip())
        rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
        return "\n".join([lines[0], rule, *lines[1:]])

    def html(self) -> str:
        def cells(row: tuple[str, ...], tag: str) -> str:
            sides = ("left", *["right"] * (len(row) - 1))
            return "".join(f'<{tag} style="text-align:{side}">{escape(cell)}</{tag}>' for cell, side in zip(row, sides, strict=True))

        body = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in self.rows)
        return f"<table><thead><tr>{cells(self.headings, 'th')}</tr></thead><tbody>{body}</tbody></table>"


def percent(fraction: float | None, digits: int = 1, sign: bool = False) -> str:
    return ABSENT if fraction is None else f"{100.0 * fraction:{'+' if sign else ''}.{digits}f}%".replace("-", "−")


def ratio(value: float | None) -> str:
    return ABSENT if value is None else f"{value:.2f}".replace("-", "−")


def dollars(value: float | None) -> str:
    if value is None:
        return ABSENT
    return f"{'−' if round(value) < 0 else ''}${abs(value):,.0f}"


_FIGURES = ("Growth/yr", "Volatility", "Sharpe", "Sortino", "Max drawdown", "CVaR 95%/day", "Hedge cost/yr", "Final equity", "Trades")


def _figures(result: Result) -> tuple[str, ...]:
    metrics = result.metrics
    return (
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


def metrics_table(result: Result) -> Table:
    return Table(("", *_FIGURES), ((result.strategy, *_figures(result)),))


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
    return Table(("Layer", "", "P&L after costs", "Costs", "Trades", "Settled", "Refused", "Days held"), tuple(rows))


def comparison_table(comparison: Comparison) -> Table:
    def row(result: Result, difference: Difference, first: bool) -> tuple[str, ...]:
        against = (ABSENT, ABSENT) if first else (percent(difference.drawdown_reduction), percent(difference.cagr_difference, 2, sign=True))
        return (result.strategy, *_figures(result), *against)

    pairs = zip(comparison.results, comparison.differences, strict=True)
    rows = tuple(row(result, difference, index == 0) for index, (result, difference) in enumerate(pairs))
    return Table(("", *_FIGURES, "Drawdown cut", "Growth vs base"), rows)


def basis_lines(basis: Basis) -> list[str]:
    """What a result rests on, in words."""
    if basis.modelled_share is None:
        return ["No position ever moved: nothing rests on a modelled price."]

    def share(entry: InstrumentBasis) -> str:
        partly = "" if entry.modelled in (0.0, 1.0) else f", {percent(entry.modelled, 0)} of it modelled"
        return f"{entry.instrument} {percent(entry.share_of_profit, 0)}{' (observed)' if entry.modelled == 0.0 else partly}"

    parts = ", ".join(share(entry) for entry in basis.instruments)
    lines = [f"{percent(basis.modelled_share, 0)} of P&L rests on modelled prices: {parts}."]
    partly = [entry for entry in basis.series if entry.modelled > 0.0]
    if partly and all(entry.modelled > 0.0 or entry.missing == 1.0 for entry in basis.series):
        lines.append("Every series is modelled: no price in this run was ever quoted.")
    elif partly:
        named = ", ".join(f"{entry.series} {percent(entry.modelled, 0)}" for entry in partly)
        lines.append(f"Modelled series, share of days: {named}.")
    replaced = ", ".join(f"{entry.series} {percent(entry.replaced, 0)}" for entry in basis.series if entry.replaced > 0.0)
    if replaced:
        lines.append(f"Prints replaced because stale or missing, share of days: {replaced}.")
    return lines


def settings_line(result: Result) -> str:
    settings = result.settings
    params = "".join(f", {name} {value:g}" for name, value in settings.params)
    phase = f", phase {settings.phase}" if settings.phase else ""
    chosen = f"costs {settings.costs}, fills at the same close, {settings.contracts} contracts"
    return f"Capital {dollars(settings.capital)}, {chosen}{params}{phase}."


def knowledge_lines(result: Result) -> list[str]:
    """The rules that could not be evaluated on some days."""
    return [f"Unknown on {percent(rule.unknown)} of days: {rule.verb} of {rule.layer}, {rule.rule} ({rule.text})." for rule in result.rules]


def _note_lines(result: Result) -> list[str]:
    return [f"{note[0].upper()}{note[1:]}." for note in result.notes]


def _heading(result: Result) -> str:
    return f"{result.market}, {result.start} to {result.end}"


def result_text(result: Result) -> str:
    """What `alvh run` prints."""
    blocks = [
        "\n".join([f"{result.strategy}: {_heading(result)}", *_note_lines(result)]),
        metrics_table(result).text(),
        layers_table(result).text(),
        "\n".join([*basis_lines(result.basis), settings_line(result), *knowledge_lines(result)]),
    ]
    return "\n\n".join(blocks) + "\n"


def comparison_text(comparison: Comparison) -> str:
    """What `alvh compare` prints."""
    base = comparison.baseline
    blocks = [f"{_heading(base)}; compared with: {base.strategy}", comparison_table(comparison).text()]
    for result in comparison.results:
        own = [*_note_lines(result), *basis_lines(result.basis), settings_line(result), *knowledge_lines(result)]
        blocks.append("\n  ".join([result.strategy, *own]))
    return "\n\n".join(blocks) + "\n"


def _html(title: str, tables: list[Table], lines: list[str]) -> str:
    paragraphs = "".join(f"<br>{escape(line)}" for line in lines)
    return f"<div><strong>{escape(title)}</strong>{''.join(table.html() for table in tables)}<small>{paragraphs[4:]}</small></div>"


def result_html(result: Result) -> str:
    lines = [*_note_lines(result), *basis_lines(result.basis), settings_line(result), *knowledge_lines(result)]
    return _html(f"{result.strategy}: {_heading(result)}", [metrics_table(result), layers_table(result)], lines)


def comparison_html(comparison: Comparison) -> str:
    lines = [
        f"{result.strategy}: {line}"
        for result in comparison.results
        for line in [*_note_lines(result), *basis_lines(result.basis), *knowledge_lines(result)]
    ]
    return _html(_heading(comparison.baseline), [comparison_table(comparison)], lines)
