"""Random numbers that are a function of where they are used: Philox, and what is drawn from it, in lanes.

Philox 4x32 with ten rounds (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011) turns a counter of four
32-bit words and a key of two into four words. It passes all of TestU01's BigCrush, so does the same with seven rounds, and distinct
counters never share a stream. Here the key is the seed; the counter says which draw of which session of which path. So a number depends on
nothing that was drawn before: not on how many paths, lanes or threads there are, nor on which draws were left out.

Two words make a uniform number of 53 bits in (0, 1]. Normal numbers come in pairs by Box and Muller (Annals of Mathematical Statistics 29,
1958), Student's t by Bailey's polar method (Mathematics of Computation 62, 1994): without a loop or a branch, so that lanes stay together.
"""

# mypy: disable-error-code="no-untyped-call, misc, untyped-decorator"
# Numba and llvmlite carry no annotations.
from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import types
from numba.core.typing.templates import signature
from numba.extending import lower_builtin, type_callable

from alvh.grammar.diagnostics import InternalError
from alvh.runtime.lanes import Lanes, LanesType, VectorType, inlined_lane_function, lane_function, select, square_root, vector_type
from alvh.runtime.mathematics import ROUNDING, log_inside

MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
WEYL = (0x9E3779B9, 0xBB67AE85)
"""What the words of the key grow by from round to round: the golden ratio, and the root of 3 less 1."""
ROUNDS = 10
WORD = 0xFFFFFFFF
MOST_PATHS = 2**52
"""Path numbers are whole doubles below this."""
UNIFORM_STEP = 2.0**-53


def philox(counter: tuple[int, int, int, int], key: tuple[int, int]) -> tuple[int, int, int, int]:
    """Four 32-bit words from a counter of four and a key of two."""
    a, b, c, d = counter
    low, high = key
    for _ in range(ROUNDS):
        first, second = MULTIPLIERS[0] * a, MULTIPLIERS[1] * c
        a, b, c, d = (second >> 32) ^ b ^ low, second & WORD, (first >> 32) ^ d ^ high, first & WORD
        low, high = (low + WEYL[0]) & WORD, (high + WEYL[1]) & WORD
    return a, b, c, d


def uniform_pair(lanes: Lanes, paths: float, session: int, draw: int, key_low: int, key_high: int) -> tuple[float, float]:
    """Two independent uniform numbers in (0, 1], 53 bits each, for one draw of one session of each lane's path.

    `paths` holds whole numbers below MOST_PATHS; `session` and `draw` have 32 bits, the key is the seed's lower and upper 32 bits.
    """
    if lanes.width != 1:
        raise InternalError(f"plain Python runs one lane, not {lanes.width}")
    path = int(paths)
    words = philox((draw, session, path & WORD, path >> 32), (key_low, key_high))
    first, second = (((high << 32 | low) >> 11) + 1 for high, low in (words[:2], words[2:]))
    return first * UNIFORM_STEP, second * UNIFORM_STEP


@type_callable(uniform_pair)
def _type_uniform_pair(context: Any) -> Any:
    def typer(lanes: Any, paths: Any, session: Any, draw: Any, key_low: Any, key_high: Any) -> Any:
        if not isinstance(lanes, LanesType) or not all(isinstance(whole, types.Integer) for whole in (session, draw, key_low, key_high)):
            return None
        value = vector_type(lanes.width)
        if paths != value:
            return None
        return signature(types.UniTuple(value, 2), lanes, value, *[types.int64] * 4)

    return typer


