"""`alvh run`: one strategy on one market."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from alvh.commands.failures import chosen_settings, say_warnings, told
from alvh.interface import Market, run
from alvh.progress import Progress
from alvh.runtime.write_results import check_output, write_result
from alvh.strategy import load


@told
def execute(arguments: argparse.Namespace) -> int:
    """Run, write what `--out` asks for, print a table or JSON."""
    folder = None if arguments.out is None else Path(arguments.out)
    if folder is not None:
        check_output(folder)
    with Progress("alvh run") as progress:
        progress.report("compiling")
        strategy = load(arguments.file, settings=chosen_settings(arguments))
        result = run(
            strategy,
            Market(arguments.market, seed=arguments.seed, spx_settlement=arguments.spx_settlement),
            start=arguments.start,
            end=arguments.end,
            engine=arguments.engine,
            phase=arguments.phase,
            report=progress.report,
        )
        if folder is not None:
            progress.report("writing")
            write_result(result, folder)
    say_warnings([strategy])
    sys.stdout.write(result.to_json() if arguments.json else str(result))
    return 0
