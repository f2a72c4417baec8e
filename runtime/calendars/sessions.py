"""NYSE sessions from 1971 to 2049, read from the small table shipped beside this file.

`nyse_weekday_exceptions.csv` names the weekdays on which the exchange was or will be closed, or closes early; every other weekday is a
full session. `make_sessions.py` writes it from exchange_calendars, which is too slow to import at every start, and which knows no regular
holidays before 1970.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

from alvh.runtime.market import Integers

EXCEPTIONS_FILE = Path(__file__).with_name("nyse_weekday_exceptions.csv")
FIRST_DAY = np.datetime64("1971-01-04", "D")
LAST_DAY = np.datetime64("2049-12-31", "D")
FULL_CLOSE = 16 * 60
"""Minute of the New York day at which a full session ends."""


@frozen(eq=False)
class Sessions:
    """Every session of the exchange in order, as day numbers since 1970-01-01, and the minute of the New York day each one closes at."""

    days: Integers
    close_minute: Integers
    _position: Integers = field(init=False, repr=False)

    @_position.default
    def _index_every_day(self) -> Integers:
        span = np.arange(self.days[0], self.days[-1] + 1)
        return np.searchsorted(self.days, span, side="left")

    def at_or_after(self, day: Integers | np.int64) -> Integers:
        """Index of the first session on or after each day; days before the table give 0, days after it `len(days)`."""
        offset = np.asarray(day) - self.days[0]
        inside = self._position[np.clip(offset, 0, len(self._position) - 1)]
        return np.where(offset < len(self._position), inside, len(self.days))

    def at_or_before(self, day: Integers | np.int64) -> Integers:
        """Index of the last session on or before each day; -1 before the table."""
        at = self.at_or_after(day)
        exact = self.is_session(day)
        return np.where(exact, at, at - 1)

    def is_session(self, day: Integers | np.int64) -> NDArray[np.bool_]:
        """Whether each day is a session."""
        at = self.at_or_after(day)
        known = at < len(self.days)
        found: NDArray[np.bool_] = known & (self.days[np.where(known, at, 0)] == np.asarray(day))
        return found


@cache
def nyse() -> Sessions:
    """The exchange's sessions, read once a process."""
    days = np.arange(FIRST_DAY, LAST_DAY + 1).astype(np.int64)
    weekdays = days[(days + 3) % 7 < 5]  # day 0, 1970-01-01, was a Thursday; 0 is Monday here
    rows = [line.split(",") for line in EXCEPTIONS_FILE.read_text(encoding="ascii").splitlines()[1:]]
    exceptions = np.array([row[0] for row in rows], dtype="datetime64[D]").astype(np.int64)
    closes = np.array([0 if row[1] == "closed" else 60 * int(row[1][:2]) + int(row[1][3:]) for row in rows], dtype=np.int64)
    minute = np.full(len(weekdays), FULL_CLOSE, dtype=np.int64)
    minute[np.searchsorted(weekdays, exceptions)] = closes
    opened = minute > 0
    return Sessions(weekdays[opened], minute[opened])
