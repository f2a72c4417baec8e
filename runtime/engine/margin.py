"""What lots bind: worst loss at expiry, floating margin at the marks, entry and nearest settlement; the same of a choice."""

from __future__ import annotations

from alvh.runtime.engine import layout as at
from alvh.runtime.engine.layout import Run
from alvh.runtime.engine.prices import term, terms_of_leg
from alvh.runtime.lanes import Lanes, absolute, broadcast, lane_function, load, maximum, minimum, select, store, store_where

NO_SETTLEMENT = float("inf")
"""The settlement day of what does not expire."""
FUTURE_MARGIN = 0.45
LEAST_FUTURE_MARGIN = 5.0
"""Of a VIX future: part of its price, and points (quant.md 2.4)."""
SHORT_MARGIN = 0.2
LEAST_SHORT_MARGIN = 0.1
"""Of an option sold against others: parts of its forward, less what it is out of the money by (quant.md 2.9)."""


@lane_function
def payoff(is_call: bool, price: float, strike: float) -> float:
    """Of one option at settlement."""
    if is_call:
        return maximum(price - strike, 0.0)
    return maximum(strike - price, 0.0)


@lane_function
def is_naked(run: Run, leg: int, covered: bool) -> bool:
    """Whether a leg's margin moves with its forward: an option sold by a layer that writes against another."""
    return bool(covered and run.rules.legs[leg, at.G_KIND] == at.OPTION and run.rules.legs[leg, at.G_WEIGHT] < 0.0)


@lane_function
def floating_margin(lanes: Lanes, run: Run, leg: int, covered: bool, terms: int, strike: float, mark: float) -> float:
    """Margin of a leg that moves with the market, points a structure; `covered`: its layer writes against another."""
    kind = int(run.rules.legs[leg, at.G_KIND])
    weight: float = run.rules.legs[leg, at.G_WEIGHT]
    if kind == at.FUTURE:
        return abs(weight) * maximum(FUTURE_MARGIN * mark, LEAST_FUTURE_MARGIN)
    if is_naked(run, leg, covered):
        forward = term(lanes, run, terms, 0)
        out = forward - strike
        if run.rules.legs[leg, at.G_IS_CALL] == 1.0:
            out = strike - forward
        moving = maximum(SHORT_MARGIN * forward - maximum(out, 0.0), LEAST_SHORT_MARGIN * forward)
        return abs(weight) * (mark + moving)
    return broadcast(lanes, 0.0)


@lane_function
def note_floating(lanes: Lanes, run: Run, bar: int, layer: int, slot: int, mask: bool) -> None:
    """A lot's floating margin at its marks, where its layer has any."""
    if run.rules.layers[layer, at.L_MARGIN_MOVES] == 0.0:
        return
    first_leg = int(run.rules.layers[layer, at.L_FIRST_LEG])
    covered = run.rules.layers[layer, at.L_COVER] >= 0.0
    total = broadcast(lanes, 0.0)
    for leg in range(int(run.rules.layers[layer, at.L_LEGS])):
        row = (slot * at.LEGS + leg) * at.LEG_ROWS
        alive = load(lanes, run.state.legs, row + at.E_ALIVE) == 1.0
        product, kind = int(run.rules.legs[first_leg + leg, at.G_PRODUCT]), int(run.rules.legs[first_leg + leg, at.G_KIND])
        terms = 0
        if is_naked(run, first_leg + leg, covered):
            terms = terms_of_leg(lanes, run, bar, product, kind, row, mask & alive)
        strike = load(lanes, run.state.legs, row + at.E_STRIKE)
        mark = load(lanes, run.state.legs, row + at.E_MARK)
        total = total + select(alive, floating_margin(lanes, run, first_leg + leg, covered, terms, strike, mark), 0.0)
    store_where(lanes, run.state.lots, slot * at.LOT_ROWS + at.O_FLOATING, mask, total)


