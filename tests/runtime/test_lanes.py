"""Random programs of lane operations give the same bits at every width and in plain Python."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numba import njit
from numba.core.errors import TypingError

from alvh.grammar.diagnostics import InternalError
from alvh.runtime import lane_types as lane
from alvh.runtime.lanes import (
    Lanes,
    absolute,
    all_lanes,
    any_lane,
    broadcast,
    broadcast_mask,
    divide,
    extract,
    extract_mask,
    floor,
    gather,
    halved,
    is_unknown,
    lane_bits,
    lane_function,
    load,
    lowest_set_bit,
    maximum,
    minimum,
    negate,
    scale_by_power_of_two,
    select,
    side_by_side,
    split_exponent,
    square_root,
    store,
    store_number,
    store_where,
    to_index,
)
from alvh.runtime.record import same_bits
from alvh.runtime.rows import rows_of

WIDTHS = (1, 4, 8, 16)
REGISTERS = 12
OPERATIONS = 33
SPECIAL = (0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, math.nan, 5e-324, -2.2e-308, 1.7e308, 0.1, 3.0, 2.5, -7.5, 4503599627370497.0)


@lane_function
def of_three(x: float, same: bool, y: float, z: float) -> float:
    return divide(x, y) + select(same, z, x * z)


@njit(error_model="numpy", fastmath=False, boundscheck=False)
def run_program(lanes, program, registers):
    """Each row of the program: operation, two operands, a third for the mask, and the register that takes the result."""
    for step in range(len(program)):
        operation = program[step, 0]
        a = load(lanes, registers, program[step, 1])
        b = load(lanes, registers, program[step, 2])
        c = load(lanes, registers, program[step, 3])
        target = program[step, 4]
        m = b < c
        if operation == 0:
            store(lanes, registers, target, a + b)
        elif operation == 1:
            store(lanes, registers, target, a - b)
        elif operation == 2:
            store(lanes, registers, target, a * b)
        elif operation == 3:
            store(lanes, registers, target, divide(a, b))
        elif operation == 4:
            store(lanes, registers, target, -a)
        elif operation == 5:
            store(lanes, registers, target, 2 * a + 1 - b * 0.5)
        elif operation == 6:
            store(lanes, registers, target, select(m, a, b))
        elif operation == 7:
            store(lanes, registers, target, select(a <= b, 1.0, c))
        elif operation == 8:
            store(lanes, registers, target, select((a > b) & m, a, 0.0))
        elif operation == 9:
            store(lanes, registers, target, select((a >= b) | m, -1, a))
        elif operation == 10:
            store(lanes, registers, target, select((a == b) ^ m, b, c))
        elif operation == 11:
            store(lanes, registers, target, select(negate(a != b), b, c))
        elif operation == 12:
            store(lanes, registers, target, minimum(a, b))
        elif operation == 13:
            store(lanes, registers, target, maximum(a, 1.0) + maximum(0.0, b))
        elif operation == 14:
            store(lanes, registers, target, absolute(a))
        elif operation == 15:
            store(lanes, registers, target, square_root(a))
        elif operation == 16:
            store(lanes, registers, target, floor(a))
        elif operation == 17:
            store(lanes, registers, target, select(is_unknown(a), b, a))
        elif operation == 18:
            store_where(lanes, registers, target, m, a)
        elif operation == 19:
            store(lanes, registers, target, gather(lanes, registers, minimum(floor(absolute(a)), REGISTERS - 1.0)))
        elif operation == 20:
            store(lanes, registers, target, a * a - b)
        elif operation == 21:
            store(lanes, registers, target, broadcast(lanes, step) + a)
        elif operation == 22:
            store(lanes, registers, target, select(broadcast_mask(lanes, step % 2 == 0), a, b))
        elif operation == 23:
            store(lanes, registers, target, select(step % 3 == 0, a, b))
        elif operation == 24:
            mantissa, exponent = split_exponent(select((a > 1e-300) & (a < 1e300), a, 3.0))
            store(lanes, registers, target, mantissa + exponent)
        elif operation == 25:
            store(lanes, registers, target, scale_by_power_of_two(a, minimum(maximum(floor(b), -1022.0), 1023.0)))
        elif operation == 26:
            total = 0.0
            for _ in range(3):
                total = total + a
                total -= b
            store(lanes, registers, target, total)
        elif operation == 27:
            store(lanes, registers, target, select(select(m, a < b, a > b), a, b))
        elif operation == 28:
            for place in range(lanes.width):
                if extract_mask(lanes, m, place):
                    registers[target, place] = extract(lanes, a, place)
        elif operation == 29:
            bits = lane_bits(m)
            while bits != 0:
                place = lowest_set_bit(bits)
                bits = bits ^ (1 << place)
                registers[target, place] = extract(lanes, b, place)
        elif operation == 30:
            first, second = side_by_side(of_three, a, b, step % 2 == 0, (c, a))
            store(lanes, registers, target, select(m, first, second))
        elif operation == 31:
            # A row of lanes is two rows of half as many.
            some = halved(lanes)
            parts = lanes.width // some.width
            store(lanes, registers, target, a)
            for part in range(parts):
                store(some, registers, target * parts + part, load(some, registers, target * parts + part) * 3.0)
            for place in range(lanes.width):
                if extract_mask(lanes, m, place):
                    number = extract(lanes, b, place)
                    store_number(some, registers, target * parts + place // some.width, place % some.width, number)
        else:
            store(lanes, registers, to_index(float(target)), 1.0 / (1.0 + a * a))


@njit(error_model="numpy", fastmath=False, boundscheck=False)
def run_program_on_rows(lanes, program, registers):
    """On bare pointers, as the engine does it."""
    run_program(lanes, program, rows_of(registers, lanes))


def random_registers(random: np.random.Generator, columns: int) -> np.ndarray:
    values = random.normal(size=(REGISTERS, columns)) * 10.0 ** random.integers(-3, 4, (REGISTERS, columns))
    return np.where(random.random((REGISTERS, columns)) < 0.25, random.choice(SPECIAL, (REGISTERS, columns)), values)


def random_program(random: np.random.Generator, length: int) -> np.ndarray:
    program = random.integers(0, REGISTERS, (length, 5))
    program[:, 0] = random.integers(0, OPERATIONS, length)
    return program


def in_blocks(width: int, program: np.ndarray, registers: np.ndarray, function=run_program_on_rows) -> np.ndarray:
    result = np.empty_like(registers)
    for start in range(0, registers.shape[1], width):
        block = registers[:, start : start + width].copy()
        function(Lanes(width), program, block)
        result[:, start : start + width] = block
    return result


def test_random_programs_give_the_same_bits_at_every_width_and_in_plain_python():
    random = np.random.default_rng(20080915)
    used = np.zeros(OPERATIONS, dtype=int)
    for _ in range(400):
        program, registers = random_program(random, 12), random_registers(random, 16)
        used += np.bincount(program[:, 0], minlength=OPERATIONS)
        scalar = in_blocks(1, program, registers)
        for width in WIDTHS[1:]:
            assert same_bits(in_blocks(width, program, registers), scalar), (width, program)
        plain = in_blocks(1, program, registers[:, :4], run_program.py_func)
        assert same_bits(plain, scalar[:, :4]), program
    assert used.min() > 50


@njit(error_model="numpy")
def reductions(lanes, block):
    positive = load(lanes, block, 0) > 0.0
    return any_lane(positive), all_lanes(positive)


@pytest.mark.parametrize("width", WIDTHS)
def test_any_and_all_lanes(width):
    for pattern in range(2 ** min(width, 8)):
        row = np.array([[1.0 if pattern >> (place % 8) & 1 else -1.0 for place in range(width)]])
        assert reductions(Lanes(width), row) == ((row > 0).any(), (row > 0).all())
    unknown = np.full((1, width), np.nan)
    assert reductions(Lanes(width), unknown) == (False, False)


def test_plain_python_runs_one_lane_only():
    with pytest.raises(InternalError, match="one lane"):
        load(Lanes(8), np.zeros((1, 8)), 0)
    with pytest.raises(InternalError, match="wide"):
        Lanes(0)


def test_plain_python_never_raises_on_what_ieee_defines():
    assert math.isnan(divide(1.0, 0.0))
    assert math.isnan(square_root(-1.0))
    assert floor(math.inf) == math.inf
    assert math.copysign(1.0, floor(-0.0)) == -1.0
    assert math.isnan(floor(math.nan))


def test_no_operation_is_fused():
    """a * b + c with an exact product that one rounding would keep: a fused operation gives another last bit."""

    @njit(error_model="numpy")
    def multiply_add(lanes, block):
        store(lanes, block, 3, load(lanes, block, 0) * load(lanes, block, 1) + load(lanes, block, 2))

    a, b = 1.0 + 2.0**-30, 1.0 - 2.0**-30
    for width in WIDTHS:
        block = np.repeat(np.array([[a], [b], [-1.0], [0.0]]), width, axis=1)
        multiply_add(Lanes(width), block)
        assert (block[3] == 0.0).all()


def test_two_widths_do_not_meet():
    @njit
    def mixed(lanes, other, block, wide):
        return any_lane(load(lanes, block, 0) < load(other, wide, 0))

    with pytest.raises(TypingError):
        mixed(Lanes(4), Lanes(8), np.zeros((1, 4)), np.zeros((1, 8)))


def test_types_are_scalars_at_width_one():
    assert str(lane.vector_type(1)) == "float64"
    assert str(lane.mask_type(1)) == "bool"
