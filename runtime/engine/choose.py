"""What a layer would buy today by its rules: listed expiry, listed strike, price, worst loss. At most once a layer and bar."""

from __future__ import annotations

from alvh.runtime.engine import layout as at
from alvh.runtime.engine.layout import Run
from alvh.runtime.engine.prices import absolute_delta, ensure_terms, quote, series_at, vix_terms_of
from alvh.runtime.lanes import Lanes, absolute, broadcast, is_unknown, lane_function, load, maximum, minimum, negate, select, store
from alvh.runtime.market import Floats
from alvh.runtime.pricing import strikes
from alvh.runtime.record import NO_BID, NO_EXPIRY, NO_PRICE, NO_REASON, NO_STRIKE

FLAGGED_OFF_DELTA = 0.05
REFUSED_OFF_DELTA = 0.10
"""How far the delta of the nearest listed strike may be from the one asked for (docs/design/bar.md, "Choosing")."""


@lane_function
def choose_expiry(
    table: Floats, count: int, today: float, bar: int, start: int, manner: int, low: float, high: float, monthly_only: float
) -> tuple[int, bool]:
    """Index of the listed expiry that a rule names, and whether it lies outside a range; -1: none is listed at all."""
    found = -1
    found_distance = 0.0
    found_inside = False
    months = 0
    middle = low
    if manner != at.BY_DAYS:
        middle = (low + high) / 2.0
    for expiry in range(start, count):
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
def nearest_listed(product: int, strike: float) -> float:
    if product == at.SPX:
        return strikes.nearest_spx_strike(strike)
    return strikes.nearest_vix_strike(strike)


@lane_function
def _strike_for_delta(lanes: Lanes, run: Run, bar: int, product: int, is_call: bool, expiry: int, target: float) -> float:
    row = broadcast(lanes, float(expiry * at.TERMS))
    if product == at.SPX:
        return strikes.spx_strike_for_delta(
            is_call,
            target,
            load(lanes, run.state.spx_terms, expiry * at.TERMS),
            load(lanes, run.state.spx_terms, expiry * at.TERMS + 1),
            load(lanes, run.state.spx_terms, expiry * at.TERMS + 2),
            load(lanes, run.state.spx_terms, expiry * at.TERMS + 3),
            series_at(lanes, run, bar, at.SPX_RHO),
        )
    return strikes.vix_strike_for_delta(is_call, target, *vix_terms_of(lanes, run, row))


@lane_function
def _term(lanes: Lanes, run: Run, product: int, expiry: int, member: int) -> float:
    """One of an expiry's terms; the first of both products is the forward."""
    if product == at.SPX:
        return load(lanes, run.state.spx_terms, expiry * at.TERMS + member)
    return load(lanes, run.state.vix_terms, expiry * at.TERMS + member)


