"""`python -m alvh.commands.claims_page docs`, which `make claims` calls: docs/claims.md and its pictures, from history and from paths.

It needs the market's data that `tests/markets/history.toml` names (docs/data.md says how to bring your own).
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from alvh.claims_picture import draw_claims
from alvh.interface import Market
from alvh.judging import PATHS, claims
from alvh.progress import Progress
from alvh.runtime.claims.judge import Judgement, PartJudged
from alvh.runtime.claims.report import Claims
from alvh.runtime.claims.tables import figure_text
from alvh.runtime.result_tables import ABSENT
from alvh.strategy import load

READINGS = (
    "alvh_442_notional", "alvh_442_notional_futures", "alvh_442_notional_no_macro", "alvh_442_notional_spot", "alvh_442_notional_vix3m",
    "alvh_442_contracts", "alvh_442_plain_budget15", "alvh_442_plain_unwind8", "alvh_442_plain_roll_into",
    "alvh_40_40_20", "single_vix_call", "alvh_timed_layers", "static_vix_calls",
    "alvh_anchor", "alvh_anchor_ratio", "alvh_anchor_ratio_press", "vxth_overlay", "vix_risk_scaling",
)  # fmt: skip
"""The variants that quant.md 1.7 names, seed by seed; `--all` judges every hedge that ships."""

PAGE, HISTORY_PICTURE, PATHS_PICTURE = "claims.md", "claims-history.png", "claims-generated.png"
HISTORY_PHASES = 4
TITLES = {
    "C1": "drawdown cut by 35 % or more (seeds 1, 4)",
    "C2": "with frictions, still 25 % or more (seed 1)",
    "C3": "costs 1 to 2 % a year (seed 4)",
    "C4": "calendar writes bring 4 to 5 % down to 1 to 2 % (seed 4)",
    "C5": "drag from 0.8 % a month to under 0.25 % (seed 0)",
    "C6": "over 70 % of gap payoffs captured (seed 0)",
    "C7": "an event costs 8 to 12 %, not 15 to 20 % (seed 4)",
    "C8": "achieved in 60 to 70 % of volatility cycles (seed 1)",
    "C9": "layered beats a single call (seed 2)",
    "C10": "the hedge earns more than it costs (seeds 2, 3)",
    "C11": "80 % of days are range-bound (seed 0)",
    "C12": "triggers confirm (seeds 0 to 3)",
    "C13": "the book's beta stays in 8 to 12 % (seed 3)",
    "C14": "the first layer's gains pay for the second (seed 0)",
}
SIGNS = {"supported": "yes", "refuted": "no", "undetermined": "open", "not evaluable": "-"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge, draw, write; the exit code."""
    parser = argparse.ArgumentParser(description="Write docs/claims.md and its pictures.")
    parser.add_argument("folder", type=Path, help="where the page goes")
    parser.add_argument("--history", default="tests/markets/history.toml", help="manifest of real history")
    parser.add_argument("--strategies", type=Path, default=Path("strategies"), help="folder of strategies")
    parser.add_argument("--all", action="store_true", help="every hedge of the folder, not the named readings alone")
    parser.add_argument("--paths", type=int, default=PATHS, help="generated paths")
    chosen = parser.parse_args(arguments)
    named = [chosen.strategies / f"{name}.alvh" for name in READINGS]
    files = [str(path) for path in (sorted(chosen.strategies.glob("*.alvh")) if chosen.all else named)]
    hedged = [path for path in files if any(group.kind == "hedge" for group in load(path).program.groups)]
    started = time.monotonic()
    with Progress("claims") as progress:
        of_history = claims(hedged, Market(chosen.history), phases=HISTORY_PHASES, standard=True, report=progress.report)
        of_paths = claims(hedged, Market("generated"), paths=chosen.paths, standard=True, report=progress.report)
        progress.report("drawing")
        draw_claims(of_history, chosen.folder / HISTORY_PICTURE)
        draw_claims(of_paths, chosen.folder / PATHS_PICTURE)
        (chosen.folder / PAGE).write_text(_page(of_history, of_paths), encoding="utf-8")
    print(f"{chosen.folder / PAGE} written in {time.monotonic() - started:.0f} s", file=sys.stderr)
    return 0


def _page(of_history: Claims, of_paths: Claims) -> str:
    sample = next(judgement.sample for judgement in of_history.standard if judgement.parts)
    return f"""# Which claims hold

Made by `make claims`; [design/claims.md](design/claims.md) defines every figure. Two samples: real index history, {sample},
on which options are priced by models ([design/models.md](design/models.md)), and {of_paths.paths} generated paths of ten years
(seed {of_paths.seed}). History is one path: its bounds come from a bootstrap. A claim is *supported* when its whole interval lies in
what is promised, *refuted* when none of it does, else *open*. None of this is advice, and a model's prices are not a market's.

{_plainly(of_history, of_paths)}
## Verdicts
`yes` supported, `no` refuted, `open` undetermined, `-` not evaluable; history first, generated paths second.

{_matrix(of_history, of_paths)}
What is about the market alone:

{_market(of_history, of_paths)}
## Pictures

![Claims on real history](claims-history.png)

![Claims on generated paths](claims-generated.png)

## Real history
```
{str(of_history).rstrip()}
```

## Generated paths
```
{str(of_paths).rstrip()}
```
"""


