"""Exponential, logarithm and the normal distribution with the order of operations fixed.

Only `+ - * /`, square root, selection and moves of exponent bits, without a branch: the same bits in plain Python and at every lane width,
on every machine. No libm function promises that (engine.md, "Same bits"). Unknown in, unknown out.

Errors measured against 60-digit arithmetic (tests/runtime/test_mathematics.py holds them):

| function | range | error |
|---|---|---|
| `exp` | -708 .. 709.4 | 1 ulp; 0 below, infinite above |
| `log` | all positive, denormals too | 1 ulp; unknown at 0 and below |
| `normal_cdf` | all | 6e-16 absolute; relative 2e-15 to -3, 4e-15 to -8, 1e-13 to -37 |
| `normal_density` | all | as the tail of `normal_cdf` |
| `normal_quantile` | 1e-300 .. 1 - 1e-16 | 1e-15 of the larger of 1 and its size; unknown at 0, 1 and outside |
"""

from __future__ import annotations

from alvh.runtime.lanes import (
    absolute,
    inlined_lane_function,
    lane_function,
    minimum,
    scale_by_power_of_two,
    select,
    split_exponent,
    square_root,
)

LN_2_HIGH = 6.93147180369123816490e-01
LN_2_LOW = 1.90821492927058770002e-10
"""ln 2 in two parts; the first has zeros at its end, so that a whole number up to 2**20 times it is exact (fdlibm)."""
LOG_2_E = 1.4426950408889634
ROUNDING = 6755399441055744.0
"""1.5 * 2**52: added and taken off again, it rounds to a whole number."""
EXP_ZERO_BELOW = -708.0
EXP_INFINITE_ABOVE = 709.4
INFINITY = float("inf")
UNKNOWN = float("nan")
SMALLEST_NORMAL = 2.2250738585072014e-308
SQUARE_ROOT_OF_TWO = 1.4142135623730951
DENSITY_AT_ZERO = 0.3989422804014327


@inlined_lane_function
def exp(x: float) -> float:
    """e to the x: `exp_inside` where that serves, else 0 or infinity."""
    y = exp_inside(select(x < EXP_ZERO_BELOW, EXP_ZERO_BELOW, select(x > EXP_INFINITE_ABOVE, EXP_INFINITE_ABOVE, x)))
    return select(x < EXP_ZERO_BELOW, 0.0, select(x > EXP_INFINITE_ABOVE, INFINITY, y))


@inlined_lane_function
def exp_inside(x: float) -> float:
    """e to the x for x between EXP_ZERO_BELOW and EXP_INFINITE_ABOVE, without meaning beyond: x = k ln 2 + r with |r| <= ln 2 / 2, then
    1 + r + r^2 q(r), q the Chebyshev interpolant of degree 10."""
    k = (x * LOG_2_E + ROUNDING) - ROUNDING
    r = (x - k * LN_2_HIGH) - k * LN_2_LOW
    # Even and odd powers apart: two chains that a processor follows side by side.
    square = r * r
    even = 2.755727357010214e-07 + square * 2.0914717341716378e-09
    even = 2.4801587325605324e-05 + square * even
    even = 0.001388888888888373 + square * even
    even = 0.04166666666666667 + square * even
    even = 0.5 + square * even
    odd = 2.7557255297969643e-06 + square * 2.5105259538448494e-08
    odd = 0.0001984126987490126 + square * odd
    odd = 0.008333333333326112 + square * odd
    odd = 0.1666666666666667 + square * odd
    return scale_by_power_of_two(1.0 + (r + square * (even + r * odd)), k)


@inlined_lane_function
def log(x: float) -> float:
    """Natural logarithm; unknown at 0 and below."""
    tiny = x < SMALLEST_NORMAL
    y = _log_of_normal(select(tiny, x * 18014398509481984.0, x), select(tiny, 54.0, 0.0))
    return select(x > 0.0, select(x == INFINITY, x, y), UNKNOWN)


@inlined_lane_function
def log_inside(x: float) -> float:
    """Natural logarithm of a finite number of at least SMALLEST_NORMAL, without meaning for others."""
    return _log_of_normal(x, 0.0)


@inlined_lane_function
def _log_of_normal(x: float, doublings: float) -> float:
    """ln(x / 2^doublings): x = 2^k m with m between sqrt(1/2) and sqrt(2), then fdlibm's series in (m - 1) / (m + 1) (e_log.c)."""
    mantissa, exponent = split_exponent(x)
    high = mantissa > SQUARE_ROOT_OF_TWO
    m = select(high, mantissa * 0.5, mantissa)
    k = exponent + select(high, 1.0, 0.0) - doublings
    f = m - 1.0
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    even = w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01))
    odd = z * (6.666666666666735130e-01 + w * (2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)))
    half_square = 0.5 * (f * f)
    return k * LN_2_HIGH - ((half_square - (s * (half_square + (even + odd)) + k * LN_2_LOW)) - f)


@inlined_lane_function
def normal_density(x: float) -> float:
    """Density of the standard normal distribution."""
    exponent = -0.5 * (x * x)
    # As `exp`, which also asks whether its argument is too large.
    y = exp_inside(select(exponent < EXP_ZERO_BELOW, EXP_ZERO_BELOW, exponent))
    return DENSITY_AT_ZERO * select(exponent < EXP_ZERO_BELOW, 0.0, y)


