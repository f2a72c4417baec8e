"""The values of a grid as a call writes them: lists and ranges, each value in a strategy file's own words. Needs no NumPy.

    0.1, 0.2             a list; words and expressions too: none, listed
    1..5                 whole numbers, both ends included
    0.1..0.5 by 0.1      a range with its step
    0.20, 0.30 delta     a unit said once is the unit of every plain number beside it

A comma inside brackets parts nothing, so that one value may hold them: `max(vix, 20)`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal

from attrs import evolve, frozen

from alvh.mistakes import RequestError
from alvh.runtime.axis import Axis, count_cells

MOST_CELLS = 100_000
"""A grid of more is refused: at a millisecond or more a cell it is likelier a slip than a wish."""

_QUANTITY = re.compile(r"(?P<number>[+-]?\s*\$?\s*\d[\d_]*(?:\.\d[\d_]*)?)\s*(?P<unit>%|[^\W\d]+)?")
_RANGE = re.compile(r"(?P<first>.+?)\s*\.\.\s*(?P<last>.+?)(?:\s+by\s+(?P<step>.+))?", re.DOTALL)


@frozen
class _Quantity:
    """A number as written: sign and dollar, digits, unit."""

    value: Decimal
    dollars: bool
    unit: str
    text: str
    """Of the number alone."""

    @property
    def has_unit(self) -> bool:
        return self.dollars or bool(self.unit)

    def with_value(self, value: Decimal) -> _Quantity:
        text = f"{'-' if value < 0 else ''}{'$' if self.dollars else ''}{abs(value):f}"
        return evolve(self, value=value, text=text)

    def with_unit_of(self, other: _Quantity) -> _Quantity:
        found = evolve(self, dollars=other.dollars, unit=other.unit)
        return found.with_value(self.value) if other.dollars else found

    def __str__(self) -> str:
        return f"{self.text}{'' if not self.unit or self.unit == '%' else ' '}{self.unit}"


def read_axis(name: str, text: str) -> Axis | None:
    """The axis that `text` gives `name`; None where it is a single value. RequestError for a list or range that is none."""
    parts = _split(text)
    ranges = [_RANGE.fullmatch(part) for part in parts]
    if len(parts) == 1 and (ranges[0] is None or _ends_of(ranges[0]) is None):
        return None
    if "" in parts:
        raise RequestError(f"--set {name}: there is no value beside a comma in {text!r}")
    quantities: list[_Quantity | str] = []
    room = MOST_CELLS
    for part, span in zip(parts, ranges, strict=True):
        ends = None if span is None else _ends_of(span)
        quantities += [_quantity(part) or part] if ends is None else _steps(name, part, *ends, room)
    return _axis(name, quantities)


def axis_of(name: str, values: Sequence[object]) -> Axis:
    """The axis of values given one by one, from Python. RequestError where there is none, or one stands there twice."""
    if not values:
        raise RequestError(f"the grid is empty: {name} has no value")
    return _axis(name, [_quantity(str(value).strip()) or str(value).strip() for value in values])


def check_size(axes: Sequence[Axis]) -> None:
    """RequestError where a grid has more than MOST_CELLS."""
    cells = count_cells(axes)
    if cells > MOST_CELLS:
        sizes = " x ".join(str(len(axis.values)) for axis in axes)
        raise RequestError(f"the grid has {cells:,} cells ({sizes}); at most {MOST_CELLS:,} run in one go: give fewer values")


def parted(settings: Mapping[str, str]) -> tuple[tuple[Axis, ...], dict[str, str]]:
    """The axes among `settings`, in order, and those that have one value."""
    axes, single = [], {}
    for name, text in settings.items():
        axis = read_axis(name, text)
        if axis is None:
            single[name] = text
        else:
            axes.append(axis)
    return tuple(axes), single


def _split(text: str) -> list[str]:
    """At the commas outside brackets and quotes."""
    parts, depth, quoted, start = [], 0, False, 0
    for place, letter in enumerate(text):
        if letter == '"':
            quoted = not quoted
        elif not quoted and letter in "([{":
            depth += 1
        elif not quoted and letter in ")]}":
            depth -= 1
        elif letter == "," and depth <= 0 and not quoted:
            parts.append(text[start:place].strip())
            start = place + 1
    return [*parts, text[start:].strip()]


def _quantity(text: str) -> _Quantity | None:
    match = _QUANTITY.fullmatch(text)
    if match is None:
        return None
    number = match["number"].replace(" ", "")
    value = Decimal(number.replace("$", "").replace("_", ""))
    return _Quantity(value, "$" in number, match["unit"] or "", number)


def _ends_of(match: re.Match[str]) -> tuple[_Quantity, _Quantity, _Quantity | None] | None:
    """First, last and step of a range; None where these are no plain numbers, as in `vix in 10 .. 20`."""
    first, last = _quantity(match["first"]), _quantity(match["last"])
    step = None if match["step"] is None else _quantity(match["step"])
    if first is None or last is None or (step is None and match["step"] is not None):
        return None
    return first, last, step


def _steps(name: str, text: str, first: _Quantity, last: _Quantity, step: _Quantity | None, room: int) -> list[_Quantity]:
    said = [entry for entry in (first, last, step) if entry is not None and entry.has_unit]
    if len({(entry.dollars, entry.unit) for entry in said}) > 1:
        raise RequestError(f"--set {name}: the units of the range {text!r} differ")
    if said:
        first = first.with_unit_of(said[0])
    if first.value > last.value:
        raise RequestError(f"--set {name}: the range {text!r} is empty, for it ends below its start")
    whole = first.value == first.value.to_integral_value() and last.value == last.value.to_integral_value()
    if step is None and not whole:
        raise RequestError(f"--set {name}: the range {text!r} needs a step, as in 0.1..0.5 by 0.1")
    by = Decimal(1) if step is None else step.value
    if by <= 0:
        raise RequestError(f"--set {name}: the step of {text!r} must be above 0")
    count = int((last.value - first.value) / by) + 1
    if count > room:
        raise RequestError(f"--set {name}: {text!r} has {count:,} values; at most {room:,} cells run in one go")
    return [first.with_value(first.value + place * by) for place in range(count)]


def _axis(name: str, values: list[_Quantity | str]) -> Axis:
    quantities = [value for value in values if isinstance(value, _Quantity)]
    units = {(entry.dollars, entry.unit): entry for entry in quantities if entry.has_unit}
    if len(units) == 1:
        (unit,) = units.values()
        values = [value.with_unit_of(unit) if isinstance(value, _Quantity) and not value.has_unit else value for value in values]
    words = tuple(str(value) for value in values)
    seen: set[object] = set()
    for value, word in zip(values, words, strict=True):
        what = (value.value, value.dollars, value.unit) if isinstance(value, _Quantity) else " ".join(value.split())
        if what in seen:
            raise RequestError(f"--set {name}: {word} stands there twice; a number has no comma in it: write 1_000")
        seen.add(what)
    plain = [value for value in values if isinstance(value, _Quantity)]
    alike = len(plain) == len(values) and len({(value.dollars, value.unit) for value in plain}) == 1
    numbers = tuple(float(value.value / 100 if value.unit == "%" else value.value) for value in plain) if alike else None
    return Axis(name, words, numbers)
