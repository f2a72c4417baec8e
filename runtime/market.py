"""The market's interface: one door behind which history, generated and later markets stand, and the arrays they hand out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MARKET_SERIES: tuple[str, ...] = (
    *(f"{index}{part}" for index in ("spx", "vix", "vix9d", "vix3m", "vix6m") for part in ("", ".open", ".high", ".low")),
    "vvix",
    "skew",
    "rate",
    *(f"vx{rank}" for rank in range(1, 10)),
    "vx30",
    "spx_am",
    "vix_settlement",
    "spx_w9",
    "spx_w30",
    "spx_w93",
    "spx_w184",
    "spx_w365",
    "spx_scale",
    "spx_rho",
    "spx_eta",
    "vxx",
    "uvxy",
    "uvxy_leverage",
    "vix_beta",
    "vxx_beta",
    "uvxy_beta",
)
"""The rows of `MarketArrays.values`, in order; user inputs follow. docs/design/bar.md says what each is."""

MISSING, OBSERVED, MODELLED, REPLACED = 0, 1, 2, 3
"""What stands behind a value: nothing, a print, a model, or another print in place of a missing or stale one."""


@frozen(eq=False)
class Expiries:
    """Expiries of one product in order of settlement, shared by all paths. One entry an expiry."""

    settle_day: Integers
    """Calendar day number of settlement."""
    settle_bar: Integers
    listed_bar: Integers
    """First bar it may be traded on."""
    monthly: Integers
    """1 for a standard monthly, else 0."""
    am: Integers
    """1 when it settles on an opening print, else 0."""
    month_index: Integers
    """0, 1, 2 .. over the monthlies; -1 for others."""


@frozen(eq=False)
class Prints:
    """What expiring series of one product are paid on, bar by bar, in words for the journal."""

    words: tuple[str, ...]
    """As in `the opening print`; of a replaced print also why."""
    at: Integers
    """[bars] index into `words`."""


@frozen
class Note:
    """What a result says of its market."""

    text: str
    series: str = ""
    """Which alone it is about: left out of a result that does not read it. "" for what concerns every run."""
    of_path: bool = False
    """Whether it holds of the first path, and says nothing on others."""


@frozen(eq=False)
class MarketArrays:
    """Everything a run reads, for one or more paths. Bars are sessions; see docs/design/bar.md."""

    sessions: Integers
    """Days since 1970-01-01, at least 800 beyond the last bar of `values`."""
    first: int
    """First bar traded; bars before it warm streams up."""
    last: int
    """Last bar traded; `values` has `last + 1` bars."""
    series: tuple[str, ...]
    """MARKET_SERIES, then user inputs."""
    values: Floats
    """[bars, series, paths], C order; NaN is unknown."""
    provenance: NDArray[np.uint8]
    """[bars, series]: MISSING, OBSERVED, MODELLED or REPLACED."""
    spx: Expiries
    vix: Expiries
    fund: Expiries
    """Of options on VXX and UVXY, all at the close."""
    vx_front: Integers
    """[bars] month_index of the monthly VIX expiry of rank 1: the first that settles strictly after the bar's day."""
    week_start: Integers
    """[sessions] 1 on the first session of an ISO week."""
    month_start: Integers
    """[sessions] 1 on the first session of a month."""
    month_part: Floats
    """[sessions] share of the month's sessions from this one on, 1 on a month's first."""
    era: Floats
    """[sessions] 0 where SPX widths of 2011 hold, 1 from 2021 on, between them by date."""
    events: dict[str, Integers] = field(factory=dict)
    """[sessions] 1 on an event's bar, by calendar; `vix_expiry` and `spx_expiry` always."""
    prints: dict[str, Prints] = field(factory=dict)
    """By row of `values` that series settle on, `spx_am` and `vix_settlement`; a market that cannot say leaves them out."""
    stale_open: float = -1.0
    """An open within this fraction of the previous close is no print; below 0: every open is one."""
    notes: tuple[Note, ...] = ()
    """What was replaced, filled or missing, in words with counts, for the result."""

    def expiries_of(self, product: str) -> Expiries:
        """The table in which the expiries of a product's options or futures stand."""
        match product:
            case "SPX":
                return self.spx
            case "VIX" | "VX" | "VXM":
                return self.vix
            case _:
                return self.fund


class Market(Protocol):
    """A source of market arrays. Errors in a user's files are raised as `MarketError` with file and row."""

    name: str

    def arrays(
        self,
        start: np.datetime64 | None,
        end: np.datetime64 | None,
        inputs: tuple[str, ...] = (),
        calendars: tuple[str, ...] = (),
        paths: int = 1,
        lags: Mapping[str, int] | None = None,
    ) -> MarketArrays:
        """Arrays from the market's first bar to `end`, traded from `start`. Series it lacks are NaN rows, MISSING.

        `lags` are the calendar days by which a strategy says that an input is published late."""
        ...

    def fingerprint(self) -> str:
        """Hash of all that the arrays depend on, part of a result's identity."""
        ...


@frozen
class Problem:
    """One thing wrong with a user's data: where, what was expected, what to do."""

    file: str
    row: int | None
    """Line of the file, the header being line 1; None when the whole file is meant."""
    message: str
    hint: str

    def __str__(self) -> str:
        where = self.file if self.row is None else f"{self.file}:{self.row}"
        return f"{where}: {self.message}\n  hint: {self.hint}"


class MarketError(Exception):
    """A market cannot be used as it is: every problem found, in order."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems
