"""The RSI rule in vectorbt and in backtrader: `python benchmarks/peer_backtesters.py INPUTS.npz ROUNDS [TASK]`, in an
environment that has them.

INPUTS: `prices` [bars, columns], and of as many cells their thresholds, `oversold` and `overbought`. A library that is not installed is
left out. Prints JSON: by task its library's name and version, the seconds of every round, the first one (which compiles) left out, and
final values: by cell over the first column of prices, by column at 30 and 70, and of the first column alone in backtrader.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

CASH, SHARES, SESSIONS, LOW, HIGH = 10_000_000.0, 100, 14, 30, 70


def cells_in_vectorbt(inputs: Any) -> Callable[[], Any]:
    """One column of prices: RSI once, then a column of signals a cell."""
    return lambda: _portfolio_of_cells(inputs).final_value()


def metrics_in_vectorbt(inputs: Any) -> Callable[[], Any]:
    """The same, and what `alvh run` tells of a cell: growth, volatility, Sharpe, Sortino, drawdown, conditional value at risk, trades."""

    def run() -> Any:
        portfolio = _portfolio_of_cells(inputs)
        for metric in ("annualized_return", "annualized_volatility", "sharpe_ratio", "sortino_ratio", "max_drawdown", "cond_value_at_risk"):
            getattr(portfolio, metric)()
        portfolio.trades.count()
        return portfolio.final_value()

    return run


def _portfolio_of_cells(inputs: Any) -> Any:
    import pandas as pd
    import talib
    import vectorbt as vbt

    prices = inputs["prices"][:, 0].copy()
    rsi = talib.RSI(prices, SESSIONS)[:, None]
    closes = pd.Series(prices, index=pd.date_range("1990-01-01", periods=len(prices)))
    entries, exits = (
        pd.DataFrame(found, index=closes.index) for found in (rsi < inputs["oversold"][None, :], rsi > inputs["overbought"][None, :])
    )
    return vbt.Portfolio.from_signals(closes, entries, exits, size=SHARES, init_cash=CASH, fees=0.0, freq="1D")


def columns_in_vectorbt(inputs: Any) -> Callable[[], Any]:
    """RSI by TA-Lib (vectorbt's own does not smooth as Wilder did), signals, portfolio, final values of every column of prices."""
    import pandas as pd
    import talib
    import vectorbt as vbt

    closes = pd.DataFrame(inputs["prices"])

    def run() -> Any:
        rsi = closes.apply(lambda column: talib.RSI(column.to_numpy(), SESSIONS), raw=False)
        return vbt.Portfolio.from_signals(closes, rsi < LOW, rsi > HIGH, size=SHARES, init_cash=CASH, fees=0.0).final_value()

    return run


def column_in_backtrader(inputs: Any) -> Callable[[], Any]:
    """One column; orders fill at the close of the bar that they are placed on."""
    import backtrader as bt
    import pandas as pd

    prices = inputs["prices"]
    days = pd.date_range("1990-01-01", periods=len(prices))
    frame = pd.DataFrame(dict.fromkeys(("open", "high", "low", "close"), prices[:, 0]), index=days)

    class Rule(bt.Strategy):  # type: ignore[misc]
        def __init__(self) -> None:
            self.rsi = bt.talib.RSI(self.data.close, timeperiod=SESSIONS)

        def next(self) -> None:
            if not self.position and self.rsi[0] < LOW:
                self.buy(size=SHARES)
            elif self.position and self.rsi[0] > HIGH:
                self.sell(size=SHARES)

    def run() -> list[float]:
        cerebro = bt.Cerebro(stdstats=False)
        cerebro.broker.set_cash(CASH)
        cerebro.broker.set_coc(True)
        cerebro.adddata(bt.feeds.PandasData(dataname=frame))
        cerebro.addstrategy(Rule)
        cerebro.run()
        return [float(cerebro.broker.getvalue())]

    return run


TASKS = {
    "cells": ("vectorbt", cells_in_vectorbt),
    "metrics": ("vectorbt", metrics_in_vectorbt),
    "columns": ("vectorbt", columns_in_vectorbt),
    "column": ("backtrader", column_in_backtrader),
}


def main(path: str, rounds: int, *tasks: str) -> None:
    inputs, found = dict(np.load(path)), {}
    for task in tasks or TASKS:
        library, prepare = TASKS[task]
        try:
            run = prepare(inputs)
            final = run()
        except ImportError:
            continue
        seconds = []
        for _ in range(rounds):
            start = time.process_time()
            run()
            seconds.append(time.process_time() - start)
        name = f"{library} {sys.modules[library].__version__}"
        found[task] = {"name": name, "seconds": seconds, "final": [float(value) for value in final]}
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), *sys.argv[3:])
