"""A run told again from its journal alone: what was held after each bar, and the money that moved. Written without the engines' ledgers.

Of the runtime it uses the journal's rows, the market, and model prices.
"""

from __future__ import annotations

import math
from collections import defaultdict

import numpy as np
from attrs import define, evolve, frozen

from alvh.compiler.ir import Program
from alvh.runtime.market import Floats, MarketArrays
from alvh.runtime.pricing.costs import FEE_PER_OPTION
from alvh.runtime.record import CLOSE, OPEN, REBALANCE, REFUSED, ROLL_IN, ROLL_OUT, SETTLE, RunRecord
from alvh.runtime.reference_market import Contract, MarketPath, Prices

Place = tuple[int, int]
"""Layer and slot."""


@frozen
class Position:
    """A lot as the journal shows it."""

    structures: float
    legs: tuple[tuple[int, Contract], ...]
    """Ratio and contract of those still alive."""
    opened: int
    entry: float
    """Net debit of one structure, of all its legs."""


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


@define
class Replay:
    """Everything by bar, counted from the first one traded."""

    trades: list[Trade]
    held: list[dict[Place, Position]]
    """After each bar."""
    cash_moved: Floats
    cost: Floats
    """Fees and half-spreads as the journal states them."""


def replay(program: Program, arrays: MarketArrays, record: RunRecord) -> Replay:
    """Follows every row. Fails where a row is no possible trade of what is held: that is the test."""
    market = MarketPath(arrays, 0)
    rows = record.journal
    bars = len(record.equity)
    fee_each = FEE_PER_OPTION if program.costs == "listed" else 0.0
    by_bar: dict[int, list[int]] = defaultdict(list)
    for row, bar in enumerate(rows.bar.tolist()):
        by_bar[int(bar)].append(row)
    result = Replay([], [], np.zeros(bars), np.zeros(bars))
    held: dict[Place, Position] = {}
    for number in range(bars):
        bar = arrays.first + number
        for row in by_bar[bar]:
            action = int(rows.action[row])
            if action == REFUSED:
                assert rows.filled[row] == 0.0
                continue
            place = int(rows.layer[row]), int(rows.slot[row])
            before = held.pop(place, None)
            price, q = float(rows.price[row]), float(rows.filled[row])
            assert q > 0.0
            bought = action in (OPEN, ROLL_IN) or (action == REBALANCE and rows.asked[row] > 0.0)
            if action in (OPEN, ROLL_IN):
                assert before is None, "a new lot in a slot that is taken"
                after: Position | None = Position(q, _legs(program, market, record, row), bar, price)
                contracts = _contracts(after)
                for _, contract in after.legs:
                    assert contract.expiry.listed_bar <= bar < contract.expiry.settle_bar, "traded when not listed"
            else:
                assert before is not None, "an action on a lot that is not held"
                contracts = _contracts(before)
                after = _after(action, before, q, price, bar, bought)
            fee = 0.0 if action == SETTLE else fee_each * contracts * q
            money = (-price if bought else price) * q * 100.0 - fee
            result.cash_moved[number] += money
            result.cost[number] += float(rows.cost[row])
            result.trades.append(Trade(bar, place, action, money, fee, before, after, price))
            if after is not None:
                held[place] = after
        result.held.append(dict(held))
    return result


def _after(action: int, before: Position, q: float, price: float, bar: int, bought: bool) -> Position | None:
    if action in (CLOSE, ROLL_OUT):
        assert math.isclose(q, before.structures, rel_tol=1e-9)
        return None
    if action == SETTLE:
        assert math.isclose(q, before.structures, rel_tol=1e-9)
        left = tuple(leg for leg in before.legs if leg[1].expiry.settle_bar > bar)
        assert len(left) < len(before.legs), "nothing of it settles on this bar"
        return evolve(before, legs=left) if left else None
    if bought:
        entry = (before.entry * before.structures + price * q) / (before.structures + q)
        return evolve(before, structures=before.structures + q, entry=entry)
    rest = before.structures - q
    assert rest >= -1e-9 * before.structures
    # What is left of a fraction is told exactly by no difference: the engines keep the target.
    return evolve(before, structures=rest) if rest > 1e-9 * before.structures else None


def _legs(program: Program, market: MarketPath, record: RunRecord, row: int) -> tuple[tuple[int, Contract], ...]:
    layer = program.layers[int(record.journal.layer[row])]
    legs = []
    for number, leg in enumerate(layer.legs):
        expiry = market.expiries[leg.product][int(record.journal.expiry[row][number])]
        strike = float(record.journal.strike[row][number])
        legs.append((leg.ratio, Contract(leg.product, leg.right == "call", expiry, strike)))
    return tuple(legs)


def _contracts(position: Position) -> int:
    return sum(abs(ratio) for ratio, _ in position.legs)


def marks_of(program: Program, arrays: MarketArrays, told: Replay) -> Floats:
    """[bars, 2]: mid value of what was held after each bar, and on the next bar of what is then still alive. Whole markets only."""
    market = MarketPath(arrays, 0)
    listed = program.costs == "listed"
    values = np.zeros((len(told.held), 2))
    for number, held in enumerate(told.held):
        for column, bar in enumerate((arrays.first + number, arrays.first + number + 1)):
            if bar > arrays.last:
                continue
            prices = Prices(market, bar, listed)
            values[number, column] = sum(
                ratio * prices.mid(contract) * position.structures * 100.0
                for position in held.values()
                for ratio, contract in position.legs
                if contract.expiry.settle_bar > bar
            )
    return values


def worst_loss(legs: tuple[tuple[int, Contract], ...]) -> float:
    """Points that a structure of one expiry can cost at settlement, over settlement prices 0 and each strike; at least 0."""
    prices = [0.0, *(contract.strike for _, contract in legs)]
    return max(0.0, *(-sum(ratio * contract.payoff(price) for ratio, contract in legs) for price in prices))
