"""What the runtime raises for users, in the words and with the exit code of the command line; and what is said beside a result."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from functools import wraps

from alvh.axes import parted
from alvh.mistakes import RequestError, UserError
from alvh.runtime.market import MarketError
from alvh.runtime.why import QuestionError
from alvh.runtime.write_results import OutputError
from alvh.strategy import Strategy

Command = Callable[[argparse.Namespace], int]


def told(command: Command) -> Command:
    """`command`, with the runtime's errors turned into a user's mistakes."""

    @wraps(command)
    def execute(arguments: argparse.Namespace) -> int:
        try:
            return command(arguments)
        except (MarketError, QuestionError) as error:
            raise UserError(str(error)) from error
        except OutputError as error:
            raise RequestError(str(error)) from error

    return execute


def say_warnings(strategies: Iterable[Strategy]) -> None:
    """One line on standard error for each strategy that has warnings: a run does not wait for them, nor hide them."""
    for strategy in {strategy.path: strategy for strategy in strategies}.values():
        count = len(strategy.warnings)
        if count:
            print(f"{strategy.path}: {count} warning{'' if count == 1 else 's'}; see: alvh check {strategy.path}", file=sys.stderr)


def chosen_settings(arguments: argparse.Namespace) -> dict[str, str]:
    """What `--set` chose, one value a name. RequestError when a name is given twice, or several values."""
    settings = settings_as_said(arguments)
    axes, _ = parted(settings)
    if axes:
        name = axes[0].name
        raise RequestError(f"--set gives {name} several values, {settings[name]}: only `alvh run` runs a grid")
    return settings


def settings_as_said(arguments: argparse.Namespace) -> dict[str, str]:
    """What `--set` chose, lists and ranges of values among it. RequestError when a name is given twice."""
    settings: dict[str, str] = {}
    for name, value in arguments.settings:
        if name in settings:
            raise RequestError(f"--set gives {name} two values: {settings[name]} and {value}")
        settings[name] = value
    return settings
