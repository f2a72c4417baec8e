"""`alvh run`: one strategy on one market, or on many paths of it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from alvh.commands.failures import chosen_settings, say_warnings, told
from alvh.interface import Market, run, run_paths
from alvh.mistakes import RequestError
from alvh.progress import Progress
from alvh.runtime.paths.result import PathsResult
from alvh.runtime.results import Result
from alvh.runtime.write_results import check_output, write_paths, write_result
from alvh.strategy import Strategy, load


@told
def execute(arguments: argparse.Namespace) -> int:
    """Run, write what `--out` asks for, print a table or JSON."""
    _check_paths(arguments)
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
    asked = {"start": arguments.start, "end": arguments.end, "engine": arguments.engine, "phase": arguments.phase}
    if arguments.paths is None:
        return run(strategy, market, **asked, report=progress.report)
    return run_paths(
        strategy,
        market,
        arguments.paths,
        threads=arguments.threads,
        keep=[path for span in arguments.keep_paths or () for path in span],
        **asked,
        report=progress.report,
        advance=progress.advance,
    )


def _check_paths(arguments: argparse.Namespace) -> None:
    """RequestError for what makes no sense without `--paths`, and for paths that would be kept nowhere."""
    if arguments.paths is None:
        for option, given in (("--threads", arguments.threads), ("--keep-paths", arguments.keep_paths)):
            if given is not None:
                raise RequestError(f"{option} goes with --paths")
        return
    if arguments.keep_paths is not None:
        if arguments.out is None:
            raise RequestError("--keep-paths needs --out, the folder that the paths are written to")
        if (last := max(span[-1] for span in arguments.keep_paths)) >= arguments.paths:
            raise RequestError(f"path {last} cannot be kept: the paths run are 0 to {arguments.paths - 1}")
