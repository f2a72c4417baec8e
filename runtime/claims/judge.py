"""Questions to judgements: runs block by block, keeps figures and lets runs go, then weighs the figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from itertools import groupby

import numpy as np
from attrs import Factory, define, evolve, field, frozen

from alvh.runtime.claims.catalogue import OF_HEDGE, OF_SENSITIVITIES, measure
from alvh.runtime.claims.days import Flags, bars_between, day_number, days_when
from alvh.runtime.claims.intervals import Interval, Sampled, interval_of, over_paths, wilson
from alvh.runtime.claims.measures import Case, Figure
from alvh.runtime.claims.questions import Asked, Part, Setup
from alvh.runtime.claims.tracks import Track, whole_track
from alvh.runtime.claims.trials import Trials, phase_offsets
from alvh.runtime.claims.verdicts import Verdict, combine, judge
from alvh.runtime.journal import calendar_date
from alvh.runtime.market import MarketArrays

R18 = day_number(date(2015, 1, 1)), day_number(date(2025, 12, 31))


@frozen
class Sources:
    """Where runs come from: blocks of paths, one block with one path for history."""

    blocks: Callable[[], Iterable[MarketArrays]]
    is_generated: bool
    seed: int = 0
    """Of the bootstrap."""


@frozen
class Beside:
    """A figure of the same question on other runs."""

    label: str
    value: float | None
    without_best: float | None


@frozen
class PartJudged:
    """A figure with all that is known of it."""

    part: Part
    value: float | None
    interval: Interval | None
    without_best: float | None
    """The figure without the hedge's three best months."""
    phases: tuple[float | None, ...]
    """At each roll phase, the first being the one judged."""
    others: tuple[Beside, ...]
    verdict: Verdict | None
    """None for a figure that decides nothing."""
    reason: str = ""


@frozen
class Judgement:
    """The answer to a question."""

    file: str
    name: str
    text: str
    sample: str
    verdict: Verdict
    reason: str
    parts: tuple[PartJudged, ...]
    notes: tuple[str, ...]


@define
class _Tally:
    """The figures of one part, gathered path by path."""

    values: list[float | None] = Factory(list)
    without_best: list[float | None] = Factory(list)
    phases: list[list[float | None]] = Factory(list)
    others: dict[str, tuple[list[float | None], list[float | None]]] = Factory(dict)
    share_rows: list[float] = Factory(list)
    sampled: Sampled | None = None
    problems: dict[str, int] = Factory(dict)
    is_same: bool = True


@define
class _Notes:
    """What the runs of one question had in common."""

    first_day: int | None = None
    last_day: int | None = None
    paths: int = 0
    days: int = 0
    days_apart: int = 0
    """Path-days on which the hedged book held other contracts than the unhedged one."""
    checks_pairs: bool = False
    stopped: int = 0
    """Runs that ended before their time, for want of a price."""
    tallies: list[_Tally] = field(factory=list)


def judge_all(
    asked: Sequence[Asked], sources: Sources, phases: int = 1, report: Callable[[str], None] = lambda _: None
) -> tuple[Judgement, ...]:
    """A judgement for each question, in their order."""
    kept = [_Notes(tallies=[_Tally() for _ in question.parts]) for question in asked]
    numbered = [(number, question) for number, question in enumerate(asked) if not question.problem]
    offsets = phase_offsets(phases)
    for block_number, arrays in enumerate(sources.blocks() if numbered else ()):
        for (file, sample), group in groupby(numbered, key=lambda entry: (entry[1].file, entry[1].sample)):
            questions = list(group)
            cut = arrays if sample == "all" else _years(arrays)
            if cut is None:
                for number, _ in questions:
                    for tally in kept[number].tallies:
                        tally.problems["the market does not reach into 2015-2025"] = 1
                continue
            for phase, offset in enumerate(offsets):
                report(f"{file}: block {block_number + 1}, phase {phase + 1} of {phases}")
                trials = _Cases(Trials(cut, offset, record_sensitivities=_read_sensitivities(questions)))
                for number, question in questions:
                    _gather(question, kept[number], trials, phase, sources.is_generated)
    return tuple(_weigh(question, notes, sources) for question, notes in zip(asked, kept, strict=True))


def _read_sensitivities(questions: Sequence[tuple[int, Asked]]) -> bool:
    return any(part.metric in OF_SENSITIVITIES for _, question in questions for part in question.parts)


