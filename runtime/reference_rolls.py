"""Rolls: a lot sold and another bought for it, in the same layer, in another, or leg by leg."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve

from alvh.compiler.ir import Rule
from alvh.grammar.diagnostics import InternalError
from alvh.runtime.record import (
    BUDGET_SPENT,
    CUT_BY_CASH,
    CUT_BY_LIMIT,
    DELTA_FLAGGED,
    LIMIT_UNKNOWN,
    NO_BID,
    NO_DAYS_GAINED,
    NO_DEBIT,
    NO_PRICE,
    NO_REASON,
    ROLL_OUT,
    SIZE_UNKNOWN,
    STALE_MARK,
    TARGET_FULL,
)
from alvh.runtime.reference_account import Ask, HeldLeg, Incoming, LayerState, Lot, Order, entry_of, structure_held, total
from alvh.runtime.reference_choosing import NO_PROXY, Structure, choose_expiries, find_strikes, structure_of
from alvh.runtime.reference_margin import floating_margin, worst_loss
from alvh.runtime.reference_orders import Orders
from alvh.runtime.reference_sizes import cost_of_group
from alvh.runtime.reference_streams import is_unknown, larger, smaller


class Rolls:
    """The roll rules of the layers."""

    def __init__(self, orders: Orders) -> None:
        self.orders = orders
        self.ledger = orders.ledger

    def roll(self, state: LayerState, order: Order, rule: Rule) -> None:
        lot = state.lots[order.slot]
        if lot.is_stale:
            self.ledger.refuse(state, order, STALE_MARK)
        elif rule.into not in (-1, state.number):
            self.roll_into(state, self.ledger.layers[rule.into], lot, order)
        elif rule.side:
            self.roll_side(state, lot, order, rule)
        else:
            self.roll_within(state, lot, order, rule)

    # In the same layer

    def roll_within(self, state: LayerState, lot: Lot, order: Order, rule: Rule) -> None:
        choice = self.orders.choice(state, rule)
        structure = choice.structure
        if structure is None:
            self.ledger.refuse(state, order, choice.refusal)
            return
        of_shares = lot.proxy != NO_PROXY or structure.proxy != NO_PROXY
        if not of_shares and choice.expiries.nearest <= lot.nearest:
            self.ledger.refuse(state, order, NO_DAYS_GAINED, structure)
            return
        if structure.proxy == lot.proxy and structure.contracts == lot.contracts:
            lot.ends = structure.ends
            return
        refusal = self.refusal_of_count(state, lot, structure, rule)
        if refusal != NO_REASON:
            self.ledger.refuse(state, order, refusal, structure)
            return
        delta = structure_held(lot, self.ledger.prices, state.is_naked).delta(self.ledger.prices) if rule.keeping == "delta" else 0.0
        q, own = lot.structures, lot.own
        proceeds = self.ledger.sell(state, order, q, ROLL_OUT, q)
        state.rolled = True
        self.ledger.verbs["roll"] += 1
        match rule.keeping:
            case "contracts":
                wanted = q
            case "premium":
                wanted = larger(proceeds, 0.0) / (structure.debit * 100.0 + structure.fee)
            case "delta":
                wanted = q * abs(delta) / abs(structure.delta(self.ledger.prices))
            case _:
                wanted = self.orders.size(state, structure) - self.orders.taken_off(state, order.slot)
        self.orders.ask(Ask("roll", state, order, own, structure, choice.flagged, wanted, wanted, by_size=not rule.keeping))

    def refusal_of_count(self, state: LayerState, lot: Lot, structure: Structure, rule: Rule) -> int:
        """Why it cannot be told how many to buy, if so: looked at before anything is sold."""
        match rule.keeping:
            case "contracts":
                return NO_REASON
            case "premium":
                return NO_REASON if structure.debit * 100.0 + structure.fee > 0.0 else NO_DEBIT
            case "delta":
                prices = self.ledger.prices
                old, new = structure_held(lot, prices, state.is_naked).delta(prices), structure.delta(prices)
                return SIZE_UNKNOWN if is_unknown(old) or is_unknown(new) or new == 0.0 else NO_REASON
        return self.orders.size_refusal(state, structure)

    # Into another layer

    def roll_into(self, state: LayerState, target: LayerState, lot: Lot, order: Order) -> None:
        if target.layer.level < state.layer.level:
            raise InternalError("a lot is rolled into a layer that decides before its own")
        if target.layer.states_at_most and target.lots_before + len(target.incoming) >= target.layer.at_most:
            self.ledger.refuse(state, order, TARGET_FULL)
            return
        expiries = choose_expiries(target.layer.own_legs, self.ledger.prices)
        if expiries.refusal != NO_REASON:
            self.ledger.refuse(state, order, expiries.refusal)
            return
        if lot.proxy == NO_PROXY and expiries.nearest <= lot.nearest:
            self.ledger.refuse(state, order, NO_DAYS_GAINED)
            return
        q = lot.structures
        self.ledger.sell(state, order, q, ROLL_OUT, q)
        state.rolled = True
        state.rolled_away += 1
        state.own_rolled_away += 1 if lot.own else 0
        self.ledger.verbs["roll into"] += 1
        target.incoming.append(Incoming(q, Order(order.rule, -1, order.reads, (state.number, order.slot))))

    # Calls or puts only

    def roll_side(self, state: LayerState, lot: Lot, order: Order, rule: Rule) -> None:
        """The live legs of one right get the strikes that the layer's rules find today, in their own expiries; at once, all of the lot."""
        prices = self.ledger.prices
        side = [number for number, leg in enumerate(lot.legs) if leg.alive and leg.contract.right == rule.side]
        if not side or lot.proxy != NO_PROXY:
            return
        expiries = [leg.contract.expiry for leg in lot.legs]
        held = {number: leg.contract.strike for number, leg in enumerate(lot.legs) if number not in side}
        refusal, found, flagged = find_strikes(state.layer.own_legs, expiries, prices, self.orders.values, held)
        if refusal != NO_REASON:
            self.ledger.refuse(state, order, refusal)
            return
        old = [lot.legs[number] for number in side]
        contracts = [evolve(leg.contract, strike=found[number]) for number, leg in zip(side, old, strict=True)]
        new = structure_of(contracts, [leg.ratio for leg in old], prices, state.is_naked)
        if any(quote.is_unknown for quote in new.quotes) or new.lacks_a_bid:
            self.ledger.refuse(state, order, NO_PRICE if any(quote.is_unknown for quote in new.quotes) else NO_BID)
            return
        if contracts == [leg.contract for leg in old]:
            return
        after = self.legs_after(lot, side, new)
        floating = self.floating_of(after, state.is_naked)
        refusal = self.refusal_of_side(state, lot, old, new, after, floating)
        if refusal != NO_REASON:
            self.ledger.refuse(state, order, refusal, new, lot.structures, [leg.contract for leg in after])
            return
        self.ledger.strike_anew(state, order, old, new, floating, DELTA_FLAGGED if flagged else NO_REASON)
        state.rolled = True
        self.ledger.verbs["roll"] += 1

    def legs_after(self, lot: Lot, side: Sequence[int], new: Structure) -> list[HeldLeg]:
        """The lot's legs with those of a side in place of its own."""
        after = list(lot.legs)
        for number, contract, quote in zip(side, new.contracts, new.quotes, strict=True):
            after[number] = HeldLeg(contract, lot.legs[number].ratio, quote.bought(lot.legs[number].ratio), quote.mid)
        return after

    def floating_of(self, legs: Sequence[HeldLeg], naked: bool) -> float:
        live = [leg for leg in legs if leg.alive]
        contracts, ratios = [leg.contract for leg in live], [leg.ratio for leg in live]
        return floating_margin(contracts, ratios, [leg.mark for leg in live], self.ledger.prices, naked)

    def refusal_of_side(
        self, state: LayerState, lot: Lot, old: Sequence[HeldLeg], new: Structure, after: Sequence[HeldLeg], floating: float
    ) -> int:
        """Whether cash, the group's limit and the layer's balance bear it."""
        of_money = self.refusal_of_money(state, lot, old, new, after, floating)
        if of_money == CUT_BY_CASH:
            return of_money
        of_limit = self.refusal_of_growth(state, lot, after, lot.units)
        return of_limit if of_limit != NO_REASON else of_money

    def refusal_of_money(
        self, state: LayerState, lot: Lot, old: Sequence[HeldLeg], new: Structure, after: Sequence[HeldLeg], floating: float
    ) -> int:
        """Whether cash and the layer's balance bear it."""
        units = lot.units
        out, _, _ = self.ledger.proceeds(old)
        live = [leg for leg in after if leg.alive]
        worst = worst_loss([leg.contract for leg in live], [leg.ratio for leg in live])
        fee = new.fee * units
        need = ((new.debit - out) * units * 100.0 + (fee + fee)) + ((worst + floating) * units * 100.0 - lot.margin)
        if need > 0.0 and need > self.ledger.available_cash():
            return CUT_BY_CASH
        if not state.budgeted:
            return NO_REASON
        taken = larger(new.debit * units * 100.0 + fee, 0.0)
        returned = larger(smaller(out * units * 100.0 - fee, entry_of(old) * units * 100.0), 0.0)
        left = state.balance - total(ask.reserved for ask in state.asks) + returned
        return BUDGET_SPENT if taken > 0.0 and taken > left else NO_REASON

    def refusal_of_growth(self, state: LayerState, lot: Lot, after: Sequence[HeldLeg], units: float) -> int:
        limit_cost = self.orders.group_of(state).limit_cost
        growth = larger(entry_of(after), 0.0) * units * 100.0 - lot.cost
        if limit_cost < 0 or not growth > 0.0:
            return NO_REASON
        limit = self.orders.values[limit_cost]
        if is_unknown(limit):
            return LIMIT_UNKNOWN
        return CUT_BY_LIMIT if cost_of_group(state.layer.group, self.ledger.layers) + growth > limit else NO_REASON
