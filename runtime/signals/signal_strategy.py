"""Strategies that signals decide: shares bought and sold by rules that read the market alone, so that no rule needs a book to be decided.

Of such a strategy all signals of all bars are known before its first trade, and a run is a walk from one signal to the next: what a
vectorised backtester does for every strategy it takes. The day loop gives the same bits, and takes all the others.
"""

from __future__ import annotations

import numpy as np
from attrs import frozen

from alvh.compiler.ir import Layer, Leg, NodeId, Program, Rule, needed_by
from alvh.runtime.engine.trade import DUST
from alvh.runtime.market import Floats, MarketArrays
from alvh.runtime.pricing import costs
from alvh.runtime.signals import layout

OF_THE_BOOK = frozenset({"account", "mark", "decided", "lot"})
"""Operations whose value hangs on what is held."""


@frozen
class SignalStrategy:
    """The one layer of such a strategy: `opens` and `closes` are the conditions of its rules; any that holds decides."""

    leg: Leg
    size: NodeId
    """A constant or a param: shares bought at a time."""
    opens: tuple[NodeId, ...]
    closes: tuple[NodeId, ...]
    always_opens: bool
    """Some rule to open has no condition, or there is no rule to open."""


def signal_strategy_of(program: Program) -> SignalStrategy | None:
    """The program as one that signals decide; None for any other."""
    if len(program.layers) != 1 or len(program.groups) != 1 or program.hold_index or program.fill != "this close":
        return None
    (layer,), (group,) = program.layers, program.groups
    shared = group.unit >= 0 or group.budget is not None or group.limit_cost >= 0
    if shared or group.unwinds or group.shifts or group.keeps or program.costs == "crowded":
        return None
    if not _is_one_lot_of_shares(layer) or program.nodes[layer.size.value].operation not in ("constant", "parameter"):
        return None
    if not all(_reads_the_market_alone(program, rule) for rule in (*layer.opens, *layer.closes)):
        return None
    if any(rule.condition < 0 for rule in layer.closes):
        return None
    return SignalStrategy(
        leg=layer.legs[0],
        size=layer.size.value,
        opens=tuple(rule.condition for rule in layer.opens if rule.condition >= 0),
        closes=tuple(rule.condition for rule in layer.closes),
        always_opens=not layer.opens or any(rule.condition < 0 for rule in layer.opens),
    )


def _is_one_lot_of_shares(layer: Layer) -> bool:
    """Bought, held and sold whole, never two lots at a time."""
    others = layer.rolls or layer.rebalances or layer.adds or layer.proxies or layer.cover >= 0 or layer.share != 0.0
    one_lot = not layer.states_at_most or layer.at_most == 1
    if others or not one_lot or len(layer.legs) != 1 or layer.size.manner != "contracts":
        return False
    return layer.legs[0].right == "shares" and layer.legs[0].ratio > 0


def _reads_the_market_alone(program: Program, rule: Rule) -> bool:
    if rule.condition < 0:
        return True
    nodes = (program.nodes[node] for node in needed_by(program.nodes, (rule.condition,)))
    return all(node.operation not in OF_THE_BOOK and node.stage == 0 and not node.per_lot for node in nodes)


def share_of(strategy: SignalStrategy) -> str:
    """The series of the share's price."""
    return strategy.leg.product.lower()


def spread_of(program: Program, strategy: SignalStrategy) -> float:
    """Half the quoted width, as a part of the price."""
    if program.costs == "none":
        return 0.0
    return costs.INDEX_HALF_SPREAD if strategy.leg.product == "SPX" else costs.FUND_HALF_SPREAD


def sizes_of(program: Program, wanted: Floats) -> Floats:
    """[cells, SIZE_COLUMNS] of the shares that cells ask for."""
    bought = np.maximum(np.floor(wanted + DUST), 0.0) if program.whole_contracts else np.where(wanted > DUST, wanted, 0.0)
    return np.stack([wanted, bought], axis=1)


def traded(arrays: MarketArrays, series: str) -> Floats:
    """[bars traded] of the market's first path."""
    values: Floats = arrays.values[arrays.first : arrays.last + 1, arrays.series.index(series), 0]
    return values


def days_between(arrays: MarketArrays) -> Floats:
    """[bars traded, BAR_COLUMNS]: the days since the bar before, and nothing else yet."""
    days = np.zeros((arrays.last - arrays.first + 1, layout.BAR_COLUMNS))
    days[1:, layout.DAYS] = np.diff(arrays.sessions[arrays.first : arrays.last + 1])
    return days
