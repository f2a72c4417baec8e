"""What must hold of whatever the language can say, over programs drawn at random: the books balance on every bar, and the rules of cover,
lots and budgets are kept."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from random_program import random_program
from replay import Position, replay

from alvh.compiler.ir import Rule
from alvh.runtime.record import ADD, KEEP, REFUSED, TRIM, VERBS, same_bits
from alvh.runtime.reference import interpret
from alvh.runtime.reference_account import LayerState
from alvh.runtime.reference_journal import Row
from alvh.runtime.reference_prices import Prices

SEEDS = range(60)


@pytest.mark.parametrize("seed", SEEDS)
def test_books_balance_whatever_is_said(seed: int) -> None:
    small, series = random_program(seed)
    record = small.run(**series)
    known = np.isfinite(record.equity)
    assert known.any()
    assert np.isfinite(record.cash).all()
    assert (record.margin >= 0.0).all()
    rows = record.journal
    assert ((rows.filled > 0.0) == (rows.action != REFUSED)).all()
    assert (rows.cost >= 0.0).all()
    counted = {ADD: "add", TRIM: "trim", KEEP: "keep"}
    assert all(record.verbs[name] == (rows.action == action).sum() for action, name in counted.items())
    assert tuple(record.verbs) == VERBS


class _Unpriced:
    """By bar, the layers with a lot that has no price: nothing trims it."""

    def __init__(self) -> None:
        self.layers: dict[int, set[int]] = {}

    def decisions_begin(self, bar: int, layers: Sequence[LayerState], unwinding: Sequence[Sequence[bool]], prices: Prices) -> None:
        self.layers[bar] = {state.number for state in layers if any(lot.is_stale for lot in state)}

    def lot_read(self, bar: int, layer: int, slot: int, values: Sequence[float]) -> None:
        pass

    def order_refused(self, bar: int, layer: int, slot: int, rule: Rule | None, code: int, asked: float) -> None:
        pass

    def order_decided(self, row: Row) -> None:
        pass

    def decisions_end(self, bar: int, layers: Sequence[LayerState], unwinding: Sequence[Sequence[bool]], values: Sequence[float]) -> None:
        pass


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_written_stays_covered(seed: int) -> None:
    """At the end of every bar, whatever was sold against a layer: its contracts that reach as far. Of a layer with a lot that has no price
    it holds again from the first bar on which all have one."""
    small, series = random_program(seed)
    arrays, unpriced = small.market(**series), _Unpriced()
    record = interpret(small.program, arrays, observer=unpriced)
    told = replay(small.program, arrays, record)
    for bar, held in enumerate(told.held, start=arrays.first):
        for number, layer in enumerate(small.layers):
            if layer.cover < 0 or number in unpriced.layers[bar]:
                continue
            written = [(position, nearest(position)) for (of, _), position in held.items() if of == number]
            for _, day in written:
                covering = sum(position.structures for (of, _), position in held.items() if of == layer.cover and nearest(position) >= day)
                reaching = sum(position.structures for position, until in written if until >= day)
                assert reaching <= covering + 1e-6


def nearest(position: Position) -> float:
    return min((contract.expiry.settle_day for _, contract in position.legs if contract.expiry is not None), default=np.inf)


@pytest.mark.parametrize("seed", range(0, 60, 6))
def test_a_run_is_the_same_twice(seed: int) -> None:
    small, series = random_program(seed)
    first, second = (interpret(small.program, small.market(**series)) for _ in range(2))
    assert same_bits(first.equity, second.equity)
    assert same_bits(first.journal.price, second.journal.price)


def test_the_draws_say_everything() -> None:
    """Of every verb many, among so many programs."""
    counted = dict.fromkeys(VERBS, 0)
    for seed in SEEDS:
        small, series = random_program(seed)
        for verb, number in interpret(small.program, small.market(**series)).verbs.items():
            counted[verb] += number
    assert min(counted.values()) >= 10, counted
