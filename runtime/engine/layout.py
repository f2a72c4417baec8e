"""Where everything stands in the engine's arrays: rows of the market, columns of tables, rows of state.

Plain module-level whole numbers, because Numba freezes them into the compiled engine; they are generated from the same
tuples of names that `compiler/emit_tables.py` writes tables with, so that the two cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

from alvh.compiler.emit_steps import STEP_COLUMNS
from alvh.compiler.emit_tables import (
    ACCOUNT_ATTRIBUTES,
    CHOICE_COLUMNS,
    CHOICE_LEG_COLUMNS,
    EXPIRY_MANNERS,
    GROUP_COLUMNS,
    KEEP_COLUMNS,
    KEEPING,
    KINDS,
    LAYER_ATTRIBUTES,
    LAYER_COLUMNS,
    LEG_COLUMNS,
    LOT_ATTRIBUTES,
    MOST_LEGS,
    PRODUCTS,
    RULE_COLUMNS,
    SHIFT_COLUMNS,
    SIZE_MANNERS,
    STRIKE_MANNERS,
    UNWIND_COLUMNS,
)
from alvh.runtime.market import MARKET_SERIES
from alvh.runtime.pricing import vix_level
from alvh.runtime.record import MAX_LEGS, MAX_READS
from alvh.runtime.record import VERBS as RECORDED_VERBS

LEGS = MAX_LEGS
assert LEGS == MOST_LEGS
READS = MAX_READS

# ---- market rows ---------------------------------------------------------------------------------
SPX_CLOSE = MARKET_SERIES.index("spx")
VIX_CLOSE = MARKET_SERIES.index("vix")
VVIX_CLOSE = MARKET_SERIES.index("vvix")
RATE = MARKET_SERIES.index("rate")
VX_FIRST = MARKET_SERIES.index("vx1")
VX_RANKS = 9
SPX_AM = MARKET_SERIES.index("spx_am")
VIX_SETTLEMENT = MARKET_SERIES.index("vix_settlement")
SPX_NODES = MARKET_SERIES.index("spx_w9")
SPX_SCALE = MARKET_SERIES.index("spx_scale")
SPX_RHO = MARKET_SERIES.index("spx_rho")
SPX_ETA = MARKET_SERIES.index("spx_eta")
VX30 = MARKET_SERIES.index("vx30")
VXX_CLOSE = MARKET_SERIES.index("vxx")
UVXY_CLOSE = MARKET_SERIES.index("uvxy")
UVXY_LEVERAGE = MARKET_SERIES.index("uvxy_leverage")
VIX_BETA = MARKET_SERIES.index("vix_beta")
VXX_BETA = MARKET_SERIES.index("vxx_beta")
UVXY_BETA = MARKET_SERIES.index("uvxy_beta")

# ---- columns of the tables -----------------------------------------------------------------------
(
    L_GROUP, L_LEVEL, L_FIRST_LEG, L_LEGS, L_PRIMARY, L_SIZE_MANNER, L_SIZE_ROW, L_AT_MOST, L_STATES_AT_MOST, L_SHARE,
    L_FIRST_SLOT, L_SLOTS, L_FIRST_RULE, L_OPENS, L_CLOSES, L_ROLLS, L_REBALANCES, L_ADDS, L_PROXIES, L_PER_LOT, L_BUDGETED,
    L_COVER, L_MARGIN_MOVES, L_UNDERLYINGS,
) = range(len(LAYER_COLUMNS))  # fmt: skip
L_FEE = len(LAYER_COLUMNS)
"""Dollars that trading one structure of the layer's own legs costs in fees, by the run's costs."""
(
    G_PRODUCT, G_KIND, G_IS_CALL, G_RATIO, G_WEIGHT, G_PAID_WEIGHT, G_STRIKE_MANNER, G_STRIKE_ROW, G_STRIKE_REFERENCE,
    G_CHOSEN_AS, G_FEE_AS,
) = range(len(LEG_COLUMNS))  # fmt: skip
G_FEE = len(LEG_COLUMNS)
"""Dollars for the contracts of the leg in one structure."""
V_LAYER = 0
assert len(CHOICE_COLUMNS) == 1
Y_ORIGIN, Y_MANNER, Y_LOW, Y_HIGH, Y_MONTHLY_ONLY = range(len(CHOICE_LEG_COLUMNS))
R_CONDITION, R_INTO, R_PER_LOT, R_CHOICE, R_KEEPING, R_SIDE, R_AMOUNT_MANNER, R_AMOUNT_ROW, R_FROM_GAINS, R_READS = range(10)
assert RULE_COLUMNS[R_READS] == "read_0"
U_UNIT, U_YEARLY, U_KEPT, U_LIMIT, U_FIRST_UNWIND, U_UNWINDS, U_FIRST_SHIFT, U_SHIFTS, U_IS_HEDGE = range(len(GROUP_COLUMNS))
W_RULE, W_CONDITION, W_UNTIL = range(len(UNWIND_COLUMNS))
F_RULE, F_CONDITION, F_AMOUNT, F_SOURCE, F_TARGET = range(len(SHIFT_COLUMNS))
B_KEEP, B_RULE, B_LOW, B_HIGH, B_LAYER, B_IS_FIRST, B_IS_LAST = range(len(KEEP_COLUMNS))

BY_DELTA, BY_FORWARD, BY_STRIKE, BELOW, ABOVE = range(len(STRIKE_MANNERS))
BY_DAYS, BY_RANGE, BY_MONTH, NO_EXPIRY_AT_ALL = range(len(EXPIRY_MANNERS))
BY_CONTRACTS, BY_MONEY, BY_MAX_LOSS, BY_BUDGET = range(len(SIZE_MANNERS))
KEEPS_NOTHING, KEEPS_CONTRACTS, KEEPS_PREMIUM, KEEPS_DELTA = range(len(KEEPING))
SPX, VIX, VXX, UVXY = range(len(PRODUCTS))
OPTION, FUTURE, SHARES = range(len(KINDS))

LAYER_COLUMN_COUNT = len(LAYER_COLUMNS) + 1
LEG_COLUMN_COUNT = len(LEG_COLUMNS) + 1
CHOICE_COLUMN_COUNT = len(CHOICE_COLUMNS)
CHOICE_LEG_COLUMN_COUNT = len(CHOICE_LEG_COLUMNS)
RULE_COLUMN_COUNT = len(RULE_COLUMNS)
GROUP_COLUMN_COUNT = len(GROUP_COLUMNS)
UNWIND_COLUMN_COUNT = len(UNWIND_COLUMNS)
SHIFT_COLUMN_COUNT = len(SHIFT_COLUMNS)
KEEP_COLUMN_COUNT = len(KEEP_COLUMNS)
STEP_COLUMN_COUNT = len(STEP_COLUMNS)
STAGE_COLUMN_COUNT = 2
LEVEL_COLUMNS = vix_level.COLUMNS
CALENDARS = 16
"""Columns of the calendars table: most calendars that one strategy may read."""

# ---- columns of the expiry tables ----------------------------------------------------------------
X_SETTLE_DAY, X_SETTLE_BAR, X_LISTED_BAR, X_MONTHLY, X_AM, X_MONTH_INDEX = range(6)
EXPIRY_COLUMNS = 6

# ---- columns of the day table, shared by lanes -------------------------------------------------
D_DAY, D_VX_FRONT, D_MONTH_START, D_MONTH_PART, D_ERA, D_FIRST_SPX, D_FIRST_VIX, D_FIRST_FUND = range(8)
DAY_COLUMNS = 8

# ---- rows of state, by lane ----------------------------------------------------------------------
A_CASH, A_UNITS, A_EQUITY, A_MARGIN, A_INTEREST, A_FEES, A_HOLD_FLOW, A_CROWD, A_BETA, A_HEDGE_VALUE, A_HEDGE_THETA, A_LANE = range(12)
"""`A_CROWD` multiplies half spreads today; `A_BETA` is the dollar beta of all lots, `A_LANE` the lane's number."""
ACCOUNT_ROWS = 12

