"""What a layer would buy today by its rules: listed expiry, listed strike, price, worst loss. At most once a choice, bar and lane."""

from __future__ import annotations

from alvh.runtime.engine import layout as at
from alvh.runtime.engine.expiries import ensure_expiries, lacks_an_expiry
from alvh.runtime.engine.layout import Run
from alvh.runtime.engine.ledger import none_of
from alvh.runtime.engine.margin import floating_margin, width_of_choice, worst_of_choice
from alvh.runtime.engine.prices import absolute_delta, quote, series_at, spare_terms, state_terms, surface_terms, term, terms_of_expiry
from alvh.runtime.engine.proxies import choose_proxies
from alvh.runtime.engine.sensitivities import beta_of_leg
from alvh.runtime.lanes import (
    Lanes,
    absolute,
    any_lane,
    broadcast,
    extract,
    halved,
    is_unknown,
    lane_bits,
    lane_function,
    load,
    lowest_set_bit,
    maximum,
    negate,
    select,
    store,
    store_number,
)
from alvh.runtime.pricing import strikes
from alvh.runtime.record import NO_BID, NO_PRICE, NO_REASON, NO_STRIKE

UNKNOWN = float("nan")
FLAGGED_OFF_DELTA = 0.05
REFUSED_OFF_DELTA = 0.10
"""How far the delta of the nearest listed strike may be from the one asked for (docs/design/bar.md, "Choosing")."""

SOUGHT = 10
"""Terms that a search reads; its target is put beside them."""


@lane_function
def nearest_listed(product: int, strike: float) -> float:
    if product == at.SPX:
        return strikes.nearest_spx_strike(strike)
    if product == at.VIX:
        return strikes.nearest_vix_strike(strike)
    return strikes.nearest_fund_strike(strike)


@lane_function
def _strike_and_delta(
    lanes: Lanes, run: Run, bar: int, product: int, is_call: bool, terms: int, wish: int, asking: bool
) -> tuple[float, float]:
    """The listed strike whose delta is nearest the target in node `wish`, and its delta; only lanes that ask are sure to have one."""
    if product == at.SPX:
        target = load(lanes, run.state.nodes, wish)
        forward, discount, theta, phi = surface_terms(lanes, run, terms)
        return strikes.spx_strike_and_delta(is_call, target, forward, discount, theta, phi, series_at(lanes, run, bar, at.SPX_RHO))
    found = spare_terms(run) + 2 * at.TERMS
    bits = lane_bits(asking)
    while bits != 0:
        bits = _seek_for_some(lanes, run, product, is_call, terms, wish, bits)
    return select(asking, load(lanes, run.state.terms, found), UNKNOWN), load(lanes, run.state.terms, found + 1)


