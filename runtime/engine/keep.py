"""`keep net_beta in low .. high using L, M`: what each named layer buys or sells to bring the account back to the nearest bound."""

from __future__ import annotations

from alvh.runtime.engine import layout as at
from alvh.runtime.engine.choose import ensure_chosen
from alvh.runtime.engine.conditions import unwinding_now
from alvh.runtime.engine.held import price_held
from alvh.runtime.engine.layout import Run
from alvh.runtime.engine.ledger import count_where
from alvh.runtime.engine.orders import add_ask, has_room
from alvh.runtime.engine.trade import refuse, sell, whole
from alvh.runtime.lanes import (
    Lanes,
    absolute,
    any_lane,
    broadcast,
    divide,
    is_unknown,
    lane_function,
    load,
    minimum,
    negate,
    select,
    store,
    store_where,
)
from alvh.runtime.record import KEEP, NO_BID, NO_EXPIRY, NO_PRICE, NO_REASON, OUT_OF_BAND

UNKNOWN = float("nan")
KEPT = at.COUNT_VERBS + at.VERBS.index("keep")
NEGLIGIBLE = 1e-9
"""Of equity: a gap that rounding makes."""


@lane_function
def _note_gap(lanes: Lanes, run: Run, row: int) -> None:
    """Dollars of the index that are missing (above 0) or too many, to the nearest bound."""
    beta = load(lanes, run.state.attributes, at.AA_NET_BETA)
    low = load(lanes, run.state.nodes, int(run.rules.keeps[row, at.B_LOW]))
    high = load(lanes, run.state.nodes, int(run.rules.keeps[row, at.B_HIGH]))
    equity = load(lanes, run.state.account, at.A_EQUITY)
    unknown = is_unknown(beta) | is_unknown(low) | is_unknown(high)
    gap = select(beta < low, (low - beta) * equity, select(beta > high, (high - beta) * equity, 0.0))
    store(lanes, run.state.gaps, int(run.rules.keeps[row, at.B_KEEP]), select(unknown, 0.0, gap))
    count_where(lanes, run.tape.unknown, int(run.rules.keeps[row, at.B_RULE]), unknown)


@lane_function
def keep_band(lanes: Lanes, run: Run, bar: int, layer: int, row: int, asks: int) -> int:
    """A layer's part in one keep: lots sold at once, or an order for more."""
    if run.rules.keeps[row, at.B_IS_FIRST] == 1.0:
        _note_gap(lanes, run, row)
    keep = int(run.rules.keeps[row, at.B_KEEP])
    gap = load(lanes, run.state.gaps, keep)
    acts = gap != 0.0
    acts = acts & negate(unwinding_now(lanes, run, int(run.rules.layers[layer, at.L_GROUP]), acts))
    if not any_lane(acts):
        return asks
    ensure_chosen(lanes, run, bar, layer, acts)
    base = layer * at.CHOSEN_ROWS
    outside = load(lanes, run.state.chosen, base + at.H_OUTSIDE) == 1.0
    code = select(outside, float(NO_EXPIRY), load(lanes, run.state.chosen, base + at.H_REFUSAL))
    beta = load(lanes, run.state.chosen, base + at.H_BETA) * 100.0
    # Unknown or 0: nothing can be reckoned with it.
    code = select((code == NO_REASON) & negate(absolute(beta) > 0.0), float(NO_PRICE), code)
    rule = broadcast(lanes, run.rules.keeps[row, at.B_RULE])
    refused = acts & (code != NO_REASON)
    if any_lane(refused):
        unknown = broadcast(lanes, UNKNOWN)
        refuse(lanes, run, bar, layer, -1, refused, rule, code, unknown, unknown, -1, layer)
    acts = acts & (code == NO_REASON)
    n = divide(gap, beta)
    sells = acts & (n < 0.0)
    if any_lane(sells):
        _sell_against(lanes, run, bar, layer, keep, sells, rule)
    buys = acts & (n > 0.0)
    if not any_lane(buys):
        return asks
    opens = buys & has_room(lanes, run, layer)
    before = asks
    if any_lane(opens):
        own = broadcast(lanes, 1.0)
        asks = add_ask(lanes, run, layer, -1, KEEP, 0, -1, layer, asks, opens, n, own, rule, 0)
    asks = _ask_for_more(lanes, run, bar, layer, buys & negate(opens), n, rule, asks)
    for ask in range(before, asks):
        run.state.ask_place[ask, at.Q_KEEP] = keep
        store(lanes, run.state.asks, ask * at.ASK_ROWS + at.K_BETA, beta)
    return asks


