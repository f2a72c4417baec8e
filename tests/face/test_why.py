"""`alvh.why` from Python: a frozen value that shows itself, its refusals, and that it is quick."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path

import pytest
from attrs.exceptions import FrozenInstanceError

import alvh

STRATEGIES = Path(__file__).parents[2] / "strategies"
CONTRACTS = STRATEGIES / "alvh_442_contracts.alvh"


@pytest.fixture(scope="module")
def market() -> alvh.Market:
    return alvh.Market("generated", seed=7)


def test_an_answer_is_a_frozen_value_that_shows_itself(market: alvh.Market) -> None:
    answer = alvh.why(CONTRACTS, market, "2024-03-12", layer="alvh.front")
    assert isinstance(answer, alvh.Why)
    assert (answer.day, answer.start, answer.market) == (date(2024, 3, 12), date(2023, 1, 3), "generated (seed 7)")
    assert [layer.layer for layer in answer.layers] == ["alvh.front"]
    assert repr(answer).startswith("ALVH 4/4/2 by contracts on 2024-03-12: generated (seed 7), run from 2023-01-03\n\nalvh.front\n  ")
    assert answer == alvh.why(alvh.load(CONTRACTS), market, date(2024, 3, 12), layer="alvh.front")
    with pytest.raises(FrozenInstanceError):
        answer.day = date(2024, 3, 13)  # type: ignore[misc]


def test_the_last_day_of_ten_years_takes_seconds(market: alvh.Market) -> None:
    started = time.perf_counter()
    steps: list[str] = []
    alvh.why(CONTRACTS, market, "2033-01-10", report=steps.append)
    assert time.perf_counter() - started < 30.0
    assert steps == ["reading the market", "interpreting"]


def test_what_is_held_depends_on_start_settings_and_phase(market: alvh.Market) -> None:
    day = "2024-03-18"
    plain = alvh.why(CONTRACTS, market, day)
    assert alvh.why(CONTRACTS, market, day, start="2024-03-18").layers[0].held == ()
    assert alvh.why(CONTRACTS, market, day, settings={"costs": "none"}) != plain
    assert alvh.why(CONTRACTS, market, day, phase=2) == plain  # it has no schedule that is counted in sessions


def test_questions_that_have_no_answer(market: alvh.Market) -> None:
    with pytest.raises(alvh.QuestionError, match=r"a Sunday without a session. Did you mean 2024-03-08 or 2024-03-11\?"):
        alvh.why(CONTRACTS, market, "2024-03-10")
    with pytest.raises(alvh.QuestionError, match=r"no layer `fron`. Did you mean `front`\?"):
        alvh.why(CONTRACTS, market, "2024-03-12", layer="fron")
    with pytest.raises(alvh.RequestError, match="not a date"):
        alvh.why(CONTRACTS, market, "yesterday")
    with pytest.raises(alvh.RequestError, match="after the day asked about"):
        alvh.why(CONTRACTS, market, "2024-03-12", start="2024-03-13")
    with pytest.raises(alvh.StrategyError):
        alvh.why(STRATEGIES / "absent.alvh", market, "2024-03-12")


def test_a_strategy_without_layers_says_so(tmp_path: Path, market: alvh.Market) -> None:
    path = tmp_path / "index.alvh"
    path.write_text('strategy "Index"\nbook market { hold SPX }\n')
    answer = alvh.why(path, market, "2024-03-12")
    assert answer.layers == ()
    assert str(answer).endswith("It has no layer that decides anything.\n")
