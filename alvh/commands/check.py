"""`alvh check`: findings in strategy files. Imports neither NumPy, Numba, Polars nor networkx."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable

from alvh.compiler.driver import Checked, check_file
from alvh.grammar.diagnostics import Diagnostic, Severity
from alvh.grammar.read_source import decode_source
from alvh.grammar.render import render_json, render_text

STANDARD_INPUT = "-"
STANDARD_INPUT_NAME = "<stdin>"
"""What findings call a text that comes from no file; what it uses is looked for in the current folder."""


def execute(arguments: argparse.Namespace) -> int:
    """0 without findings that count, 1 with an error (or, with `--strict`, a warning)."""
    checked = {path: _check(path) for path in dict.fromkeys(arguments.files)}
    # A used file that two strategies share is shown once.
    findings = tuple({_key(finding): finding for each in checked.values() for finding in each.diagnostics}.values())
    if arguments.format == "json":
        sys.stdout.write(render_json(findings, {"warm_up": _warm_up(checked.values())}))
    else:
        sys.stdout.write(render_text(findings, colour=_wants_colour()))
        sys.stdout.write("\n" if findings else "")
        sys.stdout.write("".join(f"{_verdict(path, each)}\n" for path, each in checked.items()))
    counts = (Severity.ERROR, Severity.WARNING) if arguments.strict else (Severity.ERROR,)
    return 1 if any(finding.severity in counts for finding in findings) else 0


def _check(path: str) -> Checked:
    if path != STANDARD_INPUT:
        return check_file(path)
    source = decode_source(STANDARD_INPUT_NAME, sys.stdin.buffer.read())
    if isinstance(source, Diagnostic):
        return Checked((source,), None)
    return check_file(STANDARD_INPUT_NAME, text=source.text)


def _warm_up(checked: Iterable[Checked]) -> int | None:
    """Sessions of history after which every stream of every file can be known; None where a file has an error."""
    needed = [each.warm_up for each in checked]
    known = [sessions for sessions in needed if sessions is not None]
    return max(known) if len(known) == len(needed) else None


def _key(finding: Diagnostic) -> tuple[str, str, int, str]:
    return finding.code, finding.span.source.path, finding.span.start, finding.message


def _verdict(path: str, checked: Checked) -> str:
    name = STANDARD_INPUT_NAME if path == STANDARD_INPUT else path
    errors = sum(finding.severity is Severity.ERROR for finding in checked.diagnostics)
    warnings = len(checked.diagnostics) - errors
    found = ", ".join(_counted(count, word) for count, word in ((errors, "error"), (warnings, "warning")) if count)
    warm_up = f"; its rules need {_counted(checked.warm_up, 'session')} of history to start" if checked.warm_up else ""
    return f"{name}: {found or 'no findings'}{warm_up}"


def _counted(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


def _wants_colour() -> bool:
    """On a terminal, unless the user asked for none (https://no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")