(
    S_BALANCE, S_REALIZED, S_GAINS, S_FLOW, S_VALUE, S_CONTRACTS, S_COST, S_MARGIN,
    S_OPENED, S_CLOSED, S_ROLLED, S_LOTS_START, S_OWN_START, S_ROLLED_AWAY, S_OWN_ROLLED_AWAY, S_INCOMING,
    S_LAST_REFUSAL, S_REFUSED, S_RESERVED, S_ASKED, S_SHARE, S_ROLLING, S_GAINS_RESERVED, S_SHIFTED,
) = range(24)  # fmt: skip
"""Of a layer; `S_INCOMING` counts the lots that others roll into it today, `S_ROLLING` its own that roll within it,
`S_GAINS_RESERVED` what asks of the level would draw of its gains, `S_SHIFTED` what shifts brought since decisions were last put off."""
LAYER_ROWS = 24
BOOKED_ROWS = S_OPENED
"""Rows of a layer that trades book, before the others."""

(
    O_STRUCTURES, O_OWN, O_BAR, O_FEES, O_STALE, O_VALUE, O_ENTRY, O_WORST, O_WIDTH, O_NEAREST, O_ACTION, O_RULE, O_REALIZED,
    O_OUTGOING, O_TARGET, O_OUTGOING_RULE, O_UNITS, O_SCALE, O_PROXY, O_FLOATING, O_OPENING, O_CARRIED, O_BETA, O_THETA, O_TRIMMED, O_DAY,
) = range(26)  # fmt: skip
"""Of a lot. `O_STALE` counts bars in a row without a mark; `O_OUTGOING` structures go to layer `O_TARGET` today.
`O_UNITS` is structures times `O_SCALE`, which differs from 1 only in a proxy lot; `O_PROXY` is -1 in any other.
`O_WORST`, `O_FLOATING`, `O_OPENING` (margin when it was opened), `O_CARRIED`, `O_BETA` and `O_THETA` are points a structure."""
LOT_ROWS = 26

