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
    EXPIRY_MANNERS,
    GROUP_COLUMNS,
    LAYER_ATTRIBUTES,
    LAYER_COLUMNS,
    LEG_COLUMNS,
    LOT_ATTRIBUTES,
    PRODUCTS,
    RULE_COLUMNS,
    SIZE_MANNERS,
    STRIKE_MANNERS,
    UNWIND_COLUMNS,
)
from alvh.runtime.market import MARKET_SERIES
from alvh.runtime.pricing import vix_level
from alvh.runtime.record import MAX_LEGS, MAX_READS

LEGS = MAX_LEGS
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

# ---- columns of the tables -----------------------------------------------------------------------
(
    L_GROUP, L_LEVEL, L_FIRST_LEG, L_LEGS, L_SIZE_MANNER, L_SIZE_ROW, L_AT_MOST, L_STATES_AT_MOST, L_SHARE, L_FIRST_SLOT, L_SLOTS,
    L_FIRST_RULE, L_OPENS, L_CLOSES, L_ROLLS, L_REBALANCES, L_PER_LOT, L_CONTRACTS, L_BUDGETED,
) = range(len(LAYER_COLUMNS))  # fmt: skip
(
    G_PRODUCT, G_IS_CALL, G_RATIO, G_STRIKE_MANNER, G_STRIKE_ROW, G_STRIKE_REFERENCE,
    G_EXPIRY_MANNER, G_EXPIRY_LOW, G_EXPIRY_HIGH, G_MONTHLY_ONLY, G_CHOSEN_AS,
) = range(len(LEG_COLUMNS))  # fmt: skip
R_CONDITION, R_INTO, R_PER_LOT, R_READS = range(4)
assert RULE_COLUMNS[R_READS] == "read_0"
U_UNIT, U_YEARLY, U_KEPT, U_LIMIT, U_FIRST_UNWIND, U_UNWINDS = range(len(GROUP_COLUMNS))
W_RULE, W_CONDITION, W_UNTIL = range(len(UNWIND_COLUMNS))

BY_DELTA, BY_FORWARD, BY_STRIKE, BELOW, ABOVE = range(len(STRIKE_MANNERS))
BY_DAYS, BY_RANGE, BY_MONTH = range(len(EXPIRY_MANNERS))
BY_CONTRACTS, BY_MONEY, BY_MAX_LOSS, BY_BUDGET = range(len(SIZE_MANNERS))
SPX, VIX = range(len(PRODUCTS))

LAYER_COLUMN_COUNT = len(LAYER_COLUMNS)
LEG_COLUMN_COUNT = len(LEG_COLUMNS)
RULE_COLUMN_COUNT = len(RULE_COLUMNS)
GROUP_COLUMN_COUNT = len(GROUP_COLUMNS)
UNWIND_COLUMN_COUNT = len(UNWIND_COLUMNS)
STEP_COLUMN_COUNT = len(STEP_COLUMNS)
STAGE_COLUMN_COUNT = 2
LEVEL_COLUMNS = vix_level.COLUMNS
CALENDARS = 16
"""Columns of the calendars table: most calendars that one strategy may read."""

# ---- columns of the expiry tables ----------------------------------------------------------------
X_SETTLE_DAY, X_SETTLE_BAR, X_LISTED_BAR, X_MONTHLY, X_AM, X_MONTH_INDEX = range(6)
EXPIRY_COLUMNS = 6

# ---- columns of the day table, shared by lanes -------------------------------------------------
D_DAY, D_VX_FRONT, D_MONTH_START, D_MONTH_PART, D_ERA, D_FIRST_SPX, D_FIRST_VIX = range(7)
DAY_COLUMNS = 7

# ---- rows of state, by lane ----------------------------------------------------------------------
A_CASH, A_UNITS, A_EQUITY, A_MARGIN, A_INTEREST, A_FEES, A_HOLD_FLOW = range(7)
ACCOUNT_ROWS = 7

(
    S_BALANCE, S_REALIZED, S_GAINS, S_FLOW, S_VALUE, S_CONTRACTS, S_COST, S_MARGIN,
    S_OPENED, S_CLOSED, S_ROLLED, S_LOTS_START, S_OWN_START, S_ROLLED_AWAY, S_OWN_ROLLED_AWAY, S_INCOMING,
    S_LAST_REFUSAL, S_REFUSED, S_RESERVED, S_ASKED,
) = range(20)  # fmt: skip
"""Of a layer; `S_INCOMING` counts the lots that others roll into it today."""
LAYER_ROWS = 20

(
    O_STRUCTURES, O_OWN, O_BAR, O_FEES, O_STALE, O_VALUE, O_ENTRY, O_WORST, O_WIDTH, O_NEAREST, O_ACTION, O_RULE, O_REALIZED,
    O_OUTGOING, O_TARGET, O_OUTGOING_RULE,
) = range(16)  # fmt: skip
"""Of a lot. `O_STALE` counts bars in a row without a mark; `O_OUTGOING` structures go to layer `O_TARGET` today."""
LOT_ROWS = 16

E_EXPIRY, E_STRIKE, E_FILL, E_MARK, E_ALIVE, E_HALF, E_SETTLE_BAR, E_SETTLE_DAY, E_AM = range(9)
"""Of a leg of a lot."""
LEG_ROWS = 9

