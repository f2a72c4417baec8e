"""A block of doubles as one value: the vocabulary in which the engine, the mathematics and all pricing are written.

`Lanes(n)` is a token passed to compiled code. Its Numba type carries `n`, so one source specialises to any width. At width 1 a value is an
ordinary float64 and a mask an ordinary boolean; at width `n` they are the LLVM vectors `<n x double>` and `<n x i1>`. Nothing here writes a
loop over lanes: auto-vectorisation fails silently (engine.md, "Do not write lane loops"), explicit vectors do not.

Called from plain Python the functions work at width 1 on Python's own float and bool and return the same bits: every operation is one IEEE
operation, without fast-math and without fma. This file is that meaning; `lane_types.py` is the compiled one, and only it needs Numba, so
that a process which compiles nothing does not wait for it.

Values are written with the usual operators: `+ - * /` and unary `-`, comparisons, `& | ^` on masks, mixed with float or int scalars on
either side. In plain Python `a / b` raises when `b` is 0, so use `divide` wherever that can happen. A mask is no `bool`: branch on
`any_lane` or `all_lanes`. Vectors live in local variables, arguments and tuples of compiled code only; they never cross into Python.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from typing import Any, TypeVar

from attrs import frozen

from alvh.grammar.diagnostics import InternalError
from alvh.runtime.market import Floats

WIDEST = 64

_MANTISSA_BITS = 0x000FFFFFFFFFFFFF
_EXPONENT_OF_ONE = 0x3FF0000000000000

Function = TypeVar("Function", bound=Callable[..., Any])
Selected = TypeVar("Selected", bool, float)
Register = Callable[[Callable[..., Any], bool], None]
"""Makes a function known to Numba; the truth says whether LLVM is to inline it always."""

_written: list[tuple[Callable[..., Any], bool]] = []
_registers: list[Register] = []


def lane_function(function: Function) -> Function:
    """Make a function callable from compiled code at any width, and leave it as it is for plain Python.

    Division follows IEEE in compiled code (no exception), whatever the caller's error model.
    """
    return _write(function, inlined=False)


def inlined_lane_function(function: Function) -> Function:
    """`lane_function`, always inlined by LLVM: for small mathematics only, since it multiplies code (engine.md)."""
    return _write(function, inlined=True)


def _write(function: Function, *, inlined: bool) -> Function:
    _written.append((function, inlined))
    for register in _registers:
        register(function, inlined)
    return function


def register_lane_functions(register: Register) -> None:
    """Hands every lane function to `register`, those written later too; `lane_types.py` calls it once."""
    for function, inlined in _written:
        register(function, inlined)
    _registers.append(register)


@frozen
class Lanes:
    """How many doubles stand side by side. In compiled code `width` is a constant."""

    width: int

    def __attrs_post_init__(self) -> None:
        if not 1 <= self.width <= WIDEST:
            raise InternalError(f"lanes must be 1 to {WIDEST} wide, not {self.width}")


# The plain Python meaning, at width 1 ------------------------------------------------------------------------------------------------


def _require_one_lane(lanes: Lanes) -> None:
    if lanes.width != 1:
        raise InternalError(f"plain Python runs one lane, not {lanes.width}")


def halved(lanes: Lanes) -> Lanes:
    """The token of half as many lanes, one at least: for work that few lanes need, put side by side."""
    return Lanes(max(lanes.width // 2, 1))


def load(lanes: Lanes, array: Floats, row: int) -> float:
    """The values of one row of a C-contiguous float64[rows, width]. `row` must lie inside; it is not checked in compiled code."""
    _require_one_lane(lanes)
    return float(array[row, 0])


def store(lanes: Lanes, array: Floats, row: int, value: float) -> None:
    """Write a row."""
    _require_one_lane(lanes)
    array[row, 0] = value


def store_number(lanes: Lanes, array: Floats, row: int, lane: int, number: float) -> None:
    """Write one lane of a row."""
    _require_one_lane(lanes)
    array[row, lane] = number


def store_where(lanes: Lanes, array: Floats, row: int, mask: bool, value: float) -> None:
    """Write a row on the lanes of the mask; the others keep what they hold."""
    _require_one_lane(lanes)
    if mask:
        array[row, 0] = value


def gather(lanes: Lanes, array: Floats, rows: float) -> float:
    """Each lane's value in a row of its own, given as whole doubles. They must lie inside; compiled code does not check."""
    _require_one_lane(lanes)
    return float(array[int(rows), 0])


