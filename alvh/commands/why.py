"""`alvh why`: why a strategy traded on one session, or why it did not."""

from __future__ import annotations

import argparse
import sys

from alvh.commands.failures import chosen_settings, told
from alvh.interface import Market, why
from alvh.progress import Progress
from alvh.strategy import load


@told
def execute(arguments: argparse.Namespace) -> int:
    """Run up to the day asked about, print the reasons."""
    with Progress("alvh why") as progress:
        progress.report("compiling")
        answer = why(
            load(arguments.file, settings=chosen_settings(arguments)),
            Market(arguments.market, seed=arguments.seed, spx_settlement=arguments.spx_settlement),
            arguments.day,
            layer=arguments.layer,
            start=arguments.start,
            phase=arguments.phase,
            report=progress.report,
        )
    sys.stdout.write(answer.to_json() if arguments.format == "json" else str(answer))
    return 0
