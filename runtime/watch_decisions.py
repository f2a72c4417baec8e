"""An observer of one session: what each layer held, what each lot read, what was refused, which unwinds were on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

from attrs import frozen

from alvh.compiler.ir import Leg, Program, Rule
from alvh.runtime.journal import calendar_date
from alvh.runtime.market import MarketArrays
from alvh.runtime.reference_account import LayerState, Lot, entry_of
from alvh.runtime.reference_attributes import lot_attribute
from alvh.runtime.reference_instruments import Contract
from alvh.runtime.reference_journal import Row
from alvh.runtime.reference_prices import Prices
from alvh.runtime.why import HeldLot

LotPlace: TypeAlias = tuple[int, int]
"""Layer and slot."""


@frozen
class Refusal:
    """An order that came to nothing. `slot` -1: it was no lot's."""

    layer: int
    slot: int
    rule: Rule | None
    code: int
    asked: float


class DecisionWatch:
    """Keeps what happens on `bar`, and since when each unwind has been on."""

    def __init__(self, program: Program, arrays: MarketArrays, bar: int) -> None:
        self.program = program
        self.arrays = arrays
        self.bar = bar
        self.held: dict[int, tuple[HeldLot, ...]] = {}
        self.values: Sequence[float] = ()
        self.of_lots: dict[LotPlace, Sequence[float]] = {}
        self.refusals: list[Refusal] = []
        self.waiting: list[Row] = []
        """Orders that the next session fills."""
        self.on_since: dict[tuple[int, int], int] = {}
        """Bar on which an unwind that is on began, by group and place in it."""

    def decisions_begin(self, bar: int, layers: Sequence[LayerState], unwinding: Sequence[Sequence[bool]], prices: Prices) -> None:
        if bar == self.bar:
            self.held = {state.number: tuple(self._held(state, slot, lot, prices) for slot, lot in state.by_slot()) for state in layers}

    def lot_read(self, bar: int, layer: int, slot: int, values: Sequence[float]) -> None:
        if bar == self.bar:
            self.of_lots[layer, slot] = values

    def order_refused(self, bar: int, layer: int, slot: int, rule: Rule | None, code: int, asked: float) -> None:
        if bar == self.bar:
            self.refusals.append(Refusal(layer, slot, rule, code, asked))

    def order_decided(self, row: Row) -> None:
        if row.bar == self.bar:
            self.waiting.append(row)

    def decisions_end(self, bar: int, layers: Sequence[LayerState], unwinding: Sequence[Sequence[bool]], values: Sequence[float]) -> None:
        for group, flags in enumerate(unwinding):
            for place, is_on in enumerate(flags):
                if is_on:
                    self.on_since.setdefault((group, place), bar)
                else:
                    self.on_since.pop((group, place), None)
        if bar == self.bar:
            self.values = values

    def _held(self, state: LayerState, slot: int, lot: Lot, prices: Prices) -> HeldLot:
        dte = lot_attribute("dte", lot, prices)
        return HeldLot(
            lot=slot + 1,
            contracts=lot.structures,
            instrument=self._instrument(state.layer.legs, lot),
            opened=calendar_date(self.arrays.sessions[lot.opened]),
            price=entry_of(lot.legs),
            value=lot.value,
            profit=lot_attribute("profit", lot, prices),
            dte=None if math.isnan(dte) or math.isinf(dte) else dte,
            age=lot_attribute("age", lot, prices),
            rolled_in=not lot.own,
            priced=not lot.is_stale,
        )

    def _instrument(self, legs: Sequence[Leg], lot: Lot) -> str:
        """As the journal says it: `VIX call 2020-03-18 25`, legs of a structure with their ratios."""
        single = len(lot.legs) == 1 and lot.legs[0].ratio == 1
        return ", ".join(f"{'' if single else f'{leg.ratio:+d} '}{contract_text(leg.contract)}" for leg in lot.legs)


def contract_text(contract: Contract) -> str:
    """`VIX call 2020-03-18 25`; a future has no strike, a share no expiry either."""
    parts: list[str] = [contract.product, contract.right]
    if contract.expiry is not None:
        parts.append(str(calendar_date(contract.expiry.settle_day)))
    if not math.isnan(contract.strike):
        parts.append(f"{contract.strike:g}")
    return " ".join(parts)
