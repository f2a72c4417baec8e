"""Turning round one sign, comparison or bound of the engine's choices, settlement, ledger, cuts, rolls or fills breaks agreement with the
reference: what makes the equality of the two engines mean something."""

from __future__ import annotations

from functools import cache
from time import process_time

import pytest
from agreement import first_difference
from attrs import frozen
from mutants import Place, engine_with, functions_run, places, run_mutant
from scenarios import scenarios

from alvh.runtime.record import VERBS

GROUPS_OF_PLACES = 8


LITTLE = "only a run over many paths records so little: tests/paths hold all of it"
EQUIVALENT: dict[str, str] = {
    "day_loop._record_little: `-` in `run.settings.last - run.settings.first`": LITTLE,
    "day_loop._record_little: `+` in `run.settings.last - run.settings.first + 1`": LITTLE,
    "day_loop._record_little: `+` in `equity + value`": LITTLE,
    "day_loop._record_little: `+` in `load(lanes, run.state.layers, layer * LAYER_ROWS + S_FLOW) + value`": LITTLE,
    "day_loop._record_little: `+` in `equity + load(lanes, run.state.account, A_UNITS) * spx`": LITTLE,
    "turns._decide_lot: `>=` in `load(lanes, run.state.lots, lot + at.O_PROXY) >= 0.0`": "a layer has one proxy, number 0; others settle",
    "rolls._roll_within: `>=` in `proxy >= 0.0`": "a layer has one proxy, number 0; in another lot its shares are dead",
    "mark._mark_lot: `<` in `source < 0`": "without it the next question finds that no leg was priced yet",
    "waiting.execute_waiting: `+` in `int(run.settings.waiting_from) + lane * int(run.settings.waiting_rows)`": "the lane is 0",
    "journal.start_waiting: `+` in `int(run.settings.waiting_from) + lane * int(run.settings.waiting_rows)`": "the lane is 0",
    "expiries.choose_expiry: `>` in `days > middle`": "ends a search early: expiries stand in order, and farther ones are never nearer",
    "expiries.choose_expiry: `>` in `distance > found_distance`": "ends the same search early",
    "choose.price_legs: `+` in `delta + weight * signed`": "only the size of a delta is asked, and all of the sum changes its sign",
    "rolls._delta_of_lot: `+` in `total + select(alive, run.rules.legs[rule, at.G_WEIGHT] * signed, 0.0)`": "the same",
    "settle.settle: `<=` in `load(lanes, run.state.lots, slot * at.LOT_ROWS + at.O_NEAREST) <= today`": "passes over lots settled late "
    "alone, and in no scenario does a settlement fall on a day without a session",
    "keep._sell_against: `-` in `structures - sold`": "tells where dust would be left, as in test_a_keep_leaves_no_dust",
    "mark._attribute_lot: `maximum` in `maximum(credit, 0.0)`": "no rule reads a lot's own cost, and the layer's is summed anew afterwards",
}
"""Places that may be turned round without changing any run of a scenario, and why."""


@frozen
class Reach:
    """What of the engine a scenario runs, and how long that takes."""

    functions: frozenset[tuple[str, str]]
    seconds: float


@cache
def reach_of(number: int) -> Reach:
    scenario = scenarios()[number]
    start = process_time()
    functions = functions_run(scenario.program, scenario.arrays, scenario.sensitivities)
    return Reach(functions, process_time() - start)


KILLERS: dict[tuple[str, str], int] = {}
"""By module and function the scenario that last told a mutant from the engine: it is asked first."""


def survives(place: Place | None) -> bool:
    """Whether every scenario that comes to the place runs as the reference does."""
    numbers = list(range(len(scenarios())))
    function = ("", "") if place is None else (place.module, place.function)
    if place is not None:
        first = KILLERS.get(function, -1)
        reaching = (number for number in numbers if function in reach_of(number).functions)
        # Which is asked first decides nothing but how long it takes.
        numbers = sorted(reaching, key=lambda number: (number != first, reach_of(number).seconds))
    with engine_with(place):
        for number in numbers:
            scenario = scenarios()[number]
            found = run_mutant(scenario.program, scenario.arrays, scenario.sensitivities)
            if found is None or first_difference(scenario.record, found) is not None:
                KILLERS[function] = number
                return False
    return True


def test_the_engine_made_anew_agrees() -> None:
    assert survives(None)


def test_scenarios_use_every_verb() -> None:
    for verb in VERBS:
        assert any(scenario.record.verbs[verb] > 0 for scenario in scenarios()), verb


@pytest.mark.parametrize("part", range(GROUPS_OF_PLACES))
def test_every_turned_sign_is_noticed(part: int) -> None:
    survivors = {str(place) for place in places()[part::GROUPS_OF_PLACES] if str(place) not in EQUIVALENT and survives(place)}
    assert not survivors, "\n".join(sorted(survivors))


def test_what_is_called_equivalent_still_stands_and_survives() -> None:
    found = {str(place): place for place in places() if str(place) in EQUIVALENT}
    assert set(found) == set(EQUIVALENT)
    assert all(survives(place) for place in found.values())
