"""alvh from Python: open a market, run, compare, ask why. The command line stands on the same functions."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import date

import numpy as np

from alvh.mistakes import RequestError
from alvh.runtime.compare import Comparison
from alvh.runtime.market import Market as MarketProtocol
from alvh.runtime.market import MarketArrays
from alvh.runtime.markets.generated import GeneratedMarket
from alvh.runtime.markets.load_market import load_market
from alvh.runtime.markets.manifest import SPX_SETTLEMENTS
from alvh.runtime.paths.comparison import PathsComparison
from alvh.runtime.paths.result import PathsResult
from alvh.runtime.paths.run_paths import PathOptions, available_cores
from alvh.runtime.paths.run_paths import run_paths as run_program_on_paths
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

    @property
    def generated(self) -> GeneratedMarket | None:
        """The generator behind it, which has as many paths as asked for; None for a manifest, which has one."""
        return self._market if isinstance(self._market, GeneratedMarket) else None

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
    return _run_loaded(_tradable(strategy, settings), open_market(market), options, report)


def run_paths(
    strategy: Strategy | PathLike,
    market: MarketProtocol | PathLike,
    paths: int,
    *,
    threads: int | None = None,
    keep: Sequence[int] = (),
    start: date | str | None = None,
    end: date | str | None = None,
    engine: Engine = "numba",
    settings: Settings | None = None,
    phase: int = 0,
    report: Report = lambda _: None,
    progress: Callable[[int, int], None] = lambda _, __: None,
) -> PathsResult:
    """The result of a strategy on the paths 0 .. `paths` - 1 of a generated market; the other arguments as of `run`.

    `threads`: None for all cores that the process may use. `keep`: paths whose equity and journal are wanted too, as `run` gives them.
    `progress` is told how many paths are done, of how many. What path k comes to depends neither on `paths` nor on `threads`."""
    options, asked = options_of(start, end, engine, phase), _path_options(paths, threads, keep)
    generated = _with_many_paths(market)
    return _run_loaded_on_paths(_tradable(strategy, settings), generated, options, asked, report, progress)


def compare_paths(
    strategies: Sequence[Strategy | PathLike],
    market: MarketProtocol | PathLike,
    paths: int,
    *,
    threads: int | None = None,
    keep: Sequence[int] = (),
    start: date | str | None = None,
    end: date | str | None = None,
    engine: Engine = "numba",
    settings: Settings | None = None,
    phase: int = 0,
    report: Report = lambda _: None,
    progress: Callable[[int, int], None] = lambda _, __: None,
) -> PathsComparison:
    """Strategies on the same paths, the first the baseline, compared path by path; arguments as of `run_paths` and `compare`."""
    if not strategies:
        raise RequestError("nothing to compare: name at least one strategy")
    options, asked = options_of(start, end, engine, phase), _path_options(paths, threads, keep)
    loaded = load_all(strategies, settings=settings)
    generated = _with_many_paths(market)
    results: list[PathsResult] = []

    def told(done: int, of: int) -> None:
        progress(len(results) * of + done, len(loaded) * of)

    for strategy in loaded:
        results.append(_run_loaded_on_paths(_tradable(strategy), generated, options, asked, report, told))
    return PathsComparison(tuple(results))


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
    return Comparison(tuple(_run_loaded(_tradable(strategy), opened, options, report) for strategy in loaded))


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


def _tradable(strategy: Strategy | PathLike, settings: Settings | None = None) -> Strategy:
    """The strategy loaded, with its settings. StrategyError where it does not compile or has nothing to trade."""
    if not isinstance(strategy, Strategy) or settings:
        strategy = load(strategy.path if isinstance(strategy, Strategy) else strategy, settings=settings)
    if not (strategy.program.layers or strategy.program.hold_index):
        raise StrategyError(strategy.warnings)  # of a file that declares nothing to trade the checker says so
    return strategy


def _run_loaded(strategy: Strategy, market: MarketProtocol, options: RunOptions, report: Report) -> Result:
    runnable = _runnable(strategy)
    return run_program(runnable, market, options, lambda step: report(f"{runnable.file}: {step}"))


def _run_loaded_on_paths(
    strategy: Strategy,
    market: GeneratedMarket,
    options: RunOptions,
    asked: PathOptions,
    report: Report,
    progress: Callable[[int, int], None],
) -> PathsResult:
    runnable = _runnable(strategy)
    return run_program_on_paths(runnable, market, options, asked, lambda step: report(f"{runnable.file}: {step}"), progress)


def _path_options(paths: int, threads: int | None, keep: Sequence[int]) -> PathOptions:
    kept = tuple(sorted(set(keep)))
    if paths < 1:
        raise RequestError("there is no path to run on: ask for one at least")
    if threads is not None and threads < 1:
        raise RequestError("nothing runs on no thread: ask for one at least")
    if kept and not 0 <= kept[0] <= kept[-1] < paths:
        raise RequestError(f"path {kept[0] if kept[0] < 0 else kept[-1]} cannot be kept: the paths run are 0 to {paths - 1}")
    return PathOptions(paths, threads or available_cores(), kept)


def _with_many_paths(market: MarketProtocol | PathLike) -> GeneratedMarket:
    opened = open_market(market)
    generated = opened.generated if isinstance(opened, Market) else opened
    if not isinstance(generated, GeneratedMarket):
        raise RequestError(f"{opened.name} has one path: many paths need a market that makes them, as `generated`")
    return generated


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
