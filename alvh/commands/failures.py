"""How the commands that run strategies tell what went wrong: findings and data problems exit 1, wrong calls 2."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import wraps

from alvh.command_line import UsageError
from alvh.interface import RequestError, StrategyError
from alvh.runtime.market import MarketError
from alvh.runtime.write_results import OutputError

Command = Callable[[argparse.Namespace], int]


def told(command: Command) -> Command:
    """`command`, with the mistakes of users told on standard error instead of raised."""

    @wraps(command)
    def execute(arguments: argparse.Namespace) -> int:
        try:
            if len({name for name, _ in getattr(arguments, "settings", ())}) < len(getattr(arguments, "settings", ())):
                raise UsageError("--set gives one name two values")
            return command(arguments)
        except StrategyError as error:
            sys.stderr.write(str(error))
            return 1
        except MarketError as error:
            sys.stderr.write(market_problems(error))
            return 1
        except (OutputError, RequestError) as error:
            raise UsageError(str(error)) from error

    return execute


def market_problems(error: MarketError) -> str:
    """Every problem of a market's files: where, what, what to do."""
    lines = []
    for problem in error.problems:
        where = problem.file if problem.row is None else f"{problem.file}:{problem.row}"
        lines.append(f"{where}: {problem.message}\n  hint: {problem.hint}\n")
    return "".join(lines)
