"""The generated market's kernel: all series of a block of paths, side by side in lanes, straight from counters.

`fill_bars` writes into `series`, float64[bars * rows, lanes], row `bar * rows + r` being series r of a bar: what the engine reads
(`engine/arrays.py`). Everything a bar needs of earlier ones stands in `state`, so a block can be filled in pieces. What depends on the
calendar alone is in `days`, one row a bar, and in `terms`, one row for each number of days to an expiry; `path_filler.py` makes both.

`plan` says which series are wanted. A series has the same bits whatever else is: numbers are drawn by purpose. Rows that are the same on
every path are not written here, nor is `vix_settlement` on bars on which nothing settles.
"""

from __future__ import annotations

from alvh.runtime.lanes import (
    Lanes,
    broadcast,
    divide,
    lane_function,
    load,
    maximum,
    minimum,
    select,
    square_root,
    store,
    to_index,
)
from alvh.runtime.market import MARKET_SERIES, Floats, Integers
from alvh.runtime.markets.complete_curve import CONSTANT_MATURITY, RANKS
from alvh.runtime.markets.generator import (
    BREADTH_CORRELATION,
    BREADTH_NOISE,
    BREADTH_SCALE,
    BREADTH_START,
    ETA_MOVING_AVERAGE,
    INDEX_DRAW,
    NIGHT_DRAW,
    NOISE_DRAW,
    PRINT_DRAW,
    SETTLEMENT_NOISE,
    SLOW_WEIGHT,
    SLOWER_WEIGHT,
    SPX_EXTREMES_DRAW,
    SPX_NIGHT,
    SPX_OVERNIGHT_SHARE,
    START_LOG_SPX,
    START_LOG_VIX,
    START_VIX,
    VIX_DRAW,
    VIX_EXTREMES_DRAW,
    VIX_NIGHT,
    VIX_OVERNIGHT_SHARE,
    Z_MOVING_AVERAGE,
    index_deviation,
    index_drift,
    index_innovation,
    log_high,
    log_low,
    log_open,
    next_log_vix,
    vix3m_log_ratio,
    vix3m_residual,
    vix_innovation,
    vix_loadings,
    vvix_from,
    vvix_residual,
)
from alvh.runtime.markets.volatility_funds import (
    BETA_SESSIONS,
    START_LEVEL,
    beta_of_two,
    blend,
    fund_growth,
)
from alvh.runtime.mathematics import INFINITY, UNKNOWN, exp_inside
from alvh.runtime.pricing.futures_curve import (
    WITH_VIX3M_THETA,
    highest_future,
    interpolate_log,
    reverting,
    slow_level,
    variance_of,
)
from alvh.runtime.pricing.sensitivities import FUTURE_BETAS
from alvh.runtime.pricing.spx_surface import SKEW_WHERE_MISSING, nodes_from, scale_from, smile_from, vix6m_from, vix9d_from
from alvh.runtime.random_numbers import normal_pair, uniform_pair

# Rows of a bar ------------------------------------------------------------------------------------------------------------------------
SPX, SPX_OPEN, SPX_HIGH, SPX_LOW = (MARKET_SERIES.index(f"spx{part}") for part in ("", ".open", ".high", ".low"))
VIX, VIX_OPEN, VIX_HIGH, VIX_LOW = (MARKET_SERIES.index(f"vix{part}") for part in ("", ".open", ".high", ".low"))
VIX9D, VIX3M, VIX6M, VVIX = (MARKET_SERIES.index(name) for name in ("vix9d", "vix3m", "vix6m", "vvix"))
VX1, VX30, SPX_AM, VIX_SETTLEMENT = (MARKET_SERIES.index(name) for name in ("vx1", "vx30", "spx_am", "vix_settlement"))
W9, W30, W93, W184, W365 = (MARKET_SERIES.index(f"spx_w{days}") for days in (9, 30, 93, 184, 365))
SCALE, VXX_PRICE, UVXY_PRICE, LEVERAGE = (MARKET_SERIES.index(name) for name in ("spx_scale", "vxx", "uvxy", "uvxy_leverage"))
VIX_BETA, VXX_BETA, UVXY_BETA = (MARKET_SERIES.index(name) for name in ("vix_beta", "vxx_beta", "uvxy_beta"))

