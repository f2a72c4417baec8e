"""A small market that a test makes, spoils in one place, and opens."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from alvh.runtime.calendars.sessions import nyse
from alvh.runtime.market import MarketError, Problem
from alvh.runtime.markets.history import HistoryMarket
from alvh.runtime.markets.load_market import load_market
from alvh.runtime.markets.model_paths import generate

SESSIONS = 260
FIRST = "2019-01-02"


class MadeMarket:
    """A folder with a manifest and files, made from a generated path: a test spoils one thing and looks at the answer."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        made = generate(seed=5, sessions=SESSIONS, paths=1)
        calendar = nyse()
        begin = int(calendar.at_or_after(np.datetime64(FIRST).astype(np.int64)))
        self.days = calendar.days[begin : begin + SESSIONS]
        self.dates = [str(day) for day in self.days.astype("datetime64[D]")]
        for name, columns in {
            "spx": (made.spx_open, made.spx_high, made.spx_low, made.spx),
            "vix": (made.vix_open, made.vix_high, made.vix_low, made.vix),
        }.items():
            rows = zip(self.dates, *(column[:, 0].tolist() for column in columns), strict=True)
            self.write(
                f"{name}.csv", ["date,open,high,low,close", *(f"{row[0]},{','.join(f'{value:.2f}' for value in row[1:])}" for row in rows)]
            )
        self.series = {"spx": 'file = "spx.csv"', "vix": 'file = "vix.csv"'}
        self.settings = ""
        self.rest = ""

    def write(self, name: str, lines: list[str]) -> None:
        (self.folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")

    def lines(self, name: str) -> list[str]:
        return (self.folder / name).read_text(encoding="utf-8").splitlines()

    def edit(self, name: str, change: Callable[[list[str]], list[str]]) -> None:
        """Rewrite a file; line 1 of the file is item 0."""
        self.write(name, change(self.lines(name)))

    def open(self) -> HistoryMarket:
        """Write the manifest and open the market."""
        tables = "".join(f"[series.{name}]\n{text}\n\n" for name, text in self.series.items())
        (self.folder / "market.toml").write_text(f'format = 1\nname = "made"\n{self.settings}\n{tables}{self.rest}', encoding="utf-8")
        market = load_market(str(self.folder / "market.toml"))
        assert isinstance(market, HistoryMarket)
        return market

    def problems(self) -> tuple[Problem, ...]:
        """What stands against the market; fails the test where nothing does."""
        with pytest.raises(MarketError) as caught:
            self.open().arrays(None, None)
        return caught.value.problems

    def problem(self) -> Problem:
        """The one problem of the market."""
        (problem,) = self.problems()
        return problem
