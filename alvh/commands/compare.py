"""`alvh compare`: strategies side by side on one market."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from alvh.commands.failures import chosen_settings, say_warnings, told
from alvh.interface import Market, run
from alvh.progress import Progress
from alvh.runtime.compare import Comparison
from alvh.runtime.write_results import check_output, write_comparison
from alvh.strategy import load_all


@told
def execute(arguments: argparse.Namespace) -> int:
    """Run all, write what `--out` asks for, print a table or JSON."""
    folder = None if arguments.out is None else Path(arguments.out)
    if folder is not None:
        check_output(folder)
    with Progress("alvh compare", jobs=len(arguments.files)) as progress:
        progress.report("compiling")
        strategies = load_all(arguments.files, settings=chosen_settings(arguments))
        market = Market(arguments.market, seed=arguments.seed, spx_settlement=arguments.spx_settlement)
        results = []
        for strategy in strategies:
            results.append(
                run(
                    strategy,
                    market,
                    start=arguments.start,
                    end=arguments.end,
                    engine=arguments.engine,
                    phase=arguments.phase,
                    report=progress.report,
                )
            )
            progress.advance()
        comparison = Comparison(tuple(results))
        if folder is not None:
            progress.report("writing")
            write_comparison(comparison, folder)
    say_warnings(strategies)
    sys.stdout.write(comparison.to_json() if arguments.json else str(comparison))
    return 0