E_EXPIRY, E_STRIKE, E_FILL, E_MARK, E_ALIVE, E_HALF, E_SETTLE_BAR, E_SETTLE_DAY, E_AM = range(9)
"""Of a leg of a lot. A leg that the lot lacks (shares have no expiry, a proxy lot no option) has expiry 0: a row that may be read."""
LEG_ROWS = 9

C_STRIKE, C_MID, C_HALF, C_DELTA = range(4)
"""Of a leg chosen today."""
CHOICE_ROWS = 4
(
    H_REFUSAL, H_DEBIT, H_WORST, H_NEAREST, H_OUTSIDE, H_FLAGGED, H_HALF, H_WIDTH,
    H_PRICE, H_FEE, H_MEASURE, H_LOSS, H_FLOATING, H_PROXY, H_SCALE, H_DELTA, H_BETA, H_END, H_MADE,
) = range(19)  # fmt: skip
"""Of a choice: why it cannot be had (0: it can), net debit a structure, worst loss, nearest settlement day; journal price, fee,
what a size in money and one in greatest losses divide by, floating margin, proxy (-1: none) and its scale, delta, dollar beta, the day
on which a proxy ends, and 1 on the lanes for which it was made."""
CHOSEN_ROWS = 19

(
    K_PRESENT, K_WANTED, K_ASKED, K_DEBIT, K_MARGIN, K_HALF, K_OWN, K_RULE, K_CUT, K_FLAGGED, K_BUDGET_CUT,
    K_COVER_CUT, K_PRICE, K_FEE, K_BETA, K_BY_SIZE,
) = range(16)  # fmt: skip
"""Of an order asked for today; `K_HALF` is what one structure pays off mid, `K_MARGIN` its worst loss and floating margin,
`K_BETA` what it moves a gap of net beta by, `K_BY_SIZE` 1 where the layer's size says how much."""
ASK_ROWS = 16
Q_LAYER, Q_SLOT, Q_ACTION, Q_READS, Q_CHOICE, Q_ENLARGES, Q_DRAWS, Q_KEEP = range(8)
"""Where an order belongs: layer, slot (-1: the lowest free one), journal action, slot whose reads it shows (-1: the nodes'), choice,
whether it enlarges the lot in its slot, the layer whose gains pay for it and the keep that asked (-1: none)."""
ASK_PLACES = 8

