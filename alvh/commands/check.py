"""`alvh check`: findings in strategy files. Imports neither NumPy, Numba, Polars nor networkx."""

from __future__ import annotations

import argparse
import sys

from alvh.compiler.driver import check_file
from alvh.grammar.diagnostics import Severity
from alvh.grammar.render import render_json, render_text


def execute(arguments: argparse.Namespace) -> int:
    """0 without findings that count, 1 with an error (or, with `--strict`, a warning)."""
    findings = tuple(finding for path in dict.fromkeys(arguments.files) for finding in check_file(path))
    if arguments.format == "json":
        sys.stdout.write(render_json(findings))
    else:
        sys.stdout.write(render_text(findings))
    counts = (Severity.ERROR, Severity.WARNING) if arguments.strict else (Severity.ERROR,)
    return 1 if any(finding.severity in counts for finding in findings) else 0