C_STRIKE, C_MID, C_HALF = range(3)
"""Of a leg chosen today."""
CHOICE_ROWS = 3
H_REFUSAL, H_DEBIT, H_WORST, H_NEAREST, H_OUTSIDE, H_FLAGGED, H_HALF, H_WIDTH = range(8)
"""Of a layer's choice: why it cannot be had (0: it can), net debit a structure, worst loss, nearest settlement day."""
CHOSEN_ROWS = 8

K_PRESENT, K_WANTED, K_ASKED, K_DEBIT, K_WORST, K_HALF, K_FEE, K_OWN, K_RULE, K_CUT, K_FLAGGED, K_BUDGET_CUT = range(12)
"""Of an order asked for today; `K_HALF` is what one structure pays off mid, `K_FEE` its fee."""
ASK_ROWS = 12
Q_LAYER, Q_SLOT, Q_ACTION, Q_READS = range(4)
"""Where an order belongs: layer, slot (-1: the lowest free one), journal action, slot whose reads it shows (-1: the nodes')."""
ASK_PLACES = 4

TERMS = 12
"""Rows of an expiry's terms, in the order in which `expiry_terms` of its product gives them."""
TERMS_KNOWN = TERMS - 1
"""A sum over the terms: unknown if any of them is."""

NO_ACTION, TO_ROLL, TO_ROLL_INTO, TO_REBALANCE = range(4)

LAYER_ATTRIBUTE = {name: index for index, name in enumerate(LAYER_ATTRIBUTES)}
LOT_ATTRIBUTE = {name: index for index, name in enumerate(LOT_ATTRIBUTES)}
ACCOUNT_ATTRIBUTE_ROWS = len(ACCOUNT_ATTRIBUTES)
LAYER_ATTRIBUTE_ROWS = len(LAYER_ATTRIBUTES)
LOT_ATTRIBUTE_ROWS = len(LOT_ATTRIBUTES)
(
    LA_VALUE, LA_PROFIT, LA_LOSS, LA_MARGIN, LA_DELTA, LA_CREDIT, LA_COST, LA_CONTRACTS, LA_NOTIONAL, LA_WIDTH,
    LA_DTE, LA_SHORT_DELTA, LA_OPTION_DELTA, LA_AGE, LA_COUNT, LA_REALIZED, LA_GAINS, LA_IS_OPEN, LA_OPENS, LA_CLOSES, LA_ROLLS,
) = range(LAYER_ATTRIBUTE_ROWS)  # fmt: skip
"""The first fourteen are a lot's too, in the same order."""
assert LAYER_ATTRIBUTES[:LOT_ATTRIBUTE_ROWS] == LOT_ATTRIBUTES

# ---- journal and tape ----------------------------------------------------------------------------
(
    J_BAR, J_LAYER, J_SLOT, J_ACTION, J_RULE, J_CUT, J_ASKED, J_FILLED, J_PRICE, J_COST,
) = range(10)  # fmt: skip
J_EXPIRY = 10
J_STRIKE = J_EXPIRY + LEGS
J_READS = J_STRIKE + LEGS
JOURNAL_COLUMNS = J_READS + READS

P_EQUITY, P_CASH, P_MARGIN, P_INTEREST, P_FEES, P_HOLD = range(6)
P_LAYERS = 6
"""Then for each layer: profit, value, contracts."""

COUNT_STALE, COUNT_PRINTS, COUNT_RATES, COUNT_STOPPED, COUNT_JOURNAL = range(5)
COUNT_VERBS = 5
"""open, close, roll, roll into, rebalance, settle, unwind."""
VERBS = ("open", "close", "roll", "roll into", "rebalance", "settle", "unwind")
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
    """[expiries, EXPIRY_COLUMNS]."""
    calendars: Any
    """[sessions, calendars of the kernel]."""
    level: Any
    """The VIX level table."""


class Settings(NamedTuple):
    """Numbers of a run that are neither rules nor market."""

    capital: float
    fee: float
    charged: int
    """0 with `costs none`."""
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
    layers: int
    groups: int
    spx_expiries: int
    vix_expiries: int
    lot_cells: int
    journal_rows: int
    """Rows of the journal a lane."""


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
    spx_terms: Any
    vix_terms: Any
    terms_bar: Any
    """[expiries of both products]: the bar that an expiry's terms were computed on."""
    choice: Any
    chosen: Any
    chosen_bar: Any
    """[layers]."""
    chosen_expiry: Any
    """[layers, LEGS]."""
    asks: Any
    ask_place: Any
    """[asks, ASK_PLACES]."""
    out_of_room: Any
    """[1]: 1 when a lot found no free slot; the run is then repeated with more room."""
    rule_unknown: Any
    """[rules, lanes]: whether a lot's rule was unknown on this bar."""
    reads: Any
    """[slots * READS, lanes]: what a lot's rule read, kept from its decision to its fill."""


class Tape(NamedTuple):
    """What a run writes down."""

    bars: Any
    """[bars * (P_LAYERS + 3 * layers), lanes]."""
    journal: Any
    """[lanes * rows, JOURNAL_COLUMNS], one lane's rows after another's."""
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