@lane_function
def margin_of_lot(lanes: Lanes, run: Run, slot: int) -> float:
    """Dollars."""
    lot = slot * at.LOT_ROWS
    points = load(lanes, run.state.lots, lot + at.O_WORST) + load(lanes, run.state.lots, lot + at.O_FLOATING)
    return points * load(lanes, run.state.lots, lot + at.O_UNITS) * 100.0


@lane_function
def refresh_lot(lanes: Lanes, run: Run, layer: int, slot: int) -> None:
    """Entry, worst loss and nearest settlement of a lot's live legs."""
    first_leg = int(run.rules.layers[layer, at.L_FIRST_LEG])
    entry = broadcast(lanes, 0.0)
    nearest = broadcast(lanes, NO_SETTLEMENT)
    for leg in range(int(run.rules.layers[layer, at.L_LEGS])):
        row = (slot * at.LEGS + leg) * at.LEG_ROWS
        alive = load(lanes, run.state.legs, row + at.E_ALIVE) == 1.0
        paid = run.rules.legs[first_leg + leg, at.G_PAID_WEIGHT]
        entry = entry + select(alive, paid * load(lanes, run.state.legs, row + at.E_FILL), 0.0)
        nearest = select(alive, minimum(load(lanes, run.state.legs, row + at.E_SETTLE_DAY), nearest), nearest)
    lot = slot * at.LOT_ROWS
    store(lanes, run.state.lots, lot + at.O_ENTRY, entry)
    store(lanes, run.state.lots, lot + at.O_NEAREST, nearest)
    store(lanes, run.state.lots, lot + at.O_WORST, worst_of_lot(lanes, run, layer, slot))


@lane_function
def worst_of_lot(lanes: Lanes, run: Run, layer: int, slot: int) -> float:
    """The largest loss of the live options' payoff, points a structure: over prices 0 and each strike, one underlying after another."""
    first_leg = int(run.rules.layers[layer, at.L_FIRST_LEG])
    legs = int(run.rules.layers[layer, at.L_PRIMARY])
    worst = broadcast(lanes, 0.0)
    for product in range(at.UVXY + 1):
        if (int(run.rules.layers[layer, at.L_UNDERLYINGS]) >> product) & 1 == 0:
            continue
        lowest = broadcast(lanes, 0.0)
        for point in range(-1, legs):
            price = broadcast(lanes, 0.0)
            counts = price == 0.0
            if point >= 0:
                if not is_option_on(run, first_leg + point, product):
                    continue
                price = load(lanes, run.state.legs, (slot * at.LEGS + point) * at.LEG_ROWS + at.E_STRIKE)
                counts = load(lanes, run.state.legs, (slot * at.LEGS + point) * at.LEG_ROWS + at.E_ALIVE) == 1.0
            total = broadcast(lanes, 0.0)
            for leg in range(legs):
                if is_option_on(run, first_leg + leg, product):
                    row = (slot * at.LEGS + leg) * at.LEG_ROWS
                    alive = load(lanes, run.state.legs, row + at.E_ALIVE) == 1.0
                    strike = load(lanes, run.state.legs, row + at.E_STRIKE)
                    value = payoff(run.rules.legs[first_leg + leg, at.G_IS_CALL] == 1.0, price, strike)
                    total = total + select(alive, run.rules.legs[first_leg + leg, at.G_WEIGHT] * value, 0.0)
            lowest = select(counts, minimum(lowest, total), lowest)
        worst = worst + -lowest
    return worst


@lane_function
def is_option_on(run: Run, leg: int, product: int) -> bool:
    return bool(run.rules.legs[leg, at.G_KIND] == at.OPTION and run.rules.legs[leg, at.G_PRODUCT] == product)