# Rows of `state` ----------------------------------------------------------------------------------------------------------------------
S_PATH, S_X, S_SLOW, S_SLOWER, S_VIX, S_LOG_SPX, S_VVIX, S_VIX3M, S_Z, S_ETA, S_BREADTH, S_VXX, S_UVXY, S_WORTH = range(14)
"""The path's number, which the caller writes; what a session leaves to the next; and what the futures held are worth."""
S_SUM_X, S_SUM_Y, S_SUM_XY, S_SUM_XX = range(14, 18)
"""Over the window of `vix_beta`: x are changes of ln SPX, y those of ln VIX."""
S_CURVE = 18
"""Today's futures."""
S_CHANGES = S_CURVE + RANKS
"""The changes in the window, x and y in turn; bar modulo BETA_SESSIONS says where."""
S_BREADTHS = S_CHANGES + 2 * BETA_SESSIONS
"""The last values of `ad_line`, by bar modulo P_KEPT: the state's last rows."""

# Columns of `days` --------------------------------------------------------------------------------------------------------------------
D_SPX_SETTLES, D_VIX_SETTLES = 0, 1
"""1 where SPX options settle on a morning print, and where a VIX expiry does."""
D_KNOT, D_KNOT_BEGIN, D_KNOT_END = 2, 3, 4
"""Rank of the knot before `vx30`, 0 being the VIX itself, and the days to it and to the next."""
D_HELD, D_HELD_WEIGHT = 5, 6
"""Today's rank of the earlier future that the funds' index held over the last night, and its weight."""
D_RANK, D_WEIGHT = 7, 8
"""What it holds from today's close on."""
D_INTEREST, D_VXX_FEE, D_UVXY_FEE, D_LEVERAGE = 9, 10, 11, 12
D_PUBLISHED = 13
"""The bar whose `ad_line` is known on this one; below 0 for none."""
D_RANK_DAYS = 14
"""Days to each rank's settlement."""
DAY_COLUMNS = D_RANK_DAYS + RANKS

# Columns of `terms` -------------------------------------------------------------------------------------------------------------------
T_FAST, T_SLOW, T_SHARES = 0, 1, 2
"""What is left of a distance at both speeds of the curve; of the nodes, the shares in the variance of the 30 days that follow."""
TERM_COLUMNS = T_SHARES + 5

# `plan`: first a number for each of MARKET_SERIES, 1 where it is wanted ------------------------------------------------------------------
P_ROWS = len(MARKET_SERIES)
"""Rows of a bar in `series`."""
P_AD_LINE, P_KEPT, P_CLOSE, P_EVERY_PRINT = range(P_ROWS + 1, P_ROWS + 5)
"""Row of `ad_line`, -1 where it is not wanted, and how many of its values are kept; 1 where `spx_am` is the close instead of the open; 0
where `spx_am` is wanted on the bars alone on which options settle."""
P_NIGHTS, P_SPX_EXTREMES, P_VIX_EXTREMES, P_SURFACE, P_RANKS, P_VX30, P_FUNDS, P_FUND_BETAS = range(P_ROWS + 5, P_ROWS + 13)
"""What wanted series have in common: opens of every bar; highs and lows; nodes of the surface; how many futures; and so on."""
PLAN_SIZE = P_ROWS + 13


@lane_function
def fill_bars(
    lanes: Lanes,
    begin: int,
    end: int,
    key_low: int,
    key_high: int,
    plan: Integers,
    days: Floats,
    terms: Floats,
    state: Floats,
    series: Floats,
) -> None:
    """Fills bars `begin` to `end` - 1. From bar 0 the state is made new; its row S_PATH must hold the paths' numbers. The key is the seed's
    lower and upper 32 bits."""
    if begin == 0:
        _start(lanes, plan, state)
    for bar in range(begin, end):
        _fill_bar(lanes, bar, key_low, key_high, plan, days, terms, state, series)


@lane_function
def _start(lanes: Lanes, plan: Integers, state: Floats) -> None:
    for row in range(1, S_BREADTHS + plan[P_KEPT]):
        store(lanes, state, row, broadcast(lanes, 0.0))
    for row in range(S_X, S_SLOWER + 1):
        store(lanes, state, row, broadcast(lanes, START_LOG_VIX))
    store(lanes, state, S_VIX, broadcast(lanes, START_VIX))
    store(lanes, state, S_LOG_SPX, broadcast(lanes, START_LOG_SPX))
    store(lanes, state, S_BREADTH, broadcast(lanes, BREADTH_START))
    store(lanes, state, S_VXX, broadcast(lanes, 1.0))
    store(lanes, state, S_UVXY, broadcast(lanes, 1.0))


@lane_function
def _put(lanes: Lanes, plan: Integers, series: Floats, row: int, place: int, value: float) -> None:
    """Write a series of the bar whose rows begin at `row`, where it is wanted."""
    if plan[place] == 1:
        store(lanes, series, row + place, value)


