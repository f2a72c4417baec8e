"""`alvh run`: one strategy on one market, on many paths of it, or a grid of its settings and params."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from alvh.axes import parted
from alvh.commands.failures import say_warnings, settings_as_said, told
from alvh.commands.path_options import check_paths, paths_asked
from alvh.grids import run_grid
from alvh.interface import Market, run, run_paths
from alvh.mistakes import RequestError
from alvh.progress import Progress
from alvh.runtime.axis import Axis
from alvh.runtime.paths.result import PathsResult
from alvh.runtime.results import Result
from alvh.runtime.write_grid import check_grid_output
from alvh.runtime.write_results import check_output, write_paths, write_result
from alvh.strategy import Strategy, load


@told
def execute(arguments: argparse.Namespace) -> int:
    """Run, write what `--out` asks for, print a table or JSON."""
    axes, settings = parted(settings_as_said(arguments))
    if axes:
        return _run_grid(arguments, axes, settings)
    check_paths(arguments)
    folder = None if arguments.out is None else Path(arguments.out)
    if folder is not None:
        check_output(folder)
    with Progress("alvh run") as progress:
        progress.report("compiling")
        strategy = load(arguments.file, settings=settings)
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
    return run_paths(strategy, market, **paths_asked(arguments), **asked, progress=progress.count)


def _run_grid(arguments: argparse.Namespace, axes: Sequence[Axis], settings: dict[str, str]) -> int:
    """The same of every combination of several values; `--out` is written to as cells finish."""
    if arguments.paths is not None or arguments.keep_paths is not None:
        raise RequestError("a grid runs on one path: give --paths, or a --set several values, not both")
    if arguments.engine != "numba":
        raise RequestError("a grid runs on the compiled engine: leave --engine out, or run its cells one by one")
    if arguments.out is not None:
        check_grid_output(Path(arguments.out))
    try:
        with Progress("alvh run") as progress:
            grid = run_grid(
                arguments.file,
                Market(arguments.market, seed=arguments.seed, spx_settlement=arguments.spx_settlement),
                {axis.name: axis.values for axis in axes},
                start=arguments.start,
                end=arguments.end,
                settings=settings,
                phase=arguments.phase,
                threads=arguments.threads,
                out=arguments.out,
                report=progress.report,
                progress=progress.count,
            )
    except KeyboardInterrupt:
        if arguments.out is not None:
            print(f"cells that were finished are in {arguments.out}: the same call goes on from there", file=sys.stderr)
        raise
    say_warnings([load(arguments.file, settings={**settings, **{axis.name: axis.values[0] for axis in axes}})])
    sys.stdout.write(grid.to_json() if arguments.json else str(grid))
    return 0
