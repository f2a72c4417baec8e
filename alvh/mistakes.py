"""What a user can get wrong when asking alvh for something, as exceptions of the face; each knows its exit code."""

from __future__ import annotations


class UserError(Exception):
    """Told in its own words, without a traceback."""

    exit_code = 1


class RequestError(UserError, ValueError):
    """Something was asked for that cannot be: dates the wrong way round, a folder that cannot be written."""

    exit_code = 2
