"""The command line: what can be asked for, which command answers, and how every failure is told.

Exit codes: 0 done, 1 findings in the user's files or data, 2 a wrong call or a bug of alvh. Commands are loaded when they
are called, so that `alvh check` waits for nothing that a run needs.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

from alvh import __version__
from alvh.mistakes import UserError

_EPILOG = "Documentation: README.md and docs/cli.md. ALVH_DEBUG=1 shows the traceback of a bug."


def main(arguments: Sequence[str] | None = None) -> int:
    """Answer one call; the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a title in a narrow code page must not end a run
    chosen = build_parser().parse_args(arguments)
    try:
        command = import_module(f"alvh.commands.{chosen.command}")
        code: int = command.execute(chosen)
        sys.stdout.flush()
        return code
    except UserError as mistake:
        print(mistake if mistake.exit_code == 1 else f"alvh {chosen.command}: {mistake}", file=sys.stderr)
        return mistake.exit_code
    except BrokenPipeError:  # the reader of a pipe has left: nobody is there to be told
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except Exception as bug:
        _report_bug(bug)
        return 2


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with a call in one line; the options are one `--help` away."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; see {self.prog} --help\n")


def build_parser() -> argparse.ArgumentParser:
    """Every command with its arguments."""
    parser = _Parser(prog="alvh", description="Layered volatility hedges as text: check them, run them, compare them.", epilog=_EPILOG)
    parser.add_argument("--version", action="version", version=f"alvh {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    check = commands.add_parser("check", help="find mistakes in strategy files", description="Find mistakes in strategy files.")
    check.add_argument("files", nargs="+", metavar="FILE", help="a strategy file; - reads standard input")
    check.add_argument("--format", choices=("text", "json"), default="text", help="how findings are shown (text)")
    check.add_argument("--strict", action="store_true", help="exit 1 with a warning too")

    run = commands.add_parser("run", help="run a strategy on a market", description="Run a strategy on a market and show what it did.")
    run.add_argument("file", metavar="FILE", help="a strategy file")
    _add_run_arguments(run)

    compare = commands.add_parser(
        "compare", help="run strategies side by side", description="Run strategies on one market; the first file is the baseline."
    )
    compare.add_argument("files", nargs="+", metavar="FILE", help="strategy files, the baseline first")
    _add_run_arguments(compare)

    why = commands.add_parser(
        "why",
        help="say why a strategy traded on a day, or why it did not",
        description="Say why a strategy traded on a session, or why it did not: what it held, and each rule with the values it read.",
    )
    why.add_argument("file", metavar="FILE", help="a strategy file")
    why.add_argument("--date", dest="day", required=True, type=_date, metavar="DATE", help="the session asked about, as 2020-03-16")
    why.add_argument("--layer", metavar="L", help="one layer, or a book or hedge (all)")
    _add_start_arguments(why)
    why.add_argument("--format", choices=("text", "json"), default="text", help="how the answer is shown (text)")

    test = commands.add_parser(
        "test",
        help="run the tests that strategy files hold",
        description="Run the `test` blocks of strategy files, each on a small market made by hand.",
    )
    test.add_argument("files", nargs="+", metavar="FILE", help="strategy files")
    test.add_argument("--format", choices=("text", "json"), default="text", help="how the answers are shown (text)")

    claims = commands.add_parser(
        "claims", help="judge the claims of strategy files", description="Judge the claims that strategy files make, on a market."
    )
    claims.add_argument("files", nargs="+", metavar="FILE", help="strategy files")
    claims.add_argument("--paths", type=_count, default=500, metavar="N", help="paths of a generated market (500)")
    claims.add_argument("--phases", type=_count, default=1, metavar="N", help="roll phases, spread over a month (1)")
    claims.add_argument("--standard", action="store_true", help="judge the standard table C1 to C14 for each file too")
    _add_market_arguments(claims)
    claims.add_argument("--json", action="store_true", help="print JSON instead of tables")
    claims.add_argument("--out", metavar="DIR", help="write claims.json and claims.txt there")

    graph = commands.add_parser("graph", help="draw what depends on what", description="Draw what depends on what in a strategy.")
    graph.add_argument("file", metavar="FILE", help="a strategy file")
    graph.add_argument("--format", choices=("mermaid", "dot", "json"), default="mermaid", help="language of the drawing (mermaid)")

    debug = commands.add_parser("debug", help="print a stage of the compiler", description="Print a stage of the compiler.")
    debug.add_argument("stage", choices=("ast", "graph", "ir", "kernel"), help="syntax tree, dependencies, IR or generated kernel")
    debug.add_argument("file", metavar="FILE", help="a strategy file")

    data = commands.add_parser("data", help="look at a market's data", description="Look at a market's data.")
    data.add_argument("action", choices=("check",), help="check: coverage, gaps, duplicates, stale prints")
    data.add_argument("market", metavar="MARKET", help="generated, or the path of a manifest (.toml)")

    data.add_argument("--format", choices=("text", "json"), default="text", help="how the report is shown (text)")

    cache = commands.add_parser(
        "cache", help="look at compiled code that is kept", description="Compiled code that is kept: where, which, and how to be rid of it."
    )
    cache.add_argument("action", choices=("dir", "list", "clear"), help="print the folder, list its files, or remove them")

    demo = commands.add_parser(
        "demo", help="compare the shipped hedges", description="Compare the shipped hedges on the generated market, and draw the result."
    )
    demo.add_argument("--out", default="demo", metavar="DIR", help="folder for the picture and the results (demo)")
    demo.add_argument("--engine", choices=("numba", "reference"), default="numba", help="what runs it (numba)")
    return parser


def _add_start_arguments(parser: argparse.ArgumentParser) -> None:
    """What a run happens on, and from when."""
    _add_market_arguments(parser)
    parser.add_argument("--from", dest="start", type=_date, metavar="DATE", help="first day, as 2007-04-02 (the market's first)")
    parser.add_argument("--phase", type=_count, default=0, metavar="N", help="shift schedules by N sessions (0)")


def _add_run_arguments(parser: argparse.ArgumentParser) -> None:
    _add_start_arguments(parser)
    parser.add_argument("--to", dest="end", type=_date, metavar="DATE", help="last day (the market's last)")
    parser.add_argument("--engine", choices=("numba", "reference"), default="numba", help="compiled, or the plain interpreter (numba)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument("--out", metavar="DIR", help="write equity.parquet, journal.parquet and summary.json there")
    parser.add_argument("--paths", type=_count, metavar="N", help="run on N paths of a generated market; show how the figures are spread")
    parser.add_argument("--threads", type=_positive, metavar="N", help="threads that --paths, or a grid, runs on (all processors)")
    parser.add_argument("--keep-paths", type=_numbers, metavar="K", help="with --paths and --out, write these paths whole: 3, or 0,5..9")


def _add_market_arguments(parser: argparse.ArgumentParser) -> None:
    """What a run happens on."""
    parser.add_argument("--market", required=True, metavar="M", help="generated, or the path of a manifest (.toml)")
    parser.add_argument(
        "--set", dest="settings", action="append", type=_setting, default=[], metavar="NAME=VALUE",
        help='a setting or param in place of the file\'s: --set costs=none --set "call_delta=0.20 delta"; '
        "of several values, as 1..5 or 0.1,0.2, `run` runs the grid",
    )  # fmt: skip
    parser.add_argument("--seed", type=_count, default=0, metavar="N", help="seed of a generated market (0)")
    parser.add_argument(
        "--spx-settlement", choices=("open", "close"), help="print that SPX options of the morning settle on (the market's own: open)"
    )


def _date(text: str) -> str:
    from datetime import date

    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date: write it as 2020-03-16") from None


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip() or not value.strip():
        raise argparse.ArgumentTypeError(f"{text!r} sets nothing: write NAME=VALUE, as in costs=none")
    return name.strip(), value.strip()


def _count(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = -1
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a count: write a whole number, 0 or more")
    return number


def _numbers(text: str) -> tuple[range, ...]:
    """`0,5..9` as ranges of whole numbers."""
    found = []
    for part in text.split(","):
        low, dots, high = part.partition("..")
        try:
            found.append(range(_count(low), _count(high if dots else low) + 1))
        except argparse.ArgumentTypeError:
            found.append(range(0))
        if not found[-1]:
            raise argparse.ArgumentTypeError(f"{text!r} names no paths: write 3, or 0,5..9")
    return tuple(found)


def _positive(text: str) -> int:
    number = _count(text)
    if number == 0:
        raise argparse.ArgumentTypeError("0 is too few: write a whole number, 1 or more")
    return number


def _report_bug(bug: Exception) -> None:
    import tempfile
    import traceback

    text = "".join(traceback.format_exception(bug))
    if os.environ.get("ALVH_DEBUG") == "1":
        print(text, file=sys.stderr, end="")
        where = ""
    else:
        with tempfile.NamedTemporaryFile("w", prefix="alvh-bug-", suffix=".txt", delete=False, encoding="utf-8") as file:
            file.write(f"alvh {__version__}, Python {sys.version}\n{' '.join(sys.argv)}\n\n{text}")
        where = f" Please report it with {file.name}, which holds the details."
    first_line = str(bug).partition("\n")[0]
    print(f"alvh: this is a bug in alvh ({type(bug).__name__}: {first_line}).{where}", file=sys.stderr)
