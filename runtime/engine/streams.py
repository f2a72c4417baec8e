"""Stream operations with memory, in lanes: what the generated kernel calls. docs/design/bar.md fixes each operation.

`state` is the arena of cells [cells, lanes]; `cell` is where an operation's own cells begin. Windows are shared by lanes.
Conditions are 1, 0 or unknown (NaN).
"""

from __future__ import annotations

from alvh.runtime.engine.layout import RATE, SPX_CLOSE, SPX_ETA, SPX_NODES, SPX_SCALE
from alvh.runtime.lanes import Lanes, broadcast, divide, is_unknown, lane_function, load, select, square_root, store
from alvh.runtime.market import Floats
from alvh.runtime.mathematics import log
from alvh.runtime.pricing.spx_surface import expiry_terms

UNKNOWN = float("nan")


@lane_function
def truth(condition: bool, a: float, b: float) -> float:
    """A comparison of a and b as a condition: unknown if either is."""
    return select(is_unknown(a) | is_unknown(b), UNKNOWN, select(condition, 1.0, 0.0))


@lane_function
def both(a: float, b: float) -> float:
    """Kleene's and."""
    return select((a == 0.0) | (b == 0.0), 0.0, select(is_unknown(a) | is_unknown(b), UNKNOWN, 1.0))


@lane_function
def either(a: float, b: float) -> float:
    """Kleene's or."""
    return select((a == 1.0) | (b == 1.0), 1.0, select(is_unknown(a) | is_unknown(b), UNKNOWN, 0.0))


@lane_function
def choose(condition: float, a: float, b: float) -> float:
    return select(condition == 1.0, a, select(condition == 0.0, b, UNKNOWN))


@lane_function
def known_minimum(a: float, b: float) -> float:
    return select(is_unknown(a) | is_unknown(b), UNKNOWN, select(a < b, a, b))


@lane_function
def known_maximum(a: float, b: float) -> float:
    return select(is_unknown(a) | is_unknown(b), UNKNOWN, select(a > b, a, b))


@lane_function
def event_within(calendars: Floats, column: int, bar: int, before: int, after: int) -> float:
    """Whether an event lies `before` bars ahead to `after` bars back; this bar counts only with `after` > 0.

    The calendars go on past the last session by the longest window that `check` allows, without events; of one that the market lacks
    every session is unknown."""
    if calendars[bar, column] != calendars[bar, column]:
        return UNKNOWN
    start = max(bar - after, 0)
    if after == 0:
        start = bar + 1
    for other in range(start, bar + before + 1):
        if calendars[other, column] == 1.0:
            return 1.0
    return 0.0


@lane_function
def every_sessions(bar: int, first: int, phase: int, length: int) -> float:
    return 1.0 if (bar - first + phase) % length == 0 else 0.0


@lane_function
def cross_above(lanes: Lanes, state: Floats, cell: int, bar: int, a: float, b: float) -> float:
    a_before = load(lanes, state, cell)
    b_before = load(lanes, state, cell + 1)
    store(lanes, state, cell, a)
    store(lanes, state, cell + 1, b)
    unknown = is_unknown(a) | is_unknown(b) | is_unknown(a_before) | is_unknown(b_before)
    return select(unknown, UNKNOWN, select((a_before <= b_before) & (a > b), 1.0, 0.0))


@lane_function
def cross_below(lanes: Lanes, state: Floats, cell: int, bar: int, a: float, b: float) -> float:
    return cross_above(lanes, state, cell, bar, b, a)


@lane_function
def for_sessions(lanes: Lanes, state: Floats, cell: int, bar: int, length: int, condition: float) -> float:
    since_false = select(condition == 0.0, 0.0, load(lanes, state, cell) + 1.0)
    since_unknown = select(is_unknown(condition), 0.0, load(lanes, state, cell + 1) + 1.0)
    store(lanes, state, cell, since_false)
    store(lanes, state, cell + 1, since_unknown)
    return select(since_false < length, 0.0, select(since_unknown < length, UNKNOWN, 1.0))