@lane_function
def ensure_chosen(lanes: Lanes, run: Run, bar: int, layer: int) -> None:
    """Fills `state.choice` and `state.chosen` of a layer for this bar."""
    if run.state.chosen_bar[layer] == bar:
        return
    run.state.chosen_bar[layer] = bar
    first_leg = int(run.rules.layers[layer, at.L_FIRST_LEG])
    legs = int(run.rules.layers[layer, at.L_LEGS])
    today = run.market.days[bar, at.D_DAY]
    refusal = broadcast(lanes, float(NO_REASON))
    outside_any = 0.0
    nearest = 1e18
    for leg in range(legs):
        rule = first_leg + leg
        product = int(run.rules.legs[rule, at.G_PRODUCT])
        manner = int(run.rules.legs[rule, at.G_EXPIRY_MANNER])
        table = run.market.spx
        count = run.settings.spx_expiries
        start = int(run.market.days[bar, at.D_FIRST_SPX])
        if product != at.SPX:
            table = run.market.vix
            count = run.settings.vix_expiries
            start = int(run.market.days[bar, at.D_FIRST_VIX])
        low, high = run.rules.legs[rule, at.G_EXPIRY_LOW], run.rules.legs[rule, at.G_EXPIRY_HIGH]
        expiry, outside = choose_expiry(table, count, today, bar, start, manner, low, high, run.rules.legs[rule, at.G_MONTHLY_ONLY])
        if outside:
            outside_any = 1.0
        run.state.chosen_expiry[layer, leg] = expiry
        if expiry < 0:
            refusal = select(refusal == NO_REASON, float(NO_EXPIRY), refusal)
        else:
            day = run.market.spx[expiry, at.X_SETTLE_DAY] if product == at.SPX else run.market.vix[expiry, at.X_SETTLE_DAY]
            nearest = min(nearest, day)
    base = layer * at.CHOSEN_ROWS
    if lacks_an_expiry(run, layer, legs):
        store(lanes, run.state.chosen, base + at.H_REFUSAL, refusal)
        store(lanes, run.state.chosen, base + at.H_OUTSIDE, broadcast(lanes, outside_any))
        store(lanes, run.state.chosen, base + at.H_NEAREST, broadcast(lanes, nearest))
        store(lanes, run.state.chosen, base + at.H_DEBIT, broadcast(lanes, float("nan")))
        return

    refusal, flagged = _find_strikes(lanes, run, bar, layer, first_leg, legs)
    found = refusal == NO_REASON
    no_price = negate(found | negate(found))
    no_bid = no_price
    debit = broadcast(lanes, 0.0)
    off_mid = broadcast(lanes, 0.0)
    for leg in range(legs):
        rule = first_leg + leg
        product = int(run.rules.legs[rule, at.G_PRODUCT])
        ratio = run.rules.legs[rule, at.G_RATIO]
        place = (layer * at.LEGS + leg) * at.CHOICE_ROWS
        expiries = broadcast(lanes, float(run.state.chosen_expiry[layer, leg]))
        strike = load(lanes, run.state.choice, place + at.C_STRIKE)
        mid, half = quote(lanes, run, bar, product, run.rules.legs[rule, at.G_IS_CALL] == 1.0, expiries, strike)
        no_price = no_price | is_unknown(mid) | is_unknown(half)
        bid = maximum(mid - half, 0.0)
        if ratio > 0.0:
            debit = debit + ratio * (mid + half)
            off_mid = off_mid + ratio * half
        else:
            no_bid = no_bid | (bid <= 0.0)
            debit = debit + ratio * bid
            off_mid = off_mid + -ratio * (mid - bid)
        store(lanes, run.state.choice, place + at.C_MID, mid)
        store(lanes, run.state.choice, place + at.C_HALF, half)
    refusal = select(found, select(no_price, float(NO_PRICE), select(no_bid, float(NO_BID), refusal)), refusal)
    store(lanes, run.state.chosen, base + at.H_REFUSAL, refusal)
    store(lanes, run.state.chosen, base + at.H_OUTSIDE, broadcast(lanes, outside_any))
    store(lanes, run.state.chosen, base + at.H_NEAREST, broadcast(lanes, nearest))
    store(lanes, run.state.chosen, base + at.H_DEBIT, debit)
    store(lanes, run.state.chosen, base + at.H_HALF, off_mid)
    store(lanes, run.state.chosen, base + at.H_FLAGGED, flagged)
    _store_worst_loss(lanes, run, layer, first_leg, legs)
    _store_width(lanes, run, layer, first_leg, legs)


