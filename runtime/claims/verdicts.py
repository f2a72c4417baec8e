"""What a measured figure says about a claim."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal as OneOf

from alvh.compiler.read_claims import Region
from alvh.runtime.claims.intervals import Interval

Verdict = OneOf["supported", "refuted", "undetermined", "not evaluable"]


def judge(region: Region, value: float | None, interval: Interval | None, phases: Sequence[float | None] = ()) -> Verdict:
    """Supported when the whole interval lies in the region, refuted when none of it does, else undetermined.

    A verdict holds for every roll phase: one whose figure lies on the other side leaves the claim undetermined."""
    if value is None:
        return "not evaluable"
    low, high = (value, value) if interval is None else (min(interval.low, value), max(interval.high, value))
    known = [figure for figure in phases if figure is not None]
    if region.holds(low) and region.holds(high):
        return "supported" if all(map(region.holds, known)) else "undetermined"
    if region.misses(low, high):
        return "undetermined" if any(map(region.holds, known)) else "refuted"
    return "undetermined"


def combine(verdicts: Sequence[Verdict]) -> Verdict:
    """Of a claim with several parts: refuted by one, supported by all."""
    for worst in ("refuted", "not evaluable", "undetermined"):
        if worst in verdicts:
            return worst
    return "supported" if verdicts else "not evaluable"
