"""A run told again from its journal alone: what was held after each bar, and the money that moved. Written without the engines' ledgers.

Of the runtime it uses the journal's rows, the market, and model prices. Futures move cash by their marks from bar to bar, which no row of
the journal says: the market does.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable

import numpy as np
from attrs import define, evolve, frozen

from alvh.compiler.ir import Layer, Program, Rule, rules_of
from alvh.runtime.market import Floats, MarketArrays
from alvh.runtime.pricing.opening import at_the_open
from alvh.runtime.record import ADD, CLOSE, KEEP, OPEN, REBALANCE, REFUSED, ROLL_IN, ROLL_OUT, SETTLE, SHIFT, RunRecord
from alvh.runtime.reference_instruments import Contract
from alvh.runtime.reference_market import MarketPath
from alvh.runtime.reference_prices import Prices

Place = tuple[int, int]
"""Layer and slot."""

Legs = tuple[tuple[int, Contract], ...]
"""Ratio and contract."""

FEES = {"SPX": 1.20, "VIX": 1.20, "VX": 2.00, "VXM": 1.00}
"""Dollars a contract and side of options on the first two and of the futures; shares and options on funds have none."""

DOLLARS = {"SPX shares": 0.01, "VXX shares": 0.01, "UVXY shares": 0.01, "VX future": 10.0}
"""Hundreds of dollars a point, of what is not 1."""


@frozen
class Position:
    """A lot as the journal shows it."""

    structures: float
    legs: Legs
    """Of those still alive."""
    opened: int
    entry: float
    """Journal price of one structure, of all its legs."""
    scale: float = 1.0
    """Shares a structure, in hundreds of their dollars; of a proxy only."""

    @property
    def units(self) -> float:
        return self.structures * self.scale


@frozen
class Trade:
    """A row of the journal that moved money: into the account if positive."""

    bar: int
    place: Place
    action: int
    money: float
    fee: float
    before: Position | None
    after: Position | None
    price: float
    row: int
    """Of the journal."""


@define
class Replay:
    """Everything by bar, counted from the first one traded."""

    trades: list[Trade]
    held: list[dict[Place, Position]]
    """After each bar."""
    cash_moved: Floats
    variation: Floats
    """What of that futures moved by their marks."""
    variations: list[tuple[int, Place, float]]
    """The same by bar and lot."""
    moves: list[tuple[int, Place, float, Trade | None]]
    """Of both, in the order in which they happened: bar, lot, money, and the trade if it was one."""
    cost: Floats
    """Fees and half-spreads as the journal states them."""


def weight_of(ratio: int, contract: Contract) -> float:
    return ratio * DOLLARS.get(f"{contract.product} {contract.right}", 1.0)


def fee_of(legs: Legs, program: Program) -> float:
    """Dollars a structure and side."""
    if program.costs == "none":
        return 0.0
    return sum(abs(ratio) * FEES.get(contract.product, 0.0) for ratio, contract in legs if contract.right != "shares")


def replay(program: Program, arrays: MarketArrays, record: RunRecord) -> Replay:
    """Follows every row. Fails where a row is no possible trade of what is held: that is the test.

    Orders that fill a session later do so before the marks of their bar, at prices of their own."""
    bars = len(record.equity)
    told = Replay([], [], np.zeros(bars), np.zeros(bars), [], [], np.zeros(bars))
    retelling = _Retelling(program, arrays, record, told)
    by_bar: dict[int, list[int]] = defaultdict(list)
    for row, bar in enumerate(record.journal.bar.tolist()):
        by_bar[int(bar)].append(row)
    for number in range(bars):
        bar = arrays.first + number
        retelling.begin(bar)
        settlements = [row for row in by_bar[bar] if record.journal.action[row] == SETTLE]
        for row in settlements:
            retelling.follow(row)
        others = [row for row in by_bar[bar] if row not in settlements]
        if program.fill == "this close":
            retelling.move_futures(retelling.held)
        for row in others:
            retelling.follow(row)
        if program.fill != "this close":
            retelling.prices = retelling.at_close
            retelling.move_futures(retelling.held)
        told.held.append(dict(retelling.held))
    return told


class _Retelling:
    """What is held, row by row."""

    def __init__(self, program: Program, arrays: MarketArrays, record: RunRecord, told: Replay) -> None:
        self.program = program
        self.market = MarketPath(arrays, 0)
        self.opening: MarketPath | None = None
        """At the open, where orders fill at it."""
        if program.fill == "next open":
            self.opening = MarketPath(evolve(arrays, values=at_the_open(arrays).values), 0)
        self.first = arrays.first
        self.rows = record.journal
        self.rules = rules_of(program)
        self.told = told
        self.held: dict[Place, Position] = {}
        self.marks: dict[tuple[Place, Contract], float] = {}
        """Of futures, by lot."""
        self.begin(arrays.first)

    def begin(self, bar: int) -> None:
        self.bar = bar
        self.at_close = self.prices = Prices(self.market, bar, self.program.costs)
        if self.opening is not None:
            self.prices = Prices(self.opening, bar, self.program.costs, before=self.market)

    def move_futures(self, places: Iterable[Place]) -> None:
        for place in places:
            position = self.held[place]
            futures = [leg for leg in position.legs if leg[1].right == "future" and not self.prices.quote(leg[1]).is_unknown]
            for ratio, contract in futures:
                moved = weight_of(ratio, contract) * (self.prices.mid(contract) - self.marks[place, contract]) * position.units * 100.0
                self.told.variation[self.bar - self.first] += moved
                self.told.variations.append((self.bar, place, moved))
                self.told.moves.append((self.bar, place, moved, None))
                self.told.cash_moved[self.bar - self.first] += moved
            # Two legs may be of one contract.
            self.marks.update({(place, contract): self.prices.mid(contract) for _, contract in futures})

    def follow(self, row: int) -> None:
        action = int(self.rows.action[row])
        if action == REFUSED:
            assert self.rows.filled[row] == 0.0
            return
        if action == SHIFT:
            assert self.rows.filled[row] > 0.0
            return
        place = int(self.rows.layer[row]), int(self.rows.slot[row])
        price, q = float(self.rows.price[row]), float(self.rows.filled[row])
        assert q > 0.0
        if place in self.held and action != SETTLE and self.program.fill != "this close":
            self.move_futures([place])
        before = self.held.pop(place, None)
        rule = self.rule_of(row)
        if rule is not None and rule.side and action in (ROLL_OUT, ROLL_IN):
            assert before is not None, "new strikes for a lot that is not held"
            assert math.isclose(q, before.structures, rel_tol=1e-9)
            legs = before.legs if action == ROLL_OUT else self.living(before, self.legs_of(row))
            traded = tuple((ratio, contract) for ratio, contract in legs if contract.right == rule.side)
            bought, after = action == ROLL_IN, evolve(before, legs=legs)
        else:
            # A keep buys more of a lot that is held, or a new one.
            bought = action in (OPEN, ROLL_IN, ADD) or (action in (REBALANCE, KEEP) and self.rows.asked[row] > 0.0)
            if action in (OPEN, ROLL_IN, ADD) or (action == KEEP and bought and before is None):
                assert before is None, "a new lot in a slot that is taken"
                traded = self.legs_of(row)
                for _, contract in traded:
                    if contract.expiry is not None and contract.right != "future":
                        assert contract.expiry.listed_bar <= self.bar < contract.expiry.settle_bar, "traded when not listed"
                after = Position(q, traded, self.bar, price, self.scale_of(row, traded, price))
            else:
                assert before is not None, "an action on a lot that is not held"
                traded = before.legs if action != SETTLE else tuple(leg for leg in before.legs if self.settles(leg[1]))
                after = _after(action, before, q, price, traded, bought)
        fee = 0.0 if action == SETTLE else fee_of(traded, self.program) * q
        money = self.money_of(action, place, traded, price, q, bought) - fee
        number = self.bar - self.first
        self.told.cash_moved[number] += money
        self.told.cost[number] += float(self.rows.cost[row])
        trade = Trade(self.bar, place, action, money, fee, before, after, price, row)
        self.told.trades.append(trade)
        self.told.moves.append((self.bar, place, money, trade))
        if after is not None:
            self.held[place] = after

    def money_of(self, action: int, place: Place, traded: Legs, price: float, q: float, bought: bool) -> float:
        """Cash for the options and shares of a trade; of its futures only the half spread, or the last move to the print."""
        paid, crossing, last_move = price, 0.0, 0.0
        for ratio, contract in traded:
            if contract.right != "future":
                continue
            weight = weight_of(ratio, contract)
            if action == SETTLE:
                settlement, mark = self.market.value("vix_settlement", self.bar), self.marks[place, contract]
                settlement = mark if math.isnan(settlement) else settlement
                paid -= weight * settlement
                last_move += weight * (settlement - mark)
                continue
            mid, half = self.prices.mid(contract), self.prices.quote(contract).half
            crossing += abs(weight) * half
            paid -= weight * mid + (abs(weight) * half if bought else -abs(weight) * half)
            self.marks[place, contract] = mid
        return ((-paid if bought else paid) - crossing + last_move) * q * 100.0

    def settles(self, contract: Contract) -> bool:
        return contract.expiry is not None and contract.expiry.settle_bar <= self.bar

    def rule_of(self, row: int) -> Rule | None:
        number = int(self.rows.rule[row])
        return self.rules[number] if number >= 0 else None

    def legs_of(self, row: int) -> Legs:
        layer = self.program.layers[int(self.rows.layer[row])]
        proxy = int(self.rows.proxy[row])
        if proxy >= 0:
            share = layer.legs[len(layer.own_legs) + proxy]
            return ((share.ratio, Contract(share.product, share.right, None)),)
        return self.listed_legs(row, layer)

    def listed_legs(self, row: int, layer: Layer) -> Legs:
        legs = []
        for number, leg in enumerate(layer.own_legs):
            place = float(self.rows.expiry[row][number])
            expiry = None if math.isnan(place) else self.market.expiries(leg.product)[int(place)]
            assert (expiry is None) == (leg.right == "shares")
            legs.append((leg.ratio, Contract(leg.product, leg.right, expiry, float(self.rows.strike[row][number]))))
        return tuple(legs)

    def living(self, before: Position, legs: Legs) -> Legs:
        """Of all the lot's legs those that have not settled."""
        return tuple(leg for leg in legs if not self.settles(leg[1]))

    def scale_of(self, row: int, legs: Legs, price: float) -> float:
        """Of a proxy what its price says: shares a structure."""
        if self.rows.proxy[row] < 0.0:
            return 1.0
        ((ratio, share),) = legs
        return price / (weight_of(ratio, share) * self.prices.quote(share).ask)


