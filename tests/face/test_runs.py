"""Whole runs through the face: the same bytes twice, the same figures from both engines, settings, seeds, frames."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import alvh

STRATEGIES = Path(__file__).parents[2] / "strategies"
CALL = STRATEGIES / "single_vix_call.alvh"
UNHEDGED = STRATEGIES / "unhedged.alvh"
START, END = "2023-06-01", "2024-12-31"


@pytest.fixture(scope="module")
def market() -> alvh.Market:
    return alvh.Market("generated", seed=7)


@pytest.fixture(scope="module")
def result(market: alvh.Market) -> alvh.Result:
    return alvh.run(CALL, market, start=START, end=END, engine="reference")


def test_the_same_run_gives_the_same_bytes(result: alvh.Result) -> None:
    again = alvh.run(CALL, alvh.Market("generated", seed=7), start=START, end=END, engine="reference")
    assert again.to_json() == result.to_json()
    assert again.equity.equals(result.equity)
    assert again.journal.equals(result.journal)


@pytest.mark.parametrize("name", sorted(path.stem for path in STRATEGIES.glob("*.alvh")))
def test_both_engines_tell_the_same(name: str, market: alvh.Market) -> None:
    result, compiled = (
        alvh.run(STRATEGIES / f"{name}.alvh", market, start=START, end=END, engine=engine) for engine in ("reference", "numba")
    )
    assert (result.engine, compiled.engine) == ("reference", "numba")
    assert compiled.to_json() == result.to_json()  # the identity too: it stands for bytes, and they are the same
    assert compiled.equity.equals(result.equity)
    assert compiled.journal.equals(result.journal)


def test_a_result_says_what_ran_where(result: alvh.Result) -> None:
    value = json.loads(result.to_json())
    assert (value["strategy"], value["file"], value["market"]) == ("One VIX call", "single_vix_call.alvh", "generated")
    assert (value["from"], value["to"]) == (START, END)
    assert value["settings"]["seed"] == 7
    assert value["modelled"]["share_of_profit"] == 1.0
    assert value["metrics"]["hedge_cost"] is not None


def test_money_adds_up_on_every_row(result: alvh.Result) -> None:
    frame = result.equity
    total = result.settings.capital + sum(frame[name] for name in ("interest", "condors", "single.only"))
    assert np.abs((frame["equity"] - total).to_numpy()).max() < 1e-9 * 2e6


def test_journal_rows_point_at_the_lines_that_acted(result: alvh.Result) -> None:
    text = CALL.read_text().splitlines()
    rolls = result.journal.filter(result.journal["action"] == "roll out")
    assert rolls.height > 5
    for place in rolls["rule"].unique():
        name, line = place.split(":")
        assert name == CALL.name
        assert text[int(line) - 1].strip().startswith("roll")


def test_another_seed_setting_or_phase_is_another_run(result: alvh.Result, market: alvh.Market) -> None:
    def run(**changes: object) -> alvh.Result:
        return alvh.run(CALL, changes.pop("market", market), start=START, end=END, engine="reference", **changes)

    others = [run(market=alvh.Market("generated", seed=8)), run(settings={"costs": "none"}), run(phase=3)]
    assert len({result.identity, *(other.identity for other in others)}) == 4
    assert others[1].settings.costs == "none"
    assert sum(layer.costs for layer in others[1].layers) == 0.0


def test_a_strategy_without_hedge_has_no_hedge_cost(market: alvh.Market) -> None:
    comparison = alvh.compare([UNHEDGED, CALL], market, start=START, end=END, engine="reference")
    assert comparison.baseline.metrics.hedge_cost is None
    assert comparison.differences[0].drawdown_reduction == 0.0
    assert json.loads(comparison.to_json())["results"][1]["drawdown_reduction"] == comparison.differences[1].drawdown_reduction


def test_a_setting_holds_for_the_strategies_that_know_it(market: alvh.Market) -> None:
    contracts = STRATEGIES / "alvh_442_plain.alvh"
    comparison = alvh.compare(
        [UNHEDGED, contracts], market, start=START, end=END, engine="reference", settings={"call_delta": "0.35 delta", "costs": "none"}
    )
    assert [dict(result.settings.params) for result in comparison.results] == [{}, {"call_delta": 0.35}]
    assert [result.settings.costs for result in comparison.results] == ["none", "none"]
    with pytest.raises(alvh.StrategyError, match="wing_delta"):
        alvh.compare([UNHEDGED, contracts], market, settings={"wing_delta": "0.05 delta"})


def test_requests_that_cannot_be_are_refused(market: alvh.Market) -> None:
    with pytest.raises(alvh.RequestError, match="after its end"):
        alvh.run(CALL, market, start="2024-01-02", end="2023-01-02")
    with pytest.raises(alvh.RequestError, match="not a date"):
        alvh.run(CALL, market, start="1st of May")
    with pytest.raises(alvh.RequestError, match="no engine 'abacus'"):
        alvh.run(CALL, market, engine="abacus")
    with pytest.raises(alvh.RequestError, match="nothing to compare"):
        alvh.compare([], market)
    with pytest.raises(alvh.MarketError):
        alvh.run(CALL, market, start="1901-01-02", engine="reference")
    with pytest.raises(alvh.MarketError):
        alvh.Market("no such file.toml")


def test_a_comparison_is_two_frames(market: alvh.Market) -> None:
    comparison = alvh.compare([UNHEDGED, CALL, CALL], market, start=START, end=END)
    figures = comparison.metrics
    assert figures["strategy"].to_list() == ["Unhedged condors", "One VIX call", "One VIX call"]
    assert figures["hedge_cost"][0] is None
    assert figures["cagr"][1] - figures["cagr"][0] == pytest.approx(figures["cagr_difference"][1])
    assert comparison.equity.columns == ["date", "unhedged", "single_vix_call", "single_vix_call-2"]
    assert comparison.equity["single_vix_call"].equals(comparison.results[1].equity["equity"], check_names=False)
    assert repr(comparison) in str(comparison)
    assert "against" in repr(comparison)


def test_a_prompt_shows_the_tables(result: alvh.Result) -> None:
    assert repr(result).startswith("One VIX call: generated (seed 7), 2023-06-01 to 2024-12-31")
    assert "single.only" in repr(result)


def test_a_notebook_gets_tables(result: alvh.Result) -> None:
    assert "<table>" in result._repr_html_()
    assert "single.only" in result._repr_html_()