@lane_function
def _fill_bar(
    lanes: Lanes, bar: int, key_low: int, key_high: int, plan: Integers, days: Floats, terms: Floats, state: Floats, series: Floats
) -> None:
    row = bar * plan[P_ROWS]
    path = load(lanes, state, S_PATH)
    x_before, m_before, vix_before = load(lanes, state, S_X), load(lanes, state, S_SLOW), load(lanes, state, S_VIX)
    log_spx_before = load(lanes, state, S_LOG_SPX)

    # Numbers first: their long chains do not depend on the day before, and run beside one another.
    first, second = uniform_pair(lanes, path, bar, INDEX_DRAW, key_low, key_high)
    third, fourth = uniform_pair(lanes, path, bar, VIX_DRAW, key_low, key_high)
    vvix_noise, vix3m_noise = normal_pair(lanes, path, bar, NOISE_DRAW, key_low, key_high)
    fresh = index_innovation(first, second)
    z = fresh + Z_MOVING_AVERAGE * load(lanes, state, S_Z)
    store(lanes, state, S_Z, fresh)
    fresh = vix_innovation(third, fourth)
    eta = fresh + ETA_MOVING_AVERAGE * load(lanes, state, S_ETA)
    store(lanes, state, S_ETA, fresh)

    lever, own = vix_loadings(x_before, m_before)
    x = next_log_vix(x_before, m_before, lever * z, own * eta, z)
    m = m_before + SLOW_WEIGHT * (x - m_before)
    vix = exp_inside(x)
    deviation = index_deviation(x_before, m_before, vix_before)
    log_return = index_drift(vix_before) + deviation * z
    log_spx = log_spx_before + log_return
    spx = exp_inside(log_spx)
    store(lanes, state, S_X, x)
    store(lanes, state, S_SLOW, m)
    store(lanes, state, S_VIX, vix)
    store(lanes, state, S_LOG_SPX, log_spx)
    _put(lanes, plan, series, row, SPX, spx)
    _put(lanes, plan, series, row, VIX, vix)

    residual = vvix_residual(load(lanes, state, S_VVIX), z, eta, vvix_noise)
    store(lanes, state, S_VVIX, residual)
    if plan[VVIX] == 1:
        store(lanes, series, row + VVIX, vvix_from(x, m, residual))
    residual = vix3m_residual(load(lanes, state, S_VIX3M), z, eta, vix3m_noise)
    store(lanes, state, S_VIX3M, residual)
    slower = load(lanes, state, S_SLOWER)
    slower = slower + SLOWER_WEIGHT * (x - slower)
    store(lanes, state, S_SLOWER, slower)

    if plan[P_CLOSE] == 1:
        _put(lanes, plan, series, row, SPX_AM, spx)
    settles = plan[VIX_SETTLEMENT] == 1 and days[bar, D_VIX_SETTLES] == 1.0
    opens = plan[SPX_AM] == 1 and plan[P_CLOSE] == 0 and days[bar, D_SPX_SETTLES] == 1.0
    if plan[P_NIGHTS] == 1 or settles or opens:
        spx_night, vix_night = normal_pair(lanes, path, bar, NIGHT_DRAW, key_low, key_high)
        opened = log_open(log_spx_before, log_spx, SPX_OVERNIGHT_SHARE, SPX_NIGHT, deviation, spx_night)
        if plan[SPX_OPEN] == 1 or opens or (plan[P_EVERY_PRINT] == 1 and plan[SPX_AM] == 1) or plan[P_SPX_EXTREMES] == 1:
            spx_open = exp_inside(opened)
            _put(lanes, plan, series, row, SPX_OPEN, spx_open)
            if plan[P_CLOSE] == 0:
                _put(lanes, plan, series, row, SPX_AM, spx_open)
            if plan[P_SPX_EXTREMES] == 1:
                up, down = uniform_pair(lanes, path, bar, SPX_EXTREMES_DRAW, key_low, key_high)
                variance = (1.0 - SPX_OVERNIGHT_SHARE) * (deviation * deviation)
                _put(
                    lanes, plan, series, row, SPX_HIGH, maximum(exp_inside(log_high(opened, log_spx, variance, up)), maximum(spx_open, spx))
                )
                _put(
                    lanes, plan, series, row, SPX_LOW, minimum(exp_inside(log_low(opened, log_spx, variance, down)), minimum(spx_open, spx))
                )
        vix_variance = lever * lever + own * own
        opened = log_open(x_before, x, VIX_OVERNIGHT_SHARE, VIX_NIGHT, square_root(vix_variance), vix_night)
        if plan[VIX_OPEN] == 1 or plan[P_VIX_EXTREMES] == 1:
            vix_open = exp_inside(opened)
            _put(lanes, plan, series, row, VIX_OPEN, vix_open)
            if plan[P_VIX_EXTREMES] == 1:
                up, down = uniform_pair(lanes, path, bar, VIX_EXTREMES_DRAW, key_low, key_high)
                variance = (1.0 - VIX_OVERNIGHT_SHARE) * vix_variance
                _put(lanes, plan, series, row, VIX_HIGH, maximum(exp_inside(log_high(opened, x, variance, up)), maximum(vix_open, vix)))
                _put(lanes, plan, series, row, VIX_LOW, minimum(exp_inside(log_low(opened, x, variance, down)), minimum(vix_open, vix)))
        if settles:
            noise, _ = normal_pair(lanes, path, bar, PRINT_DRAW, key_low, key_high)
            store(lanes, series, row + VIX_SETTLEMENT, exp_inside(opened + SETTLEMENT_NOISE * noise))
    if plan[P_AD_LINE] >= 0:
        _fill_breadth(lanes, bar, row, key_low, key_high, plan, days, state, series, path, log_return, deviation)
    if plan[P_SURFACE] == 1:
        log_ratio = vix3m_log_ratio(x, m, residual)
        _fill_family(lanes, bar, row, plan, days, terms, state, series, x, m, slower, vix, log_ratio)
    if plan[VIX_BETA] == 1 and bar > 0:
        _fill_beta(lanes, bar, row, state, series, log_return, x - x_before)


