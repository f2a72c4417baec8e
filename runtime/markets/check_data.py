"""What `alvh data check MARKET` says: how much of each series is observed, and every fault and oddity of the files, with its rows."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import polars as pl
from attrs import asdict, frozen

from alvh.runtime.market import MISSING, MODELLED, OBSERVED, REPLACED, Market, MarketArrays, MarketError, Problem
from alvh.runtime.markets.examine import Finding, date_text
from alvh.runtime.markets.history import HistoryMarket

FORMAT_VERSION = 1
SURFACE = ("spx_w9", "spx_w30", "spx_w93", "spx_w184", "spx_w365", "spx_scale", "spx_rho", "spx_eta")
"""Rows that no market observes; the report leaves them out."""


@frozen
class Coverage:
    """One series over all bars of a market; counts are bars and add up to the market's."""

    series: str
    first: str | None
    """Date of the first observed value."""
    last: str | None
    observed: int
    modelled: int
    replaced: int
    missing: int
    gaps: int
    """Bars between `first` and `last` that are not observed."""
    stale: int
    """Observed values that equal the one before; for an open, the close before."""


@frozen
class DataReport:
    """The state of a market's data. With problems there is no coverage: a run would refuse the market too."""

    market: str
    first: str | None
    last: str | None
    sessions: int
    series: tuple[Coverage, ...]
    findings: tuple[Finding, ...]
    problems: tuple[Problem, ...]

    @property
    def valid(self) -> bool:
        return not self.problems

    def frame(self) -> pl.DataFrame:
        """One row a series: date of first and last observation, counts, and the share observed."""
        rows = [{**asdict(entry), "share_observed": entry.observed / self.sessions} for entry in self.series]
        return pl.DataFrame(rows, schema_overrides={"first": pl.String, "last": pl.String})

    def to_json(self) -> str:
        """The report as JSON, with `format_version`."""
        content: dict[str, Any] = {"format_version": FORMAT_VERSION, "valid": self.valid, **asdict(self)}
        return json.dumps(content, indent=2)


def check_data(market: Market) -> DataReport:
    """Open all data of a market and report on them. Never raises MarketError: its problems are part of the report."""
    findings: tuple[Finding, ...] = ()
    try:
        inputs: tuple[str, ...] = ()
        if isinstance(market, HistoryMarket):
            findings = market.history().findings
            inputs = tuple(market.manifest.inputs)
        arrays = market.arrays(None, None, inputs)
    except MarketError as error:
        return DataReport(market.name, None, None, 0, (), (), error.problems)
    days = arrays.sessions[: arrays.last + 1]
    series = tuple(_coverage(arrays, name) for name in arrays.series if name not in SURFACE)
    return DataReport(market.name, date_text(days[0]), date_text(days[-1]), len(days), series, findings, ())


def render_report(report: DataReport) -> str:
    """The report for a terminal."""
    if report.problems:
        lines = [f"{report.market}: the data cannot be used as they are.", ""]
        for problem in report.problems:
            place = problem.file if problem.row is None else f"{problem.file}:{problem.row}"
            lines += [f"{place}: {problem.message}", f"    {problem.hint}"]
        count = len(report.problems)
        return "\n".join([*lines, "", f"{count} problem{'s' if count > 1 else ''}"])
    lines = [f"{report.market}: {report.sessions} sessions, {report.first} to {report.last}", ""]
    counts = ("observed", "modelled", "replaced", "missing", "gaps", "stale")
    heading = f"{'series':<15} {'first':<10}  {'last':<10}" + "".join(f" {count:>8}" for count in counts)
    lines += [heading, "-" * len(heading)]
    for entry in report.series:
        share = entry.observed / report.sessions
        lines.append(
            f"{entry.series:<15} {entry.first or '-':<10}  {entry.last or '-':<10} {share:>8.1%} {entry.modelled:>8} {entry.replaced:>8} "
            f"{entry.missing:>8} {entry.gaps:>8} {entry.stale:>8}"
        )
    if report.findings:
        lines += ["", "found in the files, and allowed by the manifest or only worth knowing:"]
        for finding in report.findings:
            rows = ", ".join(map(str, finding.rows)) + (" …" if finding.count > len(finding.rows) else "")
            lines.append(f"  {finding.file}: {finding.series}, {finding.count} x {finding.message} (rows {rows})")
    return "\n".join(lines)


def _coverage(arrays: MarketArrays, name: str) -> Coverage:
    row = arrays.series.index(name)
    provenance, values = arrays.provenance[:, row], arrays.values[:, row, 0]
    observed = provenance == OBSERVED
    at = np.flatnonzero(observed)
    days = arrays.sessions
    before = arrays.values[:-1, arrays.series.index(name.removesuffix(".open")), 0]
    return Coverage(
        series=name,
        first=date_text(days[at[0]]) if len(at) else None,
        last=date_text(days[at[-1]]) if len(at) else None,
        observed=len(at),
        modelled=int((provenance == MODELLED).sum()),
        replaced=int((provenance == REPLACED).sum()),
        missing=int((provenance == MISSING).sum()),
        gaps=int((~observed[at[0] : at[-1] + 1]).sum()) if len(at) else 0,
        stale=int((observed[1:] & (values[1:] == before)).sum()),
    )
