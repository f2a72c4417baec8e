"""Turning round one sign, comparison or bound of the engine's choices, settlement, ledger, cuts, rolls or fills breaks agreement with the
reference: what makes the equality of the two engines mean something."""

from __future__ import annotations

from functools import cache

import pytest
from agreement import first_difference
from attrs import evolve, frozen
from mutants import Place, engine_with, places, run_mutant
from pencilled import runs_by_pencil
from programs import compiled
from random_program import random_program
from sample_markets import cut_last, sample_market

from alvh.compiler.ir import Program
from alvh.runtime.market import MarketArrays
from alvh.runtime.record import RunRecord
from alvh.runtime.reference import interpret

GROUPS_OF_PLACES = 8
DRAWN = range(30)
"""Numbers of programs drawn at random: verbs and instruments that no text here says."""


@frozen
class Setting:
    """A strategy on the bars `skipped .. skipped + bars` of a sample market."""

    market: str
    skipped: int
    bars: int
    text: str


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "storm",
        28,
        32,
        """
strategy "Condors, hedged and rolled onward, under a limit and short of cash"
capital $90_000
costs listed
book condors {
  expiry 20..45 days
  short_put : sell SPX put at 0.25 delta
  long_put : buy SPX put 50 points below short_put
  short_call : sell SPX call at 0.25 delta
  long_call : buy SPX call 50 points above short_call
  size max_loss 12% of equity
  at most 3 lots
  open every 4 sessions when condors.cost + condors.credit > -$1_000_000_000
  close when profit >= 30% of credit
  close when loss >= 150% of credit
  roll when dte <= 12 days
}
hedge alvh {
  limit cost to 60% of condors.credit
  unwind when vx(1) / vx(2) - 1 > 4% until vix < 30
  layer front {
    buy 4 VIX calls at 0.40 delta, 15 days
    roll into far when dte <= 9 days
    rebalance every 3 sessions
  }
  layer far {
    buy 2 VIX calls at 0.45 delta, 45 days
    roll when dte <= 38 days
    close when option_delta > 0.8 delta
  }
}
hedge side {
  limit cost to $2_500
  layer one { buy VIX call at 0.60 delta, 20 days
    size 10 contracts
    close when age >= 3 sessions }
  layer two { buy SPX put at 0.20 delta, 20 days
    size 3 contracts
    open when condors.short_delta > 0 delta and condors.age > -1 sessions and condors.dte > -1 days and prev(alvh.far rolls) or vix > 1
    close when age >= 4 sessions }
}
""",
    ),
    Setting(
        "generated 12",
        5,
        40,
        """
strategy "Budgets, shares, sizes in money, and what can be read of a layer"
capital $1_000_000
costs listed
contracts fractional
hedge alvh {
  budget 12% of equity per year, paid monthly, kept 1 months
  layer near {
    share 50%
    buy VIX call at 0.50 delta, 20 days
    sell VIX call at 0.15 delta, same expiry
    at most 2 lots
    open every 3 sessions
    close when age >= 7 sessions
    close when highest(profit, 3) - profit > $2_000
    rebalance every week
  }
  layer puts {
    share 30%
    buy SPX put at 0.30 delta, 15..30 days
    size 0.2% of equity
    roll when dte <= 9 days
    rebalance every 4 sessions
  }
  layer both {
    share 20%
    size 3 contracts
    buy VIX call at 110% of forward, 12 days
    buy 2 VIX puts at 0.40 delta, 40 days
    at most 3 lots
    open every 6 sessions
    close when profit > $500_000
    hold to expiry
    roll into rest when age >= 9 sessions
  }
  layer rest {
    buy VIX call at strike vx(1), 60 days
    at most 2 lots
    open when vix > 500
    rebalance every 5 sessions
    close when age >= 12 sessions
  }
  layer unlisted { buy VIX call at 0.50 delta, month 23 }
  layer watch {
    buy VIX call at 0.20 delta, 50 days
    size 1 contracts
    at most 4 lots
    open every 2 sessions when near.realized + near.gains + puts.realized + both.realized + both.gains + rest.realized > -$1_000_000_000
    open every day when near.count + near.contracts / 1 contract + rest.contracts / 1 contract > -1
    close every 2 sessions when near.value + near.profit + near.loss + near.margin > -$1_000_000_000 and near.delta + puts.delta > 0
    close when near.credit + near.cost + near.notional + near.width_notional > -$1_000_000_000
  }
}
""",
    ),
    Setting(
        "holes in prices",
        8,
        50,
        """
strategy "The index held, prices missing"
capital $900_000
costs listed
contracts fractional
book market { hold SPX }
book puts {
  sell SPX put at 0.45 delta, 10 days
  size 2 contracts
  at most 3 lots
  open every day when quick_ratio > -1
  close when option_delta > 0.9 delta
}
hedge alvh {
  unit 2 per $1_000_000 of equity
  unwind when vix > 30
  unwind when quick_ratio < 0.02
  layer calls {
    buy 2 VIX calls at 0.35 delta, 25 days
    rebalance every 2 sessions when vix < 60
    roll when dte <= 12 days
  }
  layer spread {
    sell 1 VIX call at 0.50 delta, 30 days
    buy 2 VIX calls at 0.20 delta, same expiry
    size by vix { below 19 : 2 contracts  from 19 : 5 contracts }
    roll when age >= 6 sessions
    rebalance every 3 sessions
  }
}
""",
    ),
    Setting(
        "missing prints",
        0,
        45,
        """
strategy "Everything to expiry, prints missing"
capital $120_000
costs listed
book verticals {
  short_call : sell SPX call at 0.30 delta, 14 days
  long_call : buy SPX call 25 points above short_call, same expiry
  size 12 contracts
  at most 4 lots
  open every 3 sessions
  hold to expiry
}
book puts {
  high : buy SPX put at 0.45 delta, 18 days
  sell SPX put 100 points below high, same expiry
  size $9_000
  at most 2 lots
  open every 2 sessions when verticals is open
  rebalance every week
  hold to expiry
}
hedge alvh {
  first near, then far
  layer near { buy 3 VIX calls at 0.30 delta, 10 days
    open when (verticals opens or puts closes) and verticals.realized + verticals.gains + puts.realized + puts.gains > -$1_000_000_000
    hold to expiry }
  layer far { buy VIX puts at 0.40 delta, 20 days
    size 40% of near.contracts
    rebalance every day
    close when profit > $400 }
}
""",
    ),
    Setting(
        "rough walk",
        5,
        32,
        """
strategy "Several lots roll on one bar, out of one budget, into a layer with little room"
capital $1_000_000
costs listed
contracts fractional
hedge alvh {
  budget 4% of capital per year, paid monthly
  layer many {
    share 50%
    size 9 contracts
    buy VIX call at 0.40 delta, 30 days
    at most 4 lots
    open every 2 sessions
    roll every 9 sessions
    roll into few every 7 sessions
  }
  layer lasting {
    share 10%
    buy SPX put at 0.60 delta, 6 days
    at most 4 lots
    open every day
    hold to expiry
  }
  layer after {
    buy VIX call at 0.50 delta, 40 days
    open when many closes or few closes or lasting closes
    close every 2 sessions
  }
  layer rising {
    share 20%
    buy SPX call at 0.60 delta, 6 days
    at most 4 lots
    open every 3 sessions
    hold to expiry
  }
  layer few {
    share 20%
    buy VIX call at 0.30 delta, 60 days
    at most 2 lots
    open every day
    close when age >= 5 sessions
    rebalance every 3 sessions
  }
  layer spread {
    buy VIX call at 0.60 delta, 15 days
    sell VIX call at 0.05 delta, same expiry
    size $20_000
    rebalance every day
    hold to expiry
  }
}
""",
    ),
    Setting(
        "storm",
        30,
        26,
        """
strategy "Sizes that grow while lots roll"
capital $1_000_000
costs listed
contracts fractional
hedge alvh {
  budget 30% of capital per year, paid monthly
  layer steps {
    buy VIX call at 0.40 delta, 30 days
    size by vix { below 24 : 1 contracts  from 24 : 30 contracts }
    at most 4 lots
    open every 2 sessions when vix < 24
    roll every 6 sessions
  }
  layer paid {
    share 60%
    buy VIX call at 0.40 delta, 30 days
    size by vix { below 24 : 1 contracts  from 24 : 90 contracts }
    at most 4 lots
    open every 2 sessions when vix < 24
    roll every 6 sessions
  }
  layer spent {
    share 40%
    buy VIX put at 0.40 delta, 30 days
    at most 4 lots
    open every 2 sessions
    roll every 6 sessions
    rebalance every 5 sessions
  }
  layer source {
    buy VIX call at 0.30 delta, 20 days
    at most 1 lots
    roll into target when age >= 2 sessions
  }
  layer target {
    buy VIX call at 0.30 delta, 50 days
    at most 2 lots
    open every day
    close when age >= 3 sessions
  }
}
""",
    ),
    Setting(
        "prices end",
        40,
        30,
        """
strategy "A run that stops"
capital $1_000_000
hedge alvh {
  layer calls { buy VIX call at 0.40 delta, 60 days
    close when age >= 50 sessions }
  layer brief { buy VIX call at 0.50 delta, 40 days
    close when age >= 6 sessions }
}
""",
    ),
)