TERMS = 12
"""Rows of an expiry's terms, in the order in which `expiry_terms` of its product gives them."""
TERMS_KNOWN = TERMS - 1
TERMS_BETA = TERMS - 2
"""A sum over the terms: unknown if any of them is."""

NO_ACTION, TO_ROLL, TO_ROLL_INTO, TO_REBALANCE = range(4)

LAYER_ATTRIBUTE = {name: index for index, name in enumerate(LAYER_ATTRIBUTES)}
LOT_ATTRIBUTE = {name: index for index, name in enumerate(LOT_ATTRIBUTES)}
ACCOUNT_ATTRIBUTE_ROWS = len(ACCOUNT_ATTRIBUTES)
LAYER_ATTRIBUTE_ROWS = len(LAYER_ATTRIBUTES)
LOT_ATTRIBUTE_ROWS = len(LOT_ATTRIBUTES)
(
    LA_VALUE, LA_PROFIT, LA_LOSS, LA_MARGIN, LA_DELTA, LA_CREDIT, LA_COST, LA_CONTRACTS, LA_NOTIONAL, LA_WIDTH,
    LA_DTE, LA_SHORT_DELTA, LA_OPTION_DELTA, LA_AGE, LA_VEGA, LA_THETA, LA_LOWER, LA_UPPER, LA_IRR, LA_CARRY,
    LA_COUNT, LA_REALIZED, LA_GAINS, LA_IS_OPEN, LA_OPENS, LA_CLOSES, LA_ROLLS, LA_EARNED, LA_HEDGED_LOWER, LA_HEDGED_UPPER,
) = range(LAYER_ATTRIBUTE_ROWS)  # fmt: skip
"""Those before `LA_COUNT` are a lot's too, in the same order."""
AA_EQUITY, AA_CASH, AA_QUICK_RATIO, AA_NET_BETA, AA_WACC = range(ACCOUNT_ATTRIBUTE_ROWS)
assert LAYER_ATTRIBUTES[:LOT_ATTRIBUTE_ROWS] == LOT_ATTRIBUTES

# ---- journal and tape ----------------------------------------------------------------------------
(
    J_BAR, J_LAYER, J_SLOT, J_ACTION, J_RULE, J_CUT, J_ASKED, J_FILLED, J_PRICE, J_COST, J_PROXY,
) = range(11)  # fmt: skip
J_EXPIRY = 11
J_STRIKE = J_EXPIRY + LEGS
J_READS = J_STRIKE + LEGS
JOURNAL_COLUMNS = J_READS + READS

P_EQUITY, P_CASH, P_MARGIN, P_INTEREST, P_FEES, P_HOLD = range(6)
P_LAYERS = 6
"""Then for each layer: profit, value, contracts; then, where sensitivities are recorded, net beta and for each layer its theta."""


def tape_rows(layers: int, sensitivities: bool) -> int:
    """Rows of the tape a bar."""
    return P_LAYERS + 3 * layers + (1 + layers if sensitivities else 0)


W_SOURCE, W_SCALE, W_END = J_BAR, J_COST, J_EXPIRY
"""What a waiting order has in its row instead: the slot of the lot that it enlarges or that it replaces (-1: none), its scale, and of a
proxy, which has no expiry, the day on which it ends."""
DEFERS, EXECUTES = range(2)
"""Of `State.stance`."""
FILL_AT_THIS_CLOSE, FILL_AT_NEXT_CLOSE, FILL_AT_NEXT_OPEN = range(3)