@lane_function
def _find_strikes(lanes: Lanes, run: Run, bar: int, layer: int, first_leg: int, legs: int) -> tuple[float, float]:
    """The strike of each leg; why the first that has none has none, and whether a delta is off."""
    refusal = broadcast(lanes, float(NO_REASON))
    flagged = broadcast(lanes, 0.0)
    for turn in range(legs):
        leg = int(run.rules.legs[first_leg + turn, at.G_CHOSEN_AS])
        rule = first_leg + leg
        product = int(run.rules.legs[rule, at.G_PRODUCT])
        is_call = run.rules.legs[rule, at.G_IS_CALL] == 1.0
        expiry = int(run.state.chosen_expiry[layer, leg])
        ensure_terms(lanes, run, bar, product, expiry)
        wish = load(lanes, run.state.nodes, int(run.rules.legs[rule, at.G_STRIKE_ROW]))
        manner = int(run.rules.legs[rule, at.G_STRIKE_MANNER])
        no_terms = is_unknown(_term(lanes, run, product, expiry, at.TERMS_KNOWN)) & negate(is_unknown(wish))
        if manner == at.BY_DELTA:
            strike = _strike_for_delta(lanes, run, bar, product, is_call, expiry, wish)
            delta = absolute_delta(lanes, run, bar, product, is_call, broadcast(lanes, float(expiry)), strike)
            off = absolute(delta - wish)
            refusal = select((refusal == NO_REASON) & no_terms, float(NO_PRICE), refusal)
            refusal = select((refusal == NO_REASON) & negate(off <= REFUSED_OFF_DELTA), float(NO_STRIKE), refusal)
            flagged = select(off > FLAGGED_OFF_DELTA, 1.0, flagged)
        elif manner == at.BY_FORWARD:
            strike = nearest_listed(product, wish * _term(lanes, run, product, expiry, 0))
            refusal = select((refusal == NO_REASON) & no_terms, float(NO_PRICE), refusal)
        elif manner == at.BY_STRIKE:
            strike = nearest_listed(product, wish)
        else:
            reference = load(
                lanes, run.state.choice, (layer * at.LEGS + int(run.rules.legs[rule, at.G_STRIKE_REFERENCE])) * at.CHOICE_ROWS + at.C_STRIKE
            )
            strike = nearest_listed(product, reference - wish if manner == at.BELOW else reference + wish)
        refusal = select((refusal == NO_REASON) & negate(strike > 0.0), float(NO_STRIKE), refusal)
        store(lanes, run.state.choice, (layer * at.LEGS + leg) * at.CHOICE_ROWS + at.C_STRIKE, strike)
    return refusal, flagged


@lane_function
def lacks_an_expiry(run: Run, layer: int, legs: int) -> bool:
    """Whether a leg has no listed expiry; expiries are shared by lanes."""
    missing = 0
    for leg in range(legs):
        missing += run.state.chosen_expiry[layer, leg] < 0
    return missing > 0


@lane_function
def payoff(is_call: bool, price: float, strike: float) -> float:
    """Of one option at settlement."""
    if is_call:
        return maximum(price - strike, 0.0)
    return maximum(strike - price, 0.0)


@lane_function
def _store_worst_loss(lanes: Lanes, run: Run, layer: int, first_leg: int, legs: int) -> None:
    """The largest loss of the structure's payoff over settlement prices 0 and each strike, at least 0."""
    lowest = broadcast(lanes, 0.0)
    for point in range(-1, legs):
        price = broadcast(lanes, 0.0)
        if point >= 0:
            price = load(lanes, run.state.choice, (layer * at.LEGS + point) * at.CHOICE_ROWS + at.C_STRIKE)
        total = broadcast(lanes, 0.0)
        for leg in range(legs):
            strike = load(lanes, run.state.choice, (layer * at.LEGS + leg) * at.CHOICE_ROWS + at.C_STRIKE)
            total = total + run.rules.legs[first_leg + leg, at.G_RATIO] * payoff(
                run.rules.legs[first_leg + leg, at.G_IS_CALL] == 1.0, price, strike
            )
        lowest = minimum(lowest, total)
    store(lanes, run.state.chosen, layer * at.CHOSEN_ROWS + at.H_WORST, -lowest)


@lane_function
def _store_width(lanes: Lanes, run: Run, layer: int, first_leg: int, legs: int) -> None:
    """The wider wing: the largest distance of two strikes of one right and expiry."""
    wider = broadcast(lanes, 0.0)
    for one in range(legs):
        for other in range(one + 1, legs):
            alike = run.rules.legs[first_leg + one, at.G_IS_CALL] == run.rules.legs[first_leg + other, at.G_IS_CALL]
            if alike and run.state.chosen_expiry[layer, one] == run.state.chosen_expiry[layer, other]:
                first = load(lanes, run.state.choice, (layer * at.LEGS + one) * at.CHOICE_ROWS + at.C_STRIKE)
                second = load(lanes, run.state.choice, (layer * at.LEGS + other) * at.CHOICE_ROWS + at.C_STRIKE)
                wider = maximum(wider, absolute(first - second))
    store(lanes, run.state.chosen, layer * at.CHOSEN_ROWS + at.H_WIDTH, wider)
