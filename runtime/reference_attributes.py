"""The attributes that streams read of lots, layers and the account: docs/design/bar.md, step 3."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from alvh.grammar.diagnostics import InternalError
from alvh.runtime.mathematics import exp
from alvh.runtime.reference_account import HeldLeg, LayerState, Lot, carried_of, entry_of, lots_of, total
from alvh.runtime.reference_beta import dollar_beta
from alvh.runtime.reference_prices import Prices
from alvh.runtime.reference_streams import UNKNOWN, divide, is_unknown, larger, smaller

FINANCING_SPREAD = 0.015
"""Over the bill rate, what margin costs a year (quant.md T6)."""
YOUNGEST_FOR_IRR = 5
"""Sessions: a rate of return over fewer says nothing."""
IRR_BOUND = 20.0
IRR_HALVINGS = 64
DAYS_A_MONTH = 30.0


def lot_attribute(name: str, lot: Lot, prices: Prices) -> float:
    """The attribute as the lot stands now; `prices` are those of the bar."""
    q, market, bar = lot.structures, prices.market, prices.bar
    match name:
        case "value":
            return lot.value
        case "profit":
            return lot.profit
        case "loss":
            return -lot.profit
        case "margin":
            return lot.margin
        case "delta":
            return _of_units(lot, prices.signed_delta)
        case "vega":
            return _of_units(lot, prices.vega)
        case "theta":
            return _of_units(lot, prices.theta)
        case "credit":
            return larger(-entry_of(lot.legs), 0.0) * lot.units * 100.0
        case "cost":
            return lot.cost
        case "contracts":
            return q
        case "notional":
            return q * 100.0 * market.value("spx", bar)
        case "width_notional":
            return q * 100.0 * wider_wing(lot.legs)
        case "dte":
            return UNKNOWN if lot.nearest == float("inf") else lot.nearest - market.sessions[bar]
        case "short_delta":
            return largest([prices.delta(leg.contract) for leg in lot.live if leg.ratio < 0 and leg.contract.is_option])
        case "option_delta":
            first = lot.legs[0]
            return prices.delta(first.contract) if first.alive else UNKNOWN
        case "age":
            return float(bar - lot.opened)
        case "irr":
            return irr([lot], prices)
        case "carry":
            return carry(lot.value, _of_units(lot, prices.theta))
        case "lower_break_even":
            return lower_break_even(lot)
        case "upper_break_even":
            return upper_break_even(lot)
    raise InternalError(f"a lot has no attribute {name!r}")


SUMMED = frozenset(
    {"value", "profit", "loss", "margin", "delta", "vega", "theta", "credit", "cost", "contracts", "notional", "width_notional"}
)
GREATEST = frozenset({"short_delta", "option_delta", "age", "lower_break_even"})
LEAST = frozenset({"dte", "upper_break_even"})


def layer_attribute(name: str, state: LayerState, prices: Prices) -> float:
    if name in SUMMED:
        return total(lot_attribute(name, lot, prices) for lot in state)
    if name in GREATEST:
        return largest([lot_attribute(name, lot, prices) for lot in state])
    if name in LEAST:
        return least([lot_attribute(name, lot, prices) for lot in state])
    match name:
        case "count":
            return float(len(state.lots))
        case "realized":
            return state.realized
        case "gains":
            return state.gains
        case "earned":
            return state.flow + state.value
        case "irr":
            return irr(list(state), prices)
        case "carry":
            return carry(state.value, layer_attribute("theta", state, prices))
        case "is_open":
            return 1.0 if state.lots else 0.0
        case "opens":
            return 1.0 if state.opened else 0.0
        case "closes":
            return 1.0 if state.closed else 0.0
        case "rolls":
            return 1.0 if state.rolled else 0.0
    raise InternalError(f"a layer has no attribute {name!r}")


def _of_units(lot: Lot, greek: Callable[..., float]) -> float:
    """Sum of a greek over the live legs, in dollars."""
    return total(leg.weight * greek(leg.contract) for leg in lot.live) * lot.units * 100.0


def wider_wing(legs: Sequence[HeldLeg]) -> float:
    """The largest distance of two strikes of one right and expiry, in points."""
    widest = 0.0
    options = [leg.contract for leg in legs if leg.contract.is_option]
    for contract in options:
        for other in options:
            if contract.right == other.right and contract.expiry == other.expiry:
                widest = larger(widest, contract.strike - other.strike)
    return widest


def largest(values: Sequence[float]) -> float:
    """Unknown if there is none, or one of them is."""
    result = UNKNOWN
    for number, value in enumerate(values):
        result = value if number == 0 else larger(result, value)
    return result


def least(values: Sequence[float]) -> float:
    result = UNKNOWN
    for number, value in enumerate(values):
        result = value if number == 0 else smaller(result, value)
    return result


# What positions earn and cost


def irr(lots: Sequence[Lot], prices: Prices) -> float:
    """The rate a year at which what the lots took (margin, premium, fees) has grown to what they would give back now (quant.md T7).

    A credit lessens what was taken. u = ln(1 + rate) is found by halving, so that the result is the same bits everywhere.
    """
    market, bar = prices.market, prices.bar
    if not lots or max(bar - lot.opened for lot in lots) < YOUNGEST_FOR_IRR or any(not leg.alive for lot in lots for leg in lot.legs):
        return UNKNOWN
    taken: list[tuple[float, float]] = []
    given = 0.0
    for lot in lots:
        margin = lot.opening_margin * lot.units * 100.0
        money = margin + entry_of(lot.live) * lot.units * 100.0 + lot.fees
        years = (market.sessions[bar] - market.sessions[lot.opened]) / 365.0
        taken.append((money, years))
        given = given + (margin + lot.value + carried_of(lot.live) * lot.units * 100.0)
    if any(not money > 0.0 for money, _ in taken) or not given > 0.0:
        return UNKNOWN

    def missing(u: float) -> float:
        return total(money * exp(u * years) for money, years in taken) - given

    low, high = -IRR_BOUND, IRR_BOUND
    if missing(low) > 0.0 or missing(high) < 0.0:
        return UNKNOWN
    for _ in range(IRR_HALVINGS):
        middle = 0.5 * (low + high)
        if missing(middle) < 0.0:
            low = middle
        else:
            high = middle
    return exp(0.5 * (low + high)) - 1.0


def carry(value: float, theta: float) -> float:
    """Months that a value lasts at today's decay (quant.md T8)."""
    return value / (-DAYS_A_MONTH * theta) if theta < 0.0 and value > 0.0 else UNKNOWN