@lane_function
def _fill_breadth(
    lanes: Lanes,
    bar: int,
    row: int,
    key_low: int,
    key_high: int,
    plan: Integers,
    days: Floats,
    state: Floats,
    series: Floats,
    path: float,
    log_return: float,
    deviation: float,
) -> None:
    """`ad_line`, as it is known on the bar."""
    _, noise = normal_pair(lanes, path, bar, PRINT_DRAW, key_low, key_high)
    breadth = BREADTH_CORRELATION * (log_return / deviation) + BREADTH_NOISE * noise
    line = load(lanes, state, S_BREADTH) + BREADTH_SCALE * breadth
    store(lanes, state, S_BREADTH, line)
    kept = plan[P_KEPT]
    store(lanes, state, S_BREADTHS + bar % kept, line)
    published = to_index(float(days[bar, D_PUBLISHED]))
    if published < 0:
        store(lanes, series, row + plan[P_AD_LINE], broadcast(lanes, UNKNOWN))
    else:
        store(lanes, series, row + plan[P_AD_LINE], load(lanes, state, S_BREADTHS + published % kept))


@lane_function
def _fill_family(
    lanes: Lanes,
    bar: int,
    row: int,
    plan: Integers,
    days: Floats,
    terms: Floats,
    state: Floats,
    series: Floats,
    x: float,
    m: float,
    slower: float,
    vix: float,
    log_ratio: float,
) -> None:
    """The other indices of the VIX family, the surface, the futures and the funds."""
    log_vix3m = x + log_ratio
    vix3m = exp_inside(log_vix3m)
    vix9d = vix9d_from(vix, log_ratio, m)
    vix6m = vix6m_from(vix3m, log_ratio, m)
    w9, w30, w93, w184, w365 = nodes_from(vix9d, vix, vix3m, vix6m)
    _put(lanes, plan, series, row, VIX9D, vix9d)
    _put(lanes, plan, series, row, VIX3M, vix3m)
    _put(lanes, plan, series, row, VIX6M, vix6m)
    _put(lanes, plan, series, row, W9, w9)
    _put(lanes, plan, series, row, W30, w30)
    _put(lanes, plan, series, row, W93, w93)
    _put(lanes, plan, series, row, W184, w184)
    _put(lanes, plan, series, row, W365, w365)
    if plan[SCALE] == 1:
        rho, eta = smile_from(SKEW_WHERE_MISSING)
        store(lanes, series, row + SCALE, scale_from(rho, eta, w30))

    slow = slow_level(x, log_vix3m, slower)
    for rank in range(plan[P_RANKS]):
        term = to_index(float(days[bar, D_RANK_DAYS + rank]))
        price = reverting(x, slow, WITH_VIX3M_THETA, float(terms[term, T_FAST]), float(terms[term, T_SLOW]))
        variance = variance_of(
            w9,
            w30,
            w93,
            w184,
            w365,
            float(terms[term, T_SHARES]),
            float(terms[term, T_SHARES + 1]),
            float(terms[term, T_SHARES + 2]),
            float(terms[term, T_SHARES + 3]),
            float(terms[term, T_SHARES + 4]),
        )
        # Where the surface had to be flattened to keep its variance from falling, it says nothing.
        price = minimum(select(variance > 0.0, highest_future(variance), INFINITY), price)
        store(lanes, state, S_CURVE + rank, price)
        _put(lanes, plan, series, row, VX1 + rank, price)
    if plan[P_VX30] == 1:
        knot = to_index(float(days[bar, D_KNOT]))
        begin, end = float(days[bar, D_KNOT_BEGIN]), float(days[bar, D_KNOT_END])
        early = vix
        if knot > 0:
            early = load(lanes, state, S_CURVE + knot - 1)
        late = load(lanes, state, S_CURVE + knot)
        store(lanes, series, row + VX30, interpolate_log(early, begin, late, end, CONSTANT_MATURITY))
    if plan[P_FUNDS] == 1:
        _fill_funds(lanes, bar, row, plan, days, state, series)


