"""What `alvh why` shows is what the engine decided on: clauses add up to their conditions, and actions are the journal's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import alvh
from alvh.compiler.clauses import Clause, leaves_of
from alvh.compiler.driver import compile_file
from alvh.compiler.ir import rules_of
from alvh.runtime.reference import interpret
from alvh.runtime.reference_streams import kleene_and, kleene_not, kleene_or
from alvh.runtime.watch_decisions import DecisionWatch

STRATEGIES = Path(__file__).parents[2] / "strategies"
FILES = sorted(STRATEGIES.glob("*.alvh"))
CONTRACTS = STRATEGIES / "alvh_442_contracts.alvh"
END = np.datetime64("2024-06-28", "D")


@cache
def market() -> alvh.Market:
    return alvh.Market("generated", seed=4)


def combined(clause: Clause, values: Sequence[float]) -> float:
    """The truth of a condition from the truths of its clauses alone."""
    if not clause.parts:
        return values[clause.node]
    parts = [combined(part, values) for part in clause.parts]
    match clause.joint:
        case "and":
            return kleene_and(*parts)
        case "or":
            return kleene_or(*parts)
        case "not":
            return kleene_not(*parts)
    return parts[0]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_clauses_add_up_to_the_condition_that_the_engine_reads(path: Path) -> None:
    """Checked on the last bar of a run, by the streams as they were decided on, lot by lot where a lot's own are read."""
    compiled = compile_file(path)
    program = compiled.program
    assert program is not None
    assert [entry.rule for entry in compiled.clauses] == list(rules_of(program))
    arrays = market().arrays(None, END, program.inputs, program.calendars)
    watch = DecisionWatch(program, arrays, arrays.last)
    interpret(program, arrays, observer=watch)
    for entry in compiled.clauses:
        if entry.condition is None:
            assert entry.rule.condition == -1
            continue
        assert entry.condition.node == entry.rule.condition
        assert all(leaf.node >= 0 for leaf in leaves_of(entry.condition))
        is_of_lots = program.nodes[entry.rule.condition].per_lot
        for values in watch.of_lots.values() if is_of_lots else [watch.values]:
            whole, from_parts = values[entry.rule.condition], combined(entry.condition, values)
            assert whole == from_parts or (math.isnan(whole) and math.isnan(from_parts))


def test_the_actions_are_those_of_the_journal_of_a_whole_run() -> None:
    strategy = alvh.load(CONTRACTS)
    journal = alvh.run(strategy, market(), engine="reference").journal
    days = journal["date"].unique().sort().to_list()
    for day in days[5::37][:12]:
        answer = alvh.why(strategy, market(), day)
        for layer in answer.layers:
            rows = journal.filter((journal["date"] == day) & (journal["layer"] == layer.layer))
            said = [action for action in layer.actions if action.since is None]
            assert [(action.action, action.asked, action.filled, action.price, action.note) for action in said] == [
                (row["action"], row["asked"], row["filled"], row["price"], row["note"]) for row in rows.to_dicts()
            ]
            is_traded = any(row["action"] not in ("refused", "settle") for row in rows.to_dicts())
            assert (layer.outcome == "traded") is is_traded


def test_both_engines_write_the_clauses_into_the_journal() -> None:
    results = [alvh.run(CONTRACTS, market(), end="2024-06-28", engine=engine) for engine in ("reference", "numba")]
    assert results[0].journal.equals(results[1].journal)
    values = results[0].journal.filter(results[0].journal["action"] == "roll out")["values"].unique().to_list()
    assert all(": true (dte=" in value for value in values if value.startswith("dte <= "))
    opened = results[0].journal.filter((results[0].journal["action"] == "open") & (results[0].journal["layer"] == "condors"))
    assert opened["values"].unique().to_list() == ["every week: true"]


def test_triggers_of_triggers_are_opened_once() -> None:
    """Each uses the next twice: opened all the way down, the last would be read two million times."""
    triggers = ["trigger t0 = vix > 20"] + [f"trigger t{n} = t{n - 1} and not t{n - 1}" for n in range(1, 21)]
    text = "\n".join(triggers) + "\nhedge h { layer a { buy 1 VIX call at strike 25, 30 days\n open when t20\n hold to expiry } }\n"
    compiled = compile_file("many.alvh", text=text)
    (opening,) = compiled.clauses
    assert opening.condition is not None
    assert [leaf.text for leaf in leaves_of(opening.condition)] == ["t19", "t19"]