@inlined_lane_function
def mills_ratio(x: float) -> float:
    """Upper tail over density of the standard normal, N(-x) / n(x), for x >= 0; without meaning below.

    (x + 5) times it is a polynomial of degree 20 in (x - 5) / (x + 5), 8e-16 relative: one formula from 0 to infinity, after the
    Chebyshev series for erfc of Shepherd and Laframboise (Mathematics of Computation 36, 1981).
    """
    inverse = 1.0 / (x + 5.0)
    t = 1.0 - 10.0 * inverse
    square = t * t
    even = -1.4573727205857554e-07 + square * 1.2912874213654849e-08
    even = 1.0573006226025633e-06 + square * even
    even = -6.9179805616112204e-06 + square * even
    even = 4.180171633069977e-05 + square * even
    even = -0.00014882918529688415 + square * even
    even = -0.001999962677058995 + square * even
    even = 0.052125502482600936 + square * even
    even = 0.4136447157294455 + square * even
    even = 1.2415470615739104 + square * even
    even = 1.9280810471531578 + square * even
    odd = 7.476919614349497e-08 + square * -5.9226128658589914e-09
    odd = -8.10888036367098e-07 + square * odd
    odd = 9.956429010606643e-06 + square * odd
    odd = -0.0001247270507920554 + square * odd
    odd = 0.0013658565999337816 + square * odd
    odd = -0.007503282358809736 + square * odd
    odd = -0.17325473413322579 + square * odd
    odd = -0.7859110755444265 + square * odd
    odd = -1.6678665951889888 + square * odd
    return inverse * (even + t * odd)


@inlined_lane_function
def normal_cdf(x: float) -> float:
    """Probability that a standard normal variable is at most x."""
    magnitude = absolute(x)
    tail = normal_density(magnitude) * mills_ratio(magnitude)
    return select(x > 0.0, 1.0 - tail, tail)


@lane_function
def normal_quantile(p: float) -> float:
    """The x with `normal_cdf(x) = p`: algorithm AS241, PPND16 (Wichura, Applied Statistics 37, 1988), all three pieces and a choice."""
    q = p - 0.5
    c = 0.180625 - q * q
    numerator = 3.3430575583588128105e4 + c * 2.5090809287301226727e3
    numerator = 6.7265770927008700853e4 + c * numerator
    numerator = 4.5921953931549871457e4 + c * numerator
    numerator = 1.3731693765509461125e4 + c * numerator
    numerator = 1.9715909503065514427e3 + c * numerator
    numerator = 1.3314166789178437745e2 + c * numerator
    numerator = 3.3871328727963666080e0 + c * numerator
    denominator = 2.8729085735721942674e4 + c * 5.2264952788528545610e3
    denominator = 3.9307895800092710610e4 + c * denominator
    denominator = 2.1213794301586595867e4 + c * denominator
    denominator = 5.3941960214247511077e3 + c * denominator
    denominator = 6.8718700749205790830e2 + c * denominator
    denominator = 4.2313330701600911252e1 + c * denominator
    denominator = 1.0 + c * denominator
    central = q * numerator / denominator

    r = square_root(-log(minimum(p, 1.0 - p)))
    t = r - 1.6
    numerator = 2.27238449892691845833e-2 + t * 7.74545014278341407640e-4
    numerator = 2.41780725177450611770e-1 + t * numerator
    numerator = 1.27045825245236838258e0 + t * numerator
    numerator = 3.64784832476320460504e0 + t * numerator
    numerator = 5.76949722146069140550e0 + t * numerator
    numerator = 4.63033784615654529590e0 + t * numerator
    numerator = 1.42343711074968357734e0 + t * numerator
    denominator = 5.47593808499534494600e-4 + t * 1.05075007164441684324e-9
    denominator = 1.51986665636164571966e-2 + t * denominator
    denominator = 1.48103976427480074590e-1 + t * denominator
    denominator = 6.89767334985100004550e-1 + t * denominator
    denominator = 1.67638483018380384940e0 + t * denominator
    denominator = 2.05319162663775882187e0 + t * denominator
    denominator = 1.0 + t * denominator
    near_tail = numerator / denominator

    t = r - 5.0
    numerator = 2.71155556874348757815e-5 + t * 2.01033439929228813265e-7
    numerator = 1.24266094738807843860e-3 + t * numerator
    numerator = 2.65321895265761230930e-2 + t * numerator
    numerator = 2.96560571828504891230e-1 + t * numerator
    numerator = 1.78482653991729133580e0 + t * numerator
    numerator = 5.46378491116411436990e0 + t * numerator
    numerator = 6.65790464350110377720e0 + t * numerator
    denominator = 1.42151175831644588870e-7 + t * 2.04426310338993978564e-15
    denominator = 1.84631831751005468180e-5 + t * denominator
    denominator = 7.86869131145613259100e-4 + t * denominator
    denominator = 1.48753612908506148525e-2 + t * denominator
    denominator = 1.36929880922735805310e-1 + t * denominator
    denominator = 5.99832206555887937690e-1 + t * denominator
    denominator = 1.0 + t * denominator
    far_tail = numerator / denominator

    tail = select(r > 5.0, far_tail, near_tail)
    return select(absolute(q) <= 0.425, central, select(q < 0.0, -tail, tail))