def _years(arrays: MarketArrays) -> MarketArrays | None:
    start, stop = bars_between(arrays.sessions[: arrays.last + 1], *R18)
    first, last = max(start, arrays.first), min(stop - 1, arrays.last)
    return evolve(arrays, first=first, last=last) if last - first > 2 * 252 else None


class _Cases:
    """Cases of the paths of one block at one phase; days by condition are found once."""

    def __init__(self, trials: Trials) -> None:
        self.trials = trials
        self._days: dict[tuple[int, int], Flags] = {}

    def of(self, setup: Setup, needs_always_on: bool) -> list[Case | str]:
        trials, program = self.trials, setup.program
        hedged, unhedged = trials.hedged(program, setup.live), trials.unhedged(program)
        baseline = unhedged if setup.baseline is None else trials.hedged(setup.baseline, setup.live)
        always = trials.always_on(program, setup.live) if needs_always_on else (None,) * trials.paths
        cases: list[Case | str] = []
        for path in range(trials.paths):
            runs = [hedged[path], baseline[path], unhedged[path]]
            bars = min(run.bars for run in runs)
            if bars < 2:
                cases.append("a run has no bars")
                continue
            tracks = [whole_track(run).cut(0, bars) for run in runs]
            twin = always[path]
            chosen = None if setup.condition is None else self._chosen(setup, path)[:bars]
            cases.append(_windowed(Case(tracks[0], tracks[1], tracks[2], None if twin is None else whole_track(twin), chosen), setup))
        return cases

    def _chosen(self, setup: Setup, path: int) -> Flags:
        key = id(setup.condition), path
        if key not in self._days:
            assert setup.condition is not None
            self._days[key] = days_when(setup.condition, self.trials.arrays, path)
        return self._days[key]


def _windowed(case: Case, setup: Setup) -> Case | str:
    """The case in the setup's scenario; a text where the market does not hold all of it."""
    if setup.scenario is None:
        return case
    days = case.hedged.days
    first, last = day_number(setup.scenario.first), day_number(setup.scenario.last)
    if last > days[-1]:
        return f"the market ends {calendar_date(int(days[-1]))}"
    if first < days[0]:
        return f"the market is traded from {calendar_date(int(days[0]))} on"
    start, stop = bars_between(days, first, last)

    def cut(track: Track) -> Track:
        return track.cut(start, stop)

    chosen = None if case.chosen is None else case.chosen[start:stop]
    return Case(cut(case.hedged), cut(case.baseline), cut(case.unhedged), case.always_on, chosen)


def _gather(question: Asked, notes: _Notes, cases: _Cases, phase: int, is_generated: bool) -> None:
    needs_always_on = any(part.metric.startswith("payoff_capture") for part in question.parts)
    found = cases.of(question.setup, needs_always_on)
    if phase == 0:
        _note(question, notes, found)
    others = [(label, cases.of(setup, needs_always_on)) for label, setup in question.others] if phase == 0 else []
    for part, tally in zip(question.parts, notes.tallies, strict=True):
        while len(tally.phases) <= phase:
            tally.phases.append([])
        for case in found:
            figure = _figure(part, case)
            value = _value(figure)
            tally.phases[phase].append(value)
            if phase > 0:
                continue
            if isinstance(figure, str):
                tally.problems[figure] = tally.problems.get(figure, 0) + 1
            elif figure.is_share:
                tally.share_rows += figure.rows[:, 0].tolist()
            if isinstance(figure, Sampled) and not is_generated:
                tally.sampled = figure
            tally.values.append(value)
            tally.without_best.append(_value(_figure(evolve(part, without_best=True), case)))
            tally.is_same = tally.is_same and isinstance(case, Case) and _says_nothing(part, case)
        for label, other in others:
            values, without = tally.others.setdefault(label, ([], []))
            values += [_value(_figure(part, case)) for case in other]
            without += [_value(_figure(evolve(part, without_best=True), case)) for case in other]


def _note(question: Asked, notes: _Notes, cases: list[Case | str]) -> None:
    for case in cases:
        if isinstance(case, str):
            continue
        days = case.hedged.days
        notes.first_day, notes.last_day, notes.paths = int(days[0]), int(days[-1]), notes.paths + 1
        notes.stopped += any(track.run.record.stopped >= 0 for track in (case.hedged, case.baseline, case.unhedged))
        books = list(case.hedged.run.books)
        if books and not question.setup.live:
            notes.checks_pairs = True
            span = slice(case.hedged.start, case.hedged.stop)
            held, alone = (track.run.record.layer_contracts[span][:, books] for track in (case.hedged, case.unhedged))
            notes.days += len(days)
            notes.days_apart += int((held != alone).any(axis=1).sum())


