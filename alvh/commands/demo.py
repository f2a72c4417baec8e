"""`alvh demo`: the shipped hedges on the generated market, as a table and a picture."""

from __future__ import annotations

import argparse
import sys
from importlib.resources import as_file, files
from pathlib import Path

from alvh.commands.failures import told
from alvh.interface import Market, run
from alvh.progress import Progress
from alvh.runtime.compare import Comparison
from alvh.runtime.write_results import PICTURE_FILE, check_output, write_comparison
from alvh.strategy import load

STRATEGIES = ("unhedged.alvh", "single_vix_call.alvh", "alvh_442_contracts.alvh")
SEED = 7


@told
def execute(arguments: argparse.Namespace) -> int:
    """Compare, draw, write, print, say where things are."""
    folder = Path(arguments.out)
    check_output(folder)
    with Progress("alvh demo", jobs=len(STRATEGIES) + 1) as progress, as_file(files("alvh.strategies")) as shipped:
        market = Market("generated", seed=SEED)
        results = []
        for name in STRATEGIES:
            results.append(run(load(shipped / name), market, engine=arguments.engine, report=progress.report))
            progress.advance()
        comparison = Comparison(tuple(results))
        progress.report("drawing")
        from alvh.picture import draw_comparison

        write_comparison(comparison, folder, lambda path: draw_comparison(comparison, path))
    sys.stdout.write(str(comparison))
    print(f"\nPicture: {folder / PICTURE_FILE}\nResults: {folder} (a folder a strategy, with equity, journal and summary)")
    return 0
