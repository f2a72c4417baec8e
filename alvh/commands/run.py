"""`alvh run`: one strategy on one market, or on many paths of it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from alvh.commands.failures import chosen_settings, say_warnings, told
from alvh.commands.path_options import check_paths, paths_asked
from alvh.interface import Market, run, run_paths
from alvh.progress import Progress
from alvh.runtime.paths.result import PathsResult
from alvh.runtime.results import Result
from alvh.runtime.write_results import check_output, write_paths, write_result
from alvh.strategy import Strategy, load


@told
def execute(arguments: argparse.Namespace) -> int:
    """Run, write what `--out` asks for, print a table or JSON."""
    check_paths(arguments)
    folder = None if arguments.out is None else Path(arguments.out)
    if folder is not None:
        check_output(folder)
    with Progress("alvh run", jobs=1 if arguments.paths is None else arguments.paths) as progress:
        progress.report("compiling")
        strategy = load(arguments.file, settings=chosen_settings(arguments))
        market = Market(arguments.market, seed=arguments.seed, spx_settlement=arguments.spx_settlement)
        result = _run(strategy, market, arguments, progress)
        if folder is not None:
            progress.report("writing")
            if isinstance(result, PathsResult):
                write_paths(result, folder)
            else:
                write_result(result, folder)
    say_warnings([strategy])
    sys.stdout.write(result.to_json() if arguments.json else str(result))
    return 0


def _run(strategy: Strategy, market: Market, arguments: argparse.Namespace, progress: Progress) -> Result | PathsResult:
    asked = {
        "start": arguments.start,
        "end": arguments.end,
        "engine": arguments.engine,
        "phase": arguments.phase,
        "report": progress.report,
    }
    if arguments.paths is None:
        return run(strategy, market, **asked)
    return run_paths(strategy, market, **paths_asked(arguments), **asked, advance=progress.advance)
