"""The level table against root finding, against a rebuild, and where there is no root."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from alvh.runtime.pricing import vix_level
from alvh.runtime.pricing.vix_level import (
    HIGHEST_LEVEL,
    LONGEST_DAYS,
    LOWEST_FORWARD,
    PROBABILITY,
    REVERSION,
    SAMUELSON,
    build_level_table,
    is_clamped,
    level_table,
    log_contract,
    volatility_level,
)

TABLE = level_table()


def vvix_at_term(vvix: float, days: int) -> float:
    """quant.md 3.3, written out again: mean reversion and the Samuelson shape, by quadrature."""
    years, month = days / 365.0, 30.0 / 365.0

    def reversion(term: float) -> float:
        return (1.0 - math.exp(-7.0 * term)) / (7.0 * term)

    def samuelson(term: float) -> float:
        at = (np.arange(2000) + 0.5) * term / 2000.0
        return float(np.mean((0.664 * np.exp(-8.25 * at) + 0.336) ** 2))

    mean_reverted = 92.0 + (vvix - 92.0) * reversion(years) / reversion(month)
    return mean_reverted * math.sqrt(samuelson(years) / samuelson(month))


def wanted_log_contract(vvix: float, days: int) -> float:
    return (vvix_at_term(vvix, days) / 100.0) ** 2 * days / 365.0 / 2.0


def modelled_log_contract(level: float, future: float, days: int) -> float:
    return float(log_contract(np.array([level * level]), np.array([future]), days / 365.0)[0])


def clamped_at(future: float, vvix: float, days: int) -> bool:
    return bool(is_clamped(np.array([future]), np.array([vvix]), np.array([days]), TABLE)[0])


def root(vvix: float, future: float, days: int) -> float | None:
    """The level by bisection; None where there is none up to s_max."""
    wanted = wanted_log_contract(vvix, days)
    low, high = 0.0, min(6.0, 1.6 / math.sqrt(days / 365.0))
    if not modelled_log_contract(low, future, days) <= wanted <= modelled_log_contract(high, future, days):
        return None
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if modelled_log_contract(middle, future, days) < wanted else (low, middle)
    return 0.5 * (low + high)


futures = st.floats(math.log(9.5), math.log(120.0)).map(math.exp)
days_out = st.integers(1, LONGEST_DAYS)


@settings(max_examples=150)
@given(futures, st.floats(50.0, 250.0), days_out)
def test_the_table_finds_the_root(future, vvix, days):
    exact = root(vvix, future, days)
    level = volatility_level(future, vvix, float(days), TABLE)
    clamped = clamped_at(future, vvix, days)
    if exact is None:
        highest = min(6.0, 1.6 / math.sqrt(days / 365.0))
        # A level within rounding of the end may count as solved.
        assert clamped or min(level / highest, 1.0 - level / highest) < 1e-3
    elif 0.05 < exact < 0.999 * TABLE[days, HIGHEST_LEVEL]:
        assert not clamped
        assert math.isclose(level, exact, rel_tol=1e-4)


@given(futures, st.floats(70.0, 180.0), days_out)
def test_vvix_comes_back(future, vvix, days):
    """Invariant 8 of quant.md section 6."""
    assume(not clamped_at(future, vvix, days))
    level = volatility_level(future, vvix, float(days), TABLE)
    assume(level > 0.05)
    modelled = 100.0 * math.sqrt(2.0 * modelled_log_contract(level, future, days) / (days / 365.0))
    assert math.isclose(modelled, vvix_at_term(vvix, days), rel_tol=1e-4)


@given(futures, st.floats(60.0, 240.0), days_out, st.floats(0.5, 20.0))
def test_a_higher_vvix_never_lowers_the_level(future, vvix, days, more):
    low, high = (volatility_level(future, level, float(days), TABLE) for level in (vvix, vvix + more))
    assert high >= low


def test_the_pieces_meet():
    """At F = 14 the spike begins to shrink, at 11.25 the cap on the floor lets go: the level has kinks there, no jumps."""
    for days in (1, 7, 30, 90, 300):
        for edge in (14.0, LOWEST_FORWARD):
            below, above = (volatility_level(edge * factor, 95.0, float(days), TABLE) for factor in (1.0 - 1e-9, 1.0 + 1e-9))
            assert math.isclose(below, above, rel_tol=2e-4)


def test_where_no_level_solves_it_is_clamped_and_said():
    # With spikes alone (s = 0) seven days at F = 14 already give a VVIX above 45; no volatility below s_max reaches 400.
    assert volatility_level(14.0, 40.0, 7.0, TABLE) == 0.0
    assert clamped_at(14.0, 40.0, 7)
    assert math.isclose(volatility_level(14.0, 600.0, 60.0, TABLE), TABLE[60, HIGHEST_LEVEL], rel_tol=1e-4)
    assert clamped_at(14.0, 600.0, 60)
    assert not clamped_at(16.0, 90.0, 30)


@given(futures, st.floats(30.0, 300.0), days_out)
def test_what_counts_as_clamped_is_what_the_lookup_clamps(future, vvix, days):
    level, highest = (volatility_level(future, level, float(days), TABLE) for level in (vvix, 1e4))
    assert clamped_at(future, vvix, days) == (level in (0.0, highest))


def test_outside_the_table():
    assert volatility_level(20.0, 90.0, 0.0, TABLE) == 0.0
    assert math.isnan(volatility_level(20.0, 90.0, float(LONGEST_DAYS + 1), TABLE))
    assert math.isnan(volatility_level(math.nan, 90.0, 30.0, TABLE))
    assert math.isnan(volatility_level(20.0, math.nan, 30.0, TABLE))
    assert not clamped_at(math.nan, 90.0, 30)
    assert not clamped_at(20.0, math.nan, 30)


def test_the_shipped_table_is_what_its_source_builds():
    """On some days, to 1e-7: rounding in the fits differs between machines, and the coefficients of high powers carry it."""
    rebuilt = build_level_table(40)
    assert TABLE.shape[1] == rebuilt.shape[1]
    np.testing.assert_allclose(TABLE[:41, :HIGHEST_LEVEL], rebuilt[:, :HIGHEST_LEVEL], rtol=1e-13)
    random = np.random.default_rng(1)
    for days in (1, 2, 7, 30, 40):
        for future, vvix in zip(np.exp(random.uniform(2.3, 4.5, 20)), random.uniform(70.0, 170.0, 20), strict=True):
            arguments = (float(future), float(vvix), float(days))
            assert math.isclose(volatility_level(*arguments, TABLE), volatility_level(*arguments, rebuilt), rel_tol=1e-7)


def test_the_shipped_table_is_small_and_read_only():
    assert TABLE.shape == (LONGEST_DAYS + 1, vix_level.COLUMNS)
    assert vix_level.SHIPPED_TABLE.stat().st_size < 400_000
    with pytest.raises(ValueError, match="read-only"):
        TABLE[0, 0] = 1.0


def test_the_head_of_a_row():
    assert TABLE[30, REVERSION] == 1.0
    assert TABLE[30, SAMUELSON] == 1.0
    assert math.isclose(TABLE[30, PROBABILITY], 1.0 - math.exp(-30.0 / 365.0), rel_tol=1e-14)
    assert math.isclose(TABLE[300, PROBABILITY], 1.0 - math.exp(-0.75), rel_tol=1e-14)