@lane_function
def _may_trade(lanes: Lanes, run: Run, slot: int) -> bool:
    """Whether a lot is held and priced, and nothing of its own was to happen to it today."""
    lot = slot * at.LOT_ROWS
    held = load(lanes, run.state.lots, lot + at.O_STRUCTURES) > 0.0
    idle = (load(lanes, run.state.lots, lot + at.O_ACTION) == at.NO_ACTION) & (load(lanes, run.state.lots, lot + at.O_TRIMMED) == 0.0)
    return held & idle & (load(lanes, run.state.lots, lot + at.O_STALE) == 0.0)


@lane_function
def _ask_for_more(lanes: Lanes, run: Run, bar: int, layer: int, mask: bool, n: float, rule: float, asks: int) -> int:
    """An increase of the first lot that may trade, in the contracts held."""
    first_slot = int(run.rules.layers[layer, at.L_FIRST_SLOT])
    for slot in range(first_slot, first_slot + int(run.rules.layers[layer, at.L_SLOTS])):
        now = mask & _may_trade(lanes, run, slot)
        if not any_lane(now):
            continue
        mask = mask & negate(now)
        no_bid = price_held(lanes, run, layer, slot)
        spare = run.settings.choices
        refused = now & no_bid
        if any_lane(refused):
            debit = load(lanes, run.state.chosen, spare * at.CHOSEN_ROWS + at.H_DEBIT)
            refuse(lanes, run, bar, layer, slot, refused, rule, broadcast(lanes, float(NO_BID)), n, debit, -1, -1)
        now = now & negate(no_bid)
        if any_lane(now):
            own = load(lanes, run.state.lots, slot * at.LOT_ROWS + at.O_OWN)
            asks = add_ask(lanes, run, layer, slot, KEEP, 1, -1, spare, asks, now, n, own, rule, 0)
    return asks


@lane_function
def _sell_against(lanes: Lanes, run: Run, bar: int, layer: int, keep: int, mask: bool, rule: float) -> None:
    """Gives up lots, by slot, that stand on the wrong side, until the gap is closed."""
    first_slot = int(run.rules.layers[layer, at.L_FIRST_SLOT])
    for slot in range(first_slot, first_slot + int(run.rules.layers[layer, at.L_SLOTS])):
        lot = slot * at.LOT_ROWS
        gap = load(lanes, run.state.gaps, keep)
        beta = load(lanes, run.state.lots, lot + at.O_BETA) * load(lanes, run.state.lots, lot + at.O_SCALE) * 100.0
        structures = load(lanes, run.state.lots, lot + at.O_STRUCTURES)
        wanted = divide(gap, beta)
        sold = whole(run, minimum(structures, -wanted))
        # No dust is left of fractional contracts.
        sold = select(whole(run, structures - sold) == 0.0, structures, sold)
        now = mask & _may_trade(lanes, run, slot) & (beta * gap < 0.0) & (sold > 0.0)
        if any_lane(now):
            ended = sell(lanes, run, bar, layer, slot, now, sold, KEEP, rule, wanted, -1)
            store_where(lanes, run.state.layers, layer * at.LAYER_ROWS + at.S_CLOSED, ended, broadcast(lanes, 1.0))
            count_where(lanes, run.tape.counts, KEPT, now)
            store_where(lanes, run.state.gaps, keep, now, gap + sold * beta)


@lane_function
def note_gaps(lanes: Lanes, run: Run, bar: int, first_layer: int, last_layer: int) -> None:
    """After the level's fills: says what the last of a keep's layers could not bring back."""
    for row in range(run.settings.keeps):
        layer = int(run.rules.keeps[row, at.B_LAYER])
        if run.rules.keeps[row, at.B_IS_LAST] == 1.0 and first_layer <= layer and layer < last_layer:
            left = absolute(load(lanes, run.state.gaps, int(run.rules.keeps[row, at.B_KEEP])))
            out = left > NEGLIGIBLE * load(lanes, run.state.account, at.A_EQUITY)
            out = out & negate(unwinding_now(lanes, run, int(run.rules.layers[layer, at.L_GROUP]), out))
            if any_lane(out):
                rule = broadcast(lanes, run.rules.keeps[row, at.B_RULE])
                unknown = broadcast(lanes, UNKNOWN)
                refuse(lanes, run, bar, layer, -1, out, rule, broadcast(lanes, float(OUT_OF_BAND)), unknown, unknown, -1, layer)
