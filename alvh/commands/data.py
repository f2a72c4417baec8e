"""`alvh data check`: the state of a market's data."""

from __future__ import annotations

import argparse
import sys

from alvh.commands.failures import told
from alvh.progress import Progress
from alvh.runtime.markets.check_data import check_data, render_report
from alvh.runtime.markets.load_market import load_market


@told
def execute(arguments: argparse.Namespace) -> int:
    """Print the report; 1 when a run would refuse the market."""
    with Progress("alvh data check") as progress:
        progress.report("reading")
        report = check_data(load_market(arguments.market))
    sys.stdout.write(report.to_json() if arguments.format == "json" else render_report(report))
    sys.stdout.write("\n")
    return 0 if report.valid else 1