def broadcast(lanes: Lanes, scalar: float) -> float:
    """The same number on every lane."""
    _require_one_lane(lanes)
    return float(scalar)


def broadcast_mask(lanes: Lanes, scalar: bool) -> bool:
    """The same truth on every lane."""
    _require_one_lane(lanes)
    return bool(scalar)


def side_by_side(function: Callable[..., float], first: float, second: float, same: bool, shared: tuple[float, ...]) -> tuple[float, float]:
    """`function(x, same, *shared)` at two values of x, in compiled code by one call on twice as many lanes: what is a long chain of
    operations takes hardly longer on two of them."""
    return function(first, same, *shared), function(second, same, *shared)


def extract(lanes: Lanes, value: float, lane: int) -> float:
    """One lane's number; `lane` may be known at run time only."""
    _require_one_lane(lanes)
    return value


def extract_mask(lanes: Lanes, mask: bool, lane: int) -> bool:
    """One lane's truth; `lane` may be known at run time only."""
    _require_one_lane(lanes)
    return mask


def select(mask: bool, chosen: Selected, other: Selected) -> Selected:
    """`chosen` on the lanes of the mask, `other` elsewhere. The mask may be a scalar, the values may be scalars or both masks."""
    return chosen if mask else other


def negate(mask: bool) -> bool:
    """Not, for masks and booleans."""
    return not mask


def any_lane(mask: bool) -> bool:
    """Whether the mask holds on some lane."""
    return mask


def all_lanes(mask: bool) -> bool:
    """Whether the mask holds on every lane."""
    return mask


def lane_bits(mask: bool) -> int:
    """The mask as a whole number: bit k is set where lane k is."""
    return int(mask)


def lowest_set_bit(bits: int) -> int:
    """The place of the lowest bit of a whole number that is set; without meaning for 0."""
    return (int(bits) & -int(bits)).bit_length() - 1


def minimum(first: float, second: float) -> float:
    """`first if first < second else second`: the second where either is unknown."""
    return first if first < second else second


def maximum(first: float, second: float) -> float:
    """`first if first > second else second`: the second where either is unknown."""
    return first if first > second else second


def absolute(value: float) -> float:
    """The magnitude."""
    return abs(value)


def square_root(value: float) -> float:
    """IEEE square root; unknown below zero."""
    return math.sqrt(value) if value >= 0.0 else math.nan


def floor(value: float) -> float:
    """The largest whole number not above, as a double; infinities and unknown stay."""
    if not math.isfinite(value):
        return value
    return math.copysign(math.floor(value), value)


def is_unknown(value: float) -> bool:
    """Whether it is NaN."""
    return value != value


def divide(numerator: float, denominator: float) -> float:
    """IEEE quotient, unknown where the denominator is 0."""
    return numerator / denominator if denominator != 0.0 else math.nan


def to_index(value: float) -> int:
    """A scalar whole double as an array index."""
    return int(value)


def scale_by_power_of_two(value: float, power: float) -> float:
    """`value * 2**power`, the power a whole double in -1022 .. 1023. An unknown power gives unknown only with an unknown value."""
    if power != power:
        return math.nan
    return value * math.ldexp(1.0, int(power))


def split_exponent(value: float) -> tuple[float, float]:
    """Mantissa in [1, 2) and exponent of a positive normal number, `value = mantissa * 2**exponent`; without meaning for others."""
    (bits,) = struct.unpack("<q", struct.pack("<d", value))
    (mantissa,) = struct.unpack("<d", struct.pack("<q", (bits & _MANTISSA_BITS) | _EXPONENT_OF_ONE))
    return mantissa, float(((bits >> 52) & 0x7FF) - 1023)