@lower_builtin(uniform_pair, LanesType, types.Float, types.Integer, types.Integer, types.Integer, types.Integer)
@lower_builtin(uniform_pair, LanesType, VectorType, types.Integer, types.Integer, types.Integer, types.Integer)
def _lower_uniform_pair(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    """The rounds of `philox`, in 64-bit integers of which the lower half counts: a product of two words is one instruction."""
    _, paths, session, draw, key_low, key_high = args
    width = sig.args[0].width
    whole = ir.IntType(64) if width == 1 else ir.VectorType(ir.IntType(64), width)

    def constant(number: float, kind: Any = whole) -> Any:
        return ir.Constant(kind, number if width == 1 else [ir.Constant(kind.element, number)] * width)

    def spread(scalar: Any) -> Any:
        if width == 1:
            return scalar
        single = builder.insert_element(ir.Constant(whole, ir.Undefined), scalar, ir.Constant(ir.IntType(32), 0))
        everywhere = ir.Constant(ir.VectorType(ir.IntType(32), width), [0] * width)
        return builder.shuffle_vector(single, ir.Constant(whole, ir.Undefined), everywhere)

    def low_word(value: Any) -> Any:
        return builder.and_(value, constant(WORD))

    def high_word(value: Any) -> Any:
        return builder.lshr(value, constant(32))

    # A whole double below 2**52 added to 2**52 stands in the mantissa of the sum.
    number = builder.bitcast(builder.fadd(paths, constant(2.0**52, paths.type)), whole)
    path = builder.and_(number, constant(2**52 - 1))
    a, b, c, d = low_word(spread(draw)), low_word(spread(session)), low_word(path), high_word(path)
    low, high = key_low, key_high
    word = ir.Constant(low.type, WORD)
    for _ in range(ROUNDS):
        first = builder.mul(constant(MULTIPLIERS[0]), a)
        second = builder.mul(constant(MULTIPLIERS[1]), c)
        a = builder.xor(builder.xor(high_word(second), b), spread(builder.and_(low, word)))
        c = builder.xor(builder.xor(high_word(first), d), spread(builder.and_(high, word)))
        b, d = low_word(second), low_word(first)
        low, high = (builder.add(part, ir.Constant(part.type, step)) for part, step in zip((low, high), WEYL, strict=True))

    def uniform(upper: Any, lower: Any) -> Any:
        bits = builder.lshr(builder.or_(builder.shl(upper, constant(32)), lower), constant(11))
        value = builder.uitofp(builder.add(bits, constant(1)), paths.type)
        return builder.fmul(value, constant(UNIFORM_STEP, paths.type))

    return context.make_tuple(builder, sig.return_type, [uniform(a, b), uniform(c, d)])


@inlined_lane_function
def sine_of_quarter_turn(part: float) -> float:
    """sin(pi/2 part) for part in 0 .. 1, 4e-16: the Chebyshev interpolant of degree 8 in the square."""
    square = part * part
    y = -6.684416831856085e-10 + square * 5.87297574479995e-12
    y = 5.6921364280986254e-08 + square * y
    y = -3.5988430204672576e-06 + square * y
    y = 0.0001604411847130916 + square * y
    y = -0.004681754135304255 + square * y
    y = 0.07969262624616565 + square * y
    y = -0.6459640975062462 + square * y
    y = 1.5707963267948966 + square * y
    return part * y


@inlined_lane_function
def cosine_and_sine(turn: float) -> tuple[float, float]:
    """cos and sin of 2 pi turn for turn in 0 .. 1, 4e-16: polynomials within an eighth of a turn of the nearest quarter."""
    quarter = (4.0 * turn + ROUNDING) - ROUNDING
    r = turn - 0.25 * quarter
    square = r * r
    sine = -15.093804209987114 + square * 3.7808689593022957
    sine = 42.058685020160894 + square * sine
    sine = -76.70585970427454 + square * sine
    sine = 81.60524927594804 + square * sine
    sine = -41.341702240399634 + square * sine
    sine = r * (6.283185307179586 + square * sine)
    cosine = -26.42425703488269 + square * 7.810290968144191
    cosine = 60.24462008593029 + square * cosine
    cosine = -85.45681709034115 + square * cosine
    cosine = 64.93939402236538 + square * cosine
    cosine = -19.73920880217842 + square * cosine
    cosine = 1.0 + square * cosine
    first, third = quarter == 1.0, quarter == 3.0
    sideways, opposite = first | third, quarter == 2.0
    along, across = select(sideways, sine, cosine), select(sideways, cosine, sine)
    return select(first | opposite, -along, along), select(opposite | third, -across, across)


@lane_function
def normal_pair(lanes: Lanes, paths: float, session: int, draw: int, key_low: int, key_high: int) -> tuple[float, float]:
    """Two independent standard normal numbers; arguments as for `uniform_pair`."""
    first, second = uniform_pair(lanes, paths, session, draw, key_low, key_high)
    radius = square_root(-2.0 * log_inside(first))
    cosine, sine = cosine_and_sine(second)
    return radius * cosine, radius * sine


@inlined_lane_function
def student_size(raised: float, part: float) -> float:
    """|t| / sqrt(freedom) of Student's t from two independent uniform numbers in (0, 1], of which the first comes raised to the power of
    -2 / freedom."""
    return square_root(raised - 1.0) * sine_of_quarter_turn(part)
