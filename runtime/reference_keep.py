"""`keep net_beta in low .. high using L, M`: what each named layer buys or sells to bring the account back to the nearest bound."""

from __future__ import annotations

from collections.abc import Sequence

from alvh.compiler.ir import Keep, Rule
from alvh.runtime.record import KEEP, NO_PRICE, OUT_OF_BAND
from alvh.runtime.reference_account import Ask, Band, LayerState, Lot, Order, structure_held
from alvh.runtime.reference_attributes import beta_of_unit
from alvh.runtime.reference_beta import dollar_beta
from alvh.runtime.reference_choosing import Structure
from alvh.runtime.reference_orders import Orders
from alvh.runtime.reference_streams import any_unknown

NEGLIGIBLE = 1e-9
"""Of equity: a gap that rounding makes."""


class Bands:
    """The keeps of all groups; `gap` is dollars of the index that are missing (above 0) or too many."""

    def __init__(self, orders: Orders) -> None:
        self.orders = orders
        self.ledger = orders.ledger
        groups = orders.program.groups
        self.keeps: list[tuple[int, Keep]] = [(number, keep) for number, group in enumerate(groups) for keep in group.keeps]
        self.bands = [Band() for _ in self.keeps]
        self.net_beta = 0.0
        self.equity = 0.0
        self.unknown: list[Rule] = []
        """Of this bar, the keeps that could not tell where they stand."""

    def begin(self, net_beta: float, equity: float) -> None:
        self.net_beta, self.equity = net_beta, equity
        self.bands = [Band() for _ in self.keeps]
        self.unknown = []

    def attend(self, state: LayerState) -> bool:
        """The layer's part in every keep that names it; whether it asks for something."""
        asks = False
        for (_, keep), band in zip(self.keeps, self.bands, strict=True):
            if state.number not in keep.layers:
                continue
            if state.number == keep.layers[0]:
                band.gap = self.gap_of(keep)
            if band.gap != 0.0 and not self.orders.is_unwinding(state):
                asks = self.move(state, keep, band) or asks
        return asks

    def gap_of(self, keep: Keep) -> float:
        """To the nearest bound, in dollars of the index."""
        low, high, beta = self.orders.values[keep.low], self.orders.values[keep.high], self.net_beta
        if any_unknown((low, high, beta)):
            self.unknown.append(keep.rule)
            return 0.0
        if beta < low:
            return (low - beta) * self.equity
        return (high - beta) * self.equity if beta > high else 0.0

    def move(self, state: LayerState, keep: Keep, band: Band) -> bool:
        order = Order(keep.rule, -1, self.orders.read(keep.rule, self.orders.values))
        choice = self.orders.choice_to_open(state, order)
        if choice is None or choice.structure is None:
            return False
        unit_beta = self.beta_of(choice.structure)
        if any_unknown((unit_beta,)) or unit_beta == 0.0:
            self.ledger.refuse(state, order, NO_PRICE)
            return False
        n = band.gap / unit_beta
        if n < 0.0:
            self.sell(state, order, band)
            return False
        ask = self.ask(state, order, choice.structure, choice.flagged, n)
        if ask is None:
            return False
        ask.band, ask.unit_beta = band, unit_beta
        return True

    def beta_of(self, structure: Structure) -> float:
        """Dollars of the index of one structure."""
        legs = zip(structure.contracts, structure.ratios, strict=True)
        return dollar_beta(legs, self.ledger.prices) * structure.scale * 100.0

    def ask(self, state: LayerState, order: Order, structure: Structure, flagged: bool, n: float) -> Ask | None:
        """A new lot where there is room, else more of the first lot that may still trade today."""
        if state.has_room:
            ask = Ask("keep", state, order, True, structure, flagged, n, n, by_size=False)
            self.orders.ask(ask)
            return ask
        for slot, lot in state.by_slot():
            if self.may_trade(lot):
                held = structure_held(lot, self.ledger.prices, state.is_naked)
                return self.orders.ask_for_more(state, Order(order.rule, slot, order.reads), "keep", held, n)
        return None

    def may_trade(self, lot: Lot) -> bool:
        return not lot.is_stale and lot.acted != self.ledger.bar

    def sell(self, state: LayerState, order: Order, band: Band) -> None:
        """Give up lots, by slot, that stand on the wrong side, until the gap is closed."""
        for slot, lot in state.by_slot():
            lot_beta = beta_of_unit(lot, self.ledger.prices) * lot.scale * 100.0
            if not self.may_trade(lot) or not lot_beta * band.gap < 0.0:
                continue
            wanted = band.gap / lot_beta
            q = lot.structures
            sold = self.orders.whole(q if q < -wanted else -wanted)
            if sold > 0.0:
                # No dust is left of fractional contracts.
                left = self.orders.whole(q - sold)
                sold = q if left == 0.0 else sold
                self.ledger.sell(state, Order(order.rule, slot, order.reads), sold, KEEP, wanted, left)
                self.ledger.verbs["keep"] += 1
                state.closed = state.closed or left == 0.0
                band.gap = band.gap + sold * lot_beta

    def conclude(self, level: Sequence[LayerState]) -> None:
        """After the level's fills: say what could not be brought back."""
        numbers = [state.number for state in level]
        for (group, keep), band in zip(self.keeps, self.bands, strict=True):
            last = keep.layers[-1]
            if last in numbers and abs(band.gap) > NEGLIGIBLE * self.equity and self.orders.unwind_in_force(group) is None:
                order = Order(keep.rule, -1, self.orders.read(keep.rule, self.orders.values))
                self.ledger.refuse(self.ledger.layers[last], order, OUT_OF_BAND)
