"""Proxies: a fund's shares in place of a layer's own legs, as many as move with VIX futures as those would."""

from __future__ import annotations

from alvh.runtime.engine import layout as at
from alvh.runtime.engine.conditions import holding
from alvh.runtime.engine.layout import Run
from alvh.runtime.engine.margin import refresh_lot
from alvh.runtime.engine.prices import quote, share_beta, table_of, term, terms_of_expiry
from alvh.runtime.engine.sensitivities import beta_of_leg
from alvh.runtime.lanes import Lanes, any_lane, broadcast, divide, is_unknown, lane_function, load, negate, select, store, store_where
from alvh.runtime.pricing.sensitivities import FUTURE_BETAS
from alvh.runtime.record import NO_PRICE, NO_REASON

UNKNOWN = float("nan")
FRONT_BETA = FUTURE_BETAS[0]


@lane_function
def first_proxy_rule(run: Run, layer: int) -> int:
    row = run.rules.layers
    before = row[layer, at.L_OPENS] + row[layer, at.L_CLOSES] + row[layer, at.L_ROLLS] + row[layer, at.L_REBALANCES] + row[layer, at.L_ADDS]
    return int(row[layer, at.L_FIRST_RULE]) + int(before)


@lane_function
def choose_proxies(lanes: Lanes, run: Run, bar: int, choice: int, layer: int, refusal: float, asking: bool) -> None:
    """Puts the first proxy whose condition holds in place of the choice; `refusal` of the layer's own legs, bids aside."""
    first_rule = first_proxy_rule(run, layer)
    wants = asking
    for proxy in range(int(run.rules.layers[layer, at.L_PROXIES])):
        now = holding(lanes, run, first_rule + proxy, wants)
        if any_lane(now):
            wants = wants & negate(now)
            _replace(lanes, run, bar, choice, layer, proxy, now, refusal)


@lane_function
def _replace(lanes: Lanes, run: Run, bar: int, choice: int, layer: int, proxy: int, mask: bool, refusal: float) -> None:
    leg = int(run.rules.layers[layer, at.L_PRIMARY]) + proxy
    rule = int(run.rules.layers[layer, at.L_FIRST_LEG]) + leg
    product = int(run.rules.legs[rule, at.G_PRODUCT])
    weight = run.rules.legs[rule, at.G_WEIGHT]
    none = broadcast(lanes, 0.0)
    mid, half = quote(lanes, run, bar, product, at.SHARES, False, 0, none)
    of_share = 0.01 * mid * (share_beta(lanes, run, bar, product) / FRONT_BETA)
    scale = divide(_primary_beta(lanes, run, bar, choice, layer), of_share)
    lacks = is_unknown(mid) | is_unknown(half) | negate(scale > 0.0)
    code = select((refusal == NO_REASON) & lacks, float(NO_PRICE), refusal)
    debit = scale * (weight * (mid + half))
    base = choice * at.CHOSEN_ROWS
    store_where(lanes, run.state.chosen, base + at.H_REFUSAL, mask, code)
    store_where(lanes, run.state.chosen, base + at.H_PROXY, mask, broadcast(lanes, float(proxy)))
    store_where(lanes, run.state.chosen, base + at.H_SCALE, mask, scale)
    store_where(lanes, run.state.chosen, base + at.H_DEBIT, mask, debit)
    store_where(lanes, run.state.chosen, base + at.H_PRICE, mask, debit)
    store_where(lanes, run.state.chosen, base + at.H_HALF, mask, scale * (weight * half))
    store_where(lanes, run.state.chosen, base + at.H_FEE, mask, none)
    store_where(lanes, run.state.chosen, base + at.H_WORST, mask, none)
    store_where(lanes, run.state.chosen, base + at.H_FLOATING, mask, none)
    store_where(lanes, run.state.chosen, base + at.H_WIDTH, mask, none)
    store_where(lanes, run.state.chosen, base + at.H_DELTA, mask, weight * broadcast(lanes, 1.0) * scale)
    beta = beta_of_leg(lanes, run, bar, rule, 0, broadcast(lanes, 1.0))
    store_where(lanes, run.state.chosen, base + at.H_BETA, mask, beta * scale)
    store_where(lanes, run.state.chosen, base + at.H_END, mask, broadcast(lanes, _last_settlement(run, layer, choice)))
    place = (choice * at.LEGS + leg) * at.CHOICE_ROWS
    store(lanes, run.state.choice, place + at.C_STRIKE, broadcast(lanes, UNKNOWN))
    store(lanes, run.state.choice, place + at.C_MID, mid)
    store(lanes, run.state.choice, place + at.C_HALF, half)


