"""What judging found, as a value: it shows itself as tables, and its JSON has a version."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

from attrs import frozen

from alvh.compiler.read_claims import Region
from alvh.runtime.claims.judge import Judgement, PartJudged
from alvh.runtime.results import Shown
from alvh.runtime.write_results import CLAIMS_FILE, CLAIMS_TEXT_FILE, write_whole

FORMAT_VERSION = 1
"""Of the JSON. Grows by one when a field changes its meaning, its type or its name; a new field does not change it."""


@frozen(eq=False, repr=False)
class Claims(Shown):
    """Judgements of the claims of files, and of the standard table where it was asked for."""

    market: str
    paths: int
    phases: int
    seed: int | None
    """Of a generated market; None for history."""
    judgements: tuple[Judgement, ...]
    standard: tuple[Judgement, ...] = ()
    is_standard: bool = False
    """Whether the standard table was asked for."""

    def to_dict(self) -> dict[str, Any]:
        """The judgements as JSON holds them: plain values, what is undefined None."""
        return {
            "format_version": FORMAT_VERSION,
            "market": self.market,
            "paths": self.paths,
            "phases": self.phases,
            "seed": self.seed,
            "claims": [_judgement(judgement) for judgement in self.judgements],
            "standard": [_judgement(judgement) for judgement in self.standard] if self.is_standard else None,
        }

    def __str__(self) -> str:
        from alvh.runtime.claims.tables import claims_text

        return claims_text(self)


def write_claims(claims: Claims, folder: str | os.PathLike[str]) -> None:
    """`claims.json` and `claims.txt` in `folder`, both or neither. OutputError when it cannot take them."""

    def write(place: Path) -> None:
        (place / CLAIMS_FILE).write_text(claims.to_json(), encoding="utf-8")
        (place / CLAIMS_TEXT_FILE).write_text(str(claims), encoding="utf-8")

    write_whole(Path(folder), write)


def _judgement(judgement: Judgement) -> dict[str, Any]:
    return {
        "file": judgement.file,
        "claim": judgement.name,
        "text": judgement.text,
        "sample": judgement.sample,
        "verdict": judgement.verdict,
        "reason": judgement.reason or None,
        "figures": [_part(part) for part in judgement.parts],
        "notes": list(judgement.notes),
    }


def _part(judged: PartJudged) -> dict[str, Any]:
    interval = judged.interval
    return {
        "label": judged.part.label,
        "metric": judged.part.metric,
        "relative": judged.part.relative or None,
        "of": judged.part.of,
        "region": None if judged.part.region is None else _region(judged.part.region),
        "value": judged.value,
        "interval": None if interval is None else {"low": interval.low, "high": interval.high, "how": interval.how},
        "without_best_months": judged.without_best,
        "phases": list(judged.phases),
        "others": {other.label: {"value": other.value, "without_best_months": other.without_best} for other in judged.others},
        "verdict": judged.verdict,
    }


def _region(region: Region) -> dict[str, Any]:
    return {
        "low": region.low if math.isfinite(region.low) else None,
        "high": region.high if math.isfinite(region.high) else None,
        "low_open": region.low_open,
        "high_open": region.high_open,
    }
