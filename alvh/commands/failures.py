"""What the runtime raises for users, in the words and with the exit code of the command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import wraps

from alvh.mistakes import RequestError, UserError
from alvh.runtime.market import MarketError
from alvh.runtime.write_results import OutputError

Command = Callable[[argparse.Namespace], int]


def told(command: Command) -> Command:
    """`command`, with the runtime's errors turned into a user's mistakes."""

    @wraps(command)
    def execute(arguments: argparse.Namespace) -> int:
        try:
            return command(arguments)
        except MarketError as error:
            raise UserError(str(error)) from error
        except OutputError as error:
            raise RequestError(str(error)) from error

    return execute


def chosen_settings(arguments: argparse.Namespace) -> dict[str, str]:
    """What `--set` chose. RequestError when a name is given twice."""
    settings: dict[str, str] = {}
    for name, value in arguments.settings:
        if name in settings:
            raise RequestError(f"--set gives {name} two values: {settings[name]} and {value}")
        settings[name] = value
    return settings