@lane_function
def _last_settlement(run: Run, layer: int, choice: int) -> float:
    """Day on which a proxy bought by a choice has outlived what it stands for: the last settlement of the layer's own legs."""
    first_leg = int(run.rules.layers[layer, at.L_FIRST_LEG])
    day = 0.0
    for leg in range(int(run.rules.layers[layer, at.L_PRIMARY])):
        expiry = int(run.state.chosen_expiry[choice, leg])
        if run.rules.legs[first_leg + leg, at.G_KIND] != at.SHARES:
            day = max(day, table_of(run, int(run.rules.legs[first_leg + leg, at.G_PRODUCT]))[expiry, at.X_SETTLE_DAY])
    return day


@lane_function
def prolong(lanes: Lanes, run: Run, layer: int, slot: int, choice: int, mask: bool) -> None:
    """A roll that comes to the shares held: they stand for its legs from now on. It is no order, so it does not wait for a fill."""
    end = load(lanes, run.state.chosen, choice * at.CHOSEN_ROWS + at.H_END)
    lots = 2 + run.settings.layers * at.BOOKED_ROWS
    legs = lots + run.settings.slots * at.LOT_ROWS
    for leg in range(int(run.rules.layers[layer, at.L_PRIMARY]), int(run.rules.layers[layer, at.L_LEGS])):
        row = (slot * at.LEGS + leg) * at.LEG_ROWS + at.E_SETTLE_DAY
        store_where(lanes, run.state.legs, row, mask, end)
        if run.state.stance[at.DEFERS] == 1:
            store_where(lanes, run.state.kept, legs + row, mask, end)
    refresh_lot(lanes, run, layer, slot)
    if run.state.stance[at.DEFERS] == 1:
        row = slot * at.LOT_ROWS + at.O_NEAREST
        store_where(lanes, run.state.kept, lots + row, mask, load(lanes, run.state.lots, row))


@lane_function
def _primary_beta(lanes: Lanes, run: Run, bar: int, choice: int, layer: int) -> float:
    """Hundreds of dollars that a structure of the layer's own legs makes when the first VIX future doubles."""
    first_leg = int(run.rules.layers[layer, at.L_FIRST_LEG])
    total = broadcast(lanes, 0.0)
    for leg in range(int(run.rules.layers[layer, at.L_PRIMARY])):
        rule = first_leg + leg
        product = int(run.rules.legs[rule, at.G_PRODUCT])
        own = broadcast(lanes, UNKNOWN)
        if product == at.VIX:
            terms = terms_of_expiry(lanes, run, bar, product, int(run.state.chosen_expiry[choice, leg]))
            future = term(lanes, run, terms, 0)
            follows = term(lanes, run, terms, at.TERMS_BETA) / FRONT_BETA
            signed = load(lanes, run.state.choice, (choice * at.LEGS + leg) * at.CHOICE_ROWS + at.C_DELTA)
            own = future * follows
            if run.rules.legs[rule, at.G_KIND] == at.OPTION:
                own = signed * future * follows
        total = total + run.rules.legs[rule, at.G_WEIGHT] * own
    return total
