"""What a run leaves behind before anybody interprets it: both engines return this, and must agree on every bit."""

from __future__ import annotations

import numpy as np
from attrs import frozen

from alvh.runtime.market import Floats

OPEN, CLOSE, ROLL_OUT, ROLL_IN, REBALANCE, SETTLE, REFUSED, ADD, TRIM, SHIFT, KEEP = range(11)
"""Journal actions. A roll writes two rows: ROLL_OUT for the lot closed and ROLL_IN for the one bought."""

(
    NO_REASON, CUT_BY_LIMIT, CUT_BY_CASH, LESS_THAN_ONE, SIZE_UNKNOWN, SIZE_NOT_POSITIVE, NO_EXPIRY, NO_STRIKE, NO_PRICE,
    NO_BID, NO_DAYS_GAINED, TARGET_FULL, UNWINDING, ABOVE_SIZE, STALE_MARK, LIMIT_UNKNOWN, BUDGET_SPENT, NO_DEBIT, DELTA_FLAGGED,
    CUT_BY_COVER, NO_COVER, OUT_OF_BAND, SETTLED_MEANWHILE, ROLL_VOID, STILL_FULL,
) = range(25)  # fmt: skip
"""Why an order was cut or refused, or (DELTA_FLAGGED) what is odd about it."""

VERBS = ("open", "close", "roll", "roll into", "rebalance", "settle", "unwind", "add", "trim", "shift", "keep")
MAX_LEGS = 4
MAX_READS = 8


@frozen(eq=False)
class JournalRows:
    """One row an action, columns as arrays. Rows stand in the order in which things happened."""

    bar: Floats
    layer: Floats
    slot: Floats
    action: Floats
    rule: Floats
    """Index into the program's rules in the order of `rules_of`; -1: none (settlement, opening without a rule)."""
    cut: Floats
    """NO_REASON .. STILL_FULL."""
    asked: Floats
    """Structures wanted before limits and rounding; NaN where nothing was asked (settlement)."""
    filled: Floats
    """Structures traded, positive."""
    price: Floats
    """Net price of one structure, `sum(ratio * price)`: positive when paid to open, and what it was worth when sold."""
    cost: Floats
    """Fees plus the distance to mid, in dollars, at least 0."""
    expiry: Floats
    """[rows, MAX_LEGS] index into the product's expiries; NaN for legs that the layer lacks."""
    strike: Floats
    """[rows, MAX_LEGS]."""
    reads: Floats
    """[rows, MAX_READS] values of the rule's `reads` on that bar; NaN beyond them or unknown."""
    proxy: Floats
    """Which of the layer's proxies the lot is held as; -1: its own legs."""


@frozen(eq=False)
class RunRecord:
    """One path of one run. Arrays run over the bars `first..last`; money in dollars."""

    equity: Floats
    cash: Floats
    margin: Floats
    interest: Floats
    """Summed since the start."""
    fees: Floats
    """Fees and half-spreads paid, summed since the start."""
    hold_profit: Floats
    """Profit of the index held by `hold SPX`, summed."""
    layer_profit: Floats
    """[bars, layers] profit after costs, summed: cash the layer moved plus what its lots are worth at mid."""
    layer_value: Floats
    """[bars, layers] mid value of its lots."""
    layer_contracts: Floats
    """[bars, layers]."""
    unknown: Floats
    """[rules] bars on which the rule's condition was unknown while it was consulted or not (evaluated every bar);
    rules that read a lot's own values count bars on which any lot's was unknown."""
    journal: JournalRows
    stale_marks: int
    """Marks that had to be carried from an earlier bar, leg by leg and bar by bar."""
    unknown_prints: int
    """Settlements on a last mark for want of a print."""
    unknown_rates: int
    stopped: int
    """Bar on which a mark was missing for more than five sessions and the run ended; -1: none."""
    verbs: dict[str, int]
    """How often each of VERBS acted."""
    net_beta: Floats | None = None
    """[bars] what all positions move like, in dollars of the index, over equity, after the orders of the bar; unknown where a delta or a
    slope is. None, like the next, unless the run was asked to record sensitivities."""
    layer_theta: Floats | None = None
    """[bars, layers] dollars a calendar day, after the orders of the bar."""
    waiting: int = 0
    """Orders that the last bar decided and no bar executed: rows that the journal would have had, two for a roll."""


def same_bits(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two float arrays agree bit for bit, one unknown being as good as another."""
    if a.shape != b.shape:
        return False
    unknown = np.isnan(a)
    return bool(np.array_equal(unknown, np.isnan(b)) and np.array_equal(a[~unknown].view(np.int64), b[~unknown].view(np.int64)))
