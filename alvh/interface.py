"""alvh from Python: open a market, run, compare, ask why. The command line stands on the same functions."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np

from alvh.mistakes import RequestError
from alvh.runtime.compare import Comparison
from alvh.runtime.market import Market as MarketProtocol
from alvh.runtime.market import MarketArrays
from alvh.runtime.markets.load_market import load_market
from alvh.runtime.markets.manifest import SPX_SETTLEMENTS
from alvh.runtime.results import Result
from alvh.runtime.run import Engine, Report, Runnable, RunOptions
from alvh.runtime.run import run as run_program
from alvh.runtime.why import Why
from alvh.strategy import PathLike, Settings, Strategy, StrategyError, load, load_all


class Market(MarketProtocol):
    """A market to run on: `Market("generated", seed=7)`, or a manifest, `Market("history.toml")`.

    `spx_settlement`: the print that SPX options which settle in the morning are paid on, `open` or `close`; None for what the
    manifest says, which is `open` where it says nothing. `name`, `arrays` and `fingerprint` as `runtime.market.Market` has them.
    MarketError when it cannot be opened, RequestError for another print."""

    def __init__(self, spec: PathLike, *, seed: int = 0, spx_settlement: str | None = None) -> None:
        if spx_settlement not in (None, *SPX_SETTLEMENTS):
            raise RequestError(f"there is no settlement print {spx_settlement!r}: choose {' or '.join(map(repr, SPX_SETTLEMENTS))}")
        self._market = load_market(os.fspath(spec), seed, spx_settlement)
        self.spx_settlement: str = self._market.spx_settlement
        self.name = self._market.name
        self.seed: int | None = getattr(self._market, "seed", None)

    def arrays(
        self,
        start: np.datetime64 | None,
        end: np.datetime64 | None,
        inputs: tuple[str, ...] = (),
        calendars: tuple[str, ...] = (),
        paths: int = 1,
        lags: Mapping[str, int] | None = None,
    ) -> MarketArrays:
        return self._market.arrays(start, end, inputs, calendars, paths, lags)

    def fingerprint(self) -> str:
        return self._market.fingerprint()

    def __repr__(self) -> str:
        return f"Market({self.name!r})"


def run(
    strategy: Strategy | PathLike,
    market: MarketProtocol | PathLike,
    *,
    start: date | str | None = None,
    end: date | str | None = None,
    engine: Engine = "numba",
    settings: Settings | None = None,
    phase: int = 0,
    report: Report = lambda _: None,
) -> Result:
    """The result of a strategy (or its file) on a market (or its name) from `start` to `end`, both included.

    `start`, `end`: dates or `"2020-03-16"`; None for all that the market has. `phase`: sessions by which schedules are
    shifted. `settings` are read as in a strategy file. `report` is told each step. StrategyError (also for a file that has
    nothing to trade), MarketError, RequestError."""
    options = options_of(start, end, engine, phase)
    if not isinstance(strategy, Strategy) or settings:
        strategy = load(strategy.path if isinstance(strategy, Strategy) else strategy, settings=settings)
    return _run_loaded(strategy, open_market(market), options, report)


def compare(
    strategies: Sequence[Strategy | PathLike],
    market: MarketProtocol | PathLike,
    *,
    start: date | str | None = None,
    end: date | str | None = None,
    engine: Engine = "numba",
    settings: Settings | None = None,
    phase: int = 0,
    report: Report = lambda _: None,
) -> Comparison:
    """Results side by side, the first strategy the baseline; arguments as of `run`.

    A setting holds for every strategy that knows its name; one that none knows is an error."""
    if not strategies:
        raise RequestError("nothing to compare: name at least one strategy")
    options = options_of(start, end, engine, phase)
    loaded = load_all(strategies, settings=settings)
    opened = open_market(market)
    return Comparison(tuple(_run_loaded(strategy, opened, options, report) for strategy in loaded))


def why(
    strategy: Strategy | PathLike,
    market: MarketProtocol | PathLike,
    day: date | str,
    *,
    layer: str | None = None,
    start: date | str | None = None,
    settings: Settings | None = None,
    phase: int = 0,
    report: Report = lambda _: None,
) -> Why:
    """Why each layer of a strategy traded on a session, or why it did not; what is held then depends on `start`.

    `layer`: one layer, or those of a book or hedge; the other arguments as of `run`. QuestionError for a day without a session
    and for a layer that is not there."""
    asked = _date(day)
    options = options_of(start, None, "reference", phase)
    if asked is None:
        raise RequestError("there is no day to ask about")
    if options.start is not None and options.start > asked:
        raise RequestError(f"the run would start on {options.start}, after the day asked about, {asked}")
    if not isinstance(strategy, Strategy) or settings:
        strategy = load(strategy.path if isinstance(strategy, Strategy) else strategy, settings=settings)
    from alvh.runtime.find_reasons import find_reasons

    return find_reasons(_runnable(strategy), open_market(market), asked, layer, options, report)


def _run_loaded(strategy: Strategy, market: MarketProtocol, options: RunOptions, report: Report) -> Result:
    if not (strategy.program.layers or strategy.program.hold_index):
        raise StrategyError(strategy.warnings)  # of a file that declares nothing to trade the checker says so
    runnable = _runnable(strategy)
    return run_program(runnable, market, options, lambda step: report(f"{runnable.file}: {step}"))


def _runnable(strategy: Strategy) -> Runnable:
    name = os.path.basename(strategy.path)
    return Runnable(strategy.program, name, strategy.texts, strategy.lags, strategy.compiled.clauses)


def open_market(market: MarketProtocol | PathLike) -> MarketProtocol:
    """A market by its name, or as it is."""
    return Market(market) if isinstance(market, str | os.PathLike) else market


def options_of(start: date | str | None, end: date | str | None, engine: Engine, phase: int) -> RunOptions:
    """What was asked for, once it makes sense. RequestError."""
    first, last = _date(start), _date(end)
    if first is not None and last is not None and first > last:
        raise RequestError(f"the run would start on {first}, after its end on {last}")
    if engine not in ("numba", "reference"):
        raise RequestError(f"there is no engine {engine!r}: choose 'numba' or 'reference'")
    if phase < 0:
        raise RequestError(f"phase {phase} is negative: it counts sessions by which schedules are shifted")
    return RunOptions(first, last, engine, phase)


def _date(value: date | str | None) -> date | None:
    if not isinstance(value, str):
        return value
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise RequestError(f"{value!r} is not a date: write it as 2020-03-16") from None