@lane_function
def _fill_funds(lanes: Lanes, bar: int, row: int, plan: Integers, days: Floats, state: Floats, series: Floats) -> None:
    """VXX and UVXY, and their betas to the VIX."""
    leverage = float(days[bar, D_LEVERAGE])
    if bar > 0:
        held = S_CURVE + to_index(float(days[bar, D_HELD])) - 1
        now = blend(float(days[bar, D_HELD_WEIGHT]), load(lanes, state, held), load(lanes, state, held + 1))
        step = now / load(lanes, state, S_WORTH) - 1.0
        interest = float(days[bar, D_INTEREST])
        vxx = load(lanes, state, S_VXX) * fund_growth(1.0, step, interest, float(days[bar, D_VXX_FEE]))
        uvxy = load(lanes, state, S_UVXY) * fund_growth(leverage, step, interest, float(days[bar, D_UVXY_FEE]))
        store(lanes, state, S_VXX, vxx)
        store(lanes, state, S_UVXY, uvxy)
    rank, weight = to_index(float(days[bar, D_RANK])), float(days[bar, D_WEIGHT])
    earlier, later = load(lanes, state, S_CURVE + rank - 1), load(lanes, state, S_CURVE + rank)
    store(lanes, state, S_WORTH, blend(weight, earlier, later))
    _put(lanes, plan, series, row, VXX_PRICE, START_LEVEL * load(lanes, state, S_VXX))
    _put(lanes, plan, series, row, UVXY_PRICE, START_LEVEL * load(lanes, state, S_UVXY))
    if plan[P_FUND_BETAS] == 1:
        beta, beta_later = FUTURE_BETAS[rank - 1], FUTURE_BETAS[rank]
        of_index = select(weight == 1.0, beta, beta_of_two(weight, earlier, later, beta, beta_later))
        _put(lanes, plan, series, row, VXX_BETA, of_index)
        _put(lanes, plan, series, row, UVXY_BETA, leverage * of_index)


@lane_function
def _fill_beta(lanes: Lanes, bar: int, row: int, state: Floats, series: Floats, of_spx: float, of_vix: float) -> None:
    """`vix_beta`: the slope over the window from four sums, to which a bar adds its change and of which it takes the oldest."""
    sum_x, sum_y = load(lanes, state, S_SUM_X), load(lanes, state, S_SUM_Y)
    sum_xy, sum_xx = load(lanes, state, S_SUM_XY), load(lanes, state, S_SUM_XX)
    place = S_CHANGES + 2 * (bar % BETA_SESSIONS)
    # Before the window is full what leaves it is 0.
    old_x, old_y = load(lanes, state, place), load(lanes, state, place + 1)
    store(lanes, state, place, of_spx)
    store(lanes, state, place + 1, of_vix)
    sum_x, sum_y = sum_x + (of_spx - old_x), sum_y + (of_vix - old_y)
    sum_xy, sum_xx = sum_xy + (of_spx * of_vix - old_x * old_y), sum_xx + (of_spx * of_spx - old_x * old_x)
    store(lanes, state, S_SUM_X, sum_x)
    store(lanes, state, S_SUM_Y, sum_y)
    store(lanes, state, S_SUM_XY, sum_xy)
    store(lanes, state, S_SUM_XX, sum_xx)
    if bar >= BETA_SESSIONS:
        share = 1.0 / BETA_SESSIONS
        squares = sum_xx - sum_x * (sum_x * share)
        store(lanes, series, row + VIX_BETA, select(squares > 0.0, divide(sum_xy - sum_x * (sum_y * share), squares), UNKNOWN))