def _plainly(of_history: Claims, of_paths: Claims) -> str:
    """In words: what each file promises itself, then how the claims of the seeds came out."""
    lines = ["## In short", *_books(of_history, "on history"), *_books(of_paths, "in the median generated path")]
    generated = {(judgement.file, judgement.name): judgement for judgement in of_paths.judgements}
    for judgement in of_history.judgements:
        other = generated[judgement.file, judgement.name]
        lines.append(f"- `{judgement.file}` claims `{judgement.text}`: {_words(judgement)} on history, {_words(other)} on generated paths.")
    for claim, title in TITLES.items():
        found = [judgement.verdict for judgement in (*of_history.standard, *of_paths.standard) if _claim(judgement) == claim]
        counts = [(word, found.count(word)) for word in ("supported", "refuted", "undetermined", "not evaluable")]
        counted = ", ".join(f"{word} {count}" for word, count in counts if count)
        lines.append(f"- {claim}, {title}: {counted or 'not judged'}{_trivial(of_history, of_paths, claim)}.")
    return "\n".join(lines) + "\n"


def _books(claims: Claims, where: str) -> list[str]:
    """How each unhedged book did, and which strategies hedge it."""
    hedged: dict[str, list[str]] = {}
    figures: dict[str, dict[str, PartJudged]] = {}
    for judgement in claims.standard:
        if judgement.sample != ABSENT and judgement.name.split()[-1] in ("R", "G"):
            figures.setdefault(judgement.file, {}).update({part.part.label: part for part in judgement.parts})
    for file, parts in figures.items():
        if "unhedged growth" in parts and "unhedged drawdown" in parts:
            growth, fall = parts["unhedged growth"], parts["unhedged drawdown"]
            text = f"{_shown(growth)} a year with a deepest drawdown of {_shown(fall)}"
            free = f"{_shown(growth, 'no costs')} and {_shown(fall, 'no costs')} without costs"
            hedged.setdefault(f"{text} ({free})", []).append(f"`{file.removesuffix('.alvh')}`")
    return [f"- The unhedged book of {', '.join(names)}, {where}: {text}." for text, names in hedged.items()]


def _shown(judged: PartJudged, beside: str = "") -> str:
    value = judged.value if not beside else next((other.value for other in judged.others if other.label == beside), None)
    return figure_text(judged.part, value)


def _trivial(of_history: Claims, of_paths: Claims, claim: str) -> str:
    """How many were supported because there was nothing to compare."""
    count = sum(
        1
        for judgement in (*of_history.standard, *of_paths.standard)
        if _claim(judgement) == claim and judgement.verdict == "supported" and judgement.reason
    )
    return f" ({count} of those supported are always on, and so compared with themselves)" if count else ""


def _words(judgement: Judgement) -> str:
    """The verdict with the figure that decided it, by its name where the claim has several."""
    deciding = [part for part in judgement.parts if part.verdict is not None]
    if not deciding:
        return judgement.verdict
    first = next((part for part in deciding if part.verdict == judgement.verdict), deciding[0])
    if first.value is None:
        return judgement.verdict
    name = f"{first.part.label} " if len(deciding) > 1 and first.part.label else ""
    return f"{judgement.verdict} ({name}{figure_text(first.part, first.value)})"


def _claim(judgement: Judgement) -> str:
    return judgement.name.split()[0]


def _matrix(of_history: Claims, of_paths: Claims) -> str:
    """A row a strategy, a column a claim."""
    files = [file for file in dict.fromkeys(judgement.file for judgement in of_history.standard) if file.endswith(".alvh")]
    columns = [name for name in TITLES if name not in ("C11", "C12")]
    rows = ["| strategy | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for file in files:
        cells = [f"{_sign(of_history, file, name)} / {_sign(of_paths, file, name)}" for name in columns]
        rows.append(f"| {file.removesuffix('.alvh')} | " + " | ".join(cells) + " |")
    return "\n".join(rows) + "\n"


def _sign(claims: Claims, file: str, name: str) -> str:
    """The verdict on the first sample that was judged."""
    for judgement in claims.standard:
        if judgement.file == file and _claim(judgement) == name:
            return SIGNS[judgement.verdict]
    return "-"


def _market(of_history: Claims, of_paths: Claims) -> str:
    rows = ["| claim | sample | verdict |", "|---|---|---|"]
    for judgement in (*of_history.standard, *of_paths.standard):
        if not judgement.file.endswith(".alvh"):
            rows.append(f"| {judgement.name}: {judgement.text} | {judgement.sample} | {judgement.verdict} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())