def _figure(part: Part, case: Case | str) -> Figure:
    if isinstance(case, str):
        return case
    return measure(part.metric, part.relative, case.without_best_months() if part.without_best else case, part.of)


def _value(figure: Figure) -> float | None:
    value = None if isinstance(figure, str) else figure.value
    return value if value is not None and np.isfinite(value) else None


def _says_nothing(part: Part, case: Case) -> bool:
    """Whether the figure compares a run with itself."""
    if part.relative:
        return case.is_same
    return part.metric in OF_HEDGE and bool(np.array_equal(case.hedged.equity, case.unhedged.equity))


# ---- weighing ----------------------------------------------------------------------------------------


def _weigh(question: Asked, notes: _Notes, sources: Sources) -> Judgement:
    if question.problem:
        return Judgement(question.file, question.name, question.text, "-", "not evaluable", question.problem, (), question.notes)
    parts = tuple(_weigh_part(part, tally, question, sources) for part, tally in zip(question.parts, notes.tallies, strict=True))
    deciding = [judged for judged in parts if judged.verdict is not None]
    verdict = combine([judged.verdict for judged in deciding if judged.verdict is not None])
    reasons = dict.fromkeys(judged.reason for judged in deciding if judged.reason and judged.verdict == verdict)
    said = list(question.notes)
    if notes.checks_pairs and notes.days_apart:
        said.append(
            f"on {notes.days_apart / notes.days:.1%} of days cash or margin gave the hedged book other contracts than the unhedged one"
        )
    return Judgement(
        question.file, question.name, question.text, _sample_text(notes, sources), verdict, "; ".join(reasons), parts, tuple(said)
    )


def _sample_text(notes: _Notes, sources: Sources) -> str:
    if notes.first_day is None or notes.last_day is None:
        return "-"
    span = f"{calendar_date(notes.first_day)} to {calendar_date(notes.last_day)}"
    return f"{notes.paths} generated paths, {span}" if sources.is_generated else span


def _weigh_part(part: Part, tally: _Tally, question: Asked, sources: Sources) -> PartJudged:
    value, interval = _summary(tally, question, sources)
    phases = tuple(_middle(values) for values in tally.phases)
    others = tuple(Beside(label, _middle(values), _middle(without)) for label, (values, without) in tally.others.items())
    without_best = _middle(tally.without_best)
    verdict: Verdict | None = None
    reason = ""
    if part.region is not None:
        verdict = judge(part.region, value, interval, phases[1:])
        if value is None:
            reason = max(tally.problems, key=lambda text: tally.problems[text]) if tally.problems else "the figure is undefined"
        elif tally.is_same:
            verdict, reason = "undetermined", "nothing is hedged: both sides are the same run"
        elif verdict == "undetermined" and judge(part.region, value, interval) != "undetermined":
            reason = "it depends on the roll phase"
        elif part.metric.startswith("payoff_capture") and interval is not None and _is_one(interval):
            reason = "the hedge is always on, and is compared with itself"
    return PartJudged(part, value, interval, without_best, phases, others, verdict, reason)


def _is_one(interval: Interval) -> bool:
    """Whether a share is the whole, up to how its parts were added."""
    return abs(interval.low - 1.0) < 1e-9 and abs(interval.high - 1.0) < 1e-9


def _summary(tally: _Tally, question: Asked, sources: Sources) -> tuple[float | None, Interval | None]:
    """Value and interval: of the one path, or over the paths."""
    if tally.share_rows:
        return float(np.mean(tally.share_rows)), wilson(float(sum(tally.share_rows)), len(tally.share_rows))
    if sources.is_generated:
        interval = over_paths(tally.values)
        return (None if interval is None else _middle(tally.values)), interval
    if tally.sampled is None or question.setup.scenario is not None or tally.is_same:
        return _middle(tally.values), None  # one window of history is one event: what happened is what happened
    return _value(tally.sampled), interval_of(tally.sampled, sources.seed)


def _middle(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.median(known)) if known else None
