"""Random numbers that are a function of where they are used: Philox, and what is drawn from it, in lanes.

Philox 4x32 with ten rounds (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011) turns a counter of four
32-bit words and a key of two into four words. It passes all of TestU01's BigCrush, so does the same with seven rounds, and distinct
counters never share a stream. Here the key is the seed; the counter says which draw of which session of which path. So a number depends on
nothing that was drawn before: not on how many paths, lanes or threads there are, nor on which draws were left out.

Two words make a uniform number of 53 bits in (0, 1]. Normal numbers come in pairs by Box and Muller (Annals of Mathematical Statistics 29,
1958), Student's t by Bailey's polar method (Mathematics of Computation 62, 1994): without a loop or a branch, so that lanes stay together.
"""

from __future__ import annotations

from alvh.grammar.diagnostics import InternalError
from alvh.runtime.lanes import Lanes, inlined_lane_function, lane_function, select, square_root
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
