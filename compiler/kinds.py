"""The kinds of values: what a stream is measured in, so that a percentage is never compared with a level by accident."""

from __future__ import annotations

from enum import Enum

from attrs import frozen


class Family(Enum):
    """What a value is; the value of a member is how a message names it."""

    CONDITION = "condition"
    EVENT = "event"
    NUMBER = "number"
    RATIO = "ratio"
    POINTS = "points"
    MONEY = "money"
    MONEY_PER_DAY = "money a day"
    MONEY_PER_POINT = "money a point"
    DELTA = "delta"
    CONTRACTS = "contracts"
    DAYS = "days"
    SESSIONS = "sessions"
    DATE = "date"
    CALENDAR = "calendar"
    LAYER = "layer"
    UNKNOWN = "unknown"
    """The kind of an expression with an error in it: it fits everywhere, so that one mistake is one finding."""


_TEXTS = {
    Family.CONDITION: "a condition",
    Family.EVENT: "an event",
    Family.NUMBER: "a plain number",
    Family.RATIO: "a ratio",
    Family.MONEY: "money",
    Family.MONEY_PER_DAY: "money a day",
    Family.MONEY_PER_POINT: "money a point",
    Family.DELTA: "a delta",
    Family.CONTRACTS: "contracts",
    Family.DAYS: "calendar days",
    Family.SESSIONS: "sessions",
    Family.DATE: "a date",
    Family.CALENDAR: "a calendar",
    Family.LAYER: "a book or layer",
    Family.UNKNOWN: "unknown",
}
_COUNTED = frozenset({Family.POINTS, Family.CONTRACTS, Family.DAYS, Family.SESSIONS})
_SCALES = {
    "spx": "SPX points",
    "vol": "volatility points",
    "vvix": "VVIX points",
    "skew": "SKEW points",
    "vxx": "dollars of VXX",
    "uvxy": "dollars of UVXY",
}


@frozen
class Kind:
    """A family and, for points, their scale: `spx`, `vol`, `vvix`, `skew`, `vxx`, `uvxy`, the name of an input, or None for a
    literal `25 points`, which fits any scale."""

    family: Family
    scale: str | None = None

    @property
    def described(self) -> str:
        """What follows "is" in a message: in volatility points, a ratio."""
        return f"in {self.text}" if self.family in _COUNTED else self.text

    @property
    def text(self) -> str:
        """How a message names it: volatility points, a ratio."""
        if self.family is not Family.POINTS:
            return _TEXTS[self.family]
        if self.scale is None:
            return "points"
        return _SCALES.get(self.scale, f"points of {self.scale}")


CONDITION = Kind(Family.CONDITION)
EVENT = Kind(Family.EVENT)
NUMBER = Kind(Family.NUMBER)
RATIO = Kind(Family.RATIO)
ANY_POINTS = Kind(Family.POINTS)
SPX_POINTS = Kind(Family.POINTS, "spx")
VOL_POINTS = Kind(Family.POINTS, "vol")
VVIX_POINTS = Kind(Family.POINTS, "vvix")
SKEW_POINTS = Kind(Family.POINTS, "skew")
VXX_POINTS = Kind(Family.POINTS, "vxx")
UVXY_POINTS = Kind(Family.POINTS, "uvxy")
MONEY = Kind(Family.MONEY)
MONEY_PER_DAY = Kind(Family.MONEY_PER_DAY)
MONEY_PER_POINT = Kind(Family.MONEY_PER_POINT)
DELTA = Kind(Family.DELTA)
CONTRACTS = Kind(Family.CONTRACTS)
DAYS = Kind(Family.DAYS)
SESSIONS = Kind(Family.SESSIONS)
DATE = Kind(Family.DATE)
CALENDAR = Kind(Family.CALENDAR)
LAYER = Kind(Family.LAYER)
UNKNOWN = Kind(Family.UNKNOWN)
