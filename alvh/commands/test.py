"""`alvh test`: the `test` blocks of strategy files, run on markets made by hand."""

from __future__ import annotations

import argparse
import sys

from alvh.progress import Progress
from alvh.runtime.tell_tests import tests_as_json, tests_as_text
from alvh.testing import run_tests_of


def execute(arguments: argparse.Namespace) -> int:
    """0 where every expectation held, 1 where one did not or a test could not be run."""
    results = []
    with Progress("alvh test") as progress:
        for path in dict.fromkeys(arguments.files):
            progress.report(path)
            results.append(run_tests_of(path))
    sys.stdout.write(tests_as_json(results) if arguments.format == "json" else tests_as_text(results))
    return 0 if all(result.passed for result in results) else 1
