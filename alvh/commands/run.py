"""`alvh run`: one strategy on one market."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from alvh import interface
from alvh.commands.failures import told
from alvh.progress import Progress
from alvh.runtime.write_results import check_output, write_result


@told
def execute(arguments: argparse.Namespace) -> int:
    """Run, write what `--out` asks for, print a table or JSON."""
    folder = None if arguments.out is None else Path(arguments.out)
    if folder is not None:
        check_output(folder)
    with Progress("alvh run") as progress:
        progress.report("compiling")
        strategy = interface.load(arguments.file, settings=dict(arguments.settings))
        result = interface.run(
            strategy,
            interface.Market(arguments.market, seed=arguments.seed),
            start=arguments.start,
            end=arguments.end,
            engine=arguments.engine,
            phase=arguments.phase,
            report=progress.report,
        )
        if folder is not None:
            progress.report("writing")
            write_result(result, folder)
    sys.stdout.write(result.to_json() if arguments.json else str(result))
    return 0
