"""`alvh compare`: strategies side by side on one market."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from alvh.commands.failures import chosen_settings, say_warnings, told
from alvh.commands.path_options import check_paths, paths_asked
from alvh.interface import Market, compare_paths, run
from alvh.progress import Progress
from alvh.runtime.compare import Comparison
from alvh.runtime.paths.comparison import PathsComparison
from alvh.runtime.write_results import check_output, write_comparison, write_paths_comparison
from alvh.strategy import Strategy, load_all


@told
def execute(arguments: argparse.Namespace) -> int:
    """Run all, write what `--out` asks for, print a table or JSON."""
    check_paths(arguments)
    folder = None if arguments.out is None else Path(arguments.out)
    if folder is not None:
        check_output(folder)
    with Progress("alvh compare", jobs=len(arguments.files) * (arguments.paths or 1)) as progress:
        progress.report("compiling")
        strategies = load_all(arguments.files, settings=chosen_settings(arguments))
        market = Market(arguments.market, seed=arguments.seed, spx_settlement=arguments.spx_settlement)
        comparison = _compare(strategies, market, arguments, progress)
        if folder is not None:
            progress.report("writing")
            if isinstance(comparison, PathsComparison):
                write_paths_comparison(comparison, folder)
            else:
                write_comparison(comparison, folder)
    say_warnings(strategies)
    sys.stdout.write(comparison.to_json() if arguments.json else str(comparison))
    return 0


def _compare(strategies: list[Strategy], market: Market, arguments: argparse.Namespace, progress: Progress) -> Comparison | PathsComparison:
    asked = {
        "start": arguments.start,
        "end": arguments.end,
        "engine": arguments.engine,
        "phase": arguments.phase,
        "report": progress.report,
    }
    if arguments.paths is not None:
        return compare_paths(strategies, market, **paths_asked(arguments), **asked, progress=progress.count)
    results = []
    for strategy in strategies:
        results.append(run(strategy, market, **asked))
        progress.advance()
    return Comparison(tuple(results))