@lane_function
def _seek_for_some(lanes: Lanes, run: Run, product: int, is_call: bool, terms: int, wish: int, bits: int) -> int:
    """The search for as many of the lanes in `bits` as half a block has, side by side, since mostly one or two of a block ask. The lanes
    that are left."""
    some = halved(lanes)
    found = spare_terms(run) + 2 * at.TERMS
    aside = (found - at.TERMS) * (lanes.width // some.width)
    store(some, run.state.terms, aside + SOUGHT, broadcast(some, UNKNOWN))
    left = bits
    place = 0
    while left != 0 and place < some.width:
        lane = lowest_set_bit(left)
        left = left ^ (1 << lane)
        for member in range(SOUGHT):
            store_number(some, run.state.terms, aside + member, place, run.state.terms[terms + member, lane])
        store_number(some, run.state.terms, aside + SOUGHT, place, run.state.nodes[wish, lane])
        place += 1
    target = load(some, run.state.terms, aside + SOUGHT)
    if product == at.VIX:
        strike, delta = strikes.vix_strike_and_delta(is_call, target, *state_terms(some, run, aside))
    else:
        strike, delta = strikes.fund_strike_and_delta(is_call, target, *state_terms(some, run, aside))
    place = 0
    bits = bits ^ left
    while bits != 0:
        lane = lowest_set_bit(bits)
        bits = bits ^ (1 << lane)
        run.state.terms[found, lane] = extract(some, strike, place)
        run.state.terms[found + 1, lane] = extract(some, delta, place)
        place += 1
    return left


@lane_function
def ensure_chosen(lanes: Lanes, run: Run, bar: int, choice: int, asking: bool) -> None:
    """Fills `state.choice` and `state.chosen` of a choice for this bar on the lanes that ask; others may be left without."""
    base = choice * at.CHOSEN_ROWS
    if run.state.chosen_bar[choice] == bar:
        made = load(lanes, run.state.chosen, base + at.H_MADE) == 1.0
        if not any_lane(asking & negate(made)):
            return
        asking = asking | made
    run.state.chosen_bar[choice] = bar
    store(lanes, run.state.chosen, base + at.H_MADE, select(asking, 1.0, 0.0))
    ensure_expiries(lanes, run, bar, choice)
    store(lanes, run.state.chosen, base + at.H_PROXY, broadcast(lanes, -1.0))
    store(lanes, run.state.chosen, base + at.H_SCALE, broadcast(lanes, 1.0))
    if lacks_an_expiry(run, choice):
        store(lanes, run.state.chosen, base + at.H_DEBIT, broadcast(lanes, UNKNOWN))
        return
    layer = int(run.rules.choices[choice, at.V_LAYER])
    refusal, flagged = _find_strikes(lanes, run, bar, choice, layer, asking)
    found = refusal == NO_REASON
    no_price, no_bid = price_legs(lanes, run, bar, choice, layer)
    debit = load(lanes, run.state.chosen, base + at.H_DEBIT)
    fee = broadcast(lanes, run.rules.layers[layer, at.L_FEE])
    worst = worst_of_choice(lanes, run, choice, layer)
    refusal = select(found & no_price, float(NO_PRICE), refusal)
    without_bid = select((refusal == NO_REASON) & no_bid, float(NO_BID), refusal)
    store(lanes, run.state.chosen, base + at.H_REFUSAL, without_bid)
    store(lanes, run.state.chosen, base + at.H_FLAGGED, flagged)
    store(lanes, run.state.chosen, base + at.H_FEE, fee)
    store(lanes, run.state.chosen, base + at.H_WORST, worst)
    store(lanes, run.state.chosen, base + at.H_LOSS, (worst + debit) * 100.0 + fee)
    store(lanes, run.state.chosen, base + at.H_WIDTH, width_of_choice(lanes, run, choice, layer))
    if run.rules.layers[layer, at.L_PROXIES] > 0.0:
        choose_proxies(lanes, run, bar, choice, layer, refusal, asking)


@lane_function
def price_legs(lanes: Lanes, run: Run, bar: int, choice: int, layer: int) -> tuple[bool, bool]:
    """Prices of the legs chosen, and their sums over the structure; on which lanes one lacks a price, or a sold one a bid."""
    first_leg = int(run.rules.layers[layer, at.L_FIRST_LEG])
    covered = run.rules.layers[layer, at.L_COVER] >= 0.0
    debit = broadcast(lanes, 0.0)
    price = broadcast(lanes, 0.0)
    measure = broadcast(lanes, 0.0)
    off_mid = broadcast(lanes, 0.0)
    floating = broadcast(lanes, 0.0)
    delta = broadcast(lanes, 0.0)
    beta = broadcast(lanes, 0.0)
    no_price = none_of(debit == 0.0)
    no_bid = no_price
    for leg in range(int(run.rules.layers[layer, at.L_PRIMARY])):
        rule = first_leg + leg
        product = int(run.rules.legs[rule, at.G_PRODUCT])
        kind = int(run.rules.legs[rule, at.G_KIND])
        is_call = run.rules.legs[rule, at.G_IS_CALL] == 1.0
        weight = run.rules.legs[rule, at.G_WEIGHT]
        place = (choice * at.LEGS + leg) * at.CHOICE_ROWS
        terms = 0
        if kind != at.SHARES:
            terms = terms_of_expiry(lanes, run, bar, product, int(run.state.chosen_expiry[choice, leg]))
        strike = load(lanes, run.state.choice, place + at.C_STRIKE)
        mid, half = quote(lanes, run, bar, product, kind, is_call, terms, strike)
        no_price = no_price | is_unknown(mid) | is_unknown(half)
        if kind == at.FUTURE:
            debit = debit + abs(weight) * half
            off_mid = off_mid + abs(weight) * half
            measure = measure + abs(weight) * mid
            price = price + weight * (mid + half if weight > 0.0 else mid - half)
        elif weight > 0.0:
            debit = debit + weight * (mid + half)
            off_mid = off_mid + weight * half
            measure = measure + weight * (mid + half)
            price = price + weight * (mid + half)
        else:
            bid = maximum(mid - half, 0.0)
            no_bid = no_bid | (bid <= 0.0)
            debit = debit + weight * bid
            off_mid = off_mid + -weight * (mid - bid)
            measure = measure + weight * bid
            price = price + weight * bid
        if run.rules.layers[layer, at.L_MARGIN_MOVES] == 1.0:
            floating = floating + floating_margin(lanes, run, rule, covered, terms, strike, mid)
        if run.settings.chosen_deltas == 1:
            signed = broadcast(lanes, 1.0)
            if kind == at.OPTION:
                signed = absolute_delta(lanes, run, bar, product, is_call, terms, strike)
                if not is_call:
                    signed = -signed
            delta = delta + weight * signed
            beta = beta + beta_of_leg(lanes, run, bar, rule, terms, signed)
            store(lanes, run.state.choice, place + at.C_DELTA, signed)
        store(lanes, run.state.choice, place + at.C_MID, mid)
        store(lanes, run.state.choice, place + at.C_HALF, half)
    base = choice * at.CHOSEN_ROWS
    store(lanes, run.state.chosen, base + at.H_DEBIT, debit)
    store(lanes, run.state.chosen, base + at.H_PRICE, price)
    store(lanes, run.state.chosen, base + at.H_MEASURE, measure)
    store(lanes, run.state.chosen, base + at.H_HALF, off_mid)
    store(lanes, run.state.chosen, base + at.H_FLOATING, floating)
    store(lanes, run.state.chosen, base + at.H_DELTA, delta)
    store(lanes, run.state.chosen, base + at.H_BETA, beta)
    return no_price, no_bid


@lane_function
def _find_strikes(lanes: Lanes, run: Run, bar: int, choice: int, layer: int, asking: bool) -> tuple[float, float]:
    """The strike of each option; why the first that has none has none, and whether a delta is off."""
    refusal = broadcast(lanes, float(NO_REASON))
    flagged = broadcast(lanes, 0.0)
    first_leg = int(run.rules.layers[layer, at.L_FIRST_LEG])
    for turn in range(int(run.rules.layers[layer, at.L_PRIMARY])):
        leg = int(run.rules.legs[first_leg + turn, at.G_CHOSEN_AS])
        rule = first_leg + leg
        row = (choice * at.LEGS + leg) * at.CHOICE_ROWS + at.C_STRIKE
        if run.rules.legs[rule, at.G_KIND] == at.SHARES:
            store(lanes, run.state.choice, row, broadcast(lanes, UNKNOWN))
            continue
        terms = terms_of_expiry(lanes, run, bar, int(run.rules.legs[rule, at.G_PRODUCT]), int(run.state.chosen_expiry[choice, leg]))
        if run.rules.legs[rule, at.G_KIND] == at.FUTURE:
            store(lanes, run.state.choice, row, broadcast(lanes, UNKNOWN))
            continue
        manner = int(run.rules.legs[rule, at.G_STRIKE_MANNER])
        reference = broadcast(lanes, 0.0)
        if manner == at.BELOW or manner == at.ABOVE:
            place = choice * at.LEGS + int(run.rules.legs[rule, at.G_STRIKE_REFERENCE])
            reference = load(lanes, run.state.choice, place * at.CHOICE_ROWS + at.C_STRIKE)
        strike, code, off = find_strike(lanes, run, bar, rule, terms, reference, asking)
        refusal = select(refusal == NO_REASON, code, refusal)
        flagged = select(off, 1.0, flagged)
        store(lanes, run.state.choice, row, strike)
    return refusal, flagged


@lane_function
def find_strike(lanes: Lanes, run: Run, bar: int, rule: int, terms: int, reference: float, asking: bool) -> tuple[float, float, bool]:
    """The listed strike of a leg whose terms begin at row `terms`, why there is none, and whether its delta is off; on lanes that ask.

    `reference` is the strike that one `below` or `above` counts from."""
    product = int(run.rules.legs[rule, at.G_PRODUCT])
    is_call = run.rules.legs[rule, at.G_IS_CALL] == 1.0
    manner = int(run.rules.legs[rule, at.G_STRIKE_MANNER])
    of_wish = int(run.rules.legs[rule, at.G_STRIKE_ROW])
    wish = load(lanes, run.state.nodes, of_wish)
    no_terms = is_unknown(term(lanes, run, terms, at.TERMS_KNOWN)) & negate(is_unknown(wish))
    refusal = broadcast(lanes, float(NO_REASON))
    flagged = none_of(no_terms)
    if manner == at.BY_DELTA:
        strike, delta = _strike_and_delta(lanes, run, bar, product, is_call, terms, of_wish, asking)
        off = absolute(delta - wish)
        refusal = select(no_terms, float(NO_PRICE), refusal)
        refusal = select((refusal == NO_REASON) & negate(off <= REFUSED_OFF_DELTA), float(NO_STRIKE), refusal)
        flagged = off > FLAGGED_OFF_DELTA
    elif manner == at.BY_FORWARD:
        strike = nearest_listed(product, wish * term(lanes, run, terms, 0))
        refusal = select(no_terms, float(NO_PRICE), refusal)
    elif manner == at.BY_STRIKE:
        strike = nearest_listed(product, wish)
    elif manner == at.BELOW:
        strike = nearest_listed(product, reference - wish)
    else:
        strike = nearest_listed(product, reference + wish)
    refusal = select((refusal == NO_REASON) & negate(strike > 0.0), float(NO_STRIKE), refusal)
    return strike, refusal, flagged
