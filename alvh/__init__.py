"""A declarative language for layered volatility hedges, its checker, and its compiled simulator.

    import alvh

    result = alvh.run("hedge.alvh", "generated")
    result.metrics, result.equity, result.journal

Importing alvh is cheap: what a name needs is loaded when the name is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from alvh.grammar.diagnostics import Diagnostic as Diagnostic
    from alvh.grids import CellError as CellError
    from alvh.grids import run_grid as run_grid
    from alvh.interface import Market as Market
    from alvh.interface import compare as compare
    from alvh.interface import compare_paths as compare_paths
    from alvh.interface import run as run
    from alvh.interface import run_paths as run_paths
    from alvh.interface import why as why
    from alvh.judging import claims as claims
    from alvh.mistakes import RequestError as RequestError
    from alvh.runtime.claims.report import Claims as Claims
    from alvh.runtime.compare import Comparison as Comparison
    from alvh.runtime.grid import Grid as Grid
    from alvh.runtime.market import MarketError as MarketError
    from alvh.runtime.paths.comparison import PathsComparison as PathsComparison
    from alvh.runtime.paths.result import PathsResult as PathsResult
    from alvh.runtime.results import Result as Result
    from alvh.runtime.why import QuestionError as QuestionError
    from alvh.runtime.why import Why as Why
    from alvh.strategy import Strategy as Strategy
    from alvh.strategy import StrategyError as StrategyError
    from alvh.strategy import check as check
    from alvh.strategy import load as load

_HOMES = {
    "CellError": "alvh.grids",
    "Claims": "alvh.runtime.claims.report",
    "Comparison": "alvh.runtime.compare",
    "Diagnostic": "alvh.grammar.diagnostics",
    "Grid": "alvh.runtime.grid",
    "Market": "alvh.interface",
    "MarketError": "alvh.runtime.market",
    "PathsComparison": "alvh.runtime.paths.comparison",
    "PathsResult": "alvh.runtime.paths.result",
    "QuestionError": "alvh.runtime.why",
    "RequestError": "alvh.mistakes",
    "Result": "alvh.runtime.results",
    "Strategy": "alvh.strategy",
    "StrategyError": "alvh.strategy",
    "Why": "alvh.runtime.why",
    "check": "alvh.strategy",
    "claims": "alvh.judging",
    "compare": "alvh.interface",
    "compare_paths": "alvh.interface",
    "load": "alvh.strategy",
    "run": "alvh.interface",
    "run_grid": "alvh.grids",
    "run_paths": "alvh.interface",
    "why": "alvh.interface",
}

__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'alvh' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