COUNT_STALE, COUNT_PRINTS, COUNT_RATES, COUNT_STOPPED, COUNT_JOURNAL, COUNT_WAITING, COUNT_TRADES = range(7)
COUNT_VERBS = 7
VERBS = RECORDED_VERBS
COUNTS = COUNT_VERBS + len(VERBS)


Kernel: TypeAlias = Callable[..., None]
"""The function generated per strategy; `compiler/emit_kernel.py` names its parameters."""


class Rules(NamedTuple):
    """The program's tables as arrays, shared by lanes; rows as `compiler/emit_tables.py` writes them."""

    layers: Any
    legs: Any
    rules: Any
    groups: Any
    unwinds: Any
    shifts: Any
    keeps: Any
    choices: Any
    choice_legs: Any
    windows: Any
    numbers: Any
    """[numbers, lanes]."""
    bar_cells: Any
    lot_cells: Any
    steps: Any
    stages: Any
    """The strategy's streams as steps, where no kernel was compiled."""


class MarketTables(NamedTuple):
    """What the engine reads of a market, for one block of paths."""

    series: Any
    """[bars * rows, lanes]."""
    days: Any
    """[sessions, DAY_COLUMNS]."""
    spx: Any
    vix: Any
    fund: Any
    """[expiries, EXPIRY_COLUMNS]."""
    calendars: Any
    """[sessions, calendars of the kernel]."""
    level: Any
    """The VIX level table."""
    fills: Any
    """Like `series`: the prices at which waiting orders are executed. Where those are shown as the market's, the close's stand here."""


class Settings(NamedTuple):
    """Numbers of a run that are neither rules nor market; whole but for `REAL_SETTINGS`."""

    capital: float
    charged: int
    """0 with `costs none`, 1 listed, 2 crowded."""
    whole: int
    hold: int
    index_half_spread: float
    first: int
    last: int
    phase: int
    rows: int
    """Rows of the market a bar."""
    interpreted: int
    """1: streams are evaluated from steps; 0: by the compiled kernel."""
    deltas: int
    """1 when the program reads a delta of what it holds; else none is computed."""
    vegas: int
    thetas: int
    betas: int
    irrs: int
    break_evens: int
    chosen_deltas: int
    """The same of vega; of theta, which carry and the cost of capital need; of dollar betas; of internal rates; of break-evens; of
    deltas and betas of what is chosen."""
    layers: int
    groups: int
    keeps: int
    """Rows of the table of keeps."""
    choices: int
    """Without the spare one, which holds what a lot's own legs would cost today."""
    spx_expiries: int
    vix_expiries: int
    fund_expiries: int
    lot_cells: int
    journal_rows: int
    """Rows of the journal a lane."""
    sensitivities: int
    """1 when the tape keeps net beta and thetas, as they are after each bar's orders."""
    tape_rows: int
    """Rows of the tape a bar."""
    hedged_break_evens: int
    """1 when the program reads a break-even with hedges; else none is computed."""
    records: int
    """1: the tape holds every bar and the journal; 0: what metrics are made of."""
    fill: int
    """When orders are executed, FILL_AT_THIS_CLOSE .. FILL_AT_NEXT_OPEN."""
    slots: int
    waiting_from: int
    waiting_rows: int
    """Where waiting orders stand on the journal's tape, and how many a lane may have."""


