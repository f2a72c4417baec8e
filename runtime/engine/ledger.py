"""Sums kept in rows of state, by lane; and the empty mask."""

from __future__ import annotations

from alvh.runtime.lanes import Lanes, lane_function, load, negate, select, store
from alvh.runtime.market import Floats


@lane_function
def add_where(lanes: Lanes, array: Floats, row: int, mask: bool, amount: float) -> None:
    """Adds to the lanes of a mask; the others keep their bits."""
    before = load(lanes, array, row)
    store(lanes, array, row, select(mask, before + amount, before))


@lane_function
def count_where(lanes: Lanes, array: Floats, row: int, mask: bool) -> None:
    add_where(lanes, array, row, mask, 1.0)


@lane_function
def none_of(mask: bool) -> bool:
    """A mask that holds on no lane."""
    return mask & negate(mask)
