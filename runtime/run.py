"""One run: a compiled strategy meets a market, an engine works through the bars, and the record is interpreted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Literal as OneOf

import numpy as np
import polars as pl
from attrs import field, frozen

from alvh.compiler.clauses import RuleClauses
from alvh.compiler.ir import Program, rules_of, rules_of_group, rules_of_layer
from alvh.runtime.attribution import Basis, count_trades, find_basis, hedge_profit, layer_results, series_used
from alvh.runtime.identity import identify
from alvh.runtime.journal import calendar_date, journal_frame, place, rule_text
from alvh.runtime.market import MISSING, Market, MarketArrays, MarketError, Problem
from alvh.runtime.metrics import measure
from alvh.runtime.pricing.opening import at_the_open
from alvh.runtime.record import REFUSED, SETTLE, SHIFT, RunRecord
from alvh.runtime.results import Result, RuleKnowledge, Settings
from alvh.runtime.settlements import settlement_notes

Engine = OneOf["numba", "reference"]
FILLS = {"this close": "same_close", "next open": "next_open", "next close": "next_close"}
"""How a result calls the settings `fill ...`."""
Report = Callable[[str], None]
"""Told in a few words what a run is about to do."""


@frozen
class Runnable:
    """A compiled strategy with what its program does not say."""

    program: Program
    file: str
    """Its name for a reader."""
    texts: tuple[tuple[str, str], ...]
    """Name and text of every file it is made of, for the identity of results."""
    lags: Mapping[str, int] = field(factory=dict)
    """Calendar days by which inputs are published late, by input."""
    clauses: tuple[RuleClauses, ...] = ()
    """Of the program's rules, in the order of `rules_of`; none of a program that came from no text."""


@frozen
class RunOptions:
    """What is chosen for a run beside the strategy and the market. `start` and `end` None: all that the market has."""

    start: date | None = None
    end: date | None = None
    engine: Engine = "numba"
    phase: int = 0
    """Sessions by which schedules are shifted."""


def run(strategy: Runnable, market: Market, options: RunOptions, report: Report = lambda _: None) -> Result:
    """The result of a strategy on a market. MarketError when the market cannot serve it."""
    report("reading the market")
    program = strategy.program
    arrays = market.arrays(_day(options.start), _day(options.end), program.inputs, program.calendars, lags=strategy.lags)
    return interpret_record(strategy, market, options, arrays, simulate(program, arrays, options, report))


def simulate(program: Program, arrays: MarketArrays, options: RunOptions, report: Report = lambda _: None) -> RunRecord:
    """The record of one run over path 0 of `arrays` by the engine that `options` name."""
    if options.engine == "reference":
        from alvh.runtime.reference import interpret

        report("interpreting")
        return interpret(program, arrays, path=0, phase=options.phase)
    report("loading the engine")
    from alvh.runtime.engine.compiled import is_engine_cached
    from alvh.runtime.engine.simulate import simulate as simulate_lanes

    report("simulating" if is_engine_cached(1) else "compiling the engine (once, about fifteen seconds)")
    return simulate_lanes(program, arrays, phase=options.phase)[0]


def interpret_record(strategy: Runnable, market: Market, options: RunOptions, arrays: MarketArrays, record: RunRecord) -> Result:
    """What a record says to a reader. MarketError when it has no bar."""
    program = strategy.program
    bars = record.equity.size
    if bars == 0:
        problem = Problem(market.name, None, "the run has no bar: prices were missing from its first day on", "start it later")
        raise MarketError((problem,))
    first_day, last_day = (int(arrays.sessions[bar]) for bar in (arrays.first, arrays.first + bars - 1))
    settings = settings_in_force(program, market, options.phase)
    basis = find_basis(program, arrays, record)
    return Result(
        strategy=program.title or strategy.file,
        file=strategy.file,
        market=market.name,
        start=calendar_date(first_day),
        end=calendar_date(last_day),
        engine=options.engine,
        settings=settings,
        metrics=measure(record.equity, program.capital, count_trades(record), hedge_profit(program, record)),
        layers=layer_results(program, record),
        basis=basis,
        rules=_rule_knowledge(program, record),
        notes=_notes(program, arrays, record, basis),
        hold_profit=float(record.hold_profit[-1]) if program.hold_index else None,
        interest=float(record.interest[-1]),
        identity=identify(program, strategy.texts, market.fingerprint(), settings, first_day, last_day),
        equity=equity_frame(program, arrays, record),
        journal=journal_frame(program, arrays, record, strategy.clauses),
    )


def settings_in_force(program: Program, market: Market, phase: int) -> Settings:
    """Everything chosen for a run beyond the strategy's text."""
    return Settings(
        capital=program.capital,
        costs=program.costs,
        fill=FILLS[program.fill],
        contracts="whole" if program.whole_contracts else "fractional",
        phase=phase,
        seed=getattr(market, "seed", None),
        spx_settlement=getattr(market, "spx_settlement", None),
        params=tuple((parameter.name, parameter.value) for parameter in program.parameters),
    )


