"""Judgements as text that a trader reads: a table a file, and underneath it why what was not judged was not."""

from __future__ import annotations

from itertools import groupby

from alvh.compiler.vocabulary import METRICS
from alvh.runtime.claims.catalogue import OF_MARKET
from alvh.runtime.claims.judge import Judgement, PartJudged
from alvh.runtime.claims.questions import Part
from alvh.runtime.claims.report import Claims
from alvh.runtime.result_tables import ABSENT, Table, dollars, percent, ratio

_NUMBERS = frozenset({"calmar", "reduction_kept", "trigger_lift", "gain_offset"})
_SMALL = frozenset(
    {
        "annual_cost", "hedge_cost", "growth_given_up", "growth_gained", "premium_bought", "monthly_drag", "monthly_drag_of_equity",
        "naive_drag", "cagr",
    }
)  # fmt: skip
_LEGEND = """\
measured: of the claim's own runs. 90 % bounds: below the lower and above the upper the figure lies with a tenth of the chance each.
less 3 months: the hedge earns nothing in its three best months. phases: lowest and highest over roll phases.
live: books sized from their own equity. no costs: fills at mid, no fees. Elsewhere books are sized from the unhedged run's equity.
"""


def claims_text(claims: Claims) -> str:
    """All tables, ending in a line break."""
    sections = [_heading(claims)]
    for file, judgements in groupby(claims.judgements, key=lambda judgement: judgement.file):
        sections.append(f"{file}\n{_table(list(judgements))}")
    for file, judgements in groupby(claims.standard, key=lambda judgement: judgement.file):
        sections.append(f"Standard table: {file}\n{_table(list(judgements))}")
    if claims.judgements or claims.standard:
        sections.append(_LEGEND.rstrip("\n"))
    else:
        sections.append("No file makes a claim.")
    return "\n\n".join(sections) + "\n"


def _heading(claims: Claims) -> str:
    seed = "" if claims.seed is None else f", seed {claims.seed}, {claims.paths} path{'' if claims.paths == 1 else 's'}"
    phases = "one roll phase" if claims.phases == 1 else f"{claims.phases} roll phases over a month"
    return f"Claims on {claims.market}{seed}, {phases}"


def _table(judgements: list[Judgement]) -> str:
    labels = list(dict.fromkeys(other.label for judgement in judgements for part in judgement.parts for other in part.others))
    has_phases = any(len(part.phases) > 1 for judgement in judgements for part in judgement.parts)
    headings = ["claim", "asked", "measured", "90 % bounds", "less\n3 months"]
    headings += ["phases"] if has_phases else []
    for label in labels:
        headings += [label, f"{label}, less\n3 months"]
    headings.append("verdict")
    rows = []
    for judgement in judgements:
        if not judgement.parts:
            rows.append((judgement.name, *[ABSENT] * (len(headings) - 2), judgement.verdict))
        for place, judged in enumerate(judgement.parts):
            rows.append(_row(_row_name(judgement, place), judged, has_phases, labels, judgement.verdict if place == 0 else ""))
    table = Table(tuple(headings), tuple(rows)).text()
    return "\n".join([table, *_remarks(judgements)])


def _row_name(judgement: Judgement, place: int) -> str:
    """The claim's name; where it has several figures, each one's own beside or beneath it."""
    if len(judgement.parts) == 1:
        return judgement.name
    label = judgement.parts[place].part.label
    return f"{judgement.name}: {label}" if place == 0 else f"    {label}"


def _row(name: str, judged: PartJudged, has_phases: bool, labels: list[str], verdict: str) -> tuple[str, ...]:
    part, interval = judged.part, judged.interval
    hedge_counts = part.metric not in OF_MARKET and part.of != "unhedged"
    figures = [
        region_text(part),
        figure_text(part, judged.value),
        ABSENT if interval is None else f"{figure_text(part, interval.low)} .. {figure_text(part, interval.high)}",
        figure_text(part, judged.without_best) if hedge_counts else ABSENT,
    ]
    if has_phases:
        known = [value for value in judged.phases if value is not None]
        figures.append(f"{figure_text(part, min(known))} .. {figure_text(part, max(known))}" if known else ABSENT)
    others = {other.label: other for other in judged.others}
    for label in labels:
        other = others.get(label)
        without = figure_text(part, other.without_best) if other is not None and hedge_counts else ABSENT
        figures += [ABSENT if other is None else figure_text(part, other.value), without]
    return (name, *figures, verdict)


def _remarks(judgements: list[Judgement]) -> list[str]:
    """Samples, reasons and notes, each once, with the claims that they are of."""
    said: dict[str, list[str]] = {}
    for judgement in judgements:
        if judgement.sample != ABSENT:
            said.setdefault(f"sample: {judgement.sample}", []).append(judgement.name)
    for judgement in judgements:
        if judgement.reason:
            said.setdefault(f"{judgement.verdict}: {judgement.reason}", []).append(judgement.name)
        for note in judgement.notes:
            said.setdefault(note, []).append(judgement.name)
    return [f"  {', '.join(names)}: {text}" for text, names in said.items()]


def figure_text(part: Part, value: float | None) -> str:
    """A figure in the unit of its metric."""
    if part.relative == "ratio" or part.metric in _NUMBERS:
        return ratio(value)
    if part.relative == "reduction":
        return percent(value)
    if part.metric in _SMALL:
        return percent(value, 2)
    if part.metric not in METRICS:
        return percent(value)
    kind = METRICS[part.metric].kind.family.value
    if kind == "money":
        return dollars(value)
    if kind == "number":
        return ratio(value)
    return percent(value)


def region_text(part: Part) -> str:
    """The region as a claim writes it."""
    region = part.region
    if region is None:
        return ABSENT
    if region.low == float("-inf"):
        return f"{'<' if region.high_open else '<='} {figure_text(part, region.high)}"
    if region.high == float("inf"):
        return f"{'>' if region.low_open else '>='} {figure_text(part, region.low)}"
    low, high = figure_text(part, region.low), figure_text(part, region.high)
    return low if region.low == region.high else f"{low} .. {high}"