class State(NamedTuple):
    """All that changes while a block of paths runs. Arrays [rows, lanes] unless said otherwise."""

    account: Any
    layers: Any
    lots: Any
    legs: Any
    unwinding: Any
    nodes: Any
    cells: Any
    attributes: Any
    lot_attributes: Any
    terms: Any
    """Of the expiries of SPX, VIX, VXX and UVXY, one product's after another's; then three spare ones (`prices.spare_terms`)."""
    terms_bar: Any
    """[expiries of all products]: the bar that an expiry's terms were computed on."""
    choice: Any
    chosen: Any
    chosen_bar: Any
    expiries_bar: Any
    """[choices]: the bar on which a choice, or only its expiries, was made."""
    chosen_expiry: Any
    """[choices, LEGS]."""
    gaps: Any
    """[keeps]: dollars of the index that a band of net beta lacks today."""
    asks: Any
    ask_place: Any
    """[asks, ASK_PLACES]."""
    out_of_room: Any
    """[1]: 1 when a lot found no free slot; the run is then repeated with more room."""
    rule_unknown: Any
    """[rules, lanes]: whether a lot's rule was unknown on this bar."""
    reads: Any
    """[slots * READS, lanes]: what a lot's rule read, kept from its decision to its fill."""
    kept: Any
    """What the books said before decisions that wait to be executed."""
    stance: Any
    """[2]: 1 while trades are only decided; the row of the waiting order being executed, -1 for none."""


class Tape(NamedTuple):
    """What a run writes down."""

    bars: Any
    """[bars * Settings.tape_rows, lanes]; where nothing is recorded [bars + layers, lanes]: equity, then the last bar's profit of
    each layer."""
    journal: Any
    """[lanes * rows, JOURNAL_COLUMNS], one lane's rows after another's; then the orders that wait, the same way."""
    counts: Any
    """[COUNTS, lanes]."""
    unknown: Any
    """[rules, lanes]."""


class Run(NamedTuple):
    """Everything that the engine's functions share: as arrays outside the day loop, as rows inside."""

    market: Any
    settings: Any
    rules: Any
    state: Any
    tape: Any


BY_LANE = 0
"""Stands for the number of lanes in `COLUMNS`."""
COLUMNS: dict[type, dict[str, int]] = {
    MarketTables: {
        "series": BY_LANE,
        "days": DAY_COLUMNS,
        "spx": EXPIRY_COLUMNS,
        "vix": EXPIRY_COLUMNS,
        "fund": EXPIRY_COLUMNS,
        "calendars": CALENDARS,
        "level": LEVEL_COLUMNS,
        "fills": BY_LANE,
    },
    Rules: {
        "layers": LAYER_COLUMN_COUNT,
        "legs": LEG_COLUMN_COUNT,
        "rules": RULE_COLUMN_COUNT,
        "groups": GROUP_COLUMN_COUNT,
        "unwinds": UNWIND_COLUMN_COUNT,
        "shifts": SHIFT_COLUMN_COUNT,
        "keeps": KEEP_COLUMN_COUNT,
        "choices": CHOICE_COLUMN_COUNT,
        "choice_legs": CHOICE_LEG_COLUMN_COUNT,
        "windows": 1,
        "numbers": BY_LANE,
        "bar_cells": 1,
        "lot_cells": 1,
        "steps": STEP_COLUMN_COUNT,
        "stages": STAGE_COLUMN_COUNT,
    },
    State: dict.fromkeys(State._fields, BY_LANE)
    | {
        "terms_bar": 1,
        "chosen_bar": 1,
        "expiries_bar": 1,
        "chosen_expiry": LEGS,
        "ask_place": ASK_PLACES,
        "out_of_room": 1,
        "stance": 1,
    },
    Tape: {"bars": BY_LANE, "journal": JOURNAL_COLUMNS, "counts": BY_LANE, "unknown": BY_LANE},
}
"""How many columns each array has, by the tuple it belongs to."""
WHOLE_NUMBERS = frozenset({"windows", "terms_bar", "chosen_bar", "expiries_bar", "chosen_expiry", "ask_place", "out_of_room", "stance"})
"""The arrays of 64-bit integers; the others hold doubles."""
REAL_SETTINGS = frozenset({"capital", "index_half_spread"})
"""The settings that are doubles; the others are whole numbers."""