@frozen(eq=False)
class Scenario:
    program: Program
    arrays: MarketArrays
    record: RunRecord


@cache
def scenarios() -> tuple[Scenario, ...]:
    found = []
    for setting in SETTINGS:
        whole = sample_market(setting.market)
        first = whole.first + setting.skipped
        arrays = evolve(cut_last(whole, min(first + setting.bars, whole.last)), first=first)
        program = compiled(setting.text)
        found.append(Scenario(program, arrays, interpret(program, arrays)))
    for seed in DRAWN:
        small, series = random_program(seed)
        found.append(Scenario(small.program, small.market(**series), small.run(**series)))
    found.extend(Scenario(*run) for run in runs_by_pencil(("instruments", "verbs", "proxies", "attributes")))
    return tuple(found)


EQUIVALENT: dict[str, str] = {
    "expiries.choose_expiry: `>` in `days > middle`": "ends a search early: expiries stand in order, and farther ones are never nearer",
    "expiries.choose_expiry: `>` in `distance > found_distance`": "ends the same search early",
    "expiries.lacks_an_expiry: `>` in `missing > 0`": "spares the search for strikes: the refusal was noted before",
    "mark._attribute_lot: `maximum` in `maximum(credit, 0.0)`": "no rule reads a lot's own cost, and the layer's is summed anew afterwards",
}
"""Places that may be turned round without changing any run, and why."""


def survives(place: Place | None) -> bool:
    """Whether every scenario runs as the reference does."""
    with engine_with(place):
        for scenario in scenarios():
            found = run_mutant(scenario.program, scenario.arrays)
            if found is None or first_difference(scenario.record, found) is not None:
                return False
    return True


def test_the_engine_made_anew_agrees() -> None:
    assert survives(None)


def test_scenarios_use_every_verb() -> None:
    for verb in ("open", "close", "roll", "roll into", "rebalance", "settle", "unwind"):
        assert any(scenario.record.verbs[verb] > 0 for scenario in scenarios()), verb


@pytest.mark.parametrize("part", range(GROUPS_OF_PLACES))
def test_every_turned_sign_is_noticed(part: int) -> None:
    survivors = {str(place) for place in places()[part::GROUPS_OF_PLACES] if str(place) not in EQUIVALENT and survives(place)}
    assert not survivors, "\n".join(sorted(survivors))


def test_what_is_called_equivalent_still_stands_and_survives() -> None:
    found = {str(place): place for place in places() if str(place) in EQUIVALENT}
    assert set(found) == set(EQUIVALENT)
    assert all(survives(place) for place in found.values())
