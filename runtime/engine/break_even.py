"""Where a layer's sold SPX options break even at expiry with what the hedges would then be worth (quant.md T17, hedged).

Only where a program reads it: each step towards a break-even prices all that is held anew.
"""

from __future__ import annotations

from alvh.runtime.engine import layout as at
from alvh.runtime.engine.layout import Run
from alvh.runtime.engine.ledger import none_of
from alvh.runtime.engine.margin import NO_SETTLEMENT, payoff
from alvh.runtime.engine.prices import series_at, share_beta, share_price, term, terms_of_leg
from alvh.runtime.lanes import Lanes, any_lane, broadcast, is_unknown, lane_function, load, minimum, negate, select, store
from alvh.runtime.mathematics import exp, log

UNKNOWN = float("nan")
NEVER_BELOW = 0.0
NEVER_ABOVE = float("inf")
STEP = 0.005
STEPS = 200
"""Of ln SPX, beyond the nearest sold strike: how closely and how far a loss is looked for."""
HALVINGS = 50


@lane_function
def add_hedged_break_evens(lanes: Lanes, run: Run, bar: int) -> None:
    """Of every layer, once all are marked."""
    for layer in range(run.settings.layers):
        row = at.ACCOUNT_ATTRIBUTE_ROWS + layer * at.LAYER_ATTRIBUTE_ROWS
        store(lanes, run.state.attributes, row + at.LA_HEDGED_LOWER, _hedged_break_even(lanes, run, bar, layer, 0.0, -STEP, NEVER_BELOW))
        store(lanes, run.state.attributes, row + at.LA_HEDGED_UPPER, _hedged_break_even(lanes, run, bar, layer, 1.0, STEP, NEVER_ABOVE))


@lane_function
def _hedged_break_even(lanes: Lanes, run: Run, bar: int, layer: int, calls: float, step: float, never: float) -> float:
    """Beyond the highest put sold or the lowest call; unknown where a loss is made at that strike already."""
    strike = broadcast(lanes, UNKNOWN)
    nearest = broadcast(lanes, NO_SETTLEMENT)
    first_leg = int(run.rules.layers[layer, at.L_FIRST_LEG])
    first_slot = int(run.rules.layers[layer, at.L_FIRST_SLOT])
    for slot in range(first_slot, first_slot + int(run.rules.layers[layer, at.L_SLOTS])):
        held = load(lanes, run.state.lots, slot * at.LOT_ROWS + at.O_STRUCTURES) > 0.0
        if any_lane(held):
            own = load(lanes, run.state.lots, slot * at.LOT_ROWS + at.O_NEAREST)
            nearest = select(held, minimum(nearest, own), nearest)
            for leg in range(int(run.rules.layers[layer, at.L_LEGS])):
                rule = first_leg + leg
                option = run.rules.legs[rule, at.G_KIND] == at.OPTION and run.rules.legs[rule, at.G_PRODUCT] == at.SPX
                if option and run.rules.legs[rule, at.G_WEIGHT] < 0.0 and run.rules.legs[rule, at.G_IS_CALL] == calls:
                    row = (slot * at.LEGS + leg) * at.LEG_ROWS
                    alive = held & (load(lanes, run.state.legs, row + at.E_ALIVE) == 1.0)
                    its = load(lanes, run.state.legs, row + at.E_STRIKE)
                    nearer = its > strike
                    if calls == 1.0:
                        nearer = its < strike
                    strike = select(alive & (is_unknown(strike) | nearer), its, strike)
    sells = negate(is_unknown(strike))
    if not any_lane(sells):
        return broadcast(lanes, UNKNOWN)
    known = sells & (_profit_at_expiry(lanes, run, bar, layer, nearest, strike) >= 0.0)
    searching = known
    found = none_of(searching)
    inside = strike
    outside = strike
    number = 1
    while number <= STEPS and any_lane(searching):
        level = strike * exp(broadcast(lanes, step * number))
        lost = _profit_at_expiry(lanes, run, bar, layer, nearest, level) < 0.0
        outside = select(searching & lost, level, outside)
        found = found | (searching & lost)
        searching = searching & negate(lost)
        inside = select(searching, level, inside)
        number += 1
    if any_lane(found):
        for _ in range(HALVINGS):
            middle = 0.5 * (inside + outside)
            lost = _profit_at_expiry(lanes, run, bar, layer, nearest, middle) < 0.0
            outside = select(lost, middle, outside)
            inside = select(lost, inside, middle)
    return select(known, select(found, 0.5 * (inside + outside), never), UNKNOWN)