@lane_function
def within_after(lanes: Lanes, state: Floats, cell: int, bar: int, length: int, condition: float) -> float:
    since_true = select(condition == 1.0, 0.0, load(lanes, state, cell) + 1.0)
    since_unknown = select(is_unknown(condition), 0.0, load(lanes, state, cell + 1) + 1.0)
    store(lanes, state, cell, since_true)
    store(lanes, state, cell + 1, since_unknown)
    return select(since_true <= length, 1.0, select(since_unknown <= length, UNKNOWN, 0.0))


@lane_function
def _mean(lanes: Lanes, state: Floats, cell: int, bar: int, length: int) -> float:
    """Of a ring of `length` cells whose newest stands at `bar`, oldest to newest."""
    oldest = (bar + 1) % length
    total = broadcast(lanes, 0.0)
    for place in range(oldest, length):
        total = total + load(lanes, state, cell + place)
    for place in range(oldest):
        total = total + load(lanes, state, cell + place)
    return total / length


@lane_function
def _squares(lanes: Lanes, state: Floats, cell: int, bar: int, length: int, mean: float) -> float:
    """Sum of squared deviations of a ring, oldest to newest."""
    oldest = (bar + 1) % length
    total = broadcast(lanes, 0.0)
    for place in range(oldest, length):
        deviation = load(lanes, state, cell + place) - mean
        total = total + deviation * deviation
    for place in range(oldest):
        deviation = load(lanes, state, cell + place) - mean
        total = total + deviation * deviation
    return total


@lane_function
def sma(lanes: Lanes, state: Floats, cell: int, bar: int, length: int, x: float) -> float:
    store(lanes, state, cell + bar % length, x)
    return _mean(lanes, state, cell, bar, length)


@lane_function
def stdev(lanes: Lanes, state: Floats, cell: int, bar: int, length: int, x: float) -> float:
    store(lanes, state, cell + bar % length, x)
    mean = _mean(lanes, state, cell, bar, length)
    return square_root(_squares(lanes, state, cell, bar, length, mean) / length)


@lane_function
def zscore(lanes: Lanes, state: Floats, cell: int, bar: int, length: int, x: float) -> float:
    store(lanes, state, cell + bar % length, x)
    mean = _mean(lanes, state, cell, bar, length)
    deviation = square_root(_squares(lanes, state, cell, bar, length, mean) / length)
    return divide(x - mean, deviation)


@lane_function
def _highest(lanes: Lanes, state: Floats, cell: int, length: int) -> float:
    """Of a ring; the order does not matter to a maximum."""
    found = load(lanes, state, cell)
    for place in range(1, length):
        found = known_maximum(found, load(lanes, state, cell + place))
    return found


@lane_function
def highest(lanes: Lanes, state: Floats, cell: int, bar: int, length: int, x: float) -> float:
    store(lanes, state, cell + bar % length, x)
    return _highest(lanes, state, cell, length)


@lane_function
def lowest(lanes: Lanes, state: Floats, cell: int, bar: int, length: int, x: float) -> float:
    store(lanes, state, cell + bar % length, x)
    found = load(lanes, state, cell)
    for place in range(1, length):
        found = known_minimum(found, load(lanes, state, cell + place))
    return found


@lane_function
def percentile_rank(lanes: Lanes, state: Floats, cell: int, bar: int, length: int, x: float) -> float:
    store(lanes, state, cell + bar % length, x)
    at_most = broadcast(lanes, 0.0)
    for place in range(length):
        value = load(lanes, state, cell + place)
        at_most = at_most + truth(value <= x, value, x)
    return at_most / length


@lane_function
def change(lanes: Lanes, state: Floats, cell: int, bar: int, length: int, x: float) -> float:
    place = cell + bar % length
    before = load(lanes, state, place)
    store(lanes, state, place, x)
    return divide(x, before) - 1.0


