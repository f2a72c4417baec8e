"""Which listed expiry a rule names: a scalar matter, shared by lanes."""

from __future__ import annotations

from alvh.runtime.engine import layout as at
from alvh.runtime.engine.layout import Run
from alvh.runtime.engine.margin import NO_SETTLEMENT
from alvh.runtime.engine.prices import table_of
from alvh.runtime.lanes import Lanes, broadcast, lane_function, store
from alvh.runtime.market import Floats
from alvh.runtime.record import NO_EXPIRY, NO_REASON


@lane_function
def choose_expiry(
    table: Floats, count: int, today: float, bar: int, start: int, front: int, manner: int, low: float, high: float, monthly_only: float
) -> tuple[int, bool]:
    """Index of the listed expiry that a rule names, and whether it lies outside a range; -1: none is listed at all.

    `front` is the month index of the first quoted future where a future is meant, else -1."""
    found = -1
    found_distance = 0.0
    found_inside = False
    months = 0
    middle = low
    if manner != at.BY_DAYS:
        middle = (low + high) / 2.0
    for expiry in range(start, count):
        if front >= 0:
            rank = int(table[expiry, at.X_MONTH_INDEX]) - front
            listed = table[expiry, at.X_MONTHLY] == 1.0 and rank >= 0 and rank < at.VX_RANKS
        else:
            listed = table[expiry, at.X_LISTED_BAR] <= bar and bar < table[expiry, at.X_SETTLE_BAR]
        if not listed:
            continue
        if manner == at.BY_MONTH:
            if table[expiry, at.X_MONTHLY] == 1.0:
                months += 1
                if months == int(low):
                    return expiry, False
            continue
        if monthly_only == 1.0 and table[expiry, at.X_MONTHLY] != 1.0:
            continue
        days = table[expiry, at.X_SETTLE_DAY] - today
        inside = manner == at.BY_DAYS or (low <= days and days <= high)
        distance = abs(days - middle)
        better = found < 0 or (inside and not found_inside) or (inside == found_inside and distance < found_distance)
        if better:
            found = expiry
            found_distance = distance
            found_inside = inside
        elif days > middle and distance > found_distance and found_inside:
            break
    return found, not found_inside


@lane_function
def ensure_expiries(lanes: Lanes, run: Run, bar: int, choice: int) -> None:
    """The expiries of a choice on this bar: all that a roll into its layer looks at before the lot is sold."""
    if run.state.expiries_bar[choice] == bar:
        return
    run.state.expiries_bar[choice] = bar
    layer = int(run.rules.choices[choice, at.V_LAYER])
    first_leg = int(run.rules.layers[layer, at.L_FIRST_LEG])
    legs = int(run.rules.layers[layer, at.L_PRIMARY])
    today = run.market.days[bar, at.D_DAY]
    outside_any = 0.0
    for leg in range(legs):
        place = choice * at.LEGS + leg
        manner = int(run.rules.choice_legs[place, at.Y_MANNER])
        if int(run.rules.choice_legs[place, at.Y_ORIGIN]) != leg or manner == at.NO_EXPIRY_AT_ALL:
            run.state.chosen_expiry[choice, leg] = 0
            continue
        product = int(run.rules.legs[first_leg + leg, at.G_PRODUCT])
        count = run.settings.spx_expiries
        start = int(run.market.days[bar, at.D_FIRST_SPX])
        if product == at.VIX:
            count = run.settings.vix_expiries
            start = int(run.market.days[bar, at.D_FIRST_VIX])
        elif product != at.SPX:
            count = run.settings.fund_expiries
            start = int(run.market.days[bar, at.D_FIRST_FUND])
        front = -1
        monthly_only = run.rules.choice_legs[place, at.Y_MONTHLY_ONLY]
        if run.rules.legs[first_leg + leg, at.G_KIND] == at.FUTURE:
            front = int(run.market.days[bar, at.D_VX_FRONT])
        low, high = run.rules.choice_legs[place, at.Y_LOW], run.rules.choice_legs[place, at.Y_HIGH]
        expiry, outside = choose_expiry(table_of(run, product), count, today, bar, start, front, manner, low, high, monthly_only)
        if outside:
            outside_any = 1.0
        run.state.chosen_expiry[choice, leg] = expiry
    nearest = NO_SETTLEMENT
    missing = 0
    for leg in range(legs):
        place = choice * at.LEGS + leg
        if run.rules.choice_legs[place, at.Y_MANNER] == at.NO_EXPIRY_AT_ALL:
            continue
        expiry = run.state.chosen_expiry[choice, int(run.rules.choice_legs[place, at.Y_ORIGIN])]
        run.state.chosen_expiry[choice, leg] = expiry
        if expiry < 0:
            missing += 1
        else:
            nearest = min(nearest, table_of(run, int(run.rules.legs[first_leg + leg, at.G_PRODUCT]))[expiry, at.X_SETTLE_DAY])
    base = choice * at.CHOSEN_ROWS
    store(lanes, run.state.chosen, base + at.H_REFUSAL, broadcast(lanes, float(NO_EXPIRY if missing > 0 else NO_REASON)))
    store(lanes, run.state.chosen, base + at.H_OUTSIDE, broadcast(lanes, outside_any))
    store(lanes, run.state.chosen, base + at.H_NEAREST, broadcast(lanes, nearest))


@lane_function
def lacks_an_expiry(run: Run, choice: int) -> bool:
    """Whether a leg has no listed expiry; expiries are shared by lanes."""
    missing = 0
    for leg in range(int(run.rules.layers[int(run.rules.choices[choice, at.V_LAYER]), at.L_PRIMARY])):
        missing += run.state.chosen_expiry[choice, leg] < 0
    return missing > 0
