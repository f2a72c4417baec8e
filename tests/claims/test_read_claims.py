"""From claim lines to questions: metric, region, and what makes a line one that nobody can judge."""

from __future__ import annotations

from math import inf

import pytest

from alvh.compiler.driver import compile_file
from alvh.compiler.read_claims import Question, Region, read_claims

BOOK = """
param wanted = 35% in 10% .. 50%
book condors {
  short : sell SPX put at 0.16 delta, 45 days
  long  : buy SPX put 25 points below short, 45 days
  size 4 contracts
  hold to expiry
}
hedge alvh {
  layer front { buy 4 VIX calls at 0.30 delta, 30 days  hold to expiry }
  layer far   { buy 2 VIX calls at 0.30 delta, 110 days hold to expiry }
}
"""


def question(line: str) -> Question:
    compiled = compile_file("made.alvh", text=f"{BOOK}\nclaim told : {line}\n")
    assert not compiled.has_error, compiled.diagnostics
    assert compiled.meaning is not None
    (found,) = read_claims(compiled.meaning)
    return found


@pytest.mark.parametrize(
    ("line", "region"),
    [
        ("reduction(max_drawdown) in 35% .. 40%", Region(0.35, 0.40)),
        ("max_drawdown > -20%", Region(-0.20, inf, low_open=True)),
        ("-20% <= max_drawdown", Region(-0.20, inf)),
        ("ratio(theta_paid) < 1", Region(-inf, 1.0, high_open=True)),
        ("payoff_capture >= wanted", Region(0.35, inf)),
        ("monthly_drag <= 0.25%", Region(-inf, 0.0025)),
    ],
)
def test_relations_become_regions(line: str, region: Region) -> None:
    found = question(line)
    assert found.region == region
    assert found.unanswerable == ""


def test_clauses() -> None:
    found = question('reduction(max_drawdown) > 0% vs "other.alvh" without far in "covid_2020_02_03" with live sizing')
    assert (found.metric, found.relative, found.against, found.without) == ("max_drawdown", "reduction", "other.alvh", ("alvh.far",))
    assert found.scenario is not None
    assert found.scenario.first.isoformat() == "2020-02-19"
    assert found.live
    assert found.settings == ()


def test_a_group_stands_for_its_layers_and_a_setting_for_itself() -> None:
    found = question("cagr > 0% without alvh with costs none")
    assert found.without == ("alvh.front", "alvh.far")
    assert found.settings == (("costs", "none"),)


def test_days_by_a_condition_on_the_market() -> None:
    found = question("event_loss < 12% on days when change(spx, 5 sessions) <= -4%")
    assert found.on_days is not None
    assert {node.name for node in found.on_days.nodes if node.operation == "series"} == {"spx"}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("max_drawdown > -20% on days when equity > $900_000", "account"),
        ("max_drawdown > -20% on days when condors is open", "what a layer holds"),
        ("max_drawdown != -20%", "one metric with one number"),
        ("max_drawdown > cvar_95", "one metric with one number"),
    ],
)
def test_what_nobody_can_judge(line: str, reason: str) -> None:
    assert reason in question(line).unanswerable


def test_regions_hold_and_miss() -> None:
    region = Region(0.35, 0.40, low_open=True)
    assert [region.holds(value) for value in (0.35, 0.36, 0.40, 0.41)] == [False, True, True, False]
    assert region.misses(0.10, 0.35)
    assert not region.misses(0.10, 0.36)
    assert not Region(0.35).misses(0.10, 0.35)
