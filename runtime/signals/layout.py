"""The arrays that the loops of signals read and write: their columns by name."""

from __future__ import annotations

WORD_BITS = 5
WORD = 1 << WORD_BITS
"""Bars in a word of signals."""

BAR_COLUMNS = 3
CLOSE, RATE, DAYS = range(BAR_COLUMNS)
"""Of a bar: the share's close, the rate that cash earned up to it (0 for none), and for how many days."""

CELL_COLUMNS = 2
OPENS, CLOSES = range(CELL_COLUMNS)
"""The columns of signals that a cell goes by."""

SIZE_COLUMNS = 2
WANTED, BOUGHT = range(SIZE_COLUMNS)
"""Shares a cell asks for, and as many as can be traded of them."""

ACCOUNT_ROWS = 3
CASH, UNITS, FLOW = range(ACCOUNT_ROWS)

FIGURE_COLUMNS = 3
PROFIT, TRADES, IS_CUT = range(FIGURE_COLUMNS)
"""What is left of a cell beside its equity: profit of the layer, orders filled, 1 where cash did not pay a whole order."""
