"""A strategy on many paths of a generated market, and what its figures come to."""

from __future__ import annotations

import hashlib
import json
import math
import os

import numpy as np
import polars as pl
from attrs import astuple, evolve, frozen

from alvh.runtime.attribution import count_trades, hedge_profit
from alvh.runtime.identity import identify
from alvh.runtime.journal import calendar_date
from alvh.runtime.lane_width import production_width
from alvh.runtime.market import MarketError, Problem
from alvh.runtime.markets.generated import GeneratedMarket
from alvh.runtime.metrics import measure
from alvh.runtime.paths.blocks import PathBlocks
from alvh.runtime.paths.distribution import distribution
from alvh.runtime.paths.measure_paths import METRICS
from alvh.runtime.paths.result import PathsResult
from alvh.runtime.paths.stream import Manner, Progress, Streamed, is_compiled, stream_paths
from alvh.runtime.results import Result
from alvh.runtime.run import (
    Report,
    Runnable,
    RunOptions,
    interpret_record,
    missing_notes,
    missing_shares,
    notes_of_market,
    settings_in_force,
)


def available_cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@frozen
class PathOptions:
    """How many paths, on how many threads, and which of them are kept whole."""

    paths: int
    threads: int
    kept: tuple[int, ...] = ()


def run_paths(
    strategy: Runnable,
    market: GeneratedMarket,
    options: RunOptions,
    asked: PathOptions,
    report: Report = lambda _: None,
    progress: Progress = lambda _, __: None,
) -> PathsResult:
    """The result of a strategy on the paths 0 .. `asked.paths` - 1. MarketError when the market cannot serve it.

    `progress` is told how many paths are done, of how many."""
    report("reading the market")
    program = strategy.program
    start, end = (None if day is None else np.datetime64(day, "D") for day in (options.start, options.end))
    blocks = PathBlocks(market, start, end, program, strategy.lags)
    if options.engine == "reference":
        report("interpreting")
        streamed = _interpret_paths(strategy, blocks, options, asked.paths, progress)
    else:
        streamed = _stream(strategy, blocks, options, asked, report, progress)
    kept = []
    for path in asked.kept:
        report(f"running path {path} again, to keep it")
        kept.append((path, _run_whole(strategy, market, blocks, options, path)))
    return _interpret(strategy, market, options, blocks, streamed, tuple(kept))


def _stream(
    strategy: Runnable, blocks: PathBlocks, options: RunOptions, asked: PathOptions, report: Report, progress: Progress
) -> Streamed:
    manner = Manner(production_width(), asked.threads)
    is_ready = is_compiled(strategy.program, manner, asked.paths * (blocks.shared.last + 1))
    report("simulating" if is_ready else "compiling for many paths (once, fifteen seconds at most)")

    def done(paths: int, of: int) -> None:
        report("simulating")
        progress(paths, of)

    return stream_paths(strategy.program, blocks, asked.paths, options.phase, manner, done)


def _interpret_paths(strategy: Runnable, blocks: PathBlocks, options: RunOptions, paths: int, progress: Progress) -> Streamed:
    """The same by the interpreter, one path after another."""
    from alvh.runtime.reference import interpret

    program = strategy.program
    streamed = Streamed(np.full((paths, len(METRICS)), np.nan), np.full(paths, -1.0))
    for path in range(paths):
        record = interpret(program, blocks.path(path), path=0, phase=options.phase)
        streamed.stopped[path] = record.stopped
        streamed.stale_marks += record.stale_marks
        streamed.unknown_prints += record.unknown_prints
        streamed.unknown_rates += record.unknown_rates
        if record.equity.size:
            found = measure(record.equity, program.capital, count_trades(record), hedge_profit(program, record))
            streamed.metrics[path] = [math.nan if value is None else value for value in astuple(found)]
        progress(path + 1, paths)
    return streamed


