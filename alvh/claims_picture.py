"""The picture of the standard table: how much of the drawdown each strategy cut and what it cost, with bounds, beside what is promised."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
from attrs import frozen
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, PercentFormatter

from alvh.runtime.claims.judge import Judgement, PartJudged
from alvh.runtime.claims.report import Claims

INK, FAINT, BLUE, ORANGE, GREEN = "#22272e", "#8a929b", "#0072b2", "#d55e00", "#009e73"


@frozen
class Panel:
    """One figure of the standard table, for all strategies."""

    title: str
    claim: str
    """`C1`, of the first sample that was judged."""
    metric: str


PANELS = (
    Panel("Drawdown cut (C1: 35% or more)", "C1", "max_drawdown"),
    Panel("Calm bleed a year (C3: 1 to 2%)", "C3", "annual_cost"),
    Panel("Growth given up a year (C3: at most 2%)", "C3", "growth_given_up"),
)


def draw_claims(claims: Claims, path: Path) -> None:
    """Write the picture of the standard table of `claims` to `path` (PNG): a row a strategy, a panel a figure."""
    files = [file for file in dict.fromkeys(judgement.file for judgement in claims.standard) if file.endswith(".alvh")]
    with plt.rc_context({"font.family": "DejaVu Sans", "font.size": 9.5, "axes.edgecolor": FAINT, "text.color": INK}):
        figure, axes = plt.subplots(1, len(PANELS), sharey=True, figsize=(11.0, 1.9 + 0.42 * len(files)))
        for panel, place in zip(PANELS, axes, strict=True):
            _draw_panel(place, panel, files, claims.standard)
        axes[0].set_yticks(range(len(files)), [file.removesuffix(".alvh") for file in files])
        axes[0].invert_yaxis()
        figure.suptitle(_title(claims), x=0.01, ha="left", fontsize=11.5, fontweight="bold")
        figure.text(
            0.01,
            0.015,
            "Band: what is promised. Blue: measured, with one-sided 90% bounds. Orange cross: without the hedge's three best months. "
            "Green ring: live sizing.",
            color=FAINT,
            fontsize=8.5,
        )
        figure.tight_layout(rect=(0.0, 0.05, 1.0, 0.97))
        figure.savefig(path, dpi=120, metadata={"Software": None}, pil_kwargs={"optimize": True})
        plt.close(figure)


def _title(claims: Claims) -> str:
    if claims.seed is None:
        sample = next((judgement.sample for judgement in claims.standard if judgement.parts), "")
        return f"The claims on real history, {sample}"
    return f"The claims on {claims.paths} generated paths of ten years (seed {claims.seed})"


def _draw_panel(axes: Axes, panel: Panel, files: Sequence[str], judgements: Sequence[Judgement]) -> None:
    region = None
    for row, file in enumerate(files):
        judged = _figure(panel, file, judgements)
        if judged is None or judged.value is None:
            axes.text(0.0, row, "not evaluable", color=FAINT, va="center", fontsize=8.5)
            continue
        region = judged.part.region or region
        if judged.interval is not None:
            axes.plot((judged.interval.low, judged.interval.high), (row, row), color=BLUE, linewidth=2.2, solid_capstyle="butt", zorder=2)
        axes.plot(judged.value, row, marker="o", markersize=5.5, color=BLUE, zorder=4)
        if judged.without_best is not None:
            axes.plot(judged.without_best, row, marker="x", markersize=6.0, color=ORANGE, zorder=3)
        for other in judged.others:
            if other.label == "live" and other.value is not None:
                axes.plot(other.value, row, marker="o", markersize=8.5, markerfacecolor="none", color=GREEN, zorder=3)
    low, high = axes.get_xlim()
    low, high = min(low, 0.0), max(high, 0.0)
    if region is not None:
        high = max(high, region.low if region.low > -1e9 else high, region.high if region.high < 1e9 else high)
        axes.axvspan(max(region.low, low), min(region.high, high + 0.1 * (high - low)), color=GREEN, alpha=0.13, linewidth=0, zorder=0)
    axes.set_xlim(low, high + 0.1 * (high - low))
    axes.axvline(0.0, color=FAINT, linewidth=0.8, zorder=1)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.set_title(panel.title, loc="left", fontsize=9.5)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.grid(axis="x", color="#e4e7ea", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(color=FAINT, labelcolor=INK, length=3)


def _figure(panel: Panel, file: str, judgements: Sequence[Judgement]) -> PartJudged | None:
    """The figure of a strategy on the first sample judged."""
    for judgement in judgements:
        if judgement.file == file and judgement.name.split()[0] == panel.claim:
            return next((part for part in judgement.parts if part.part.metric == panel.metric), None)
    return None
