"""An axis of a grid: a name and the values that it takes; and the order in which cells are counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

from attrs import frozen


@frozen
class Axis:
    """One setting or param and its values, in order, none twice."""

    name: str
    values: tuple[str, ...]
    """In a strategy file's own words, the unit always said."""
    numbers: tuple[float, ...] | None = None
    """The same as numbers, per cent as fractions; None where one is no plain number, or their units differ."""


def count_cells(axes: Sequence[Axis]) -> int:
    return prod(len(axis.values) for axis in axes)


def cells_of(axes: Sequence[Axis]) -> Iterator[tuple[int, ...]]:
    """Place of its value on each axis, cell by cell: the last axis changes fastest."""
    places = [0] * len(axes)
    for _ in range(count_cells(axes)):
        yield tuple(places)
        for axis in reversed(range(len(axes))):
            places[axis] = (places[axis] + 1) % len(axes[axis].values)
            if places[axis]:
                break


def words_of(axes: Sequence[Axis], places: Sequence[int]) -> dict[str, str]:
    """The values of one cell."""
    return {axis.name: axis.values[place] for axis, place in zip(axes, places, strict=True)}