@lane_function
def _profit_at_expiry(lanes: Lanes, run: Run, bar: int, layer: int, nearest: float, spx: float) -> float:
    """Dollars that the layer and the hedges made since their fills, with the index at `spx` on the layer's next settlement."""
    moved = series_at(lanes, run, bar, at.VIX_BETA) * log(spx / series_at(lanes, run, bar, at.SPX_CLOSE))
    profit = _profit_of_layer(lanes, run, bar, layer, nearest, spx, moved, broadcast(lanes, 0.0))
    for other in range(run.settings.layers):
        if other != layer and run.rules.groups[int(run.rules.layers[other, at.L_GROUP]), at.U_IS_HEDGE] == 1.0:
            profit = _profit_of_layer(lanes, run, bar, other, nearest, spx, moved, profit)
    return profit


@lane_function
def _profit_of_layer(lanes: Lanes, run: Run, bar: int, layer: int, nearest: float, spx: float, moved: float, profit: float) -> float:
    """What the layer's live legs make, added to `profit`; fees aside."""
    first_leg = int(run.rules.layers[layer, at.L_FIRST_LEG])
    first_slot = int(run.rules.layers[layer, at.L_FIRST_SLOT])
    total = profit
    for slot in range(first_slot, first_slot + int(run.rules.layers[layer, at.L_SLOTS])):
        held = load(lanes, run.state.lots, slot * at.LOT_ROWS + at.O_STRUCTURES) > 0.0
        if any_lane(held):
            points = broadcast(lanes, 0.0)
            for leg in range(int(run.rules.layers[layer, at.L_LEGS])):
                row = (slot * at.LEGS + leg) * at.LEG_ROWS
                alive = held & (load(lanes, run.state.legs, row + at.E_ALIVE) == 1.0)
                if any_lane(alive):
                    rule = first_leg + leg
                    worth = _level_at_expiry(lanes, run, bar, rule, row, alive, nearest, spx, moved)
                    if run.rules.legs[rule, at.G_KIND] == at.OPTION:
                        worth = payoff(run.rules.legs[rule, at.G_IS_CALL] == 1.0, worth, load(lanes, run.state.legs, row + at.E_STRIKE))
                    made = run.rules.legs[rule, at.G_WEIGHT] * (worth - load(lanes, run.state.legs, row + at.E_FILL))
                    points = points + select(alive, made, 0.0)
            units = load(lanes, run.state.lots, slot * at.LOT_ROWS + at.O_UNITS)
            total = total + select(held, points * units * 100.0, 0.0)
    return total


@lane_function
def _level_at_expiry(lanes: Lanes, run: Run, bar: int, leg: int, row: int, alive: bool, nearest: float, spx: float, moved: float) -> float:
    """What a leg is on, `moved` being the change of ln VIX: the VIX itself if the leg settles no later than `nearest`."""
    product = int(run.rules.legs[leg, at.G_PRODUCT])
    if product == at.SPX:
        return spx
    if product == at.VIX:
        terms = terms_of_leg(lanes, run, bar, product, at.OPTION, row, alive)
        future = term(lanes, run, terms, 0) * exp(term(lanes, run, terms, at.TERMS_BETA) * moved)
        early = load(lanes, run.state.legs, row + at.E_SETTLE_DAY) <= nearest
        return select(early, series_at(lanes, run, bar, at.VIX_CLOSE) * exp(moved), future)
    return share_price(lanes, run, bar, product) * exp(share_beta(lanes, run, bar, product) * moved)