def equity_frame(program: Program, arrays: MarketArrays, record: RunRecord) -> pl.DataFrame:
    """A row a bar: `date, equity, cash, interest`, `hold` where the index is held, then P&L since the start a layer."""
    days = arrays.sessions[arrays.first : arrays.first + record.equity.size]
    columns: dict[str, object] = {
        "date": pl.Series(days.astype(np.int32)).cast(pl.Date),
        "equity": record.equity,
        "cash": record.cash,
        "interest": record.interest,
    }
    if program.hold_index:
        columns["hold"] = record.hold_profit
    columns.update({layer.name: np.ascontiguousarray(record.layer_profit[:, index]) for index, layer in enumerate(program.layers)})
    return pl.DataFrame(columns)


def _rule_knowledge(program: Program, record: RunRecord) -> tuple[RuleKnowledge, ...]:
    """The rules whose condition was unknown on some bar, in the program's order."""
    owners = [layer.name for layer in program.layers for _ in rules_of_layer(layer)]
    owners += [group.name for group in program.groups for _ in rules_of_group(group)]
    bars = record.equity.size
    return tuple(
        RuleKnowledge(owner, rule.verb, place(rule.span), rule_text(rule), float(unknown) / bars)
        for owner, rule, unknown in zip(owners, rules_of(program), record.unknown, strict=True)
        if unknown > 0.0
    )


def _notes(program: Program, arrays: MarketArrays, record: RunRecord, basis: Basis) -> tuple[str, ...]:
    notes = missing_notes(program, arrays, {entry.series: entry.missing for entry in basis.series})
    if record.stopped >= 0:
        day = calendar_date(arrays.sessions[record.stopped])
        notes.append(f"the run stopped before {day}: a position held had no price for more than five sessions")
    read = {entry.series for entry in basis.series}
    notes += [note.text for note in arrays.notes if not note.series or note.series in read]
    notes += settlement_notes(program, arrays, record.journal)
    notes += _notes_on_fills(program, arrays, record)
    if record.unknown_prints:
        notes.append(f"settlements that had no print and took the last mark instead: {record.unknown_prints}")
    if record.stale_marks:
        notes.append(f"marks of single legs that had no price on their day and were carried from the day before: {record.stale_marks}")
    if record.unknown_rates:
        notes.append(f"days that had no interest rate and earned none: {record.unknown_rates}")
    return tuple(notes)


def missing_shares(program: Program, arrays: MarketArrays) -> dict[str, float]:
    """Of each series that a run of the program reads, the share of the days traded on which the first path has none."""
    traded = arrays.provenance[arrays.first : arrays.last + 1]
    read = (name for name in series_used(program) if name in arrays.series)
    return {name: float(np.mean(traded[:, arrays.series.index(name)] == MISSING)) for name in read}


def notes_of_market(program: Program, arrays: MarketArrays) -> list[str]:
    """What the market itself says to a reader of a run of the program."""
    used = series_used(program)
    return [note.text for note in arrays.notes if not note.series or note.series in used]


def missing_notes(program: Program, arrays: MarketArrays, missing: Mapping[str, float]) -> list[str]:
    """What a strategy reads and the market lacks; `missing` is the share of days by series."""
    read = {name: share for name, share in missing.items() if name in program.inputs or _is_stream(program, name)}
    return [
        *(f"the market has no {name}: what reads it stays unknown, and no rule acts on the unknown" for name in read if read[name] == 1.0),
        *(f"the market has no calendar {name}: no rule acts on it" for name in program.calendars if name not in arrays.events),
        *(f"missing on {share:.1%} of days: {name}" for name, share in read.items() if 0.0 < share < 1.0),
    ]


def _notes_on_fills(program: Program, arrays: MarketArrays, record: RunRecord) -> list[str]:
    """Of orders that fill a session later: those that no bar was left for, and opens that were closes."""
    notes = []
    if record.waiting:
        notes.append(f"orders decided on the last day, which no day was left to fill: {record.waiting}")
    if program.fill == "next open":
        rows = record.journal
        traded = rows.bar[~np.isin(rows.action, (SETTLE, SHIFT, REFUSED))].astype(np.int64)
        at_close = int((~at_the_open(arrays).known[traded, 0]).sum())
        if at_close:
            notes.append(f"SPX or VIX had no opening print: {at_close} of {len(traded)} fills are at that day's close")
    return notes


def _is_stream(program: Program, series: str) -> bool:
    return any(node.operation == "series" and node.name == series for node in program.nodes)


def _day(day: date | None) -> np.datetime64 | None:
    return None if day is None else np.datetime64(day, "D")