@lane_function
def ema(lanes: Lanes, state: Floats, cell: int, bar: int, length: int, x: float) -> float:
    """Cells: average, values seen, sum of the seed. TA-Lib's EMA: seeded with the first simple average."""
    unknown = is_unknown(x)
    seen = select(unknown, 0.0, load(lanes, state, cell + 1) + 1.0)
    seed = select(unknown, 0.0, load(lanes, state, cell + 2) + select(unknown, 0.0, x))
    average = load(lanes, state, cell)
    weight = 2.0 / (length + 1)
    average = select(seen < length, UNKNOWN, select(seen == length, seed / length, average + (x - average) * weight))
    store(lanes, state, cell, average)
    store(lanes, state, cell + 1, seen)
    store(lanes, state, cell + 2, seed)
    return average


@lane_function
def macd_line(lanes: Lanes, state: Floats, cell: int, bar: int, fast_length: int, slow_length: int, x: float) -> float:
    """Cells: fast, slow, values seen, sums of the seeds. TA-Lib's MACD: both averages start on the slow one's first bar."""
    unknown = is_unknown(x)
    known_x = select(unknown, 0.0, x)
    seen = select(unknown, 0.0, load(lanes, state, cell + 2) + 1.0)
    fast_seed = select(unknown, 0.0, load(lanes, state, cell + 3) + select(seen > slow_length - fast_length, known_x, 0.0))
    slow_seed = select(unknown, 0.0, load(lanes, state, cell + 4) + known_x)
    fast = load(lanes, state, cell)
    slow = load(lanes, state, cell + 1)
    starts = seen == slow_length
    fast = select(starts, fast_seed / fast_length, fast + (x - fast) * (2.0 / (fast_length + 1)))
    slow = select(starts, slow_seed / slow_length, slow + (x - slow) * (2.0 / (slow_length + 1)))
    early = seen < slow_length
    fast = select(early, UNKNOWN, fast)
    slow = select(early, UNKNOWN, slow)
    store(lanes, state, cell, fast)
    store(lanes, state, cell + 1, slow)
    store(lanes, state, cell + 2, seen)
    store(lanes, state, cell + 3, fast_seed)
    store(lanes, state, cell + 4, slow_seed)
    return fast - slow


@lane_function
def rsi(lanes: Lanes, state: Floats, cell: int, bar: int, length: int, x: float) -> float:
    """Cells: value before, changes seen, gains, losses. Wilder's, as TA-Lib has it."""
    step = x - load(lanes, state, cell)
    unknown = is_unknown(step)
    gain = select(step > 0.0, step, 0.0)
    loss = select(step < 0.0, -step, 0.0)
    seen = select(unknown, 0.0, load(lanes, state, cell + 1) + 1.0)
    gains = load(lanes, state, cell + 2)
    losses = load(lanes, state, cell + 3)
    later = seen > length
    gains = select(unknown, 0.0, select(later, (gains * (length - 1) + gain) / length, gains + gain))
    losses = select(unknown, 0.0, select(later, (losses * (length - 1) + loss) / length, losses + loss))
    gains = select(seen == length, gains / length, gains)
    losses = select(seen == length, losses / length, losses)
    store(lanes, state, cell, x)
    store(lanes, state, cell + 1, seen)
    store(lanes, state, cell + 2, gains)
    store(lanes, state, cell + 3, losses)
    both_ways = gains + losses
    strength = select(both_ways == 0.0, 0.0, 100.0 * divide(gains, both_ways))
    return select(seen < length, UNKNOWN, strength)


@lane_function
def _log_change(lanes: Lanes, state: Floats, cell: int, x: float) -> float:
    """The log change since the bar before; the value before is kept in `cell`."""
    before = load(lanes, state, cell)
    store(lanes, state, cell, x)
    return log(divide(x, before))


@lane_function
def realized_vol(lanes: Lanes, state: Floats, cell: int, bar: int, length: int, x: float) -> float:
    store(lanes, state, cell + 1 + bar % length, _log_change(lanes, state, cell, x))
    mean = _mean(lanes, state, cell + 1, bar, length)
    return 100.0 * square_root(252.0 * (_squares(lanes, state, cell + 1, bar, length, mean) / (length - 1)))


