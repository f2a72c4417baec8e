"""A grid as a table for people: aligned text for a terminal, HTML for a notebook."""

from __future__ import annotations

from alvh.runtime.axis import cells_of, words_of
from alvh.runtime.grid import Grid
from alvh.runtime.result_tables import Table, dollars, html_of, market_name, percent, ratio


def grid_table(grid: Grid) -> Table:
    """A row a cell, in the order of the grid."""
    headings = (
        "cell", *(axis.name for axis in grid.axes), "growth\na year", "volatility", "Sharpe", "Sortino", "deepest\ndrawdown",
        "CVaR 95%\na day", "hedge cost\na year", "final\nequity", "trades",
    )  # fmt: skip
    rows = []
    for places, row in zip(cells_of(grid.axes), grid.cells.iter_rows(named=True), strict=True):
        figures = (
            percent(row["cagr"], 2),
            percent(row["volatility"]),
            ratio(row["sharpe"]),
            ratio(row["sortino"]),
            percent(row["max_drawdown"]),
            percent(row["cvar_95"], 2),
            percent(row["hedge_cost"], 2),
            dollars(row["final_equity"]),
            f"{row['trades']:,}",
        )
        rows.append((str(row["cell"]), *words_of(grid.axes, places).values(), *figures))
    return Table(headings, tuple(rows))


def _heading(grid: Grid) -> str:
    cells = grid.cells.height
    return f"{grid.strategy}: {market_name(grid.market, grid.seed)}, {grid.start} to {grid.end}, {cells:,} cell{'' if cells == 1 else 's'}"


def _closing(grid: Grid) -> str:
    chosen = "".join(f"{name} {value}, " for name, value in grid.settings.items())
    phase = f"phase {grid.phase}, " if grid.phase else ""
    every = f"In every cell: {chosen}{phase}".rstrip(", ") + ". " if chosen or phase else ""
    return f"{every}Layers, costs and what the figures rest on: run a cell alone, with its values."


def grid_text(grid: Grid) -> str:
    """What `alvh run` prints of a grid."""
    notes = "\n".join([_heading(grid), *(f"- {note}" for note in grid.notes)])
    return "\n\n".join([notes, grid_table(grid).text(), _closing(grid)]) + "\n"


def grid_html(grid: Grid) -> str:
    """What a notebook shows of a grid."""
    return html_of(_heading(grid), [grid_table(grid)], [*grid.notes, _closing(grid)])