@lane_function
def worst_of_choice(lanes: Lanes, run: Run, choice: int, layer: int) -> float:
    """The same of the legs chosen."""
    first_leg = int(run.rules.layers[layer, at.L_FIRST_LEG])
    legs = int(run.rules.layers[layer, at.L_PRIMARY])
    worst = broadcast(lanes, 0.0)
    for product in range(at.UVXY + 1):
        if (int(run.rules.layers[layer, at.L_UNDERLYINGS]) >> product) & 1 == 0:
            continue
        lowest = broadcast(lanes, 0.0)
        for point in range(-1, legs):
            price = broadcast(lanes, 0.0)
            if point >= 0:
                if not is_option_on(run, first_leg + point, product):
                    continue
                price = load(lanes, run.state.choice, (choice * at.LEGS + point) * at.CHOICE_ROWS + at.C_STRIKE)
            total = broadcast(lanes, 0.0)
            for leg in range(legs):
                if is_option_on(run, first_leg + leg, product):
                    strike = load(lanes, run.state.choice, (choice * at.LEGS + leg) * at.CHOICE_ROWS + at.C_STRIKE)
                    value = payoff(run.rules.legs[first_leg + leg, at.G_IS_CALL] == 1.0, price, strike)
                    total = total + run.rules.legs[first_leg + leg, at.G_WEIGHT] * value
            lowest = minimum(lowest, total)
        worst = worst + -lowest
    return worst


@lane_function
def alike(run: Run, one: int, other: int) -> bool:
    """Whether two legs are options of one right whose expiries stand in one table."""
    legs = run.rules.legs
    options = legs[one, at.G_KIND] == at.OPTION and legs[other, at.G_KIND] == at.OPTION
    funds = legs[one, at.G_PRODUCT] >= at.VXX and legs[other, at.G_PRODUCT] >= at.VXX
    same = legs[one, at.G_IS_CALL] == legs[other, at.G_IS_CALL]
    return bool(options and same and (funds or legs[one, at.G_PRODUCT] == legs[other, at.G_PRODUCT]))


@lane_function
def width_of_choice(lanes: Lanes, run: Run, choice: int, layer: int) -> float:
    """The wider wing: the largest distance of two strikes of one right and expiry."""
    first_leg = int(run.rules.layers[layer, at.L_FIRST_LEG])
    legs = int(run.rules.layers[layer, at.L_PRIMARY])
    wider = broadcast(lanes, 0.0)
    for one in range(legs):
        for other in range(one + 1, legs):
            one_expiry = run.state.chosen_expiry[choice, one] == run.state.chosen_expiry[choice, other]
            if alike(run, first_leg + one, first_leg + other) and one_expiry:
                first = load(lanes, run.state.choice, (choice * at.LEGS + one) * at.CHOICE_ROWS + at.C_STRIKE)
                second = load(lanes, run.state.choice, (choice * at.LEGS + other) * at.CHOICE_ROWS + at.C_STRIKE)
                wider = maximum(wider, absolute(first - second))
    return wider


@lane_function
def note_width(lanes: Lanes, run: Run, layer: int, slot: int, mask: bool) -> None:
    """The wider wing of a lot whose strikes have changed."""
    first_leg = int(run.rules.layers[layer, at.L_FIRST_LEG])
    legs = int(run.rules.layers[layer, at.L_PRIMARY])
    wider = broadcast(lanes, 0.0)
    for one in range(legs):
        for other in range(one + 1, legs):
            if alike(run, first_leg + one, first_leg + other):
                row, other_row = (slot * at.LEGS + one) * at.LEG_ROWS, (slot * at.LEGS + other) * at.LEG_ROWS
                together = load(lanes, run.state.legs, row + at.E_EXPIRY) == load(lanes, run.state.legs, other_row + at.E_EXPIRY)
                apart = absolute(load(lanes, run.state.legs, row + at.E_STRIKE) - load(lanes, run.state.legs, other_row + at.E_STRIKE))
                wider = select(together, maximum(wider, apart), wider)
    store_where(lanes, run.state.lots, slot * at.LOT_ROWS + at.O_WIDTH, mask, wider)