def _sold_on_spx(lot: Lot, right: str) -> list[HeldLeg]:
    return [leg for leg in lot.live if leg.contract.product == "SPX" and leg.contract.right == right and leg.ratio < 0]


def lower_break_even(lot: Lot) -> float:
    """Where the nearest sold put has eaten the credit (quant.md T17, unhedged)."""
    puts = _sold_on_spx(lot, "put")
    if not puts:
        return UNKNOWN
    nearest = max(puts, key=lambda leg: leg.contract.strike)
    return nearest.contract.strike + entry_of(lot.live) / abs(nearest.ratio)


def upper_break_even(lot: Lot) -> float:
    calls = _sold_on_spx(lot, "call")
    if not calls:
        return UNKNOWN
    nearest = min(calls, key=lambda leg: leg.contract.strike)
    return nearest.contract.strike - entry_of(lot.live) / abs(nearest.ratio)


# The account


def beta_of_unit(lot: Lot, prices: Prices) -> float:
    return dollar_beta([(leg.contract, leg.ratio) for leg in lot.live], prices)


def net_beta(layers: Iterable[LayerState], units_of_index: float, equity: float, prices: Prices) -> float:
    """Dollars of the index that all positions stand for, a dollar of equity (quant.md T9). `units_of_index` 0 without `hold SPX`."""
    dollars = total(beta_of_unit(lot, prices) * lot.units * 100.0 for lot in lots_of(layers))
    if units_of_index != 0.0:
        dollars = dollars + units_of_index * prices.series("spx")
    return divide(dollars, equity)


def wacc(layers: Sequence[LayerState], hedges: Sequence[LayerState], cash: float, prices: Prices) -> float:
    """What the account's money costs a year (quant.md T6): margin at the bill rate and the financing spread, hedges at their decay,
    free cash at the bill rate."""
    rate = prices.series("rate")
    margin = total(lot.margin for lot in lots_of(layers))
    value = total(lot.value for lot in lots_of(hedges))
    theta = total(_of_units(lot, prices.theta) for lot in lots_of(hedges))
    free = larger(cash - margin, 0.0)
    divisor = (margin + value) + free
    if is_unknown(divisor) or not divisor > 0.0:
        return UNKNOWN
    return (margin * (rate + FINANCING_SPREAD) + (-theta * 365.0) + free * rate) / divisor