@lane_function
def _products(lanes: Lanes, state: Floats, one: int, other: int, bar: int, length: int, one_mean: float, other_mean: float) -> float:
    oldest = (bar + 1) % length
    total = broadcast(lanes, 0.0)
    for place in range(oldest, length):
        total = total + (load(lanes, state, one + place) - one_mean) * (load(lanes, state, other + place) - other_mean)
    for place in range(oldest):
        total = total + (load(lanes, state, one + place) - one_mean) * (load(lanes, state, other + place) - other_mean)
    return total


@lane_function
def beta(lanes: Lanes, state: Floats, cell: int, bar: int, length: int, y: float, x: float) -> float:
    """Cells: y and x before, their log changes."""
    ys = cell + 2
    xs = ys + length
    store(lanes, state, ys + bar % length, _log_change(lanes, state, cell, y))
    store(lanes, state, xs + bar % length, _log_change(lanes, state, cell + 1, x))
    x_mean = _mean(lanes, state, xs, bar, length)
    y_mean = _mean(lanes, state, ys, bar, length)
    return divide(_products(lanes, state, xs, ys, bar, length, x_mean, y_mean), _squares(lanes, state, xs, bar, length, x_mean))


@lane_function
def corr(lanes: Lanes, state: Floats, cell: int, bar: int, length: int, y: float, x: float) -> float:
    """Cells: y and x before, their log changes."""
    ys = cell + 2
    xs = ys + length
    store(lanes, state, ys + bar % length, _log_change(lanes, state, cell, y))
    store(lanes, state, xs + bar % length, _log_change(lanes, state, cell + 1, x))
    x_mean = _mean(lanes, state, xs, bar, length)
    y_mean = _mean(lanes, state, ys, bar, length)
    spread = _squares(lanes, state, xs, bar, length, x_mean) * _squares(lanes, state, ys, bar, length, y_mean)
    return divide(_products(lanes, state, xs, ys, bar, length, x_mean, y_mean), square_root(spread))


@lane_function
def diverges(lanes: Lanes, state: Floats, cell: int, bar: int, length: int, a: float, b: float) -> float:
    """a near its high while b has fallen well below its own (quant.md T4). Cells: a, b, changes of b, b before."""
    of_b = cell + length
    changes = of_b + length
    before = load(lanes, state, changes + length)
    store(lanes, state, changes + length, b)
    store(lanes, state, cell + bar % length, a)
    store(lanes, state, of_b + bar % length, b)
    store(lanes, state, changes + bar % length, b - before)
    high_a = _highest(lanes, state, cell, length)
    high_b = _highest(lanes, state, of_b, length)
    mean = _mean(lanes, state, changes, bar, length)
    deviation = square_root(_squares(lanes, state, changes, bar, length, mean) / length)
    near_high = 0.9975 * high_a
    well_below = high_b - 0.5 * deviation * square_root(broadcast(lanes, float(length)))
    unknown = is_unknown(near_high) | is_unknown(well_below)
    return select(unknown, UNKNOWN, select((a >= near_high) & (b < well_below), 1.0, 0.0))


@lane_function
def spx_volatility(lanes: Lanes, series: Floats, row: int, days: int) -> float:
    """At-the-money volatility of the SPX surface `days` calendar days out, in points. `row` is the bar's first row."""
    _, _, theta, _ = expiry_terms(
        load(lanes, series, row + SPX_CLOSE),
        load(lanes, series, row + RATE),
        load(lanes, series, row + SPX_NODES),
        load(lanes, series, row + SPX_NODES + 1),
        load(lanes, series, row + SPX_NODES + 2),
        load(lanes, series, row + SPX_NODES + 3),
        load(lanes, series, row + SPX_NODES + 4),
        load(lanes, series, row + SPX_SCALE),
        load(lanes, series, row + SPX_ETA),
        float(days),
    )
    return 100.0 * square_root(theta / (days / 365.0))