def _run_whole(strategy: Runnable, market: GeneratedMarket, blocks: PathBlocks, options: RunOptions, path: int) -> Result:
    """One path with its equity and journal, as `run` gives it; by the engine that is compiled already."""
    program, arrays = strategy.program, blocks.path(path)
    if options.engine == "reference":
        from alvh.runtime.reference import interpret

        record = interpret(program, arrays, path=0, phase=options.phase)
    else:
        from alvh.runtime.engine.simulate import simulate

        record = simulate(program, arrays, options.phase, production_width())[0]
    return interpret_record(strategy, market.starting_at(path), options, arrays, record)


def _interpret(
    strategy: Runnable,
    market: GeneratedMarket,
    options: RunOptions,
    blocks: PathBlocks,
    streamed: Streamed,
    kept: tuple[tuple[int, Result], ...],
) -> PathsResult:
    program, arrays = strategy.program, blocks.shared
    paths = len(streamed.stopped)
    if not (~np.isnan(streamed.metrics[:, METRICS.index("final_equity")])).any():
        problem = Problem(market.name, None, "no path has a bar: prices were missing from their first day on", "start the run later")
        raise MarketError((problem,))
    first_day, last_day = int(arrays.sessions[arrays.first]), int(arrays.sessions[arrays.last])
    settings = settings_in_force(program, market, options.phase)
    of_one = identify(program, strategy.texts, market.fingerprint(), settings, first_day, last_day)
    return PathsResult(
        strategy=program.title or strategy.file,
        file=strategy.file,
        market=market.name,
        start=calendar_date(first_day),
        end=calendar_date(last_day),
        engine=options.engine,
        settings=settings,
        paths=paths,
        stopped=int((streamed.stopped >= 0.0).sum()),
        metrics={name: distribution(streamed.metrics[:, column]) for column, name in enumerate(METRICS)},
        by_path=paths_frame(streamed, arrays.sessions),
        kept=kept,
        notes=_notes(strategy, blocks, streamed),
        identity=hashlib.sha256(json.dumps([of_one, "paths", paths]).encode()).hexdigest(),
    )


def paths_frame(streamed: Streamed, sessions: np.ndarray) -> pl.DataFrame:
    """A row a path: `path`, metrics, `stopped`."""
    columns: dict[str, pl.Series] = {"path": pl.Series(np.arange(len(streamed.stopped)))}
    for column, name in enumerate(METRICS):
        values = pl.Series(np.ascontiguousarray(streamed.metrics[:, column])).fill_nan(None)
        columns[name] = values.cast(pl.Int64) if name == "trades" else values
    ended = streamed.stopped >= 0.0
    days = np.where(ended, sessions[np.where(ended, streamed.stopped, 0.0).astype(np.int64)], 0).astype(np.int32)
    columns["stopped"] = pl.Series([int(day) if is_ended else None for day, is_ended in zip(days, ended, strict=True)], dtype=pl.Int32)
    return pl.DataFrame(columns).with_columns(pl.col("stopped").cast(pl.Date))


def _notes(strategy: Runnable, blocks: PathBlocks, streamed: Streamed) -> tuple[str, ...]:
    program, arrays = strategy.program, blocks.shared
    notes = missing_notes(program, arrays, missing_shares(program, arrays))
    stopped = int((streamed.stopped >= 0.0).sum())
    if stopped:
        notes.append(f"{stopped} of {len(streamed.stopped)} paths stopped early: a position held had no price for more than five sessions")
    # Counting those of every path would take longer than running it.
    told = tuple(evolve(note, text=f"of path 0 alone: {note.text}") if note.of_path else note for note in arrays.notes)
    notes += notes_of_market(program, evolve(arrays, notes=told))
    for count, what in (
        (streamed.unknown_prints, "settlements that had no print and took the last mark instead"),
        (streamed.stale_marks, "marks of single legs that had no price on their day and were carried from the day before"),
        (streamed.unknown_rates, "days that had no interest rate and earned none"),
    ):
        if count:
            notes.append(f"{what}: {count} on all paths together")
    return tuple(notes)