def _after(action: int, before: Position, q: float, price: float, traded: Legs, bought: bool) -> Position | None:
    if action in (CLOSE, ROLL_OUT):
        assert math.isclose(q, before.structures, rel_tol=1e-9)
        return None
    if action == SETTLE:
        assert math.isclose(q, before.structures, rel_tol=1e-9)
        left = tuple(leg for leg in before.legs if leg not in traded)
        assert len(left) < len(before.legs), "nothing of it settles on this bar"
        return evolve(before, legs=left) if left else None
    if bought:
        entry = (before.entry * before.structures + price * q) / (before.structures + q)
        return evolve(before, structures=before.structures + q, entry=entry)
    rest = before.structures - q
    assert rest >= -1e-9 * before.structures
    # What is left of a fraction is told exactly by no difference.
    return evolve(before, structures=rest) if rest > 1e-9 * before.structures else None


def marks_of(program: Program, arrays: MarketArrays, told: Replay) -> Floats:
    """[bars, 2]: mid value of what was held and paid for after each bar, and on the next one of what then still lives. Whole markets."""
    market = MarketPath(arrays, 0)
    values = np.zeros((len(told.held), 2))
    for number, held in enumerate(told.held):
        for column, bar in enumerate((arrays.first + number, arrays.first + number + 1)):
            if bar <= arrays.last:
                values[number, column] = _value(held.values(), Prices(market, bar, program.costs), bar)
    return values


def _value(positions: Iterable[Position], prices: Prices, bar: int) -> float:
    return sum(
        weight_of(ratio, contract) * prices.mid(contract) * position.units * 100.0
        for position in positions
        for ratio, contract in position.legs
        if contract.right != "future" and (contract.expiry is None or contract.expiry.settle_bar > bar)
    )


def worst_loss(legs: Legs) -> float:
    """Points that a structure of one expiry can cost at settlement, over settlement prices 0 and each strike; at least 0."""
    prices = [0.0, *(contract.strike for _, contract in legs)]
    return max(0.0, *(-sum(ratio * contract.payoff(price) for ratio, contract in legs) for price in prices))
