"""alvh from Python: load and check a strategy, open a market, run, compare. The command line stands on the same functions."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
from attrs import field, frozen

from alvh.compiler.driver import Compiled, check_file, compile_file
from alvh.compiler.ir import Program
from alvh.grammar.diagnostics import Diagnostic, InternalError, Severity
from alvh.grammar.render import render_text
from alvh.grammar.source import Source, Span
from alvh.runtime.compare import Comparison
from alvh.runtime.market import Market as MarketProtocol
from alvh.runtime.market import MarketArrays
from alvh.runtime.markets import load_market
from alvh.runtime.results import Result
from alvh.runtime.run import Engine, Report, RunOptions
from alvh.runtime.run import run as run_program

Settings = Mapping[str, object]
"""Settings and params by name, in the words of a strategy file: `{"costs": "none", "call_delta": "0.20 delta"}`."""


class StrategyError(Exception):
    """A strategy file has errors: `diagnostics` holds every finding, the message shows them as `alvh check` does."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__(render_text(diagnostics))
        self.diagnostics = diagnostics


class RequestError(ValueError):
    """A run was asked for that cannot be: dates the wrong way round, an unknown engine."""


@frozen
class Strategy:
    """A strategy file that compiles."""

    path: str
    compiled: Compiled = field(repr=False)

    @property
    def program(self) -> Program:
        """The lowered strategy."""
        if self.compiled.program is None:
            raise InternalError(f"{self.path} was loaded without a program")
        return self.compiled.program

    @property
    def title(self) -> str:
        """The title that the file states, else its name."""
        return self.program.title or os.path.basename(self.path)

    @property
    def params(self) -> dict[str, float]:
        """The params in force, ratios as fractions."""
        return {parameter.name: parameter.value for parameter in self.program.parameters}

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        return tuple(finding for finding in self.compiled.diagnostics if finding.severity is Severity.WARNING)

    @property
    def texts(self) -> tuple[tuple[str, str], ...]:
        """Name and text of every file that says something in this strategy, the names relative to its own folder."""
        folder = os.path.dirname(os.path.abspath(self.path))
        sources = {os.path.relpath(source.path, folder).replace(os.sep, "/"): source.text for source in _sources(self.compiled)}
        return tuple(sorted(sources.items()))


class Market(MarketProtocol):
    """A market to run on: `Market("generated", seed=7)`, or a manifest, `Market("history.toml")`.

    `name`, `arrays` and `fingerprint` as `runtime.market.Market` has them. MarketError when it cannot be opened."""

    def __init__(self, spec: str | os.PathLike[str], *, seed: int = 0) -> None:
        self._market = load_market(os.fspath(spec), seed)
        self.name = self._market.name

    def arrays(
        self,
        start: np.datetime64 | None,
        end: np.datetime64 | None,
        inputs: tuple[str, ...] = (),
        calendars: tuple[str, ...] = (),
        paths: int = 1,
    ) -> MarketArrays:
        return self._market.arrays(start, end, inputs, calendars, paths)

    def fingerprint(self) -> str:
        return self._market.fingerprint()

    def __repr__(self) -> str:
        return f"Market({self.name!r})"


def check(path: str | os.PathLike[str]) -> tuple[Diagnostic, ...]:
    """Every finding of `alvh check` in the file at `path`, in order of place; a file that cannot be read is a finding too."""
    return tuple(check_file(os.fspath(path)))


def load(path: str | os.PathLike[str], *, settings: Settings | None = None) -> Strategy:
    """The strategy in the file at `path`, with `settings` in place of its own. StrategyError when it does not compile."""
    compiled = compile_file(os.fspath(path), _words(settings))
    if compiled.program is None or any(finding.severity is Severity.ERROR for finding in compiled.diagnostics):
        raise StrategyError(tuple(compiled.diagnostics))
    return Strategy(os.fspath(path), compiled)


def run(
    strategy: Strategy | str | os.PathLike[str],
    market: MarketProtocol | str | os.PathLike[str],
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
    shifted. `settings` are read as in a strategy file. StrategyError, MarketError, RequestError."""
    options = _options(start, end, engine, phase)
    if not isinstance(strategy, Strategy) or settings:
        strategy = load(strategy.path if isinstance(strategy, Strategy) else strategy, settings=settings)
    return _run_loaded(strategy, _open(market), options, report)


def compare(
    strategies: Sequence[Strategy | str | os.PathLike[str]],
    market: MarketProtocol | str | os.PathLike[str],
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
    options = _options(start, end, engine, phase)
    loaded = load_all(strategies, settings=settings)
    opened = _open(market)
    return Comparison(tuple(_run_loaded(strategy, opened, options, report) for strategy in loaded))


SETTING_NAMES = frozenset({"capital", "costs", "fill", "contracts"})


def load_all(strategies: Sequence[Strategy | str | os.PathLike[str]], *, settings: Settings | None = None) -> list[Strategy]:
    """Each strategy with those of `settings` that it knows; StrategyError when one does not compile, or a setting is
    known to none of them."""
    loaded = [strategy if isinstance(strategy, Strategy) else load(strategy) for strategy in strategies]
    if not settings:
        return loaded
    known = [SETTING_NAMES.union(strategy.params) for strategy in loaded]
    strangers = {name: value for name, value in settings.items() if not any(name in names for names in known)}
    if strangers:
        load(loaded[0].path, settings=strangers)  # its findings name the choices
    return [
        load(strategy.path, settings={name: value for name, value in settings.items() if name in names})
        for strategy, names in zip(loaded, known, strict=True)
    ]


def _run_loaded(strategy: Strategy, market: MarketProtocol, options: RunOptions, report: Report) -> Result:
    return run_program(strategy.program, os.path.basename(strategy.path), strategy.texts, market, options, report)


def _open(market: MarketProtocol | str | os.PathLike[str]) -> MarketProtocol:
    return Market(market) if isinstance(market, str | os.PathLike) else market


def _options(start: date | str | None, end: date | str | None, engine: Engine, phase: int) -> RunOptions:
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


def _words(settings: Settings | None) -> dict[str, str]:
    return {name: str(value) for name, value in (settings or {}).items()}


def _sources(compiled: Compiled) -> list[Source]:
    """The files that a strategy's module was made of, found by the spans of what they declare."""
    module = compiled.module
    spans: list[Span] = [] if module.title is None else [module.title.span]
    spans += [entry.span for entry in (*module.settings, *module.params, *module.lets, *module.triggers)]
    spans += [entry.span for entry in (*module.inputs, *module.calendars, *module.claims, *module.tests)]
    for group in module.groups:
        spans += [group.span, *(statement.span for statement in group.statements)]
        spans += [statement.span for layer in group.layers for statement in layer.statements]
    return list({source.path: source for source in (span.source for span in spans)}.values())
