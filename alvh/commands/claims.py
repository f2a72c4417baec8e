"""`alvh claims`: what the claims of strategy files come to on a market."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from alvh.commands.failures import chosen_settings, told
from alvh.interface import Market
from alvh.judging import claims
from alvh.progress import Progress
from alvh.runtime.claims.report import write_claims
from alvh.runtime.write_results import check_output


@told
def execute(arguments: argparse.Namespace) -> int:
    """Judge, write what `--out` asks for, print tables or JSON. A refuted claim is an answer, not a failure: 0."""
    folder = None if arguments.out is None else Path(arguments.out)
    if folder is not None:
        check_output(folder)
    with Progress("alvh claims") as progress:
        progress.report("compiling")
        found = claims(
            arguments.files,
            Market(arguments.market, seed=arguments.seed, spx_settlement=arguments.spx_settlement),
            paths=arguments.paths,
            phases=arguments.phases,
            standard=arguments.standard,
            settings=chosen_settings(arguments),
            report=progress.report,
        )
        if folder is not None:
            progress.report("writing")
            write_claims(found, folder)
    sys.stdout.write(found.to_json() if arguments.json else str(found))
    return 0
