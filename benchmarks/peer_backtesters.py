"""The RSI rule in vectorbt and in backtrader: `python benchmarks/peer_backtesters.py PRICES.npy ROUNDS`, in an environment that has them.

Prices are [bars, columns]. A library that is not installed is left out. Prints JSON: by library its version, the seconds of every
round, the first one (which compiles) left out, and final values by column; backtrader runs one column only.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

CASH, SHARES, SESSIONS, LOW, HIGH = 10_000_000.0, 100, 14, 30, 70


def with_vectorbt(prices: Any) -> Callable[[], list[float]]:
    """RSI by TA-Lib (vectorbt's own does not smooth as Wilder did), signals, portfolio, final values."""
    import pandas as pd
    import talib
    import vectorbt as vbt

    closes = pd.DataFrame(prices)

    def run() -> list[float]:
        rsi = closes.apply(lambda column: talib.RSI(column.to_numpy(), SESSIONS), raw=False)
        portfolio = vbt.Portfolio.from_signals(closes, rsi < LOW, rsi > HIGH, size=SHARES, init_cash=CASH, fees=0.0)
        return [float(value) for value in portfolio.final_value()]

    return run


def with_backtrader(prices: Any) -> Callable[[], list[float]]:
    """One column; orders fill at the close of the bar that they are placed on."""
    import backtrader as bt
    import pandas as pd

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


def main(path: str, rounds: int) -> None:
    prices, found = np.load(path), {}
    for name, prepare in (("vectorbt", with_vectorbt), ("backtrader", with_backtrader)):
        try:
            run = prepare(prices)
        except ImportError:
            continue
        final = run()
        seconds = []
        for _ in range(rounds):
            start = time.process_time()
            run()
            seconds.append(time.process_time() - start)
        found[name] = {"version": sys.modules[name].__version__, "seconds": seconds, "final": final}
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
