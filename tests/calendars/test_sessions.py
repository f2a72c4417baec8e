"""The shipped table of NYSE sessions against exchange_calendars."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alvh.runtime.calendars.make_sessions import exceptions_from_library
from alvh.runtime.calendars.sessions import EXCEPTIONS_FILE, nyse


def day(text: str) -> np.int64:
    return np.datetime64(text, "D").astype(np.int64)


def test_table_is_what_the_library_says() -> None:
    pytest.importorskip("exchange_calendars")
    shipped = [tuple(line.split(",")) for line in EXCEPTIONS_FILE.read_text(encoding="ascii").splitlines()[1:]]
    assert shipped == exceptions_from_library()


@pytest.mark.parametrize(
    "closed", ["2001-09-11", "2004-06-11", "2007-01-02", "2012-10-29", "2018-12-05", "2022-06-20", "2025-01-09", "2024-03-29"]
)
def test_days_of_mourning_storm_and_holiday_are_closed(closed: str) -> None:
    assert not nyse().is_session(day(closed))


def test_early_closes() -> None:
    sessions = nyse()
    at = sessions.at_or_after(np.array([day("2021-11-26"), day("2021-11-24")]))
    assert sessions.close_minute[at].tolist() == [13 * 60, 16 * 60]


@given(st.integers(-3500, 28_500))
def test_neighbours_bracket_any_day(number: int) -> None:
    sessions = nyse()
    after, before = int(sessions.at_or_after(np.int64(number))), int(sessions.at_or_before(np.int64(number)))
    assert after == np.searchsorted(sessions.days, number, side="left")
    assert before == np.searchsorted(sessions.days, number, side="right") - 1


def test_loading_imports_neither_pandas_nor_the_calendar_library() -> None:
    code = "import sys; from alvh.runtime.calendars.sessions import nyse; nyse(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "numpy" in loaded
    assert not {"pandas", "exchange_calendars"} & set(loaded)
