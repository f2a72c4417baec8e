"""From gathered figures to a judgement: windows of history, roll phases, a market that does not reach."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from pencil import case, market, track

from alvh.compiler.read_claims import Region
from alvh.compiler.scenarios import SCENARIOS
from alvh.interface import Market
from alvh.runtime.claims.days import scenario_windows
from alvh.runtime.claims.judge import Sources, _windowed, judge_all
from alvh.runtime.claims.measures import Case
from alvh.runtime.claims.questions import Asked, Part, Setup
from alvh.runtime.market import MarketArrays
from alvh.strategy import load

STRATEGIES = Path(__file__).parents[2] / "strategies"
SINGLE = load(STRATEGIES / "single_vix_call.alvh").program


def history(bars: int, first_day: date) -> Case:
    arrays = market(bars, first_day)
    made = track(arrays, np.linspace(100.0, 110.0, bars).tolist())
    return case(made, made)


def setup(scenario: str) -> Setup:
    return Setup(SINGLE, scenario=SCENARIOS[scenario])


def test_a_scenario_is_cut_out_as_if_the_run_had_begun_then() -> None:
    found = _windowed(history(400, date(2019, 12, 1)), setup("covid_2020_02_03"))
    assert isinstance(found, Case)
    days = found.hedged.days.astype("datetime64[D]")
    assert (str(days[0]), str(days[-1])) == ("2020-02-19", "2020-06-30")
    assert found.hedged.capital == pytest.approx(np.linspace(100.0, 110.0, 400)[79])  # 2020-02-18 is bar 79


def test_a_market_that_does_not_hold_the_scenario_says_so() -> None:
    made = history(60, date(2021, 11, 2))
    assert _windowed(made, setup("grind_2022")) == "the market ends 2021-12-31"
    assert _windowed(made, setup("covid_2020_02_03")) == "the market is traded from 2021-11-02 on"


def test_windows_that_the_days_hold_whole() -> None:
    days = market(400, date(2019, 12, 1)).sessions[:400]
    assert scenario_windows(days) == [(80, 213)]


def asked(part: Part, **rest: object) -> Asked:
    return Asked("made.alvh", "told", "text", (part,), Setup(SINGLE, **rest))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def sources() -> Sources:
    """A year of one path, taken for history."""
    arrays = Market("generated", seed=3).arrays(None, np.datetime64("2023-12-29"))

    def blocks() -> Iterator[MarketArrays]:
        yield arrays

    return Sources(blocks, is_generated=False, seed=1)


def test_one_path_is_judged_by_bootstrap(sources: Sources) -> None:
    (found,) = judge_all([asked(Part("", "max_drawdown", "", Region(low=-1.0)))], sources)
    (part,) = found.parts
    assert found.verdict == "supported"
    assert found.sample == "2023-01-03 to 2023-12-29"
    assert part.interval is not None
    assert part.interval.how == "bootstrap"
    again = judge_all([asked(Part("", "max_drawdown", "", Region(low=-1.0)))], sources)
    assert again[0].parts[0].interval == part.interval  # the same seed, the same bounds


def test_a_bound_that_phases_straddle_leaves_it_open(sources: Sources) -> None:
    phases = judge_all([asked(Part("", "final_equity", "", Region()))], sources, phases=3)[0].parts[0].phases
    assert len(set(phases)) == 3
    low, high = sorted(value for value in phases if value is not None)[::2]
    (found,) = judge_all([asked(Part("", "final_equity", "", Region((low + high) / 2.0)))], sources, phases=3)
    assert found.verdict == "undetermined"


def test_a_sample_that_the_market_lacks_is_not_evaluable(sources: Sources) -> None:
    question = Asked("made.alvh", "C1 R18", "text", (Part("", "cagr", "", Region(low=0.0)),), Setup(SINGLE), sample="2015-2025")
    (found,) = judge_all([question], sources)
    assert (found.verdict, found.reason) == ("not evaluable", "the market does not reach into 2015-2025")


def test_of_the_unhedged_book_and_without_the_best_months(sources: Sources) -> None:
    plain, unhedged, less = judge_all(
        [
            asked(Part("", "cagr")),
            asked(Part("", "cagr", of="unhedged")),
            asked(Part("", "growth_gained", without_best=True)),
        ],
        sources,
    )
    values = [judgement.parts[0].value for judgement in (plain, unhedged, less)]
    assert None not in values
    assert values[0] != values[1]
    gained = judge_all([asked(Part("", "growth_gained"))], sources)[0].parts[0]
    assert gained.value == pytest.approx(values[0] - values[1])  # type: ignore[operator]
    assert values[2] == pytest.approx(gained.without_best)
    assert values[2] <= gained.value  # type: ignore[operator]
